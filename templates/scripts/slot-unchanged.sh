# Checks that nobody deployed to a slot since: a swap would put that in front of users.
# APP, GROUP, SLOT: the slot. SINCE: the time (UTC) at which it held what is to be swapped.
# OTHERWISE: the run whose package can be deployed instead. Where it is given, also empty, a slot that has changed is told, and SINCE may
# be empty (default: one that has changed is an error). RIGHT_BEFORE: false when that run is not what the slot got by the swap.
# Output unchanged: true or false.
set -euo pipefail
#include talk
changed() {
  [ -n "${OTHERWISE+there}" ] || fail "$1: run the pipeline for the commit that you want"
  # Azure Pipelines leaves the name of an output that no step has told.
  case "$OTHERWISE" in '' | \$\(*\)) fail "$1, and no earlier release is known to deploy again: start the roll-back with 'run', \
or run the pipeline for the commit that you want" ;; esac
  echo "$1: the package of run $OTHERWISE is deployed again"
  output unchanged false
  exit 0
}
if [ -z "$SINCE" ]; then
  [ -n "${OTHERWISE+there}" ] ||
    fail "no time is given at which the slot $SLOT of $APP held what is to be swapped: run the whole pipeline again"
  changed "no 'swapped-at' says when the slot $SLOT of $APP got what ran before"
fi
if [ "${RIGHT_BEFORE:-}" = false ]; then changed "the slot $SLOT of $APP holds another release than is gone back to"; fi
since=$(date --utc --date "$SINCE" +%s) ||
  fail "'$SINCE' is no time: a roll-back takes swapped-at, which is swap-timestamp of the run that swapped"
id=$(az webapp show --name "$APP" --resource-group "$GROUP" --slot "$SLOT" --query id --output tsv) ||
  fail "the slot $SLOT of $APP could not be read, see above"
# A list of lists keeps the time that is not there yet, as None; a list of times would drop it.
ended=$(az rest --method get --url "$id/deployments?api-version=2024-04-01" --query 'value[].[properties.end_time]' --output tsv) ||
  fail "the deployments to the slot $SLOT of $APP could not be listed, see above; the identity needs Website Contributor there"
while read -r time; do
  case "$time" in
    '') continue ;;
    None) fail "a deployment to the slot $SLOT of $APP is under way: wait for its end, then run this again" ;;
  esac
  [ "$(date --utc --date "$time" +%s)" -le "$since" ] ||
    changed "the slot $SLOT of $APP was deployed to at $time, after $SINCE, so it no longer holds what is to be swapped"
done <<<"$ended"
echo "nobody deployed to the slot $SLOT of $APP since $SINCE"
output unchanged true
