# Shows the SQL of a migration before it runs, and refuses what the version that still runs may not survive.
# PREVIEW: a command that prints the pending SQL (default: what Alembic would do from the revision in the database). DIRECTORY:
# where it runs (default: here). CONTRACT: true lets contracting statements pass (default: false). Writes reports/migration.sql.
# Outputs: restore-point (UTC): a moment before the migration, to restore the database to.
set -euo pipefail
#include talk
#include contracting
#include directory
#include apart
mkdir -p reports
pending() {
  local current
  if [ -n "${PREVIEW:-}" ]; then
    apart bash -euo pipefail -c "$PREVIEW" </dev/null
  else
    current="$(apart alembic current </dev/null)" || return 1
    current="${current%% *}"
    apart alembic upgrade "${current:-base}:head" --sql </dev/null
  fi
}
pending >reports/migration.sql ||
  fail "the command that prints the migration's SQL failed: what it said is above. It is 'migrate.preview' in siding.yml"
printf 'reports/migration.sql: %s lines\n' "$(wc -l <reports/migration.sql)"
found="$(contracting reports/migration.sql)"
if [ -n "$found" ]; then
  printf '%s\n' "$found"
  [ "${CONTRACT:-false}" = true ] ||
    fail "the migration takes away what the running version uses ($(wc -l <<<"$found") statements, listed above): \
add what is new first, and take away what is old with the next release or in a run that allows it"
fi
moment="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
summary "Before this migration it was $moment: restore the database to that time if you must undo it."
output restore-point "$moment"
