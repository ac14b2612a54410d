# Compares the OpenAPI specification with that of the base of a pull request, and fails on what would break its clients.
# Needs the history since BASE (fetch-depth 0).
# FILE: the specification. BASE: commit or branch to compare with; without one it is only read. GENERATE: the command that
# wrote FILE anew before this step (default: none). ACCEPTED: a file of changes that break and are meant (default: none).
set -euo pipefail
#include talk
#include tools
#include scratch
# Lets oasdiff compare $1 with FILE; 1 is its code for what breaks, the others are for what cannot be read.
compare() {
  local code=0
  oasdiff breaking --fail-on ERR "${options[@]}" "$1" "$FILE" || code=$?
  case $code in
    0) return 0 ;;
    1) return 1 ;;
    *) fail "oasdiff could not compare '$FILE': what it said is above" ;;
  esac
}
[ -f "$FILE" ] || fail "there is no '$FILE': write and commit the specification, or correct 'openapi' in siding.yml"
git ls-files --error-unmatch "$FILE" >/dev/null 2>&1 ||
  fail "'$FILE' is not committed, so that nothing could be compared with it later: commit it"
if [ -n "${GENERATE:-}" ] && ! git diff --exit-code -- "$FILE"; then
  fail "'$FILE' is not what the code says: run '$GENERATE', look at what it changed, and commit that"
fi
options=()
if [ -n "${ACCEPTED:-}" ]; then
  [ -f "$ACCEPTED" ] || fail "there is no '$ACCEPTED': correct 'accepted' of 'openapi' in siding.yml"
  options+=(--err-ignore "$ACCEPTED")
fi
if [ -z "${BASE:-}" ] || ! git cat-file -e "$BASE^{commit}" 2>/dev/null; then
  compare "$FILE" || fail "'$FILE' breaks with itself: that is a mistake of oasdiff"
  echo "'$FILE' can be read; there is no pull request whose base it could be compared with"
  exit 0
fi
base=$(git merge-base "$BASE" HEAD) || fail "this history and $BASE have nothing in common, or it was not fetched whole"
if ! git cat-file -e "$base:$FILE" 2>/dev/null; then
  compare "$FILE" || fail "'$FILE' breaks with itself: that is a mistake of oasdiff"
  summary "'$FILE' is new: there is nothing that it could break."
  exit 0
fi
# With its whole folder, for what it refers to.
git archive "$base" -- "$(dirname "$FILE")" | tar -x -C "$scratch"
compare "$scratch/$FILE" ||
  fail "'$FILE' breaks clients of the version before, see above: keep what they use beside the new, or list it as accepted"
summary "'$FILE' breaks no client of $base."
