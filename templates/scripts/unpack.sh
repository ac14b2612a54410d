# Unpacks a zip into a folder.
# FILE: the zip. DIRECTORY: the folder, made when it is not there.
set -euo pipefail
#include talk
[ -f "$FILE" ] || fail "'$FILE' is not there: its artifact was not downloaded, or is past its retention. Run the whole pipeline again"
mkdir -p "$DIRECTORY"
unzip -q -o "$FILE" -d "$DIRECTORY" || fail "'$FILE' could not be unpacked: what unzip said is above"
printf '%s: %s files\n' "$DIRECTORY" "$(find "$DIRECTORY" -type f | wc -l)"
