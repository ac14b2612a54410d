# The runs of a workflow, newest first, and what they kept.
good_runs() {
  GH_TOKEN="$TOKEN" GH_REPO="$GITHUB_REPOSITORY" gh run list --workflow "$WORKFLOW" --branch "${BRANCH:-main}" --status success \
    --limit 20 --json databaseId,event \
    --jq ".[] | select(.databaseId != ${GITHUB_RUN_ID:-0}) | select(.event | IN(\"push\", \"schedule\", \"workflow_dispatch\")) | .databaseId" ||
    fail "the runs of '$WORKFLOW' could not be listed: give the job 'permissions: actions: read'" >&2
}
keeps() {
  local kept
  kept="$(GH_TOKEN="$TOKEN" gh api "repos/$GITHUB_REPOSITORY/actions/runs/$1/artifacts?name=$ARTIFACT" \
    --jq '[.artifacts[] | select(.expired | not)] | length')"
  [ "$kept" -gt 0 ] || return 1
  GH_TOKEN="$TOKEN" GH_REPO="$GITHUB_REPOSITORY" gh run download "$1" --name "$ARTIFACT" --dir "$DIRECTORY" ||
    fail "the artifact '$ARTIFACT' of run $1 could not be downloaded: run the job again"
}
