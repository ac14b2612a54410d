# Deploys a kustomize overlay by canaries: a share of pods with the new images beside the old, watched, then all.
# GROUP, CLUSTER: the cluster. NAMESPACE: where. MANIFESTS: folder of the overlay.
# IMAGES: lines of: name repository@sha256:digest. LIMIT: seconds until pods must be ready (default: 600).
# STEPS: percentages of the old pods, as in "10 25 50". PAUSE: seconds to watch after each. PROBES: lines of URLs (default: none).
# INSIGHTS: the component of Application Insights that knows of errors, in GROUP, or group/component (default: none).
# ERRORS_PERCENT: the share of requests that may end with an error, at each step.
# Each canary is a Deployment NAME-canary with the pod labels of NAME, so that the Service selects its pods too: its share of
# requests is its share of pods. Outputs previous: the images that ran before, {"deployment": {"container": "image"}}; revisions: the
# revisions that they belong to, {"deployment": "7"}.
set -euo pipefail
#include talk
#include warn
#include tools
#include cluster
#include rendering
#include settle
#include roll
#include probe
#include insights
# Writes the canaries: one for each Deployment that runs, with this percentage of its pods, rounded up.
canaries() {
  jq --argjson percent "$1" --slurpfile before "$private/before.json" '
    ($before[0].items | map({key: .metadata.name, value: (.spec.replicas // 1)}) | from_entries) as $pods
    | .items |= [.[] | select(.kind == "Deployment" and $pods[.metadata.name] > 0)
      | .spec.replicas = ($pods[.metadata.name] * $percent / 100 | ceil)
      | .metadata.name += "-canary"
      | (.metadata, .spec.template.metadata).labels["siding.dev/track"] = "canary"
      | .spec.selector.matchLabels["siding.dev/track"] = "canary"]' "$private/rendering.json" >"$private/canaries.json"
}
withdraw() {
  [ "${#names[@]}" -gt 0 ] || return 0
  kill "${attended:-}" 2>/dev/null || true
  cluster delete deployment "${names[@]}" --ignore-not-found --wait=false ||
    printf 'the canaries could not be removed: kubectl --namespace %s delete deployment %s\n' "$NAMESPACE" "${names[*]}" >&2
}
restarts() {
  local count
  count=$(cluster get pods --selector siding.dev/track=canary --output json |
    jq '[.items[].status | (.initContainerStatuses // [])[], (.containerStatuses // [])[] | .restartCount] | add // 0')
  [ "$count" = 0 ] || {
    reason="its pods restarted (${count:-nobody knows how many} times)"
    return 1
  }
}
is_well() { restarts && errors_borne; }
# Configuration that only the new pods know (kustomize names it by its content) must be there before them.
prepare() {
  jq '.items |= map(select(IN(.kind; "ConfigMap", "Secret", "ServiceAccount")))' "$private/rendering.json" >"$private/needs.json"
  jq --exit-status '.items == []' "$private/needs.json" >/dev/null && return 0
  cluster get --filename "$private/needs.json" --ignore-not-found --output name >"$private/there" || return 1
  jq --rawfile there "$private/there" '($there | split("\n")) as $there
    | .items |= map(select(IN("\(.kind | ascii_downcase)/\(.metadata.name)"; $there[]) | not))' \
    "$private/needs.json" >"$private/missing.json"
  jq --exit-status '.items == []' "$private/missing.json" >/dev/null || cluster create --filename "$private/missing.json"
}
step() {
  canaries "$1"
  attend kubectl --namespace "$NAMESPACE" apply --filename "$private/canaries.json" || {
    reason="the cluster refused the canary"
    return 1
  }
  settle "${names[@]}" || return 1
  count_from_now
  watch_probes "${PAUSE:-0}" is_well && conclude_errors
}
connect
need_insights
render
remember
output previous "$previous"
output revisions "$revisions"
canaries 100
mapfile -t names < <(jq --raw-output '.items[].metadata.name' "$private/canaries.json")
at="before the first step"
trap 'withdraw; rm -rf -- "$private"' EXIT
trap 'printf "cancelled %s: the canary goes\n" "$at"; exit 143' INT TERM
if [ "${#names[@]}" -gt 0 ]; then
  cluster delete deployment "${names[@]}" --ignore-not-found --cascade=foreground --timeout 120s
  prepare || fail "the configuration of the new pods could not be made, see above; the old pods run as before"
  for percent in $STEPS; do
    at="at $percent %"
    step "$percent" || fail "the canary failed $at: $reason; it is removed, and the old pods run as before"
    summary "Canary $at for ${PAUSE:-0} s: well"
  done
fi
at="while all pods roll, which goes on"
roll || {
  roll_back
  output revisions "$revisions"
  fail "the canary was well, but the deployment to namespace $NAMESPACE failed: $reason; $ending"
}
summary "Deployed to namespace $NAMESPACE: ${deployments[*]}"
