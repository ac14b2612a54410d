# Runs the team's own commands, one a line, and stops at the first that fails.
# COMMANDS: the commands. DIRECTORY: where (default: here).
# JUNIT: where each pytest among them reports, with the number of its line before the ending (default: pytest is not told).
set -euo pipefail
#include directory
mkdir -p reports
given="${PYTEST_ADDOPTS:-}"
line=0
while IFS= read -r command; do
  line=$((line + 1))
  [ -n "$command" ] || continue
  if [ -n "${JUNIT:-}" ]; then export PYTEST_ADDOPTS="$given --junitxml=${JUNIT%.xml}-$line.xml"; fi
  printf '+ %s\n' "$command"
  bash -euo pipefail -c "$command" </dev/null
done <<<"$COMMANDS"
