# Finds the release that a roll-back goes to and the one that it takes back, and gets the record of the first.
# TOKEN: may read runs. WORKFLOW: the workflow's file, on GitHub. RELEASE: the job that releases here. ROLLBACK: this job.
# BRANCH: that of this run. BRANCHES: those that releases come from, or patterns, one a line (default: main).
# RUN: the number in the address of the run to go back to (default: the release before the one that is live).
# NEEDED: false when one can go back without knowing the run; then what is not found is a warning (default: true).
# DIRECTORY: gets deployment-record.json of that release. ARTIFACT: what else of that run is fetched, if it is still kept (default:
# nothing). FILES: the folder that it goes to, made anew.
# Outputs: run, taken-back (runs; empty when they are not known), right-before: false when other good releases are between them,
# kept: whether ARTIFACT was fetched.
set -euo pipefail
#include talk
#include warn
#include scratch
#include previous
#include branches
#include releases
asked="${RUN:-}"
missed() {
  if [ "${NEEDED:-true}" = true ] || [ -n "$asked" ]; then fail "$1"; fi
  warn "$1"
  output run ''
  output taken-back "${live:-}"
  output right-before true
  exit 0
}
rm -rf -- "$DIRECTORY"
mkdir -p "$DIRECTORY"
on_branch "$BRANCH" || fail "this run is of branch '$BRANCH', where no release looks for what was taken back: \
start the roll-back on the branch of the releases: $(tr '\n' ' ' <<<"${BRANCHES:-main}")"
[[ "$asked" =~ ^[0-9]*$ ]] ||
  fail "'run' is the number in a run's address, such as 1234567890: start the roll-back again with that, or without it"
if [ -n "$asked" ]; then count=20; else count=2; fi
runs="$(released "$count")" || missed "$cannot_list"
live="$(sed -n '1s/ .*//p' <<<"$runs")"
before="$(sed 1d <<<"$runs" | good | sed -n 1p)"
runs="$(good <<<"$runs")"
if [ -n "$asked" ]; then
  grep -qxF -- "$asked" <<<"$runs" || fail "run $asked is none of the last 20 good releases that were not taken back: \
choose one of $(tr '\n' ' ' <<<"$runs")"
else
  RUN="$before"
  [ -n "$RUN" ] || missed "there is no release before the one that is live${live:+, which is of run $live}: \
none that went well still has its record"
fi
names="$(kept_by "$RUN")" || missed "$cannot_list"
record="$(last_of "record-$RELEASE" <<<"$names")" || missed "run $RUN keeps no record of $RELEASE"
fetch "$RUN" "$record" "$DIRECTORY" || missed "the record of run $RUN could not be downloaded: run the job again"
if [ -n "${ARTIFACT:-}" ]; then
  rm -rf -- "$FILES"
  if grep -qxF -- "$ARTIFACT" <<<"$names"; then
    fetch "$RUN" "$ARTIFACT" "$FILES" || fail "the artifact '$ARTIFACT' of run $RUN could not be downloaded: run the job again"
    output kept true
  else
    warn "run $RUN no longer keeps '$ARTIFACT': only the images go back, not what manifests have changed since"
    output kept false
  fi
fi
echo "this goes back to run $RUN; live is run ${live:-unknown}"
output run "$RUN"
output taken-back "$live"
if [ "$RUN" = "$before" ]; then output right-before true; else output right-before false; fi
