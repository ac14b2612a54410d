# Looks for known vulnerabilities, secrets and bad settings in the files of a folder, and fails when it finds any.
# NAME: of the reports, reports/NAME.json and reports/NAME.sarif. TARGET: the folder (default: here). KIND: fs (files of a
# repository, by their lock files) or rootfs (what is installed there) (default: fs).
# SCANNERS: vuln, secret, misconfig, license (default: vuln,secret). SEVERITY: those that count (default: HIGH,CRITICAL).
# LOCKS: lock files of Python, wherever they are, separated by blanks (default: none).
# IGNORE_UNFIXED: leave out what has no fix yet (default: true). IGNORE_FILE: accepted findings (default: .trivyignore).
set -euo pipefail
#include talk
#include tools
#include locks
mkdir -p reports
report="reports/$NAME.json"
SEVERITY="${SEVERITY:-HIGH,CRITICAL}"
IGNORE_FILE="${IGNORE_FILE:-.trivyignore}"
KIND="${KIND:-fs}"
arguments=(--scanners "${SCANNERS:-vuln,secret}" --severity "$SEVERITY" "${patterns[@]}")
if [ "$KIND" = fs ]; then arguments+=(--skip-dirs '**/.venv' --skip-dirs '**/node_modules'); fi
if [ "${IGNORE_UNFIXED:-true}" = true ]; then arguments+=(--ignore-unfixed); fi
if [ -f "$IGNORE_FILE" ]; then arguments+=(--ignorefile "$IGNORE_FILE"); fi
trivy "$KIND" --quiet --exit-code 0 --format json --output "$report" "${arguments[@]}" "${TARGET:-.}" ||
  fail "trivy could not scan '${TARGET:-.}': what it said is above"
trivy convert --quiet --format sarif --output "reports/$NAME.sarif" "$report"
trivy convert --quiet --format table "$report"
count="$(jq '[.Results[]? | (.Vulnerabilities, .Secrets, .Misconfigurations, .Licenses)[]?] | length' "$report")"
[ "$count" -eq 0 ] ||
  fail "$count findings of $SEVERITY in '${TARGET:-.}': correct them, or list them in '$IGNORE_FILE' with the reason"
printf 'no findings of %s\n' "$SEVERITY"
