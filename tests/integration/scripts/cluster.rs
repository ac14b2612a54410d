//! A cluster that is a folder: fakes of `az`, `kubelogin` and `kubectl` that answer from files and keep what they were given.

use serde_json::{Value, json};

use super::{Host, Ran, Sandbox};

/// A digest that differs by this letter.
pub(crate) fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

/// An image of `product` or another service, by digest.
pub(crate) fn image(service: &str, letter: &str) -> String {
    format!("shop.azurecr.io/{service}@{}", digest(letter))
}

/// A Deployment as `kubectl get` shows it: its revision, its pods and the image they run.
pub(crate) fn live(name: &str, revision: u32, replicas: u32, image: &str) -> Value {
    let mut deployment = manifest(name, image);
    deployment["metadata"]["annotations"] = json!({ "deployment.kubernetes.io/revision": revision.to_string() });
    deployment["spec"]["replicas"] = json!(replicas);
    deployment
}

/// A Deployment as a manifest has it.
pub(crate) fn manifest(name: &str, image: &str) -> Value {
    let labels = json!({ "app": name });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": { "selector": { "matchLabels": labels }, "template": {
            "metadata": { "labels": labels }, "spec": { "containers": [{ "name": "main", "image": image }] } } },
    })
}

pub(crate) fn list(items: &[Value]) -> String {
    json!({ "apiVersion": "v1", "kind": "List", "items": items }).to_string()
}

pub(crate) const AZ: &str = r#"
if [[ "$*" == "aks get-credentials "* ]]; then
  while [ "$1" != --file ]; do shift; done
  printf 'command: kubelogin\n' >"$2"
  stat -c %a "$2" "${2%/*}" >"$HERE/modes"
fi
"#;

/// `FAIL` holds lines of patterns of calls that fail. What is applied is kept as `applied-1.json` and so on; from then on
/// `after.json` is what runs, and once something is undone every Deployment is ready.
const KUBECTL: &str = r#"
words="$*"; words=${words#--namespace shop }
last=${!#}
while IFS= read -r pattern; do
  if [ -n "$pattern" ] && [ ! -e "$HERE/undone" ] && [[ $words == $pattern ]]; then echo "no: $words" >&2; exit 1; fi
done <<<"$FAIL"
case $words in
kustomize\ *) cp "$last/kustomization.yaml" "$HERE/overlay.json"; cat "$HERE/rendering.json" ;;
create\ --dry-run=client*) cat "$last" ;;
create\ *|apply\ --filename*)
  n=1; while [ -e "$HERE/applied-$n.json" ]; do n=$((n + 1)); done
  if [ "$last" = - ]; then cat; else cat "$last"; fi >"$HERE/applied-$n.json" ;;
rollout\ undo*) touch "$HERE/undone" ;;
patch\ *) printf '%s\n' "$last" >"$HERE/patch.json" ;;
get\ deployments\ --output\ json)
  if [ -e "$HERE/applied-1.json" ] && [ -e "$HERE/after.json" ]; then cat "$HERE/after.json"; else cat "$HERE/before.json"; fi ;;
get\ deployments\ --selector*) cat "$HERE/coloured" ;;
get\ pods\ *json) cat "$HERE/pods.json" ;;
get\ service\ *) if [ -e "$HERE/applied-2.json" ]; then cat "$HERE/turned.json"; else cat "$HERE/service.json"; fi ;;
get\ namespace\ *) cat "$HERE/namespace.json" ;;
get\ namespaces\ *) cat "$HERE/namespaces.json" ;;
get\ --filename*) cat "$HERE/there" ;;
get\ --raw*) printf 'well' ;;
esac
"#;

/// A sandbox whose cluster runs nothing and whose manifests are one Deployment, `product`.
pub(crate) fn cluster(host: Host) -> Sandbox {
    Sandbox::new(host)
        .fake("az", AZ)
        .fake("kubelogin", "")
        .fake("kubectl", KUBECTL)
        .fake("sleep", "")
        .env("FAIL", "")
        .env("GROUP", "rg-shop")
        .env("CLUSTER", "aks-shop")
        .env("NAMESPACE", "shop")
        .env("MANIFESTS", "k8s/overlays/production")
        .env("IMAGES", &format!("product-service {}\n", image("product", "b")))
        .file("k8s/overlays/production/kustomization.yaml", "resources: [../../base]\n")
        .file("rendering.json", &list(&[manifest("product", &image("product", "b"))]))
        .file("before.json", &list(&[]))
        .file("pods.json", &list(&[]))
        .file("there", "")
}

/// What `kubectl` was asked, when every call named the namespace (but for calls about namespaces, which are in none), and
/// the step left nothing behind.
pub(crate) fn asked(sandbox: &Sandbox, ran: &Ran) -> Vec<String> {
    let calls = ran.calls_of("kubectl");
    let about_namespaces = ["get namespace", "create --filename -", "label namespace", "delete namespace"];
    for call in &calls {
        let right =
            call.starts_with("--namespace shop ") || about_namespaces.iter().any(|start| call.starts_with(start));
        assert!(right, "in no namespace: {call}");
    }
    let temp = sandbox.here().join("../temp");
    let left = std::fs::read_dir(&temp).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = left.filter(|name| !name.starts_with("siding-summary-") && name != "siding-tools").collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    let private = |call: &String| {
        let words = call.strip_prefix("--namespace shop ").unwrap_or(call).split(' ');
        let hidden = words.map(|word| match word.split_once("/siding.") {
            Some((_, rest)) => format!("*/{}", rest.split_once('/').map_or("", |(_, file)| file)),
            None => word.to_owned(),
        });
        hidden.collect::<Vec<_>>().join(" ")
    };
    calls.iter().map(private).collect()
}

/// A file that the fakes kept, as JSON.
pub(crate) fn kept(sandbox: &Sandbox, name: &str) -> Value {
    serde_json::from_str(&sandbox.read(name)).unwrap()
}
