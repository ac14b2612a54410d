# Migrates a database within a time. What migrates does not see the job's identity.
# COMMAND: what migrates. LIMIT: seconds. DIRECTORY: where it runs (default: here).
set -euo pipefail
#include talk
#include directory
#include apart
code=0
apart timeout --kill-after=30 "$LIMIT" bash -euo pipefail -c "$COMMAND" </dev/null || code=$?
case "$code" in
  0) printf 'the database is migrated\n' ;;
  124 | 137) fail "the migration did not end within $LIMIT s and was stopped: look for what holds locks in the database \
(in Postgres: SELECT * FROM pg_stat_activity), or raise 'migrate.limit' in siding.yml" ;;
  *) fail "the migration failed with code $code: what it said is above. Nothing was deployed after it" ;;
esac
