# Builds one image and leaves it with the local Docker, not pushed. The same commit gives the same labels.
# SERVICE: whose it is. CONTEXT: folder. DOCKERFILE: its file. IMAGE: registry/repository:tag. LABELS: lines of: name=value
# (default: none). SOURCE_COMMIT (default: HEAD). SOURCE_DATE_EPOCH: seconds since 1970 (default: when that was committed).
# Output image: IMAGE.
set -euo pipefail
#include talk
SOURCE_COMMIT=${SOURCE_COMMIT:-$(git rev-parse HEAD)}
# Docker passes this on to the build, which dates its files by it.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git show --no-patch --format=%ct "$SOURCE_COMMIT")}
[ -f "$DOCKERFILE" ] || fail "service $SERVICE has no $DOCKERFILE: name its Dockerfile in siding.yml"
created=$(date --utc --date "@$SOURCE_DATE_EPOCH" '+%FT%TZ')
labels=(--label "org.opencontainers.image.revision=$SOURCE_COMMIT" --label "org.opencontainers.image.created=$created")
while IFS= read -r label; do
  [ -z "$label" ] || labels+=(--label "$label")
done <<<"${LABELS:-}"
# Without provenance, which would make it an index: the digest that is scanned, tested and deployed is the image's own.
docker buildx build --load --provenance=false --sbom=false --file "$DOCKERFILE" --tag "$IMAGE" "${labels[@]}" "$CONTEXT" ||
  fail "the image of service $SERVICE could not be built, see above; try: docker buildx build --file $DOCKERFILE $CONTEXT"
output image "$IMAGE"
