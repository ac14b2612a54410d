# Fetches the figures that the load test of the last good run kept, to compare with.
# TOKEN: may read runs and their artifacts. WORKFLOW: the workflow's file, on GitHub. ARTIFACT: what holds the figures.
# DIRECTORY: where they go, made anew. Runs of pull requests never count. Without any, the folder stays empty.
set -euo pipefail
#include talk
#include figures
rm -rf -- "$DIRECTORY"
mkdir -p "$DIRECTORY"
runs=$(ended_well 30) || fail "nobody could list $what_lists"
for run in $runs; do
  name=$(name_in "$run" "$ARTIFACT") || fail "nobody could tell what run $run kept: run the job again"
  [ -n "$name" ] || continue
  take "$run" "$name" "$DIRECTORY" || fail "the figures '$name' of run $run could not be downloaded: run the job again"
  printf 'run %s kept %s\n' "$run" "$name"
  exit 0
done
printf 'no good run keeps %s yet: this one will be the first\n' "$ARTIFACT"
