# A thread of a pull request, found by its first line.
ask() {
  printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
    curl --config - --fail --silent --show-error --proto '=https' --max-time 120 --header 'Content-Type: application/json' "$@"
}
# Puts the file $2 there as the comment that begins with the line $1.
put_comment() {
  local here="$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/git/repositories/$BUILD_REPOSITORY_ID/pullRequests/$NUMBER/threads"
  local refused="let the project's build service 'Contribute to pull requests' (Project settings > Repositories > Security)"
  local known
  ask --retry 3 "$here?api-version=7.1" >"$scratch/threads" || fail "the threads of pull request $NUMBER could not be read: $refused"
  known="$(jq -r --arg mark "$1" '[.value[] | select(.isDeleted | not) | select(.comments[0].content // "" | startswith($mark))]
    | .[0] | if . then "\(.id)/comments/\(.comments[0].id)" else "" end' "$scratch/threads")"
  if [ -n "$known" ]; then
    jq -n --rawfile text "$2" '{content: $text}' >"$scratch/body"
    ask --retry 3 --request PATCH "$here/$known?api-version=7.1" --data-binary "@$scratch/body" --output /dev/null
  else
    # Closed: a policy that wants all comments resolved is not meant by it.
    jq -n --rawfile text "$2" '{comments: [{parentCommentId: 0, commentType: "text", content: $text}], status: "closed"}' >"$scratch/body"
    ask --request POST "$here?api-version=7.1" --data-binary "@$scratch/body" --output /dev/null
  fi || fail "the comment on pull request $NUMBER could not be written: $refused"
}
