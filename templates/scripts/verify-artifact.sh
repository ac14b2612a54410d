# Checks that a file is the one that was built.
# FILE: the file. EXPECTED: its SHA-256, as the build told it.
set -euo pipefail
#include talk
[ -n "$EXPECTED" ] || fail "the build told no hash of '$FILE': run the whole pipeline again, not this job alone"
[ -f "$FILE" ] || fail "'$FILE' is not there: its artifact was not downloaded, or is past its retention. Run the whole pipeline again"
found="$(sha256sum "$FILE" | cut -d ' ' -f 1)"
[ "$found" = "$EXPECTED" ] ||
  fail "'$FILE' is not what was built (expected $EXPECTED, found $found): find out who changed the artifact before you deploy"
printf '%s is what was built: %s\n' "$FILE" "$found"
