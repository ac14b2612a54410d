# Keeps images that production runs, or may go back to, from acr-purge and from hands: none can be deleted until unlocked.
# REGISTRY: name in Azure. REFERENCES: lines of: service registry/repository@sha256:digest.
set -euo pipefail
#include talk
while read -r service reference; do
  [ -n "$service" ] || continue
  [[ $reference =~ ^[^/@]+/([^@]+@sha256:[0-9a-f]{64})$ ]] || fail "the image of $service is not given by digest: '$reference'"
  az acr repository update --name "$REGISTRY" --image "${BASH_REMATCH[1]}" --delete-enabled false --output none ||
    fail "the image of $service could not be locked in $REGISTRY, see above; the identity needs to change images' attributes there"
  summary "Locked: $service, $reference"
done <<<"$REFERENCES"
