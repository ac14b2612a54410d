# Fetches the package that the last good run of a workflow kept. For GitHub only.
# GH_TOKEN: may read actions. WORKFLOW: its file. ARTIFACT: its artifact. DIRECTORY: where the files go.
# BRANCH: of the runs that count (default: main). Runs of pull requests never count.
# Outputs: found (true or false), run (its id).
set -euo pipefail
#include talk
if on_azure; then fail "Azure Pipelines downloads an earlier package by a task: render the pipeline again with 'siding render'"; fi
export GH_REPO="$GITHUB_REPOSITORY"
runs="$(gh run list --workflow "$WORKFLOW" --branch "${BRANCH:-main}" --status success --limit 20 --json databaseId,event \
  --jq '.[] | select(.event | IN("push", "schedule", "workflow_dispatch")) | .databaseId')" ||
  fail "the runs of '$WORKFLOW' could not be listed: give the job 'permissions: actions: read'"
while IFS= read -r run; do
  if [ -z "$run" ] || [ "$run" = "${GITHUB_RUN_ID:-}" ]; then continue; fi
  kept="$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$run/artifacts?name=$ARTIFACT" \
    --jq '[.artifacts[] | select(.expired | not)] | length' </dev/null)"
  [ "$kept" -gt 0 ] || continue
  gh run download "$run" --name "$ARTIFACT" --dir "$DIRECTORY" </dev/null ||
    fail "the artifact '$ARTIFACT' of run $run could not be downloaded: run the job again"
  printf 'run %s kept %s\n' "$run" "$ARTIFACT"
  output found true
  output run "$run"
  exit 0
done <<<"$runs"
printf 'no good run of %s still keeps %s\n' "$WORKFLOW" "$ARTIFACT"
output found false
