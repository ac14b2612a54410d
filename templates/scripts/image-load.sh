# Loads an image that another job saved.
# FILE: as image-save wrote it. IMAGE: registry/repository:tag, as it was saved.
set -euo pipefail
#include talk
docker image load --input "$FILE" || fail "'$FILE' is no image that Docker can load, see above: run the job that built it again"
docker image inspect --format '{{.Id}}' "$IMAGE" || fail "'$FILE' holds another image than $IMAGE, see above: run the whole pipeline again"
