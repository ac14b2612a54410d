# Judges a load test by what Locust measured in all.
# STATS: its *_stats.csv. P95_MS: the longest time, in ms, that 95 of 100 requests may take. FAILURES_PERCENT: how many may fail.
# BASELINE: the file of figures of the last good run, which need not be there (default: none). BASELINE_PERCENT: how much more
# than there these 95 may take. FIGURES: the file of figures that is written for later runs (default: none).
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
if [ -n "${BASELINE:-}" ] && [ -f "$BASELINE" ]; then
  earlier=$(jq --raw-output --exit-status '.p95_ms | numbers' "$BASELINE") ||
    fail "'$BASELINE' holds no figures of a load test: remove that artifact, and the next good run writes new ones"
  limit=$(awk -v earlier="$earlier" -v more="$BASELINE_PERCENT" 'BEGIN { printf "%.0f", earlier * (1 + more / 100) }')
  summary "The last good run took $earlier ms; $BASELINE_PERCENT % more is borne, which is $limit ms."
  if over "$p95" "$limit"; then
    wrong+=("95 % of requests took up to $p95 ms, over $BASELINE_PERCENT % more than the $earlier ms of the last good run")
  fi
elif [ -n "${BASELINE:-}" ]; then
  summary "No good run kept figures yet: nothing was compared with, and these are the first."
fi
if [ -n "${FIGURES:-}" ]; then
  mkdir -p "$(dirname "$FIGURES")"
  jq --null-input --argjson p95 "$p95" --argjson requests "$requests" --argjson failures "$percent" \
    '{p95_ms: $p95, requests: $requests, failures_percent: $failures}' >"$FIGURES"
fi
case "${#wrong[@]}" in
  0) ;;
  1) fail "${wrong[0]}: see the load test's report" ;;
  2) fail "${wrong[0]}, and ${wrong[1]}: see the load test's report" ;;
  *) fail "${wrong[0]}, ${wrong[1]}, and ${wrong[2]}: see the load test's report" ;;
esac
