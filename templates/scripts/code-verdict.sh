# Fails on what the analysis of the code found to be severe: the analysis itself only reports.
# DIRECTORY: where its SARIF files are. SEVERITY: the least score that fails, from 0 to 10 (default: 7, which is high).
set -euo pipefail
#include talk
shopt -s nullglob
files=("$DIRECTORY"/*.sarif)
[ "${#files[@]}" -gt 0 ] || fail "the analysis left no SARIF file in '$DIRECTORY': what it said is in the step before"
found="$(jq -r --argjson least "${SEVERITY:-7}" '
  .runs[] | (([.tool.driver.rules[]?] + [.tool.extensions[]?.rules[]?]) | map({key: .id, value: .}) | from_entries) as $rules
  | .results[]? | select((.suppressions // []) | length == 0)
  | ($rules[.ruleId // .rule.id] // {}) as $rule
  | (($rule.properties["security-severity"] // "0") | tonumber) as $score
  | select($score >= $least or (.level // $rule.defaultConfiguration.level) == "error")
  | (.locations[0].physicalLocation // {}) as $place
  | "found: \($place.artifactLocation.uri // "?"):\($place.region.startLine // 0): \(.message.text | gsub("\\s"; " "))"
' "${files[@]}")"
if [ -n "$found" ]; then
  tr -cd '[:print:]\n' <<<"$found"
  fail "the analysis found $(wc -l <<<"$found") severe weaknesses, listed above: mend them, or dismiss them with a reason"
fi
echo "the analysis found nothing severe"
