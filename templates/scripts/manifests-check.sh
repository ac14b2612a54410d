# Checks the manifests of kustomize overlays without a cluster: that they render, that Kubernetes knows every field, and
# that a deployment can put them where they belong, with its images.
# OVERLAYS: lines of: namespace folder; the namespace - is made anew for each run, so that no manifest can name it.
# NAMES: lines of names that image: has in each overlay. KUBERNETES: the version, as in 1.34.0.
# SCHEMAS: the address of a copy of Kubernetes' schemas, as yannh/kubernetes-json-schema keeps them.
set -euo pipefail
#include talk
#include tools
#include scratch
problem() {
  problems=$((problems + 1))
  printf '%s: %s\n' "$folder" "$1"
}
# What a deployment to this namespace would refuse, or would leave with an image that nobody built.
fits() {
  local name other
  while IFS= read -r other; do
    [ "$other" = "$namespace" ] || problem "a manifest names the namespace $other: leave it out, the deployment says where"
  done < <(awk '/^[^ ]/ { top = $1 } top == "metadata:" && /^  namespace: / { print $2 }' "$scratch/rendering.yaml" | sort -u)
  while IFS= read -r name; do
    [ -z "$name" ] || grep -qE "^[ -]*image: [\"']?$name([:@].*)?[\"']?\$" "$scratch/rendering.yaml" ||
      problem "no manifest has an image: $name, so that the new image would go nowhere"
  done <<<"${NAMES:-}"
}
# Kinds that a cluster was taught are known there alone; those of Kubernetes itself must be known here.
conforms() {
  kubeconform -strict -summary -output json -kubernetes-version "$KUBERNETES" \
    -schema-location "$SCHEMAS/{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json" \
    "$scratch/rendering.yaml" >"$scratch/found.json" || true
  jq --exit-status '.summary | .valid + .invalid + .errors > 0' "$scratch/found.json" >/dev/null ||
    fail "kubeconform checked nothing in $folder: what it said is above"
  jq --raw-output '
    def own: (.version // "") | test("^[^/.]+(/|$)|^((admissionregistration|apiregistration|authentication|authorization"
      + "|certificates|coordination|discovery|events|flowcontrol[.]apiserver|networking|node|rbac[.]authorization|resource"
      + "|scheduling|storage)[.]k8s[.]io)/");
    .resources[]? | select(.status | test("invalid|error"; "i"))
    | (if (.msg | test("could not find schema")) then (if own then "unknown" else "taught" end) else "wrong" end)
      + " \(.kind) \(.name // "" | if . == "" then "-" else . end) \(.version) "
      + ([.validationErrors[]? | "\(.path): \(.msg)"] as $at | if $at == [] then .msg else ($at | join("; ")) end | gsub("\\s+"; " "))
  ' "$scratch/found.json" >"$scratch/found"
  while read -r what kind name version said; do
    case $what in
      taught) taught+=("$kind ($version)") ;;
      unknown) problem "$kind $name: Kubernetes $KUBERNETES has no such kind in $version" ;;
      *) problem "$kind $name: $(tr -cd '[:print:]' <<<"$said")" ;;
    esac
  done <"$scratch/found"
}
problems=0
taught=()
while read -r namespace folder; do
  [ -n "$namespace" ] || continue
  [ -f "$folder/kustomization.yaml" ] || fail "there is no kustomization.yaml in '$folder': correct 'manifests' in siding.yml"
  kubectl kustomize "$folder" >"$scratch/rendering.yaml" || fail "the manifests in '$folder' do not render, see above"
  fits
  conforms
done <<<"$OVERLAYS"
if [ "${#taught[@]}" -gt 0 ]; then
  mapfile -t taught < <(printf '%s\n' "${taught[@]}" | sort -u)
  summary "Not checked, since only the cluster knows them: ${taught[*]}"
fi
[ "$problems" -eq 0 ] || fail "the manifests have $problems mistakes, listed above: a deployment would find them too late"
