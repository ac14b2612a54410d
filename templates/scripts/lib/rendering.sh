# Renders the kustomize overlay in folder MANIFESTS with the images of IMAGES, lines of: name repository@sha256:digest.
# Leaves $private/rendering.yaml, the same as JSON beside it, and the names of its Deployments in the array deployments.
# kubectl cannot edit a kustomization, so one of ours refers to the overlay; the files of the team stay as they are.
render() {
  local name image used
  [ -f "$MANIFESTS/kustomization.yaml" ] || fail "there is no kustomization.yaml in $MANIFESTS: name the folder of the overlay"
  while read -r name image; do
    [ -n "$name" ] || continue
    [[ $image =~ ^[^@[:space:]]+@sha256:[0-9a-f]{64}$ ]] || fail "image $name is not given by digest: '$image'"
  done <<<"${IMAGES:-}"
  mkdir "$private/overlay"
  jq --raw-input --null-input --arg overlay "$(realpath --relative-to "$private/overlay" "$MANIFESTS")" '{
    apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources: [$overlay],
    images: [inputs | capture("^\\s*(?<name>\\S+)\\s+(?<newName>[^@\\s]+)@(?<digest>sha256:[0-9a-f]+)")]
  }' <<<"${IMAGES:-}" >"$private/overlay/kustomization.yaml"
  cluster kustomize "$private/overlay" >"$private/rendering.yaml" || fail "the manifests in $MANIFESTS do not render, see above"
  cluster create --dry-run=client --output json --filename "$private/rendering.yaml" >"$private/objects.json" ||
    fail "the manifests in $MANIFESTS are not right for namespace $NAMESPACE, see above (they should name no namespace)"
  jq --slurp '{apiVersion: "v1", kind: "List", items: map(if .kind == "List" then .items[] else . end)}' \
    "$private/objects.json" >"$private/rendering.json"
  used=$(jq --raw-output '.items[] | .. | objects | .image? | strings' "$private/rendering.json")
  while read -r name image; do
    [ -z "$name" ] || grep -qxF -- "$image" <<<"$used" ||
      fail "no manifest in $MANIFESTS uses an image called $name: compare the name with image: in the manifests"
  done <<<"${IMAGES:-}"
  mapfile -t deployments < <(jq --raw-output '.items[] | select(.kind == "Deployment").metadata.name' "$private/rendering.json")
}
