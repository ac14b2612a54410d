# Removes a temporary namespace and waits until it is gone. One that is gone already is fine.
# GROUP, CLUSTER: the cluster. NAMESPACE: its name. LIMIT: seconds to wait (default: 600).
set -euo pipefail
#include talk
#include tools
#include cluster
connect
# A namespace is in no namespace, so these calls name none.
found=$(kubectl get namespace "$NAMESPACE" --ignore-not-found --output json) ||
  fail "nobody knows whether namespace $NAMESPACE is gone, see above; look with: kubectl get namespace $NAMESPACE"
if [ -z "$found" ]; then
  summary "Namespace $NAMESPACE is gone already."
  exit 0
fi
[ "$(jq --raw-output '.metadata.labels["siding.dev/temporary"]' <<<"$found")" = true ] ||
  fail "namespace $NAMESPACE is not temporary (no label siding.dev/temporary=true), so it stays: name the right one"
kubectl delete namespace "$NAMESPACE" --ignore-not-found --wait=true --timeout "${LIMIT:-600}s" ||
  fail "namespace $NAMESPACE is not gone after ${LIMIT:-600} s and costs money; look with: kubectl get namespace $NAMESPACE --output yaml"
summary "Namespace $NAMESPACE is removed."
