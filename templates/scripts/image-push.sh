# Pushes a local image and tells its digest, by which everything after names it.
# REGISTRY: name in Azure. IMAGE: registry/repository:tag. MANIFEST: a file that gets the image's manifest, whose SHA-256 is
# the digest, so that who attests the file attests the image (default: none).
# Outputs digest: sha256:..., and reference: registry/repository@sha256:...
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
if [ -n "${MANIFEST:-}" ]; then
  mkdir -p "$(dirname "$MANIFEST")"
  docker buildx imagetools inspect --raw "$repository@${digests[0]}" >"$MANIFEST" ||
    fail "the manifest of $IMAGE could not be read, see above"
  [ "sha256:$(sha256sum "$MANIFEST" | cut -d ' ' -f 1)" = "${digests[0]}" ] ||
    fail "the registry's manifest of $IMAGE is not the one that was pushed as ${digests[0]}: scan and push it again"
fi
output digest "${digests[0]}"
output reference "$repository@${digests[0]}"
summary "Pushed $IMAGE as ${digests[0]}"
