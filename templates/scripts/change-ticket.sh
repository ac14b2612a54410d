# Checks that a change ticket allows this deployment.
# TICKET: given to the run (may be empty). MESSAGE: the commit's, whose line 'Change: ...' counts if TICKET is empty (optional).
# PATTERN: an extended regular expression for the whole ticket.
# Outputs: ticket.
set -euo pipefail
#include talk
how="start the run with the ticket, or end the commit message with a line 'Change: ...'"
ticket="${TICKET:-}"
if [ -z "$ticket" ]; then
  ticket="$(sed -n 's/^[Cc]hange:[[:space:]]*\([^[:space:]]*\)[[:space:]]*$/\1/p' <<<"${MESSAGE:-}" | tail -n 1)"
fi
[ -n "$ticket" ] || fail "this environment wants a change ticket like '$PATTERN', and there is none: $how"
shown="${ticket//[^[:alnum:]_.#-]/?}"
[[ "$ticket" != *$'\n'* && "$ticket" =~ ^($PATTERN)$ ]] || fail "the change ticket '$shown' is not like '$PATTERN': $how"
printf 'change ticket %s\n' "$shown"
output ticket "$ticket"
