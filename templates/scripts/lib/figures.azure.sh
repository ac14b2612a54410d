# The newest $1 runs of a pipeline that ended well, newest first, on whatever branch, and what one of them kept.
get() {
  printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
    curl --config - --fail --silent --show-error --location --proto '=https' --retry 3 --max-time 120 "$@"
}
builds="${SYSTEM_COLLECTIONURI}${SYSTEM_TEAMPROJECTID}/_apis/build/builds"
ended_well() {
  local query="definitions=$SYSTEM_DEFINITIONID&resultFilter=succeeded&statusFilter=completed&queryOrder=queueTimeDescending"
  get "$builds?$query&reasonFilter=individualCI,batchedCI,manual,schedule&%24top=$1&api-version=7.1" | jq -r '.value[].id'
}
what_lists="the runs of this pipeline; let its build service read builds"
# The name of what a run kept by this name, if it did: that of its last attempt.
name_in() {
  get "$builds/$1/artifacts?api-version=7.1" | jq -r --arg name "$2" \
    '[.value[].name | select(. == $name or (startswith($name + "-") and (ltrimstr($name + "-") | test("^[0-9]+$"))))]
      | sort_by(ltrimstr($name) | ltrimstr("-") | tonumber? // 0) | last // ""'
}
take() {
  local address
  address=$(get "$builds/$1/artifacts?artifactName=$2&api-version=7.1" | jq -r '.resource.downloadUrl // empty') || return 1
  [ -n "$address" ] && get "$address" --output "$3/artifact.zip" || return 1
  # The archive holds one folder of the artifact's name.
  unzip -q -o -j "$3/artifact.zip" -d "$3" || return 1
  rm "$3/artifact.zip"
}
