# Waits until each service that the tests need answers.
# SERVICES: lines 'name host port'. LIMIT: seconds for all of them together (default: 60).
set -euo pipefail
#include talk
deadline=$((SECONDS + ${LIMIT:-60}))
ready() {
  python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' "$2" "$3" 2>/dev/null || return 1
  # Postgres opens its port before it takes connections.
  [ "$1" != postgres ] || ! command -v pg_isready >/dev/null || pg_isready --quiet --host "$2" --port "$3" --timeout 2
}
while read -r name host port; do
  [ -n "$name" ] || continue
  until ready "$name" "$host" "$port" </dev/null; do
    left=$((deadline - SECONDS))
    [ "$left" -gt 0 ] || fail "the service '$name' does not answer at $host:$port after ${LIMIT:-60} s: look at its container's log"
    printf 'waiting for %s at %s:%s, %s s left\n' "$name" "$host" "$port" "$left"
    sleep 1
  done
  printf '%s is ready at %s:%s\n' "$name" "$host" "$port"
done <<<"$SERVICES"
