# Scans a local image for known weaknesses that have a fix, and for secrets, and fails when it finds any.
# IMAGE: what to scan. NAME: of the reports: reports/NAME.json and reports/NAME.sarif. SEVERITY: which count (default:
# HIGH,CRITICAL). IGNORE_FILE: accepted findings (default: .trivyignore). Output findings: how many.
set -euo pipefail
#include talk
#include tools
mkdir -p reports
severity=${SEVERITY:-HIGH,CRITICAL}
options=(--ignore-unfixed --severity "$severity")
ignore=${IGNORE_FILE:-.trivyignore}
if [ -f "$ignore" ]; then options+=(--ignorefile "$ignore"); fi
trivy image --quiet --image-src docker --exit-code 0 --format json --output "reports/$NAME.json" "${options[@]}" "$IMAGE" ||
  fail "image $IMAGE could not be scanned, see above"
trivy convert --quiet --format sarif --output "reports/$NAME.sarif" "reports/$NAME.json"
trivy convert --quiet --format table "reports/$NAME.json"
findings=$(jq '[.Results[]? | (.Vulnerabilities // [])[], (.Secrets // [])[]] | length' "reports/$NAME.json")
output findings "$findings"
summary "Image $NAME: $findings findings of $severity that have a fix."
[ "$findings" -eq 0 ] ||
  fail "image $NAME has $findings findings of $severity: update what the table names, or list it in $ignore with the reason"
