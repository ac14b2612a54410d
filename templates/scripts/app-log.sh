# Shows the end of an app's container log in the summary: why a build does not start is said there.
# APP, GROUP: the app. SLOT: its slot (default: production). LINES: how many lines (default: 80).
# LIMIT: seconds that one call of az may take (default: 60).
# UNTIL: a time (UTC); what was written later is of the build that was put back, and is left out (default: nothing is).
set -euo pipefail
#include talk
#include warn
#include scratch
#include redact
slot=()
if [ -n "${SLOT:-}" ]; then slot=(--slot "$SLOT"); fi
where="$APP${SLOT:+, slot $SLOT}"
# A log is worth a minute, not the rest of the job.
az() { timeout --kill-after 5 "${LIMIT:-60}" az "$@"; }
# The lines of the platform and of the app begin with a time; one without belongs to the line before.
until_then() {
  [ -n "${UNTIL:-}" ] || { cat; return; }
  LC_ALL=C awk -v until="$UNTIL" '/^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T/ { late = $1 > until } !late'
}
missed() {
  warn "the log of $where is not shown, $1: az webapp log tail --name $APP --resource-group $GROUP ${slot[*]}"
  exit 0
}
host="$(az webapp show --name "$APP" --resource-group "$GROUP" "${slot[@]}" \
  --query "hostNameSslStates[?hostType=='Repository'] | [0].name" --output tsv)" || missed "the app could not be read, see above"
[ -n "$host" ] || missed "because Azure names no SCM site for it"
resource="$(az cloud show --query endpoints.activeDirectoryResourceId --output tsv)" ||
  missed "because az does not tell its cloud, see above"
ask() { az rest --method get --resource "$resource" --url "$1" --output-file "$2" --output none; }
ask "https://$host/api/logs/docker" "$scratch/logs.json" ||
  missed "because its SCM site did not list it (it is for containers on Linux, and wants the network and Website Contributor)"
# What the platform says of the container, and what the app itself wrote; the newest of each, and from this site only.
jq -r --arg site "https://$host/" '
  [.[] | select(.href | startswith($site))] | sort_by(.lastUpdated) | reverse
  | ([.[] | select(.href | endswith("default_docker.log") | not)][:1], [.[] | select(.href | endswith("default_docker.log"))][:1])[].href
' "$scratch/logs.json" >"$scratch/addresses" || missed "because its SCM site sent no list"
[ -s "$scratch/addresses" ] || missed "because there is none yet"
while read -r address; do
  ask "$address" "$scratch/log" || missed "because it could not be read, see above"
  until_then <"$scratch/log" | tail -n "${LINES:-80}" | block >"$scratch/page"
  summary "### The end of ${address##*/} of $where"$'\n\n'"$(<"$scratch/page")"$'\n'
done <"$scratch/addresses"
echo "the end of the log of $where is in the summary of this run"
