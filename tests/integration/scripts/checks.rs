//! What is checked before a merge: Dockerfiles, manifests, Terraform's code, the specification that others rely on.

use super::images::{commit, repository};
use super::{HOSTS, Host, Sandbox};

#[test]
fn dockerfiles_are_judged_by_the_level_that_the_team_or_we_chose() {
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("hadolint", "case $* in *sarif*) echo '{}' ;; *bad*) exit 1 ;; esac");
        let sandbox = sandbox.file("api/Dockerfile", "").file("bad/Dockerfile", "").env("FILES", "api/Dockerfile\n");
        let ran = sandbox.run("dockerfiles-check").well();
        let sarif = "--no-color --failure-threshold warning --no-fail --format sarif api/Dockerfile";
        assert_eq!(ran.calls_of("hadolint"), [sarif, "--no-color --failure-threshold warning api/Dockerfile"]);
        assert_eq!(sandbox.read("reports/dockerfiles.sarif"), "{}\n");

        let sandbox = sandbox.env("FILES", "api/Dockerfile\nbad/Dockerfile").file(".hadolint.yaml", "");
        let ran = sandbox.run("dockerfiles-check").fails("the Dockerfiles have mistakes, listed above");
        assert_eq!(ran.calls_of("hadolint")[1], "--no-color api/Dockerfile bad/Dockerfile");
        let ran = sandbox.env("FILES", "none/Dockerfile").run("dockerfiles-check");
        assert!(ran.fails("there is no Dockerfile 'none/Dockerfile'").calls.is_empty());
    }
    let broken =
        Sandbox::new(Host::GitHub).fake("hadolint", "exit 2").file("Dockerfile", "").env("FILES", "Dockerfile");
    broken.run("dockerfiles-check").fails("hadolint could not read the Dockerfiles");
}

/// A rendering as kustomize writes it.
const RENDERING: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: product
spec:
  template:
    spec:
      containers:
      - image: product-service
        name: main
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: product
subjects:
- kind: ServiceAccount
  name: product
  namespace: elsewhere
";

/// What kubeconform tells, by its own form of 0.8.
fn conforms(resources: &str, valid: u8) -> String {
    let errors = resources.matches("status").count();
    format!(
        r#"{{"resources": [{resources}], "summary": {{"valid": {valid}, "invalid": 0, "errors": {errors}, "skipped": 0}}}}"#
    )
}

fn resource(kind: &str, version: &str, status: &str, message: &str) -> String {
    format!(
        r#"{{"filename": "r.yaml", "kind": "{kind}", "name": "product", "version": "{version}", "status": "{status}", "msg": "{message}"}}"#
    )
}

fn manifests(host: Host, found: &str) -> Sandbox {
    let sandbox = Sandbox::new(host).fake("kubectl", r#"cat "$HERE/$2/rendering""#);
    let sandbox = sandbox.fake("kubeconform", r#"cat "$HERE/found"; grep -q '"errors": 0' "$HERE/found""#);
    let sandbox = sandbox.file("k8s/prod/kustomization.yaml", "").file("k8s/prod/rendering", RENDERING);
    let sandbox = sandbox.file("found", found).env("OVERLAYS", "shop k8s/prod\n").env("NAMES", "product-service");
    sandbox.env("KUBERNETES", "1.34.0").env("SCHEMAS", "https://schemas.example/1")
}

#[test]
fn manifests_are_checked_by_schemas_of_a_version_and_what_the_cluster_was_taught_is_told() {
    for host in HOSTS {
        let taught = resource(
            "SecretProviderClass",
            "secrets-store.csi.x-k8s.io/v1",
            "statusError",
            "could not find schema for SecretProviderClass",
        );
        let ran = manifests(host, &conforms(&taught, 2)).run("manifests-check").well();
        assert_eq!(ran.calls_of("kubectl"), ["kustomize k8s/prod"]);
        let call = "-strict -summary -output json -kubernetes-version 1.34.0 -schema-location \
                    https://schemas.example/1/{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json ";
        assert!(ran.calls_of("kubeconform")[0].starts_with(call), "{ran:#?}");
        let told =
            "Not checked, since only the cluster knows them: SecretProviderClass (secrets-store.csi.x-k8s.io/v1)\n";
        assert_eq!(ran.summary, told);
    }
}

#[test]
fn manifests_that_a_deployment_would_stumble_over_fail() {
    let unknown = |kind: &str, version: &str| {
        resource(kind, version, "statusError", &format!("could not find schema for {kind}"))
    };
    for (found, line) in [
        (unknown("Deploymnt", "apps/v1"), "k8s/prod: Deploymnt product: Kubernetes 1.34.0 has no such kind in apps/v1"),
        (unknown("Pod", "v2"), "k8s/prod: Pod product: Kubernetes 1.34.0 has no such kind in v2"),
        (
            unknown("Ingress", "networking.k8s.io/v1beta1"),
            "Ingress product: Kubernetes 1.34.0 has no such kind in networking.k8s.io/v1beta1",
        ),
        (
            resource("Service", "v1", "statusError", "failed downloading schema"),
            "k8s/prod: Service product: failed downloading schema",
        ),
        (
            resource(
                "Service",
                "v1",
                "statusInvalid",
                "x\", \"validationErrors\": [{\"path\": \"/spec\", \"msg\": \"replica not allowed\"}], \"y\": \"",
            ),
            "k8s/prod: Service product: /spec: replica not allowed",
        ),
    ] {
        let ran =
            manifests(Host::GitHub, &conforms(&found, 1)).run("manifests-check").fails("the manifests have 1 mistakes");
        assert!(ran.stdout.contains(line), "{ran:#?}");
    }
    let fine = || manifests(Host::Azure, &conforms("", 2));
    fine().run("manifests-check").well();
    let ran = fine().env("NAMES", "product-service\norder-service\nproduct").run("manifests-check").fails("2 mistakes");
    assert!(ran.stdout.contains("no manifest has an image: order-service, so that"), "{ran:#?}");
    let named = RENDERING.replacen("  name: product", "  name: product\n  namespace: other", 1);
    let ran = fine().file("k8s/prod/rendering", &named).run("manifests-check").fails("1 mistakes");
    assert!(ran.stdout.contains("a manifest names the namespace other: leave it out"), "{ran:#?}");
    fine().file("k8s/prod/rendering", &named).env("OVERLAYS", "other k8s/prod").run("manifests-check").well();
    fine().env("OVERLAYS", "- k8s/none").run("manifests-check").fails("there is no kustomization.yaml in 'k8s/none'");
    fine().fake("kubectl", "exit 1").run("manifests-check").fails("the manifests in 'k8s/prod' do not render");
    manifests(Host::GitHub, &conforms("", 0)).run("manifests-check").fails("kubeconform checked nothing in k8s/prod");
}

#[test]
fn terraform_is_linted_with_the_plugins_that_the_team_named() {
    for host in HOSTS {
        let sandbox = |code: &str| {
            let body = format!("case $* in --init*) ;; *) exit {code} ;; esac");
            Sandbox::new(host).fake("tflint", &body).file("infra/main.tf", "").env("DIRECTORY", "infra")
        };
        let ran = sandbox("0").run("terraform-lint").well();
        assert_eq!(ran.calls_of("tflint"), ["--recursive --no-color --format compact"]);
        sandbox("2").run("terraform-lint").fails("tflint found mistakes in 'infra'");
        sandbox("1").run("terraform-lint").fails("tflint could not look at 'infra'");
        let named = sandbox("0").file("infra/.tflint.hcl", "");
        let calls = named.run("terraform-lint").well().calls_of("tflint");
        let config = format!("--recursive --no-color --config={}/infra/.tflint.hcl", named.here().display());
        assert_eq!(calls, [format!("--init {config}"), format!("{config} --format compact")]);
        named.fake("tflint", "exit 1").run("terraform-lint").fails("could not be installed");
    }
}

/// An oasdiff for which clients break as soon as the new specification does not hold all lines of the old one.
const OASDIFF: &str = r#"mapfile -t files < <(printf '%s\n' "${@: -2}")
grep -q ^openapi "${files[1]}" || exit 102
! grep -vxFf "${files[1]}" "${files[0]}""#;

#[test]
fn a_specification_that_breaks_clients_fails_a_pull_request() {
    for host in HOSTS {
        let (sandbox, empty) = repository(host);
        let sandbox = sandbox.file("docs/api.yml", "openapi: 3.1.0\nGET /items\n").file("docs/parts.yml", "part");
        let base = commit(&sandbox);
        let sandbox = sandbox.fake("oasdiff", OASDIFF).env("FILE", "docs/api.yml").env("BASE", &base);
        let sandbox = sandbox.file("docs/api.yml", "openapi: 3.1.0\nGET /items\nGET /more\n");
        commit(&sandbox);
        let ran = sandbox.run("openapi-diff").well();
        assert!(ran.summary.contains(&format!("'docs/api.yml' breaks no client of {base}.")), "{ran:#?}");
        let sandbox = sandbox.file("docs/api.yml", "openapi: 3.1.0\nGET /more\n").file("accepted", "");
        commit(&sandbox);
        sandbox.run("openapi-diff").fails("'docs/api.yml' breaks clients of the version before");
        let sandbox = sandbox.env("ACCEPTED", "accepted");
        let ran = sandbox.run("openapi-diff").fails("breaks clients");
        assert!(ran.calls_of("oasdiff")[0].starts_with("breaking --fail-on ERR --err-ignore accepted /"), "{ran:#?}");

        // Without anything to compare with it is read.
        let sandbox = sandbox.env("BASE", "");
        let ran = sandbox.run("openapi-diff").well();
        assert!(ran.stdout.contains("there is no pull request whose base"), "{ran:#?}");
        let sandbox = sandbox.env("BASE", &empty);
        assert!(sandbox.run("openapi-diff").well().summary.contains("is new"));
        let sandbox = sandbox.file("docs/api.yml", "nonsense\n");
        commit(&sandbox);
        sandbox.run("openapi-diff").fails("oasdiff could not compare 'docs/api.yml'");

        let sandbox = sandbox.env("GENERATE", "make api").file("docs/api.yml", "openapi: 3.1.0\n");
        sandbox.run("openapi-diff").fails("'docs/api.yml' is not what the code says: run 'make api'");
        let sandbox = sandbox.file("docs/new.yml", "").env("FILE", "docs/new.yml");
        sandbox.run("openapi-diff").fails("'docs/new.yml' is not committed");
        sandbox.env("FILE", "docs/none.yml").run("openapi-diff").fails("there is no 'docs/none.yml'");
    }
}
