# Which runs released here and are not taken back since. Wants talk, warn, scratch, previous and branches.
# RELEASE: the job that releases, such as production-web. ROLLBACK: the job that goes back (default: there is none).
# What the record $2 of run $1 says, of the kind $3 (good, live, back), as a line of: time run kind restored-run; nothing when that
# job did not go well.
recorded() {
  rm -rf "$scratch/record"
  fetch "$1" "$2" "$scratch/record" || return 1
  jq -r --arg run "$1" --arg kind "$3" 'if .result == "success" then
    "\(.deployed_at | fromdate) \($run) \($kind) \(.restored_run // "")" else empty end' "$scratch/record/deployment-record.json"
}
# Notes what run $1 with the result $2 did here, at each of its attempts. A record that nobody can read is one run's trouble.
note() {
  local names name kind=live
  names="$(kept_by "$1")" || return 1
  if [[ $2 == succe* ]]; then kind=good; fi
  for name in $(attempts_of "record-$RELEASE" <<<"$names"); do
    recorded "$1" "$name" "$kind" || warn "the record '$name' of run $1 cannot be read, see above: that release is left out" >&2
  done
  [ -n "${ROLLBACK:-}" ] || return 0
  for name in $(attempts_of "record-$ROLLBACK" <<<"$names"); do
    recorded "$1" "$name" back || warn "the record '$name' of run $1 cannot be read, see above: that roll-back is left out" >&2
  done
}
# Of what is noted, the releases that are not taken back, newest first, as lines of: time run kind. The time is that of the record:
# a run that is started again keeps its number. What was released after the run that a roll-back went back to, and before the
# roll-back, is taken back.
standing() {
  sort -rn "$scratch/noted" | awk '
    floor != "" && ($3 == "back" || $2 != floor) { next }
    $3 == "back" { floor = $4 == "" ? "unknown" : $4; next }
    { floor = "" }
    !seen[$2]++ { print $1, $2, $3 }'
}
# The newest $1 runs that released well and are not taken back, newest first, as lines of: run good. Between them those whose release
# went well while something else in the run did not, as lines of: run live.
released() {
  local end run result
  : >"$scratch/noted"
  ended_runs >"$scratch/runs" || return 1
  while read -r end run _ result; do
    # What a run did, it did before its end.
    [ "$(standing | awk -v end="$end" '$1 > end && $3 == "good"' | grep -c .)" -lt "$1" ] || break
    note "$run" "$result" >>"$scratch/noted" || return 1
  done <"$scratch/runs"
  standing | awk -v left="$1" 'left > 0 { print $2, $3 } $3 == "good" { left-- }'
}
# Of those lines, the good runs.
good() { sed -n 's/ good$//p'; }
