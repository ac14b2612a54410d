# Runs the team's own commands, one a line, and stops at the first that fails.
# COMMANDS: the commands. DIRECTORY: where (default: here).
set -euo pipefail
if [ -d "$PWD/.venv/bin" ]; then export PATH="$PWD/.venv/bin:$PATH"; fi
cd "${DIRECTORY:-.}"
mkdir -p reports
while IFS= read -r command; do
  [ -n "$command" ] || continue
  printf '+ %s\n' "$command"
  bash -euo pipefail -c "$command" </dev/null
done <<<"$COMMANDS"
