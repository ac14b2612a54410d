# Packs what is deployed into one zip, the same bytes for the same commit, and tells its hash.
# MODE: tree (files of the commit), folder (what a build made), vendored (files of the commit and their Python packages).
# INCLUDE: paths of the commit, one a line (tree, vendored). FOLDER: the built folder (folder). DIRECTORY: where these are
# (default: here). LOCKS, UV_REQUIREMENT: as install-python has them (vendored; in a tree, the locks
# of pip become its requirements.txt: App Service installs from a file of that name alone). FILE: the zip (default: dist/app.zip).
# Outputs: sha256.
set -euo pipefail
#include talk
#include tools
#include python
#include scratch
FILE="${FILE:-dist/app.zip}"
mkdir -p "$(dirname "$FILE")"
archive="$(realpath "$FILE")"
rm -f "$archive"
cd "${DIRECTORY:-.}"
# Sets the array paths to what INCLUDE names, when all of it is in the commit.
read_paths() {
  local path missing=()
  mapfile -t paths < <(sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d' <<<"$INCLUDE")
  [ "${#paths[@]}" -gt 0 ] || fail "nothing is included: list the app's files under 'include' in siding.yml"
  for path in "${paths[@]}"; do
    [ -n "$(git ls-tree -r --name-only HEAD -- "$path")" ] || missing+=("'$path'")
  done
  [ "${#missing[@]}" -eq 0 ] || fail "not in the commit, or empty: ${missing[*]}: commit them, or correct 'include' in siding.yml"
}
# Sets the array added to what makes git add the locks of pip as requirements.txt, when the tree has none.
read_requirements() {
  local path lock
  added=()
  for path in "${paths[@]}"; do [ "$path" != requirements.txt ] || return 0; done
  for lock in ${LOCKS:-}; do
    case "${lock##*/}" in
      uv.lock) ;;
      *) git show "HEAD:./$lock" >>"$scratch/requirements.txt" || fail "the lock file '$lock' is not in the commit: commit it" ;;
    esac
  done
  [ ! -s "$scratch/requirements.txt" ] || added=("--add-file=$scratch/requirements.txt")
}
# Zips a folder in a fixed order and with the commit's time.
zip_folder() {
  local committed
  committed="$(git show -s --format=%ct HEAD)"
  cd "$1"
  find . \( -name .git -o -name .venv \) -prune -o \( -type f -o -type l \) -print | sed 's|^\./||' | LC_ALL=C sort >"$scratch/names"
  [ -s "$scratch/names" ] || fail "the folder '$1' is empty: did the build write elsewhere? Correct 'output' in siding.yml"
  tr '\n' '\0' <"$scratch/names" | xargs -0 touch --no-dereference --date="@$committed"
  TZ=UTC zip --quiet -X --symlinks "$archive" -@ <"$scratch/names"
}
vendor() {
  local lock requirements packages="$scratch/tree/.python_packages/lib/site-packages"
  read_locks
  for lock in "${lock_files[@]}"; do
    requirements="$lock"
    if [ "${lock##*/}" = uv.lock ]; then
      get_uv
      requirements="$scratch/requirements.txt"
      "$tools/uv/bin/uv" export --quiet --locked --no-dev --no-emit-project --format requirements-txt \
        --directory "$(dirname "$lock")" --output-file "$requirements"
    fi
    python3 -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --target "$packages" -r "$requirements"
  done
}
case "$MODE" in
  tree)
    read_paths
    read_requirements
    git --literal-pathspecs archive --format=zip --output="$archive" "${added[@]}" HEAD -- "${paths[@]}" ;;
  folder)
    [ -d "$FOLDER" ] || fail "the folder '$FOLDER' is not there: did the build write elsewhere? Correct 'output' in siding.yml"
    (zip_folder "$FOLDER") ;;
  vendored)
    read_paths
    mkdir "$scratch/tree"
    git --literal-pathspecs archive --format=tar HEAD -- "${paths[@]}" | tar -xf - -C "$scratch/tree"
    vendor
    (zip_folder "$scratch/tree") ;;
  *) fail "MODE is '$MODE', not tree, folder or vendored" ;;
esac
unzip -Z1 "$archive" >"$scratch/list"
refused="$(grep -m 1 -E '(^|/)\.(git|venv)/' "$scratch/list" || true)"
[ -z "$refused" ] || fail "'$refused' does not belong in a package: take it out of the repository and out of 'include'"
printf '%s: %s files, %s bytes\n' "$FILE" "$(grep -cv '/$' "$scratch/list")" "$(stat -c %s "$archive")"
output sha256 "$(sha256sum "$archive" | cut -d ' ' -f 1)"
