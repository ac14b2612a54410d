# Judges a load test by what Locust measured in all.
# STATS: its *_stats.csv. P95_MS: the longest time, in ms, that 95 of 100 requests may take. FAILURES_PERCENT: how many may fail.
set -euo pipefail
#include talk
[ -f "$STATS" ] || fail "'$STATS' is not there: the load test ended before it measured, or wrote elsewhere (locust --csv)"
row="$(python3 -c '
import csv, sys
with open(sys.argv[1], newline="") as file:
    rows = [row for row in csv.DictReader(file) if row.get("Name") == "Aggregated"]
print(*(rows[-1][name] for name in ("Request Count", "Failure Count", "95%")) if rows else ())
' "$STATS")" || fail "'$STATS' is no table of Locust: it lacks 'Request Count', 'Failure Count' or '95%'"
read -r requests failures p95 <<<"$row" || true
case "${requests:-0}" in '' | 0) fail "the load test made no requests: look at its log for why its users never started" ;; esac
percent="$(awk -v failures="$failures" -v requests="$requests" 'BEGIN { printf "%.2f", 100 * failures / requests }')"
printf '%s requests, %s failures (%s %%), 95 %% took at most %s ms\n' "$requests" "$failures" "$percent" "$p95"
summary "Load test: $requests requests, $percent % failed (limit $FAILURES_PERCENT %), 95 % within $p95 ms (limit $P95_MS ms)."
over() { awk -v value="$1" -v limit="$2" 'BEGIN { exit !(value + 0 > limit + 0) }'; }
wrong=()
if over "$percent" "$FAILURES_PERCENT"; then wrong+=("$percent % of requests failed, more than $FAILURES_PERCENT %"); fi
if over "$p95" "$P95_MS"; then wrong+=("95 % of requests took up to $p95 ms, more than $P95_MS ms"); fi
case "${#wrong[@]}" in
  0) ;;
  1) fail "${wrong[0]}: see the load test's report" ;;
  *) fail "${wrong[0]}, and ${wrong[1]}: see the load test's report" ;;
esac
