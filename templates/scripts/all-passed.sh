# Fails unless every job before it went well. One that was skipped has proven nothing, but for a service that is as it was.
# RESULTS: lines of: job service result, where - is no service. CHANGED: the services that the change touches, between
# commas, as changed-services tells them (default: all).
set -euo pipefail
#include talk
bad=()
count=0
while read -r job service result; do
  [ -n "$job" ] || continue
  count=$((count + 1))
  case "${result,,}" in
    success | succeeded | succeededwithissues) continue ;;
    skipped)
      # Without a list nobody has found that the service is as it was.
      case "$service ${CHANGED:-}" in "- "* | *" ") ;; *",$service,"*) ;; *) continue ;; esac
      ;;
  esac
  bad+=("$job (${result:-no result})")
done <<<"$RESULTS"
[ "$count" -gt 0 ] || fail "no check told how it ended, so nothing is proven"
[ "${#bad[@]}" -eq 0 ] || fail "not passed: ${bad[*]}; open them in the list of jobs, mend them, and push again"
echo "all $count checks passed, or are of services that are as they were"
