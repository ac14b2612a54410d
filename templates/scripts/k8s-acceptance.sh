# Waits until every service in a namespace answers with 2xx, asked through the cluster's own API, so none needs an address.
# GROUP, CLUSTER: the cluster. NAMESPACE: where. SERVICES: lines of: service[:port] /path (port: 80 by default).
# LIMIT: seconds for all together (default: 300).
set -euo pipefail
#include talk
#include tools
#include cluster
connect
until=$((SECONDS + ${LIMIT:-300}))
while read -r service path; do
  [ -n "$service" ] || continue
  case $service in *:*) ;; *) service+=":80" ;; esac
  url="/api/v1/namespaces/$NAMESPACE/services/http:$service/proxy/${path#/}"
  until cluster get --raw "$url" >/dev/null 2>"$private/said"; do
    said=$(tr '\n' ' ' <"$private/said")
    [ "$SECONDS" -lt "$until" ] ||
      fail "$service did not answer at ${path:-/} in namespace $NAMESPACE within ${LIMIT:-300} s: $said"
    printf 'waiting for %s, %s s left: %s\n' "$service" "$((until - SECONDS))" "$said"
    sleep 3
  done
  summary "$service answers at ${path:-/}."
done <<<"$SERVICES"
