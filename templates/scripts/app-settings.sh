# Checks that an app has the settings that it needs, by their names; no value is read.
# APP, GROUP: the app. SLOT: its slot (default: production). NAMES: the settings, separated by blanks.
# SWAPS: true when the slot is swapped into production afterwards, where settings that stay with their slot count (default: false).
set -euo pipefail
#include talk
read -ra needed <<<"$NAMES"
blind="the settings of $APP could not be listed, see above: the identity needs Website Contributor there"
settings() {
  az webapp config appsettings list --name "$APP" --resource-group "$GROUP" "$@" \
    --query '[].{name: name, sticky: slotSetting}' --output json
}
lacking() { jq -r --args '$ARGS.positional - map(.name) | .[]' -- "${needed[@]}"; }
assign() { sed 's/$/=VALUE/' | paste -sd ' '; }
slot=() production=()
if [ -n "${SLOT:-}" ]; then slot=(--slot "$SLOT"); fi
here="$(settings "${slot[@]}")" || fail "$blind"
set_it="az webapp config appsettings set --name $APP --resource-group $GROUP"
missing="$(lacking <<<"$here")"
if [ -n "$missing" ]; then
  echo "to set what is missing: $set_it ${slot[*]} --settings $(assign <<<"$missing")"
  fail "$APP${SLOT:+, slot $SLOT,} lacks the settings $(paste -sd ' ' <<<"$missing"), so nothing was deployed: \
set them and run the job again"
fi
if [ "${SWAPS:-false}" = true ]; then
  live="$(settings "${production[@]}")" || fail "$blind"
  # What stays with its slot is production's own after the swap; all else comes along from the slot.
  after="$(printf '%s\n' "$here" "$live" | jq -s '
    (add | map(select(.sticky) | .name)) as $sticky
    | [.[0][] | select(.name | IN($sticky[]) | not)] + [.[1][] | select(.name | IN($sticky[]))]')"
  missing="$(lacking <<<"$after")"
  if [ -n "$missing" ]; then
    echo "to set what is missing: $set_it --slot-settings $(assign <<<"$missing")"
    fail "production of $APP would lack the settings $(paste -sd ' ' <<<"$missing") after the swap, because they stay with the slot $SLOT: \
set them in production too, or let them move"
  fi
fi
others="$(jq -r --args 'map(.name) - $ARGS.positional | sort | join(", ")' -- "${needed[@]}" <<<"$here")"
echo "$APP${SLOT:+, slot $SLOT,} has all ${#needed[@]} settings that it needs; others that it has: ${others:-none}"
