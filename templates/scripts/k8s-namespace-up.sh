# Makes a temporary namespace, or gives one that is there more time.
# GROUP, CLUSTER: the cluster. NAMESPACE: its name. TTL: seconds after which k8s-reap removes it.
set -euo pipefail
#include talk
#include tools
#include cluster
connect
expires=$(($(date +%s) + TTL))
# A namespace is in no namespace, so these calls name none.
found=$(kubectl get namespace "$NAMESPACE" --ignore-not-found --output json)
if [ -z "$found" ]; then
  # With its labels from the start: a run that is cancelled now leaves nothing that nobody removes.
  jq --null-input --arg name "$NAMESPACE" --arg expires "$expires" '{apiVersion: "v1", kind: "Namespace", metadata: {name: $name,
    labels: {"siding.dev/temporary": "true", "siding.dev/expires": $expires}}}' | kubectl create --filename -
elif [ "$(jq --raw-output '.status.phase' <<<"$found")" = Terminating ]; then
  fail "namespace $NAMESPACE is still being removed: wait until it is gone, and run this again"
elif [ "$(jq --raw-output '.metadata.labels["siding.dev/temporary"]' <<<"$found")" = true ]; then
  kubectl label namespace "$NAMESPACE" --overwrite "siding.dev/expires=$expires"
else
  fail "namespace $NAMESPACE is there and is not temporary (no label siding.dev/temporary=true): it would be removed; use another name"
fi
summary "Namespace $NAMESPACE is there until $(date --utc --date "@$expires" '+%F %H:%M') UTC."
