# What a Bicep template would change in a resource group. Wants talk and scratch.
# Asks for GROUP, TEMPLATE, PARAMETERS (optional) and STACK (optional: the deployment stack that owns the resources), and sets
# changes (true or false) and deletes (how many resources go); their ids are in $scratch/deleted.
preview() {
  local arguments=(--resource-group "$GROUP" --template-file "$TEMPLATE")
  if [ -n "${PARAMETERS:-}" ]; then arguments+=(--parameters "$PARAMETERS"); fi
  az deployment group what-if "${arguments[@]}" --no-pretty-print --result-format ResourceIdOnly --output json >"$scratch/what-if.json" ||
    fail "Azure could not preview '$TEMPLATE' in '$GROUP': what it said is above"
  printf '[]' >"$scratch/owned.json"
  if [ -n "${STACK:-}" ]; then
    az stack group list --resource-group "$GROUP" --query "[?name=='$STACK'].id" --output tsv >"$scratch/stack"
    if [ -s "$scratch/stack" ]; then
      az stack group show --name "$STACK" --resource-group "$GROUP" --query 'resources[].id' --output json >"$scratch/owned.json"
    fi
  fi
  # A stack deletes what it owns and the template no longer names; the preview itself does not tell of that.
  jq -r --slurpfile owned "$scratch/owned.json" '
    [.changes[]? | select(.changeType == "Delete") | .resourceId] as $told
    | [.changes[]?, .potentialChanges[]? | select(.changeType | IN("Ignore", "Delete") | not) | .resourceId | ascii_downcase] as $named
    | $told + [$owned[0][]? | select(ascii_downcase as $id | $named | index($id) | not)] | unique_by(ascii_downcase)[]
  ' "$scratch/what-if.json" >"$scratch/deleted"
  deletes="$(wc -l <"$scratch/deleted")"
  changes="$(jq 'any(.changes[]?; .changeType | IN("NoChange", "Ignore") | not)' "$scratch/what-if.json")"
  if [ "$deletes" -gt 0 ]; then changes=true; fi
}
show_preview() {
  { jq -r '.changes[]? | select(.changeType | IN("NoChange", "Ignore", "Delete") | not) | "\(.changeType) \(.resourceId)"' \
    "$scratch/what-if.json"; sed 's/^/Delete /' "$scratch/deleted"; } >"$scratch/lines"
  summary "### $TEMPLATE in $GROUP: changes $changes, resources deleted $deletes"$'\n~~~\n'"$(<"$scratch/lines")"$'\n~~~'
}
