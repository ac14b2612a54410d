# The runs of a pipeline, and what they kept.
ask() {
  printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" |
    curl --config - --fail --silent --show-error --location --proto '=https' --retry 3 --max-time 120 "$@"
}
builds() { printf '%s%s/_apis/build/builds%s' "$SYSTEM_COLLECTIONURI" "$SYSTEM_TEAMPROJECTID" "$1"; }
# Lines of: end run branch result, of the 100 runs of branch $1 that ended last; of any when it is empty, 1000 on one page.
pages=1
page_of_runs() {
  local which="definitions=$SYSTEM_DEFINITIONID&statusFilter=completed&reasonFilter=individualCI,batchedCI,manual,schedule" count=1000
  if [ -n "$1" ]; then which+="&branchName=$(jq -nr --arg branch "refs/heads/$1" '$branch | @uri')" count=100; fi
  ask "$(builds "?$which&queryOrder=finishTimeDescending&%24top=$count&api-version=7.1")" |
    jq -r '.value[] | "\(.finishTime // .queueTime | sub("[.][0-9]+"; "") | fromdate) \(.id) \(
      .sourceBranch | sub("^refs/heads/"; "")) \(.result)"'
}
cannot_list="the runs of this pipeline could not be listed: let its build service read builds"
# The names of what a run still keeps.
kept_by() { ask "$(builds "/$1/artifacts?api-version=7.1")" | jq -r '.value[].name'; }
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
