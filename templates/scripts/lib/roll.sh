# Rolls the Deployments of a rendering out, and back.
# Notes what runs: $private/before.json, in $previous the images, {"deployment": {"container": "image"}}, and in $revisions the
# revisions, {"deployment": "7"}, by which all that a manifest says of pods comes back.
remember() {
  [ "${#deployments[@]}" -gt 0 ] || fail "there is no Deployment in the manifests of $MANIFESTS"
  cluster get deployments --output json >"$private/before.json"
  previous=$(jq --compact-output '[.items[] | select(IN(.metadata.name; $ARGS.positional[])) | {key: .metadata.name, value:
    [.spec.template.spec | (.initContainers // [])[], .containers[] | {key: .name, value: .image}] | from_entries}]
    | from_entries' "$private/before.json" --args "${deployments[@]}")
  revisions=$(jq --compact-output '[.items[] | select(IN(.metadata.name; $ARGS.positional[])) | {key: .metadata.name,
    value: .metadata.annotations["deployment.kubernetes.io/revision"]} | select(.value)] | from_entries' "$private/before.json" \
    --args "${deployments[@]}")
  summary "Before, in namespace $NAMESPACE: $previous"
}
# Applies the whole rendering and waits. Leaves in $reason why that failed.
roll() {
  attend kubectl --namespace "$NAMESPACE" apply --filename "$private/rendering.yaml" || {
    reason="the cluster refused manifests of $MANIFESTS"
    return 1
  }
  settle "${deployments[@]}"
}
# Takes every Deployment whose pods are not as noted back to the revision noted. Leaves in $ending what came of it.
roll_back() {
  local name revision why=$reason back=() stuck=() new
  cluster get deployments --output json >"$private/after.json" ||
    fail "$reason, and nobody knows what changed: kubectl --namespace $NAMESPACE get deployments"
  while read -r name revision; do
    if cluster rollout undo "deployment/$name" --to-revision "$revision"; then back+=("$name"); else stuck+=("$name"); fi
  done < <(jq --raw-output --slurpfile before "$private/before.json" '.items[] | . as $now | $before[0].items[]
    | select(IN(.metadata.name; $ARGS.positional[]) and .metadata.name == $now.metadata.name)
    | select(.spec.template != $now.spec.template)
    | "\(.metadata.name) \(.metadata.annotations["deployment.kubernetes.io/revision"])"' "$private/after.json" \
    --args "${deployments[@]}")
  for name in "${back[@]}"; do settle "$name" || stuck+=("$name"); done
  new=$(jq --raw-output --argjson before "$previous" \
    '[.items[].metadata.name | select(IN($ARGS.positional[]))] - ($before | keys) | join(" ")' \
    "$private/after.json" --args "${deployments[@]}")
  ending="rolled back: ${back[*]:-nothing, no pods had changed}"
  [ -z "$new" ] || ending+="; new, so left as they are: $new"
  [ "${#stuck[@]}" -eq 0 ] ||
    ending+="; NOT back: ${stuck[*]}, look with: kubectl --namespace $NAMESPACE describe deployment ${stuck[*]}"
  # Revisions that one has gone back to have new numbers.
  [ "${#stuck[@]}" -gt 0 ] || revisions='{}'
  reason=$why
  summary "Deployment to $NAMESPACE failed: $why; $ending"
}
