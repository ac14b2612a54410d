# Deploys a kustomize overlay, waits until its Deployments are ready, and takes them back when they are not.
# GROUP, CLUSTER: the cluster. NAMESPACE: where. MANIFESTS: folder of the overlay.
# IMAGES: lines of: name repository@sha256:digest. LIMIT: seconds until all must be ready (default: 600).
# RECORD: the record of an earlier release that went well, as record writes it: its images are taken in place of IMAGES.
# Outputs previous: the images that ran before, {"deployment": {"container": "image"}}; revisions: the revisions that they belong to,
# {"deployment": "7"}.
set -euo pipefail
#include talk
#include tools
#include cluster
#include rendering
#include settle
#include roll
#include recorded
if [ -n "${RECORD:-}" ]; then recorded_images; fi
connect
render
remember
output previous "$previous"
output revisions "$revisions"
roll || {
  roll_back
  output revisions "$revisions"
  fail "the deployment to namespace $NAMESPACE failed: $reason; $ending"
}
summary "Deployed to namespace $NAMESPACE: ${deployments[*]}"
