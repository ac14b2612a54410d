# Checks that a slot still holds what a swap put there: a roll-back would put what was deployed since in front of users.
# APP, GROUP, SLOT: the slot. SWAPPED_AT: when the swap was made that is undone (UTC).
set -euo pipefail
#include talk
swapped=$(date --utc --date "$SWAPPED_AT" +%s) ||
  fail "the swap that is undone was made at '$SWAPPED_AT', which is no time: give swap-timestamp of the run that swapped"
id=$(az webapp show --name "$APP" --resource-group "$GROUP" --slot "$SLOT" --query id --output tsv) ||
  fail "the slot $SLOT of $APP could not be read, see above"
ended=$(az rest --method get --url "$id/deployments?api-version=2024-04-01" --query 'value[].properties.end_time' --output tsv) ||
  fail "the deployments to the slot $SLOT of $APP could not be listed, see above; the identity needs Website Contributor there"
while read -r time; do
  case "$time" in
    '') continue ;;
    None) fail "a deployment to the slot $SLOT of $APP is under way: wait for its end, then deploy the release that you want back" ;;
  esac
  [ "$(date --utc --date "$time" +%s)" -le "$swapped" ] ||
    fail "the slot $SLOT of $APP was deployed to at $time, after the swap at $SWAPPED_AT, so it no longer holds what ran before: \
deploy the commit that you want back"
done <<<"$ended"
echo "the slot $SLOT of $APP holds what ran before the swap at $SWAPPED_AT"
