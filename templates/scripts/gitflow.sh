# Checks that what was released is in the branch that the next release comes from. Needs the whole history.
# TRUNK: the branch of releases (default: main). DEVELOP: the branch of development (default: develop).
set -euo pipefail
#include talk
trunk="origin/${TRUNK:-main}"
develop="origin/${DEVELOP:-develop}"
for branch in "$trunk" "$develop"; do
  git rev-parse --quiet --verify "$branch^{commit}" >/dev/null ||
    fail "'$branch' is not here: check out with the whole history, of all branches"
done
[ "$(git rev-parse --is-shallow-repository)" = false ] || fail "the history is cut short: check out with a depth of 0"
if ! git merge-base --is-ancestor "$trunk" "$develop"; then
  # A release branch that was merged into both is enough: the commits that only merge need not be in both.
  lacking="$(git log --oneline --no-merges "$develop..$trunk")"
  if [ -n "$lacking" ]; then
    printf '%s\n' "$lacking"
    fail "'$trunk' holds commits, listed above, that '$develop' lacks, and the next release would undo them: \
merge '$trunk' into '$develop'"
  fi
fi
printf "'%s' holds all of '%s'\n" "$develop" "$trunk"
