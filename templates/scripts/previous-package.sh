# Fetches the package that the last good run of this pipeline kept, to go back to when the new one fails.
# TOKEN: may read runs and their artifacts. WORKFLOW: the workflow's file, on GitHub. ARTIFACT: its artifact. DIRECTORY: where the
# files go, made anew: a runner of your own may still hold that of an earlier run. BRANCH: of the runs that count (default: main).
# Runs of pull requests never count.
# Outputs: found (true or false), run (its id).
set -euo pipefail
#include talk
#include previous
rm -rf -- "$DIRECTORY"
mkdir -p "$DIRECTORY"
runs="$(good_runs "${BRANCH:-main}")" || cannot_list
for run in $runs; do
  if keeps "$run"; then
    printf 'run %s kept %s\n' "$run" "$ARTIFACT"
    output found true
    output run "$run"
    exit 0
  fi
done
printf 'no good run still keeps %s: there is nothing to go back to\n' "$ARTIFACT"
output found false
