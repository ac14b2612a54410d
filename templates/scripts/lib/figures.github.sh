# The newest $1 runs of a workflow that ended well, newest first, on whatever branch, and what one of them kept.
ended_well() {
  GH_TOKEN="$TOKEN" GH_REPO="$GITHUB_REPOSITORY" gh run list --workflow "$WORKFLOW" --status success --limit "$1" \
    --json databaseId,event --jq '.[] | select(.event | IN("push", "schedule", "workflow_dispatch")) | .databaseId'
}
what_lists="the runs of '${WORKFLOW:-}'; give the job 'permissions: actions: read'"
# The name of what a run kept by this name, if it did.
name_in() {
  GH_TOKEN="$TOKEN" gh api "repos/$GITHUB_REPOSITORY/actions/runs/$1/artifacts?name=$2" \
    --jq '[.artifacts[] | select(.expired | not) | .name] | first // ""'
}
take() { GH_TOKEN="$TOKEN" GH_REPO="$GITHUB_REPOSITORY" gh run download "$1" --name "$2" --dir "$3"; }
