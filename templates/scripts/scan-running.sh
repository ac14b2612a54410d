# Scans every image that runs in these namespaces and fails, at the end, with a list of those that have known weaknesses.
# GROUP, CLUSTER: the cluster. NAMESPACES: names. REGISTRY: name in Azure of the registry to sign in to (default: none).
# SEVERITY: which count (default: HIGH,CRITICAL). IGNORE_FILE: accepted findings (default: .trivyignore).
# Leaves reports/running-1.json and so on. Output images: how many were scanned.
set -euo pipefail
#include talk
#include tools
#include cluster
options=(--severity "${SEVERITY:-HIGH,CRITICAL}" --ignore-unfixed)
ignore=${IGNORE_FILE:-.trivyignore}
if [ -f "$ignore" ]; then options+=(--ignorefile "$ignore"); fi
connect
mkdir -p reports
[ -z "${REGISTRY:-}" ] || az acr login --name "$REGISTRY"
for NAMESPACE in ${NAMESPACES:-}; do
  cluster get pods --output json >"$private/pods.json"
  jq --raw-output '.items[].status | (.initContainerStatuses // [])[], (.containerStatuses // [])[] | .imageID | sub("^.*://"; "")
    | select(contains("@"))' "$private/pods.json" >>"$private/images"
done
mapfile -t images < <(sort --unique "$private/images")
weak=()
unread=()
for index in "${!images[@]}"; do
  report="reports/running-$((index + 1)).json"
  if trivy image --quiet --format json --output "$report" "${options[@]}" "${images[$index]}"; then
    count=$(jq '[.Results[]? | (.Vulnerabilities // [])[], (.Secrets // [])[]] | length' "$report")
    summary "${images[$index]}: $count findings"
    [ "$count" -eq 0 ] || weak+=("${images[$index]} ($count)")
  else
    summary "${images[$index]}: could not be scanned"
    unread+=("${images[$index]}")
  fi
done
output images "${#images[@]}"
[ "${#weak[@]}" -eq 0 ] || problem="known weaknesses that have a fix: ${weak[*]}; build these anew and deploy them. "
[ "${#unread[@]}" -eq 0 ] || problem="${problem:-}could not be scanned, see above: ${unread[*]}"
[ -z "${problem:-}" ] || fail "of ${#images[@]} images that run: $problem"
