# Fails unless every job before it went well; a job that was skipped has proven nothing.
# RESULTS: how they ended, separated by blanks.
set -euo pipefail
#include talk
for result in $RESULTS; do
  case "${result,,}" in
    success | succeeded | succeededwithissues) ;;
    *) fail "a check ended with '$result'; open it in the list of jobs, mend it, and push again" ;;
  esac
done
echo "all checks passed"
