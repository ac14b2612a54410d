# Deploys a Bicep template to a resource group as a deployment stack, so that what leaves the template leaves Azure too.
# NAME: the stack. GROUP, TEMPLATE: where and what. PARAMETERS: a file of values (optional).
# ALLOW_DELETES: true or false (default: false): whether resources may go.
# OUTPUTS: names of outputs to tell in the summary, separated by blanks (optional).
# Outputs: the template's own outputs that are plain strings.
set -euo pipefail
#include talk
#include scratch
#include redact
#include told
STACK="$NAME"
#include bicep
preview
show_preview
if [ "$deletes" -gt 0 ] && [ "${ALLOW_DELETES:-false}" != true ]; then
  cat "$scratch/deleted"
  fail "this deployment would delete $deletes resources, listed above: put them back into '$TEMPLATE', or allow deletes for this run"
fi
arguments=(--name "$NAME" --resource-group "$GROUP" --template-file "$TEMPLATE")
if [ -n "${PARAMETERS:-}" ]; then arguments+=(--parameters "$PARAMETERS"); fi
az stack group create "${arguments[@]}" --action-on-unmanage deleteResources --deny-settings-mode none --yes \
  --output json >"$scratch/stack.json" || fail "the stack '$NAME' could not be deployed to '$GROUP': what Azure said is above"
while IFS= read -r key; do
  output "$key" "$(jq -r --arg key "$key" '.outputs[$key].value | gsub("\n"; " ")' "$scratch/stack.json")"
done < <(jq -r '.outputs // {} | to_entries[] | select(.value.type | ascii_downcase == "string") | .key' "$scratch/stack.json")
read -ra names <<<"${OUTPUTS:-}"
for key in "${names[@]}"; do
  value="$(jq -r --arg key "$key" '.outputs[$key] // {} | select(.type // "" | ascii_downcase | startswith("secure") | not)
    | .value // empty | if type == "string" then gsub("\n"; " ") else tojson end' "$scratch/stack.json")"
  [ -n "$value" ] || fail "'$TEMPLATE' has no plain output '$key': add it, or take it out of siding.yml"
  printf '%s\t%s\n' "$key" "$value" >>"$scratch/told"
done
tell_outputs "$scratch/told"
