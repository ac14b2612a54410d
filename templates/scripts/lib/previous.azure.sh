# The runs of a pipeline, newest first, and what they kept.
ask() {
  printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
    curl --config - --fail --silent --show-error --location --proto '=https' --retry 3 --max-time 120 "$@"
}
builds() { printf '%s%s/_apis/build/builds%s' "$SYSTEM_COLLECTIONURI" "$SYSTEM_TEAMPROJECTID" "$1"; }
# Lines of: run branch result, of the newest $1 runs that have ended.
ended_runs() {
  local query="definitions=$SYSTEM_DEFINITIONID&statusFilter=completed&reasonFilter=individualCI,batchedCI,manual,schedule"
  ask "$(builds "?$query&queryOrder=queueTimeDescending&%24top=$1&api-version=7.1")" |
    jq -r '.value[] | "\(.id) \(.sourceBranch | sub("^refs/heads/"; "")) \(.result)"'
}
cannot_list="the runs of this pipeline could not be listed: let its build service read builds"
# The names of what a run still keeps.
kept_by() { ask "$(builds "/$1/artifacts?api-version=7.1")" | jq -r '.value[].name'; }
# Of these names, that of the record of a job, as its last attempt wrote it.
record_of() { grep -xE -- "record-$1-[0-9]+" | sort -V | tail -n 1 | grep .; }
# Downloads what a run kept: its number, the name, the folder.
fetch() {
  local address
  address="$(ask "$(builds "/$1/artifacts?artifactName=$2&api-version=7.1")" | jq -r '.resource.downloadUrl // empty')" || return 1
  [ -n "$address" ] || return 1
  mkdir -p "$3"
  ask "$address" --output "$3/artifact.zip" || return 1
  # The archive holds one folder of the artifact's name.
  unzip -q -o -j "$3/artifact.zip" -d "$3" || return 1
  rm "$3/artifact.zip"
}
