# Unpacks a zip into a folder.
# FILE: the zip. DIRECTORY: the folder, made anew: a runner of your own may still hold that of an earlier run.
set -euo pipefail
#include talk
[ -f "$FILE" ] || fail "'$FILE' is not there: its artifact was not downloaded, or is past its retention. Run the whole pipeline again"
rm -rf -- "$DIRECTORY"
mkdir -p "$DIRECTORY"
unzip -q -o "$FILE" -d "$DIRECTORY" || fail "'$FILE' could not be unpacked: what unzip said is above"
printf '%s: %s files\n' "$DIRECTORY" "$(find "$DIRECTORY" -type f | wc -l)"
