# The runs of a pipeline, newest first, and what they kept.
ask() {
  printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
    curl --config - --fail --silent --show-error --location --proto '=https' --retry 3 --max-time 120 "$@"
}
project() { printf '%s%s' "$SYSTEM_COLLECTIONURI" "$SYSTEM_TEAMPROJECTID"; }
good_runs() {
  local query="definitions=$SYSTEM_DEFINITIONID&branchName=refs/heads/$1&resultFilter=succeeded&statusFilter=completed"
  ask "$(project /)/_apis/build/builds?$query&reasonFilter=individualCI,batchedCI,manual,schedule&%24top=20&api-version=7.1" |
    jq -r --argjson this "${BUILD_BUILDID:-0}" '.value[] | select(.id != $this) | .id'
}
cannot_list() { fail "the runs of this pipeline could not be listed: let its build service read builds"; }
keeps() {
  local address
  address="$(ask "$(project /)/_apis/build/builds/$1/artifacts?artifactName=$ARTIFACT&api-version=7.1" 2>/dev/null |
    jq -r '.resource.downloadUrl // empty')" || return 1
  [ -n "$address" ] || return 1
  ask "$address" --output "$DIRECTORY/artifact.zip" ||
    fail "the artifact '$ARTIFACT' of run $1 could not be downloaded: run the job again"
  # The archive holds one folder of the artifact's name.
  unzip -q -o -j "$DIRECTORY/artifact.zip" -d "$DIRECTORY"
  rm "$DIRECTORY/artifact.zip"
}
