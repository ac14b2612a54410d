# Runs the team's own commands, one a line, and stops at the first that fails.
# COMMANDS: the commands. DIRECTORY: where (default: here).
# JUNIT: where each pytest among them reports, with a * for the number of its line (default: pytest is not told).
set -euo pipefail
#include directory
mkdir -p reports
given="${PYTEST_ADDOPTS:-}"
line=0
while IFS= read -r command; do
  line=$((line + 1))
  [ -n "$command" ] || continue
  if [ -n "${JUNIT:-}" ]; then export PYTEST_ADDOPTS="$given --junitxml=${JUNIT/\*/$line}"; fi
  printf '+ %s\n' "$command"
  bash -euo pipefail -c "$command" </dev/null
done <<<"$COMMANDS"
