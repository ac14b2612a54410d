# Deploys a kustomize overlay, waits until its Deployments are ready, and takes them back when they are not.
# GROUP, CLUSTER: the cluster. NAMESPACE: where. MANIFESTS: folder of the overlay.
# IMAGES: lines of: name repository@sha256:digest. LIMIT: seconds until all must be ready (default: 600).
# Output previous: the images that ran before, {"deployment": {"container": "image"}}.
set -euo pipefail
#include talk
#include tools
#include cluster
#include rendering
#include settle
#include roll
connect
render
remember
output previous "$previous"
roll || {
  roll_back
  fail "the deployment to namespace $NAMESPACE failed: $reason; $ending"
}
summary "Deployed to namespace $NAMESPACE: ${deployments[*]}"
