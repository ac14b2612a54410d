# Writes what an app is made of as a CycloneDX document.
# KIND: fs or image. TARGET: the folder or the image. FILE: the document.
# LOCKS: lock files of Python, wherever they are, separated by blanks (default: none).
# Outputs: sha256 of the document.
set -euo pipefail
#include talk
#include tools
#include locks
case "$KIND" in fs | image) ;; *) fail "KIND is '$KIND', not fs or image" ;; esac
mkdir -p "$(dirname "$FILE")"
trivy "$KIND" --quiet --format cyclonedx --output "$FILE" "${patterns[@]}" "$TARGET" ||
  fail "trivy could not list what '$TARGET' is made of: what it said is above"
printf '%s: %s components\n' "$FILE" "$(jq '.components | length' "$FILE")"
output sha256 "$(sha256sum "$FILE" | cut -d ' ' -f 1)"
