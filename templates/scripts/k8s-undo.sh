# Goes back to what ran before, and waits until it is ready.
# By one of these, in this order:
# COLOUR and APP: turns Service APP to Deployments of this colour (k8s-blue-green kept them).
# PREVIOUS: {"deployment": {"container": "image"}}, an output of k8s-roll and k8s-canary.
# IMAGES: lines of: name repository@sha256:digest; every container of that repository gets the image.
# RECORD: the record of an earlier release that went well, as record writes it; its images are set like IMAGES.
# REVISIONS: {"deployment": "7"}, with COLOUR or PREVIOUS: Deployments that go back to these revisions, with all that a manifest says
# of pods. Only where the cluster no longer has one are the images of PREVIOUS set. Services and ConfigMaps stay as they are.
# GROUP, CLUSTER: the cluster. NAMESPACE: where. LIMIT: seconds until all must be ready (default: 600).
set -euo pipefail
#include talk
#include tools
#include cluster
#include settle
#include warn
#include recorded
# Takes Deployments back to REVISIONS. Leaves the names of those that went back in $back, of those that did not in $left.
by_revision() {
  local name revision
  [ -n "${REVISIONS:-}" ] || return 0
  cluster get deployments --output json >"$private/now.json"
  jq --raw-output --argjson revisions "$REVISIONS" '.items[].metadata | .name as $name | $revisions[$name] | strings
    | "\($name) \(.)"' "$private/now.json" >"$private/revisions" || fail "REVISIONS is not what k8s-roll told: $REVISIONS"
  while read -r name revision; do
    if cluster rollout undo "deployment/$name" --to-revision "$revision"; then back+=("$name"); else left+=("$name"); fi
  done <"$private/revisions"
}
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
if [ -n "${RECORD:-}" ]; then recorded_images; fi
[ -n "${COLOUR:-}${PREVIOUS:-}${IMAGES:-}" ] || fail "nothing says what to go back to: give COLOUR, PREVIOUS, IMAGES or RECORD"
if [ "${PREVIOUS:-}" = '{}' ]; then
  warn "nothing is undone: none of these Deployments ran in namespace $NAMESPACE before, so there is nothing to go back to. \
What is there now: kubectl --namespace $NAMESPACE get deployments"
  exit 0
fi
connect
back=() left=()
if [ -n "${COLOUR:-}" ]; then
  mapfile -t names < <(cluster get deployments --selector "siding.dev/colour=$COLOUR" --output name | sed 's|.*/||')
  [ "${#names[@]}" -gt 0 ] || fail "nothing in namespace $NAMESPACE is $COLOUR: kubectl --namespace $NAMESPACE get deployments"
  settle "${names[@]}" || fail "Service $APP is not turned to $COLOUR: $reason"
  cluster patch service "$APP" --type merge \
    --patch "$(jq --null-input --compact-output --arg colour "$COLOUR" '{spec: {selector: {"siding.dev/colour": $colour}}}')"
  # What has no colour, such as a worker, was rolled.
  by_revision
  [ "${#left[@]}" -eq 0 ] || fail "Service $APP selects $COLOUR again, and these could NOT be taken back: ${left[*]}"
  settle "${back[@]}" || fail "Service $APP selects $COLOUR again, but namespace $NAMESPACE is not back: $reason"
  summary "Service $APP in namespace $NAMESPACE: $COLOUR is live again${back[*]:+; back to what ran before: ${back[*]}}."
  exit 0
fi
by_revision
[ "${#left[@]}" -eq 0 ] ||
  warn "the cluster no longer has the revisions of ${left[*]}: only their images are set, not what manifests changed"
cluster get deployments --output json >"$private/now.json"
targets >"$private/targets.json" || fail "PREVIOUS is not what k8s-roll told: ${PREVIOUS:-$IMAGES}"
mapfile -t names < <(jq --raw-output 'keys - $ARGS.positional | .[]' "$private/targets.json" --args "${back[@]}")
[ "${#names[@]}${#back[@]}" != 00 ] || fail "no container in namespace $NAMESPACE runs an image of these: ${PREVIOUS:-$IMAGES}"
for name in "${names[@]}"; do
  mapfile -t pairs < <(jq --raw-output --arg name "$name" '.[$name] | to_entries[] | "\(.key)=\(.value)"' "$private/targets.json")
  cluster set image "deployment/$name" "${pairs[@]}" || fail "the images of Deployment $name could not be set, see above"
done
names=("${back[@]}" "${names[@]}")
settle "${names[@]}" || fail "namespace $NAMESPACE is not back: $reason"
summary "Namespace $NAMESPACE is back to what ran before: ${names[*]}"
