# Pushes a local image and tells its digest, by which everything after names it.
# REGISTRY: name in Azure. IMAGE: registry/repository:tag. Outputs digest: sha256:..., and reference: registry/repository@sha256:...
set -euo pipefail
#include talk
repository=${IMAGE%:*}
# A colon before the last slash belongs to the registry's port.
[[ ${IMAGE##*/} == *:* ]] || fail "image $IMAGE has no tag, which means latest: tag it with the commit"
[ "${IMAGE##*:}" != latest ] || fail "image $IMAGE is not pushed: the tag latest tells nobody what runs; tag it with the commit"
az acr login --name "$REGISTRY" || fail "registry $REGISTRY refused the sign-in, see above: the identity needs the role AcrPush there"
docker push "$IMAGE" || fail "image $IMAGE could not be pushed, see above"
mapfile -t digests < <(docker image inspect "$IMAGE" | jq --raw-output --arg repository "$repository" \
  '[.[].RepoDigests[] | select(startswith($repository + "@")) | split("@")[1]] | unique[]')
[ "${#digests[@]}" -eq 1 ] || fail "Docker knows ${#digests[@]} digests of $repository for this image, not one: ${digests[*]}"
output digest "${digests[0]}"
output reference "$repository@${digests[0]}"
summary "Pushed $IMAGE as ${digests[0]}"
