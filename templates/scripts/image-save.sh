# Saves a local image to a file, for the job that pushes it.
# IMAGE: registry/repository:tag. FILE: the file, of Docker's form, compressed. Output sha256: of the file.
set -euo pipefail
#include talk
mkdir -p "$(dirname "$FILE")"
# Quick rather than small: it goes once from one runner to another.
docker image save "$IMAGE" | gzip -1 >"$FILE" || fail "image $IMAGE could not be saved to '$FILE', see above"
printf '%s: %s bytes\n' "$FILE" "$(stat -c %s "$FILE")"
output sha256 "$(sha256sum "$FILE" | cut -d ' ' -f 1)"
