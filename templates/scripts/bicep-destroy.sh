# Deletes a deployment stack and everything it owns, and tells what is left in the resource group.
# NAME: the stack. GROUP: its resource group.
set -euo pipefail
#include talk
#include warn
found="$(az stack group list --resource-group "$GROUP" --query "[?name=='$NAME'].id" --output tsv)"
if [ -n "$found" ]; then
  az stack group delete --name "$NAME" --resource-group "$GROUP" --action-on-unmanage deleteAll --yes ||
    fail "the stack '$NAME' could not be deleted from '$GROUP': what Azure said is above"
else
  printf 'there is no stack %s in %s\n' "$NAME" "$GROUP"
fi
left="$(az resource list --resource-group "$GROUP" --query '[].id' --output tsv)"
[ -n "$left" ] || exit 0
printf '%s\n' "$left"
warn "$(wc -l <<<"$left") resources are left in '$GROUP', listed above: no stack owns them, delete them by hand if nobody needs them"
