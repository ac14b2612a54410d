# Scans a local image for known weaknesses that have a fix, and for secrets, and fails when it finds any.
# IMAGE: what to scan. NAME: of the reports: reports/NAME.json and reports/NAME.sarif. SEVERITY: which count (default:
# HIGH,CRITICAL). IGNORE_FILE: trivy's list of what to overlook (default: none). Output findings: how many.
set -euo pipefail
#include talk
export PATH="${RUNNER_TEMP:-${AGENT_TEMPDIRECTORY:-/tmp}}/siding-tools:$PATH"
mkdir -p reports
options=(--severity "${SEVERITY:-HIGH,CRITICAL}")
if [ -n "${IGNORE_FILE:-}" ]; then
  [ -f "$IGNORE_FILE" ] || fail "there is no ignore file $IGNORE_FILE"
  options+=(--ignorefile "$IGNORE_FILE")
fi
trivy image --image-src docker --ignore-unfixed --exit-code 0 --format json --output "reports/$NAME.json" "${options[@]}" "$IMAGE" ||
  fail "image $IMAGE could not be scanned, see above"
trivy convert --format sarif --output "reports/$NAME.sarif" "reports/$NAME.json"
trivy convert --format table "reports/$NAME.json"
findings=$(jq '[.Results[]? | (.Vulnerabilities // [])[], (.Secrets // [])[]] | length' "reports/$NAME.json")
output findings "$findings"
summary "Image $NAME: $findings findings of ${SEVERITY:-HIGH,CRITICAL} that have a fix."
[ "$findings" -eq 0 ] ||
  fail "image $NAME has $findings findings of ${SEVERITY:-HIGH,CRITICAL}: update what the table names, or list it in trivy's ignore file"
