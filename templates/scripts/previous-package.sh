# Fetches the package of the last good release, to go back to when the new one fails. One that was taken back is not good.
# TOKEN: may read runs and their artifacts. WORKFLOW: the workflow's file, on GitHub. ARTIFACT: its artifact. DIRECTORY: where the
# files go, made anew: a runner of your own may still hold that of an earlier run. RELEASE: the job that releases here.
# ROLLBACK: the job that goes back here (default: there is none). BRANCHES: those that releases come from, or patterns, one
# a line (default: main). Runs of pull requests never count.
# Outputs: found (true or false), run (its id).
set -euo pipefail
#include talk
#include warn
#include scratch
#include previous
#include branches
#include releases
rm -rf -- "$DIRECTORY"
mkdir -p "$DIRECTORY"
runs="$(released 3)" || fail "$cannot_list"
for run in $(good <<<"$runs"); do
  names="$(kept_by "$run")" || fail "$cannot_list"
  if grep -qxF -- "$ARTIFACT" <<<"$names"; then
    fetch "$run" "$ARTIFACT" "$DIRECTORY" || fail "the artifact '$ARTIFACT' of run $run could not be downloaded: run the job again"
    printf 'run %s kept %s\n' "$run" "$ARTIFACT"
    output found true
    output run "$run"
    exit 0
  fi
done
printf 'no good release still keeps %s: there is nothing to go back to\n' "$ARTIFACT"
output found false
