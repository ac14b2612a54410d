# Asks the cluster whether it would take the manifests, and changes nothing.
# GROUP, CLUSTER: the cluster. NAMESPACE: where they would go. MANIFESTS: folder of the kustomize overlay.
# IMAGES: lines of: name repository@sha256:digest (default: the images as they are in the manifests).
set -euo pipefail
#include talk
#include tools
#include cluster
#include rendering
connect
render
cluster apply --dry-run=server --filename "$private/rendering.yaml" ||
  fail "the cluster would refuse manifests of $MANIFESTS in namespace $NAMESPACE, see above"
summary "Cluster $CLUSTER takes the manifests of $MANIFESTS: ${#deployments[@]} Deployments."
