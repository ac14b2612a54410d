# Fetches the figures that the load test of the last good run kept, to compare with.
# TOKEN: may read runs and their artifacts. WORKFLOW: the workflow's file, on GitHub. ARTIFACT: what holds the figures.
# BRANCHES: those that reach this environment, or patterns, one a line (default: main). DIRECTORY: where they go, made anew.
# Runs of pull requests never count. Without any figures, the folder stays empty.
set -euo pipefail
#include talk
#include scratch
#include previous
#include branches
rm -rf -- "$DIRECTORY"
mkdir -p "$DIRECTORY"
ended_runs >"$scratch/runs" || fail "$cannot_list"
runs="$(awk '$4 ~ /^succe/ && ++good <= 30 { print $2 }' "$scratch/runs")"
for run in $runs; do
  names="$(kept_by "$run")" || fail "nobody could tell what run $run kept: run the job again"
  name="$(last_of "$ARTIFACT" <<<"$names")" || continue
  fetch "$run" "$name" "$DIRECTORY" || fail "the figures '$name' of run $run could not be downloaded: run the job again"
  printf 'run %s kept %s\n' "$run" "$name"
  exit 0
done
printf 'none of the last good runs on %skeeps %s: this one will be the first\n' "$(tr '\n' ' ' <<<"${BRANCHES:-main}")" "$ARTIFACT"
