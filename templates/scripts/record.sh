# Writes down what was deployed, where, when and how long after it was written; or what was gone back to.
# ENVIRONMENT, APP, RESULT (how the job stands), SLOT (may be empty), RUN_URL, ACTOR, URL (default: none).
# COMMIT, COMMITTED_AT (UTC, as describe tells it), SHA256 (of the package, or the images): of a release.
# RESTORED: the record of the release that was gone back to, if it is known. RESTORED_RUN, TAKEN_BACK_RUN: the runs of what is live
# now and was before; may be empty. OPERATION: release or rollback (default: release).
# FILE: the record (default: deployment-record.json).
set -euo pipefail
#include talk
FILE="${FILE:-deployment-record.json}"
OPERATION="${OPERATION:-release}"
case "${RESULT,,}" in
  success | succeeded | succeededwithissues) RESULT=success ;;
  cancelled | canceled) RESULT=cancelled ;;
  *) RESULT=failure ;;
esac
# Azure Pipelines leaves the name of an output that no step has told.
for name in URL RESTORED_RUN TAKEN_BACK_RUN; do
  case "${!name:-}" in \$\(*\)) printf -v "$name" '%s' '' ;; esac
done
now="$(date -u +%s)"
lead=null
restored=null
if [ "$OPERATION" = rollback ]; then
  if [ -f "${RESTORED:-}" ]; then restored="$(cat "$RESTORED")"; fi
else
  committed="$(date -u -d "$COMMITTED_AT" +%s)" || fail "COMMITTED_AT is '$COMMITTED_AT', not a time such as 2026-01-31T12:00:00Z"
  lead=$((now - committed))
fi
export ENVIRONMENT APP COMMIT COMMITTED_AT SHA256 URL RESULT SLOT RUN_URL ACTOR OPERATION RESTORED_RUN TAKEN_BACK_RUN
jq -n --argjson now "$now" --argjson lead "$lead" --argjson restored "$restored" '{
  operation: env.OPERATION, environment: env.ENVIRONMENT, app: env.APP, slot: (env.SLOT // ""), result: env.RESULT,
  commit: (env.COMMIT // $restored.commit // ""), committed_at: (env.COMMITTED_AT // $restored.committed_at // ""),
  deployed_at: ($now | todate), lead_time_seconds: $lead, sha256: (env.SHA256 // $restored.sha256 // ""),
  url: ([env.URL, $restored.url] | map(select(. != null and . != "")) | first // ""), run_url: env.RUN_URL, actor: env.ACTOR
} + if env.OPERATION == "rollback"
  then {restored_run: (env.RESTORED_RUN // ""), taken_back_run: (env.TAKEN_BACK_RUN // "")} else {} end' >"$FILE"
summary "$(printf '%s\n' '| Environment | App | Slot | Result | Commit | Lead time | URL |' '|---|---|---|---|---|---|---|'
  jq -r '"| \(.environment) | \(.app) | \(.slot) | \(.result) | \(.commit[:12]) | \(
    if .lead_time_seconds then "\(.lead_time_seconds) s" else "rolled back" end) | \(.url) |\n"' "$FILE")"$'\n'
tag=deployed
if [ "$OPERATION" = rollback ]; then
  tag=rolled-back
  summary "Live is what run ${RESTORED_RUN:-(unknown)} released; taken back is run ${TAKEN_BACK_RUN:-(unknown)}."
fi
if on_azure && [ "$RESULT" = success ]; then printf '##vso[build.addbuildtag]%s-%s\n' "$tag" "$ENVIRONMENT"; fi
