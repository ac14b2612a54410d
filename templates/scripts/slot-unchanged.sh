# Checks that nobody deployed to a slot since: a swap would put that in front of users.
# APP, GROUP, SLOT: the slot. SINCE: the time (UTC) at which it held what is to be swapped.
set -euo pipefail
#include talk
[ -n "$SINCE" ] || fail "no time is given: a roll-back needs swapped-at, which is swap-timestamp of the run that swapped"
since=$(date --utc --date "$SINCE" +%s) ||
  fail "'$SINCE' is no time: a roll-back needs swapped-at, which is swap-timestamp of the run that swapped"
id=$(az webapp show --name "$APP" --resource-group "$GROUP" --slot "$SLOT" --query id --output tsv) ||
  fail "the slot $SLOT of $APP could not be read, see above"
ended=$(az rest --method get --url "$id/deployments?api-version=2024-04-01" --query 'value[].properties.end_time' --output tsv) ||
  fail "the deployments to the slot $SLOT of $APP could not be listed, see above; the identity needs Website Contributor there"
while read -r time; do
  case "$time" in
    '') continue ;;
    None) fail "a deployment to the slot $SLOT of $APP is under way: wait for its end, then run this again" ;;
  esac
  [ "$(date --utc --date "$time" +%s)" -le "$since" ] ||
    fail "the slot $SLOT of $APP was deployed to at $time, after $SINCE, so it no longer holds what is to be swapped: \
run the pipeline for the commit that you want"
done <<<"$ended"
echo "nobody deployed to the slot $SLOT of $APP since $SINCE"
