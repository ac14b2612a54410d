# Runs the team's own commands, one a line, and stops at the first that fails.
# COMMANDS: the commands. DIRECTORY: where (default: here).
set -euo pipefail
#include directory
mkdir -p reports
while IFS= read -r command; do
  [ -n "$command" ] || continue
  printf '+ %s\n' "$command"
  bash -euo pipefail -c "$command" </dev/null
done <<<"$COMMANDS"
