# Tells which services a change touches. Needs the history since BASE (fetch-depth 0).
# BASE: commit or branch to compare with. SERVICES: lines of: service path. SHARED: lines of paths; a change there touches all.
# Output services: their names between blanks, as in " order product ", so that a condition can look for " order ".
set -euo pipefail
#include talk
touches() {
  local path=${1%/}
  path=${path#./}
  local file
  for file in "${files[@]}"; do
    case $path in "" | .) return 0 ;; esac
    case $file in "$path" | "$path"/*) return 0 ;; esac
  done
  return 1
}
why=
files=()
if ! git cat-file -e "${BASE:-none}^{commit}" 2>/dev/null; then
  why="there is no commit '${BASE:-}' here to compare with"
elif ! git merge-base "$BASE" HEAD >/dev/null; then
  why="this history and $BASE have nothing in common, or it was not fetched whole"
else
  mapfile -d '' -t files < <(git diff --name-only --no-renames -z "$BASE...HEAD")
fi
while IFS= read -r path; do
  if [ -n "$path" ] && touches "$path"; then why="shared code changed in $path"; fi
done <<<"${SHARED:-}"
touched=" "
while read -r service path; do
  [ -n "$service" ] || continue
  if [ -n "$why" ] || touches "$path"; then touched+="$service "; fi
done <<<"$SERVICES"
output services "$touched"
if [ -n "$why" ]; then summary "All services, since $why:$touched"; else summary "Changed services:$touched"; fi
