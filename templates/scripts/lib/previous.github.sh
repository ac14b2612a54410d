# The runs of a workflow, and what they kept.
hub() { GH_TOKEN="$TOKEN" GH_REPO="$GITHUB_REPOSITORY" gh "$@"; }
# GitHub tells of no more than 1000 runs.
pages=10
# Lines of: end run branch result, of the newest 100 runs of branch $1 that have ended; of any when it is empty, page $2 of them.
page_of_runs() {
  local which=(--raw-field status=completed --raw-field per_page=100 --raw-field "page=$2")
  if [ -n "$1" ]; then which+=(--raw-field "branch=$1"); fi
  hub api --method GET "repos/$GITHUB_REPOSITORY/actions/workflows/$WORKFLOW/runs" "${which[@]}" \
    --jq '.workflow_runs[] | select(.event | IN("push", "schedule", "workflow_dispatch"))
      | "\(.updated_at | fromdate) \(.id) \(.head_branch) \(.conclusion)"'
}
cannot_list="the runs of '${WORKFLOW:-}' could not be listed: give the job 'permissions: actions: read'"
# The names of what a run still keeps, at any of its attempts.
kept_by() {
  hub api --paginate "repos/$GITHUB_REPOSITORY/actions/runs/$1/artifacts?per_page=100" \
    --jq '.artifacts[] | select(.expired | not) | .name'
}
# Downloads what a run kept: its number, the name, the folder.
fetch() { hub run download "$1" --name "$2" --dir "$3"; }
