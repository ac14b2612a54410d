# Finds the images that were tested as the state of one source tree, as image-mark-tested noted.
# REGISTRY: name in Azure. REPOSITORIES: lines of: service repository (with or without the registry's host).
# TREE: git rev-parse HEAD^{tree}. For each service an output of its name: registry/repository@sha256:digest.
set -euo pipefail
#include talk
[[ $TREE =~ ^[0-9a-f]{40,64}$ ]] || fail "TREE is no tree of git: '$TREE'; it is what git rev-parse 'HEAD^{tree}' says"
server=$(az acr show --name "$REGISTRY" --query loginServer --output tsv) || fail "registry $REGISTRY is not to be found, see above"
said=$(mktemp "${RUNNER_TEMP:-${AGENT_TEMPDIRECTORY:-/tmp}}/siding.XXXXXX")
trap 'rm -f -- "$said"' EXIT
missing=()
while read -r service repository; do
  [ -n "$service" ] || continue
  repository=${repository#"$server/"}
  if digest=$(az acr repository show --name "$REGISTRY" --image "$repository:tree-$TREE" --query digest --output tsv 2>"$said"); then
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "registry $REGISTRY told no digest of $repository:tree-$TREE but '$digest'"
    output "$service" "$server/$repository@$digest"
    summary "Tested image of $service: $server/$repository@$digest"
  elif grep -qiE '(name|manifest|tag)[_ ]unknown|does not exist|not found|not known' "$said"; then
    missing+=("$service")
  else
    fail "registry $REGISTRY could not be asked for $repository:tree-$TREE: $(tr '\n' ' ' <"$said")"
  fi
done <<<"$REPOSITORIES"
[ "${#missing[@]}" -eq 0 ] || fail "tree $TREE was never tested: registry $REGISTRY has no image tree-$TREE of ${missing[*]}. \
Let the pipeline that tests run on a branch with this very content (merge only branches that are up to date), then run this again"
