# Watches what was deployed: its URLs, and the errors that users get. Changes nothing; who called it goes back on failure.
# GROUP, CLUSTER: the cluster. NAMESPACE: where. PROBES: lines of URLs (default: none). PAUSE: seconds.
# INSIGHTS: the component of Application Insights, in GROUP, or group/component. ERRORS_PERCENT: the share of requests that may
# end with an error.
set -euo pipefail
#include talk
#include warn
#include tools
#include cluster
#include settle
#include probe
#include insights
connect
try_insights
if ! { watch_probes "$PAUSE" errors_borne && conclude_errors; }; then
  fail "namespace $NAMESPACE of $CLUSTER is not well: $reason"
fi
summary "Namespace $NAMESPACE was well for $PAUSE s."
