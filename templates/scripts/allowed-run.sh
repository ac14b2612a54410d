# Checks that a run may be gone back to: a good one of this pipeline, for the branch that is released, not of a pull request.
# TOKEN: may read runs. WORKFLOW: the workflow's file, on GitHub. RUN: the number in the run's address. BRANCH: the branch.
set -euo pipefail
#include talk
#include previous
[[ "$RUN" =~ ^[0-9]+$ ]] || fail "a roll-back needs the run to go back to: start it again with 'run', the number in that run's address"
runs="$(good_runs "${BRANCH:-main}")" || cannot_list
for run in $runs; do
  if [ "$run" = "$RUN" ]; then
    echo "run $RUN is a good release of ${BRANCH:-main}"
    exit 0
  fi
done
fail "run $RUN is none of the last 20 good releases of '${BRANCH:-main}': choose one of $(tr '\n' ' ' <<<"$runs")"
