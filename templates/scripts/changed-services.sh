# Tells which services a change touches. Needs the history since BASE (fetch-depth 0).
# BASE: commit or branch to compare with; without one all services count as touched. SERVICES: lines of: service path.
# SHARED: lines of paths; a change there touches all (default: whatever is in no service's path).
# IGNORE: lines of patterns, as pathspecs of git have them; a change there touches none (default: none).
# Output services: their names between commas, as in ",order,product,", so that a condition can look for ",order,".
set -euo pipefail
#include talk
#include scratch
# Whether a file is this path or in it.
within() {
  local path=${2#./}
  path=${path%/}
  case $path in "" | .) return 0 ;; esac
  case $1 in "$path" | "$path"/*) return 0 ;; esac
  return 1
}
is_shared() {
  local line path
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    path=$line
    if [ -z "${SHARED:-}" ]; then path=${line#* }; fi
    if within "$1" "$path"; then
      [ -n "${SHARED:-}" ]
      return
    fi
  done <<<"${SHARED:-$SERVICES}"
  [ -z "${SHARED:-}" ]
}
is_touched() {
  local file
  for file in "${files[@]}"; do
    if within "$file" "$1"; then return 0; fi
  done
  return 1
}
why=
files=()
ignored=()
while IFS= read -r pattern; do
  [ -z "$pattern" ] || ignored+=(":(exclude,glob)$pattern")
done <<<"${IGNORE:-}"
if ! git cat-file -e "${BASE:-none}^{commit}" 2>/dev/null; then
  why="there is no commit '${BASE:-}' here to compare with"
elif ! git merge-base "$BASE" HEAD >/dev/null; then
  why="this history and $BASE have nothing in common, or it was not fetched whole"
else
  git diff --name-only --no-renames -z "$BASE...HEAD" -- . "${ignored[@]}" >"$scratch/files" ||
    fail "git could not compare with $BASE, see above: look at 'branches.ignore' in siding.yml"
  mapfile -d '' -t files <"$scratch/files"
fi
for file in "${files[@]}"; do
  if is_shared "$file"; then why="what they share changed: $file"; fi
done
touched=,
while read -r service path; do
  [ -n "$service" ] || continue
  if [ -n "$why" ] || is_touched "$path"; then touched+="$service,"; fi
done <<<"$SERVICES"
output services "$touched"
names=${touched#,}
names=${names%,}
names=${names//,/ }
if [ -n "$why" ]; then
  summary "All services, since $(tr -cd '[:print:]' <<<"$why"): $names"
else
  summary "Changed services: ${names:-none}"
fi
