# Removes every temporary namespace of the cluster whose time is over, and goes on when one fails.
# GROUP, CLUSTER: the cluster. LIMIT: seconds to wait for each (default: 300). Output removed: how many.
set -euo pipefail
#include talk
#include tools
#include cluster
connect
removed=0
failed=()
# A namespace is in no namespace, so these calls name none.
found=$(kubectl get namespaces --selector siding.dev/temporary=true --output json)
while read -r name expires; do
  if ! [[ $expires =~ ^[0-9]+$ ]]; then
    summary "Namespace $name is temporary, but its label siding.dev/expires is no time: $expires"
    failed+=("$name")
  elif [ "$expires" -gt "$(date +%s)" ]; then
    printf 'namespace %s stays until %s\n' "$name" "$(date --utc --date "@$expires" '+%F %H:%M UTC')"
  elif kubectl delete namespace "$name" --ignore-not-found --wait=true --timeout "${LIMIT:-300}s"; then
    summary "Namespace $name is removed."
    removed=$((removed + 1))
  else
    summary "Namespace $name could not be removed."
    failed+=("$name")
  fi
done < <(jq --raw-output '.items[].metadata | "\(.name) \(.labels["siding.dev/expires"] // "missing")"' <<<"$found")
output removed "$removed"
[ "${#failed[@]}" -eq 0 ] ||
  fail "temporary namespaces are still there: ${failed[*]}; look with: kubectl get namespace ${failed[*]} --output yaml"
