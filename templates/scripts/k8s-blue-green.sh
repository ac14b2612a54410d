# Deploys beside what is live, under the other colour (blue, green), and then turns the Service to it.
# GROUP, CLUSTER: the cluster. NAMESPACE: where. MANIFESTS: folder of the overlay. APP: name of the Service.
# IMAGES: lines of: name repository@sha256:digest. LIMIT: seconds until pods must be ready (default: 600).
# CHECKS: lines of: port /path, asked of a new pod before the turn (default: none). PROBES: lines of URLs and PAUSE: seconds,
# watched after it (default: none). What was live keeps its pods, for k8s-undo.
# INSIGHTS: the component of Application Insights that knows of errors, in GROUP, or group/component (default: none).
# ERRORS_PERCENT: the share of requests that may end with an error after the turn.
# Outputs live and previous: the colours; previous is empty when nothing had a colour before; revisions: those that Deployments without
# a colour had before, {"deployment": "7"}.
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
# Of the rendering: what the Service selects gets the colour in its name and labels, and no fewer pods than are live; a
# HorizontalPodAutoscaler follows; the Service itself waits for the turn.
paint() {
  jq --arg app "$APP" --arg live "$live" --arg next "$next" --slurpfile before "$private/before.json" '
    "siding.dev/colour" as $colour
    | first(.items[] | select(.kind == "Service" and .metadata.name == $app)) as $service
    | ($service.spec.selector // {} | del(.[$colour]) | to_entries) as $selector
    | [.items[] | select(.kind == "Deployment" and $selector != []) | .spec.template.metadata.labels as $labels
      | select(all($selector[]; $labels[.key] == .value)).metadata.name] as $painted
    | ($before[0].items | map({key: .metadata.name, value: .spec.replicas}) | from_entries) as $pods
    | .items | map(
        if .kind == "Deployment" and IN(.metadata.name; $painted[]) then
          ($pods[.metadata.name + (if $live == "" then "" else "-" + $live end)] // 0) as $enough
          | (if $enough > 0 then .spec.replicas = ([.spec.replicas // 1, $enough] | max) else . end)
          | .metadata.name += "-" + $next
          | (.metadata, .spec.template.metadata).labels[$colour] = $next
          | .spec.selector.matchLabels[$colour] = $next
        elif .spec.scaleTargetRef.kind? == "Deployment" and IN(.spec.scaleTargetRef.name; $painted[]) then
          .metadata.name += "-" + $next | .spec.scaleTargetRef.name += "-" + $next
        else . end)
    | {painted: ($painted | map(. + "-" + $next)), service: ($service | .spec.selector[$colour] = $next),
       rest: {apiVersion: "v1", kind: "List", items: map(select(.kind != "Service" or .metadata.name != $app))}}
  ' "$private/rendering.json" >"$private/painted.json"
}
# Asks a ready pod of the new colour through the cluster's own API.
check() {
  local port path pod selector
  selector=$(jq --raw-output '.service.spec.selector | to_entries | map("\(.key)=\(.value)") | join(",")' "$private/painted.json")
  pod=$(cluster get pods --selector "$selector" --field-selector status.phase=Running --output json |
    jq --raw-output '[.items[] | select(.metadata.deletionTimestamp | not).metadata.name] | first // ""')
  while read -r port path; do
    [ -n "$port" ] || continue
    cluster get --raw "/api/v1/namespaces/$NAMESPACE/pods/http:$pod:$port/proxy/${path#/}" >/dev/null || {
      reason="pod $pod did not answer at port $port, ${path:-/}"
      return 1
    }
  done <<<"${CHECKS:-}"
}
turn() {
  turned=yes
  jq .service "$private/painted.json" | cluster apply --filename - || return 1
  count_from_now
  watch_probes "${PAUSE:-0}" is_well && conclude_errors
}
is_live() {
  [ "$(cluster get service "$APP" --output json | jq --raw-output '.spec.selector["siding.dev/colour"]')" = "$next" ] || {
    reason="Service $APP no longer selects $next"
    return 1
  }
}
is_well() { is_live && errors_borne; }
turn_back() {
  if [ "$turned" = no ] || [ -z "$service" ]; then return 0; fi
  turned=no
  cluster patch service "$APP" --type merge --patch "$(jq --null-input --compact-output --arg live "$live" \
    '{spec: {selector: {"siding.dev/colour": (if $live == "" then null else $live end)}}}')" ||
    printf 'Service %s could NOT be turned back: kubectl --namespace %s edit service %s\n' "$APP" "$NAMESPACE" "$APP" >&2
}
turned=no
reason="Service $APP could not be turned"
connect
need_insights
render
jq --exit-status --arg app "$APP" 'any(.items[]; .kind == "Service" and .metadata.name == $app)' "$private/rendering.json" >/dev/null ||
  fail "there is no Service $APP in the manifests of $MANIFESTS"
service=$(cluster get service "$APP" --ignore-not-found --output json)
live=$(jq --raw-output '.spec.selector["siding.dev/colour"] // ""' <<<"${service:-null}")
if [ "$live" = blue ]; then next=green; else next=blue; fi
cluster get deployments --output json >"$private/before.json"
paint
jq --exit-status '.painted != []' "$private/painted.json" >/dev/null ||
  fail "Service $APP selects no Deployment in the manifests of $MANIFESTS: compare its selector with their labels"
jq .rest "$private/painted.json" >"$private/rendering.yaml"
mapfile -t deployments < <(jq --raw-output '.rest.items[] | select(.kind == "Deployment").metadata.name' "$private/painted.json")
remember
trap 'turn_back; rm -rf -- "$private"' EXIT
trap 'printf "cancelled: %s stays live\n" "${live:-what was live}"; exit 143' INT TERM
if ! { roll && check && turn; }; then
  turn_back
  roll_back
  fail "$next did not go live in namespace $NAMESPACE, Service $APP selects ${live:-what it did before}: $reason; $ending"
fi
turned=no
output live "$next"
output previous "$live"
# The pods of either colour are kept; what has no colour was rolled.
output revisions "$(jq --compact-output --slurpfile painted "$private/painted.json" \
  'with_entries(select(IN(.key; $painted[0].painted[]) | not))' <<<"$revisions")"
summary "Service $APP in namespace $NAMESPACE: $next is live; ${live:-what was live} keeps its pods, to go back to."
