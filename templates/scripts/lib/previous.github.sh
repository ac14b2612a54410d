# The runs of a workflow, newest first, and what they kept.
good_runs() {
  GH_TOKEN="$TOKEN" GH_REPO="$GITHUB_REPOSITORY" gh run list --workflow "$WORKFLOW" --branch "$1" --status success \
    --limit 20 --json databaseId,event \
    --jq '.[] | select(.event | IN("push", "schedule", "workflow_dispatch")) | .databaseId'
}
cannot_list() { fail "the runs of '$WORKFLOW' could not be listed: give the job 'permissions: actions: read'"; }
keeps() {
  local kept
  [ "$1" != "${GITHUB_RUN_ID:-}" ] || return 1
  kept="$(GH_TOKEN="$TOKEN" gh api "repos/$GITHUB_REPOSITORY/actions/runs/$1/artifacts?name=$ARTIFACT" \
    --jq '[.artifacts[] | select(.expired | not)] | length')"
  [ "$kept" -gt 0 ] || return 1
  GH_TOKEN="$TOKEN" GH_REPO="$GITHUB_REPOSITORY" gh run download "$1" --name "$ARTIFACT" --dir "$DIRECTORY" ||
    fail "the artifact '$ARTIFACT' of run $1 could not be downloaded: run the job again"
}
