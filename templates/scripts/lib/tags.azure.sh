# Tags of a repository in Azure Repos, whose message holds the notes. Each function uses tag, previous, COMMIT and NOTES.
ask() {
  printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
    curl --config - --fail --silent --show-error --proto '=https' --max-time 120 --header 'Content-Type: application/json' "$@"
}
here() { printf '%s' "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/git/repositories/$BUILD_REPOSITORY_ID"; }
list_tags() {
  ask --retry 3 "$(here /)/refs?filter=tags/v&peelTags=true&%24top=1000&api-version=7.1" |
    jq -r '.value[] | "\(.peeledObjectId // .objectId) \(.name | ltrimstr("refs/tags/"))"'
}
subject_of() { ask --retry 3 "$(here /)/commits/$1?api-version=7.1" | jq -r '.comment | split("\n")[0]'; }
# What came since the tag before, one line for each commit.
news() {
  if [ "${NOTES:-false}" != true ] || [ -z "$previous" ]; then return 0; fi
  local item="searchCriteria.itemVersion.versionType=tag&searchCriteria.itemVersion.version=$previous"
  local compare="searchCriteria.compareVersion.versionType=commit&searchCriteria.compareVersion.version=$COMMIT"
  ask --retry 3 "$(here /)/commits?$item&$compare&searchCriteria.%24top=200&api-version=7.1" |
    jq -r '.value[] | "- \(.comment | split("\n")[0]) (\(.commitId[:8]))"' ||
    fail "what is new since $previous could not be read, see above"
}
make_tag() {
  news >"$scratch/news"
  jq -n --arg tag "$tag" --arg commit "$COMMIT" --rawfile news "$scratch/news" \
    '{name: $tag, taggedObject: {objectId: $commit}, message: ("Release \($tag)\n\n" + $news)}' >"$scratch/body"
  ask --request POST "$(here /)/annotatedtags?api-version=7.1" --data-binary "@$scratch/body" --output /dev/null ||
    fail "the tag $tag could not be made, see above: let the project's build service 'Create tag' in this repository"
}
# The notes are in the tag itself.
note_tag() { true; }
