# Writes down what was deployed, where, when and how long after it was written.
# ENVIRONMENT, APP, COMMIT, COMMITTED_AT (UTC, as describe tells it), SHA256 (of the package or image), URL, RESULT (how the job
# stands), SLOT (may be empty), RUN_URL, ACTOR. FILE: the record (default: deployment-record.json).
set -euo pipefail
#include talk
FILE="${FILE:-deployment-record.json}"
case "${RESULT,,}" in
  success | succeeded | succeededwithissues) RESULT=success ;;
  cancelled | canceled) RESULT=cancelled ;;
  *) RESULT=failure ;;
esac
now="$(date -u +%s)"
committed="$(date -u -d "$COMMITTED_AT" +%s)" || fail "COMMITTED_AT is '$COMMITTED_AT', not a time such as 2026-01-31T12:00:00Z"
export ENVIRONMENT APP COMMIT COMMITTED_AT SHA256 URL RESULT SLOT RUN_URL ACTOR
jq -n --argjson now "$now" --argjson lead "$((now - committed))" '{
  environment: env.ENVIRONMENT, app: env.APP, slot: env.SLOT, result: env.RESULT, commit: env.COMMIT,
  committed_at: env.COMMITTED_AT, deployed_at: ($now | todate), lead_time_seconds: $lead,
  sha256: env.SHA256, url: env.URL, run_url: env.RUN_URL, actor: env.ACTOR
}' >"$FILE"
summary "$(printf '%s\n' '| Environment | App | Slot | Result | Commit | Lead time | URL |' '|---|---|---|---|---|---|---|'
  jq -r '"| \(.environment) | \(.app) | \(.slot) | \(.result) | \(.commit[:12]) | \(.lead_time_seconds) s | \(.url) |\n"' "$FILE")"$'\n'
if on_azure && [ "$RESULT" = success ]; then printf '##vso[build.addbuildtag]deployed-%s\n' "$ENVIRONMENT"; fi
