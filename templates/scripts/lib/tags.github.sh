# Tags and releases of a repository on GitHub. Each function uses tag, previous, COMMIT and NOTES.
ask() { GH_TOKEN="$TOKEN" gh api "$@"; }
list_tags() { ask --paginate "repos/$GITHUB_REPOSITORY/tags?per_page=100" --jq '.[] | "\(.commit.sha) \(.name)"'; }
subject_of() { ask "repos/$GITHUB_REPOSITORY/commits/$1" --jq '.commit.message | split("\n")[0]'; }
make_tag() {
  ask --silent --method POST "repos/$GITHUB_REPOSITORY/git/refs" --field "ref=refs/tags/$tag" --field "sha=$COMMIT" ||
    fail "the tag $tag could not be made, see above: the job wants 'permissions: contents: write', and a rule may keep tags"
  note_tag
}
# Does nothing when there is a release of the tag already.
note_tag() {
  local since=()
  if [ "${NOTES:-false}" != true ]; then return 0; fi
  if ask --silent "repos/$GITHUB_REPOSITORY/releases/tags/$tag" 2>/dev/null; then return 0; fi
  if [ -n "$previous" ]; then since=(--notes-start-tag "$previous"); fi
  GH_TOKEN="$TOKEN" gh release create "$tag" --repo "$GITHUB_REPOSITORY" --verify-tag --title "$tag" --generate-notes "${since[@]}" ||
    fail "$tag is made, and its release notes could not be written, see above: run the job again"
}
