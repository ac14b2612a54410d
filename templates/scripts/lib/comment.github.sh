# A comment on a pull request, found by its first line.
ask() { GH_TOKEN="$TOKEN" gh api "$@"; }
# Puts the file $2 there as the comment that begins with the line $1.
put_comment() {
  local here="repos/$GITHUB_REPOSITORY/issues" known
  known="$(ask --paginate "$here/$NUMBER/comments?per_page=100" \
    --jq ".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$1\"))) | .id")" ||
    fail "the comments of pull request $NUMBER could not be read: give the job 'permissions: pull-requests: write'"
  known="${known%%$'\n'*}"
  if [ -n "$known" ]; then
    ask --silent --method PATCH "$here/comments/$known" --field "body=@$2"
  else
    ask --silent --method POST "$here/$NUMBER/comments" --field "body=@$2"
  fi || fail "the comment on pull request $NUMBER could not be written: give the job 'permissions: pull-requests: write'"
}
