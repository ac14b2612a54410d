# Notes in the registry that these images were tested as the state of one source tree: each gets the tag tree-TREE.
# REGISTRY: name in Azure. REFERENCES: lines of: service registry/repository@sha256:digest. TREE: git rev-parse HEAD^{tree}.
set -euo pipefail
#include talk
[[ $TREE =~ ^[0-9a-f]{40,64}$ ]] || fail "TREE is no tree of git: '$TREE'; it is what git rev-parse 'HEAD^{tree}' says"
while read -r service reference; do
  [ -n "$service" ] || continue
  [[ $reference =~ ^[^/@]+/([^@]+)@sha256:[0-9a-f]{64}$ ]] || fail "the image of $service is not given by digest: '$reference'"
  # Import from the registry into itself copies nothing: it is how Azure adds a tag without pulling.
  az acr import --name "$REGISTRY" --source "$reference" --image "${BASH_REMATCH[1]}:tree-$TREE" --force ||
    fail "the image of $service could not be marked as tested in $REGISTRY, see above; the identity needs to import images there"
  summary "Tested: $service, $reference, tree $TREE"
done <<<"$REFERENCES"
