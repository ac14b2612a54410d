# Goes back to what ran before, and waits until it is ready.
# By one of these, in this order:
# COLOUR and APP: turns Service APP to Deployments of this colour (k8s-blue-green kept them).
# PREVIOUS: {"deployment": {"container": "image"}}, an output of k8s-roll and k8s-canary.
# IMAGES: lines of: name repository@sha256:digest; every container of that repository gets the image.
# RECORD: the record of an earlier release that went well, as record writes it; its images are set like IMAGES.
# GROUP, CLUSTER: the cluster. NAMESPACE: where. LIMIT: seconds until all must be ready (default: 600).
set -euo pipefail
#include talk
#include tools
#include cluster
#include settle
#include warn
# What to set: PREVIOUS, or for IMAGES every container that runs an image of that repository.
targets() {
  if [ -n "${PREVIOUS:-}" ]; then
    jq --compact-output 'map_values(select(. != {}))' <<<"$PREVIOUS"
    return
  fi
  jq --compact-output --arg images "$IMAGES" '
    ([$images | splits("\n") | capture("^\\s*\\S+\\s+(?<repository>[^@\\s]+)(?<digest>@sha256:[0-9a-f]{64})\\s*$")]
      | map({key: .repository, value: (.repository + .digest)}) | from_entries) as $wanted
    | [.items[] | {key: .metadata.name, value: [.spec.template.spec | (.initContainers // [])[], .containers[]
        | {key: .name, value: $wanted[.image | sub("@.*$"; "") | sub(":[^/:]*$"; "")]} | select(.value)] | from_entries}
      | select(.value != {})] | from_entries' "$private/now.json"
}
if [ -n "${RECORD:-}" ]; then
  [ "$(jq --raw-output .result "$RECORD")" = success ] ||
    fail "the release of $(jq --raw-output '.run_url' "$RECORD") did not go well: name the run of one that did"
  IMAGES=$(jq --raw-output .sha256 "$RECORD")
fi
[ -n "${COLOUR:-}${PREVIOUS:-}${IMAGES:-}" ] || fail "nothing says what to go back to: give COLOUR, PREVIOUS, IMAGES or RECORD"
if [ "${PREVIOUS:-}" = '{}' ]; then
  warn "nothing is undone: none of these Deployments ran in namespace $NAMESPACE before, so there is nothing to go back to. \
What is there now: kubectl --namespace $NAMESPACE get deployments"
  exit 0
fi
connect
if [ -n "${COLOUR:-}" ]; then
  mapfile -t names < <(cluster get deployments --selector "siding.dev/colour=$COLOUR" --output name | sed 's|.*/||')
  [ "${#names[@]}" -gt 0 ] || fail "nothing in namespace $NAMESPACE is $COLOUR: kubectl --namespace $NAMESPACE get deployments"
  settle "${names[@]}" || fail "Service $APP is not turned to $COLOUR: $reason"
  cluster patch service "$APP" --type merge \
    --patch "$(jq --null-input --compact-output --arg colour "$COLOUR" '{spec: {selector: {"siding.dev/colour": $colour}}}')"
  summary "Service $APP in namespace $NAMESPACE: $COLOUR is live again."
  exit 0
fi
cluster get deployments --output json >"$private/now.json"
targets all >"$private/targets.json" || fail "PREVIOUS is not what k8s-roll told: ${PREVIOUS:-$IMAGES}"
mapfile -t names < <(jq --raw-output 'keys[]' "$private/targets.json")
[ "${#names[@]}" -gt 0 ] || fail "no container in namespace $NAMESPACE runs an image of these: ${PREVIOUS:-$IMAGES}"
for name in "${names[@]}"; do
  mapfile -t pairs < <(jq --raw-output --arg name "$name" '.[$name] | to_entries[] | "\(.key)=\(.value)"' "$private/targets.json")
  cluster set image "deployment/$name" "${pairs[@]}" || fail "the images of Deployment $name could not be set, see above"
done
settle "${names[@]}" || fail "namespace $NAMESPACE is not back: $reason"
summary "Namespace $NAMESPACE is back to what ran before: ${names[*]}"
