# The runs of a workflow, newest first, and what they kept.
hub() { GH_TOKEN="$TOKEN" GH_REPO="$GITHUB_REPOSITORY" gh "$@"; }
# Lines of: run branch result, of the newest $1 runs that have ended.
ended_runs() {
  hub run list --workflow "$WORKFLOW" --status completed --limit "$1" --json databaseId,event,headBranch,conclusion \
    --jq '.[] | select(.event | IN("push", "schedule", "workflow_dispatch")) | "\(.databaseId) \(.headBranch) \(.conclusion)"'
}
cannot_list="the runs of '${WORKFLOW:-}' could not be listed: give the job 'permissions: actions: read'"
# The names of what a run still keeps.
kept_by() {
  hub api --paginate "repos/$GITHUB_REPOSITORY/actions/runs/$1/artifacts?per_page=100" \
    --jq '.artifacts[] | select(.expired | not) | .name'
}
# Of these names, that of the record of a job.
record_of() { grep -xF -- "record-$1"; }
# Downloads what a run kept: its number, the name, the folder.
fetch() { hub run download "$1" --name "$2" --dir "$3"; }
