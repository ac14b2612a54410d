# Which runs released here and are not taken back since. Wants talk, scratch and previous.
# RELEASE: the job that releases, such as production-web. ROLLBACK: the job that goes back (default: there is none).
# BRANCHES: those that releases come from, one a line; release/* is a pattern (default: main).
on_branch() {
  local pattern
  while IFS= read -r pattern; do
    if [ "$pattern" = "$1" ]; then return 0; fi
    if [ "$pattern" != "${pattern%\*}" ] && [[ $1 == "${pattern%\*}"* ]]; then return 0; fi
  done <<<"${BRANCHES:-main}"
  return 1
}
# What $3 finds in the record $2 of run $1; nothing when that job did not go well.
recorded() {
  rm -rf "$scratch/record"
  fetch "$1" "$2" "$scratch/record" || return 1
  jq -r "if .result == \"success\" then ($3) else empty end" "$scratch/record/deployment-record.json"
}
# The newest $1 runs that released well and are not taken back, newest first, as lines of: run good. Between them those whose release
# went well while something else in the run did not, as lines of: run live. What was released after the run that a roll-back went
# back to, and before the roll-back, is taken back.
released() {
  local runs run from result names record restored floor='' count=0
  runs="$(ended_runs 100)" || return 1
  while read -r run from result; do
    [ "$count" -lt "$1" ] || break
    if [ -z "$run" ] || ! on_branch "$from"; then continue; fi
    if [ -n "$floor" ] && [ "$run" -gt "$floor" ]; then continue; fi
    names="$(kept_by "$run")" || return 1
    if [ -n "${ROLLBACK:-}" ] && record="$(record_of "$ROLLBACK" <<<"$names")"; then
      restored="$(recorded "$run" "$record" '.restored_run // "" | if . == "" then "0" else . end')" || return 1
      floor="${restored:-$floor}"
    elif record="$(record_of "$RELEASE" <<<"$names")"; then
      if [[ $result == succe* ]]; then
        printf '%s good\n' "$run"
        count=$((count + 1))
      else
        restored="$(recorded "$run" "$record" '"live"')" || return 1
        [ -z "$restored" ] || printf '%s live\n' "$run"
      fi
    fi
  done < <(sort -rn <<<"$runs")
}
# Of those lines, the good runs.
good() { sed -n 's/ good$//p'; }
