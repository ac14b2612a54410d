# Waits for Deployments. LIMIT: seconds until all must be ready (default: 600).
# Runs a command so that a signal is heard at once, not after the command.
attend() {
  local status=0
  "$@" &
  attended=$!
  wait "$attended" || status=$?
  attended=
  return "$status"
}
# Waits until these Deployments are ready, all within LIMIT. Leaves in $reason why not.
settle() {
  local name left deadline=$((SECONDS + ${LIMIT:-600}))
  for name; do
    left=$((deadline - SECONDS))
    attend kubectl --namespace "$NAMESPACE" rollout status "deployment/$name" --timeout "$((left > 1 ? left : 1))s" && continue
    reason="Deployment $name was not ready within ${LIMIT:-600} s"
    cluster get pods || true
    cluster get events --field-selector type=Warning --sort-by .lastTimestamp | tail -n 20 || true
    return 1
  done
}
