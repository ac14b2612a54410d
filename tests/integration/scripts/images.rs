//! Scripts about images and what changed: built once, scanned before they are pushed, found again by what was tested.

use std::process::Command;

use serde_json::json;

use super::cluster::{asked, cluster, digest, image, list};
use super::{HOSTS, Host, Sandbox};

const TREE: &str = "89e6c98d92887913cadf06b2adb97f26cde4849b";

/// A sandbox whose folder is a repository with one commit, made at 2026-01-02 03:04:05 UTC, and the commit's id.
pub(super) fn repository(host: Host) -> (Sandbox, String) {
    let sandbox = Sandbox::new(host).file("product/Dockerfile", "FROM scratch\n");
    git(&sandbox, &["init", "--quiet", "--initial-branch", "main"]);
    let id = commit(&sandbox);
    (sandbox, id)
}

pub(super) fn commit(sandbox: &Sandbox) -> String {
    git(sandbox, &["add", "--all"]);
    git(sandbox, &["commit", "--quiet", "--allow-empty", "--message", "change"]);
    git(sandbox, &["rev-parse", "HEAD"])
}

fn git(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let when = "2026-01-02T03:04:05Z";
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments).current_dir(sandbox.here());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_AUTHOR_DATE", when).env("GIT_COMMITTER_DATE", when);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

#[test]
fn an_image_is_built_once_with_the_commit_it_is_of() {
    for host in HOSTS {
        let (sandbox, id) = repository(host);
        let sandbox = sandbox
            .fake("docker", "printf '%s' \"$SOURCE_DATE_EPOCH\" >\"$HERE/epoch\"")
            .env("SERVICE", "product")
            .env("CONTEXT", "product")
            .env("DOCKERFILE", "product/Dockerfile")
            .env("IMAGE", "shop.azurecr.io/product:1")
            .env("LABELS", "team=shop one\n");
        let ran = sandbox.run("image-build").well();
        let call = format!(
            "buildx build --load --provenance=false --sbom=false --file product/Dockerfile --tag shop.azurecr.io/product:1 \
             --label org.opencontainers.image.revision={id} --label org.opencontainers.image.created=2026-01-02T03:04:05Z \
             --label team=shop one product"
        );
        assert_eq!(ran.calls_of("docker"), [call]);
        assert_eq!(ran.outputs["image"], "shop.azurecr.io/product:1");
        assert_eq!(sandbox.read("epoch"), "1767323045");
        let ran = sandbox
            .env("DOCKERFILE", "none")
            .run("image-build")
            .fails("service product has no none: name its Dockerfile");
        assert!(ran.calls.is_empty());
    }
    let (sandbox, _) = repository(Host::GitHub);
    let sandbox = sandbox
        .fake("docker", "exit 1")
        .env("SERVICE", "p")
        .env("CONTEXT", ".")
        .env("DOCKERFILE", "product/Dockerfile");
    sandbox.env("IMAGE", "p:1").run("image-build").fails("the image of service p could not be built");
}

/// Writes a report with this many weaknesses and one secret where `--output` says.
fn trivy(weaknesses: usize) -> String {
    let found = json!({ "Results": [{ "Vulnerabilities": vec![json!({}); weaknesses], "Secrets": [{}] }, { "Target": "none" }] });
    let found = if weaknesses == 0 { json!({ "Results": [] }) } else { found };
    format!("while [ $# -gt 1 ]; do if [ \"$1\" = --output ]; then printf '%s' '{found}' >\"$2\"; fi; shift; done")
}

#[test]
fn an_image_with_weaknesses_or_secrets_fails_and_leaves_reports() {
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("trivy", &trivy(2)).env("IMAGE", "p:1").env("NAME", "product");
        let sandbox = sandbox.file("accepted", "").env("IGNORE_FILE", "accepted");
        let ran = sandbox
            .run("image-scan")
            .fails("image product has 3 findings of HIGH,CRITICAL: update what the table names");
        assert_eq!(ran.outputs["findings"], "3");
        let scan = "image --quiet --image-src docker --exit-code 0 --format json --output reports/product.json \
                    --ignore-unfixed --severity HIGH,CRITICAL --ignorefile accepted p:1";
        let sarif = "convert --quiet --format sarif --output reports/product.sarif reports/product.json";
        assert_eq!(ran.calls_of("trivy"), [scan, sarif, "convert --quiet --format table reports/product.json"]);
        assert!(!sandbox.read("reports/product.sarif").is_empty());

        let sandbox = Sandbox::new(host).fake("trivy", &trivy(0)).env("IMAGE", "p:1").env("NAME", "product");
        let ran = sandbox.env("SEVERITY", "CRITICAL").run("image-scan").well();
        assert!(ran.calls_of("trivy")[0].contains("--severity CRITICAL p:1"));
        assert_eq!(ran.outputs["findings"], "0");
        let sandbox = Sandbox::new(host).fake("trivy", "exit 1").env("IMAGE", "p:1").env("NAME", "product");
        sandbox.run("image-scan").fails("image p:1 could not be scanned");
    }
}

#[test]
fn a_pushed_image_is_told_by_its_digest() {
    let known = json!([{ "RepoDigests": [
        format!("other.azurecr.io/team/product@{}", digest("9")), image("team/product", "b"), image("team/product-x", "c")] }]);
    let docker = format!("if [ \"$1\" = image ]; then printf '%s' '{known}'; fi");
    for host in HOSTS {
        let push = |image: &str| {
            Sandbox::new(host).fake("az", "").fake("docker", &docker).env("REGISTRY", "shop").env("IMAGE", image)
        };
        let ran = push("shop.azurecr.io/team/product:1").run("image-push").well();
        assert_eq!(
            (ran.outputs["digest"].clone(), ran.outputs["reference"].clone()),
            (digest("b"), image("team/product", "b"))
        );
        let calls: Vec<_> = ran.calls.iter().map(|call| call.join(" ")).collect();
        let inspect = "docker image inspect shop.azurecr.io/team/product:1";
        assert_eq!(calls, ["az acr login --name shop", "docker push shop.azurecr.io/team/product:1", inspect]);

        for (image, said) in [
            ("shop.azurecr.io/p:latest", "the tag latest"),
            ("shop.azurecr.io:443/p", "has no tag"),
            ("p", "has no tag"),
        ] {
            let ran = push(image).run("image-push").fails(said);
            assert!(ran.calls.is_empty(), "{ran:#?}");
        }
        let ran = push("shop.azurecr.io/team/product:1").env("MANIFEST", "dist/p.json").run("image-push");
        ran.fails("the registry's manifest of shop.azurecr.io/team/product:1 is not the one that was pushed");
        push("shop.azurecr.io/none:1").run("image-push").fails("Docker knows 0 digests of shop.azurecr.io/none");
        push("p:1").fake("az", "exit 1").run("image-push").fails("registry shop refused the sign-in");
    }
}

/// A docker whose images are lines of the file `images`; a saved one is its line.
const DOCKER: &str = r#"case "$1 $2" in
  "image save") grep -x "$3" "$HERE/images" ;;
  "image load") gzip --decompress --stdout "$4" >>"$HERE/loaded" ;;
  "image inspect") grep -qx "$5" "$HERE/loaded" ;;
esac"#;

#[test]
fn an_image_goes_from_job_to_job_as_it_was_scanned() {
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("docker", DOCKER).file("images", "a/p:1\na/q:1\n").file("loaded", "");
        let sandbox = sandbox.env("IMAGE", "a/p:1").env("FILE", "image/p.tar.gz");
        let hash = sandbox.run("image-save").well().outputs["sha256"].clone();
        sandbox.run("image-load").well();
        assert_eq!(sandbox.read("loaded"), "a/p:1\n");
        let sandbox = sandbox.env("EXPECTED", &hash);
        sandbox.run("verify-artifact").well();
        let sandbox = sandbox.env("IMAGE", "a/q:1");
        sandbox.run("image-load").fails("'image/p.tar.gz' holds another image than a/q:1");
        sandbox.run("image-save").well();
        sandbox.run("verify-artifact").fails("'image/p.tar.gz' is not what was built");
        sandbox.file("image/p.tar.gz", "no archive").run("image-load").fails("is no image that Docker can load");
        let gone = Sandbox::new(host).fake("docker", DOCKER).file("images", "").env("IMAGE", "a/p:1");
        gone.env("FILE", "p.tar.gz").run("image-save").fails("image a/p:1 could not be saved to 'p.tar.gz'");
    }
}

#[test]
fn the_manifest_of_a_pushed_image_is_kept_to_be_attested() {
    // The hash of an empty file, which is what the fake's registry has.
    let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let known = json!([{ "RepoDigests": [format!("shop.azurecr.io/p@{empty}")] }]);
    let docker = format!("if [ \"$1\" = image ]; then printf '%s' '{known}'; fi");
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("az", "").fake("docker", &docker).env("REGISTRY", "shop");
        let sandbox = sandbox.env("IMAGE", "shop.azurecr.io/p:1").env("MANIFEST", "dist/p.json");
        let ran = sandbox.run("image-push").well();
        let asked = format!("buildx imagetools inspect --raw shop.azurecr.io/p@{empty}");
        assert_eq!(ran.calls_of("docker").last(), Some(&asked));
        assert_eq!((sandbox.read("dist/p.json"), ran.outputs["digest"].as_str()), (String::new(), empty));
    }
}

#[test]
fn tested_images_are_marked_by_their_tree() {
    for host in HOSTS {
        let lines = format!("product {}\norder {}\n", image("team/product", "b"), image("order", "c"));
        let mark = |lines: &str| {
            Sandbox::new(host).fake("az", "").env("REGISTRY", "shop").env("TREE", TREE).env("REFERENCES", lines)
        };
        let import = |name: &str, letter: &str| {
            format!("acr import --name shop --source {} --image {name}:tree-{TREE} --force", image(name, letter))
        };
        assert_eq!(
            mark(&lines).run("image-mark-tested").well().calls_of("az"),
            [import("team/product", "b"), import("order", "c")]
        );
        mark("product shop.azurecr.io/product:1")
            .run("image-mark-tested")
            .fails("the image of product is not given by digest");
        mark(&lines).env("TREE", "main").run("image-mark-tested").fails("TREE is no tree of git: 'main'");
        mark(&lines)
            .fake("az", "exit 1")
            .run("image-mark-tested")
            .fails("the image of product could not be marked as tested");
    }
}

#[test]
fn images_that_are_live_are_locked_by_their_digest() {
    for host in HOSTS {
        let lines = format!("product {}\n", image("team/product", "b"));
        let lock = |lines: &str| Sandbox::new(host).fake("az", "").env("REGISTRY", "shop").env("REFERENCES", lines);
        let call = format!(
            "acr repository update --name shop --image team/product@{} --delete-enabled false --output none",
            digest("b")
        );
        assert_eq!(lock(&lines).run("image-lock").well().calls_of("az"), [call]);
        lock("product shop.azurecr.io/product:1")
            .run("image-lock")
            .fails("the image of product is not given by digest");
        lock(&lines).fake("az", "exit 1").run("image-lock").fails("the image of product could not be locked");
    }
}

/// Knows the images whose repository ends on `product`.
fn registry() -> String {
    let found = digest("b");
    format!(
        "case \"$*\" in 'acr show '*) echo shop.azurecr.io ;; *product:tree-*) echo {found} ;; \
         *broken:*) echo 'ERROR: 503' >&2; exit 1 ;; *) echo 'ERROR: MANIFEST_UNKNOWN: manifest tagged by x' >&2; exit 1 ;; esac"
    )
}

#[test]
fn what_was_tested_is_found_and_what_was_not_is_refused() {
    for host in HOSTS {
        let find = |lines: &str| {
            let sandbox = Sandbox::new(host).fake("az", &registry()).env("REGISTRY", "shop").env("TREE", TREE);
            sandbox.env("REPOSITORIES", lines)
        };
        let sandbox = find("product team/product\nsecond shop.azurecr.io/product\n");
        let ran = sandbox.run("image-find-tested").well();
        assert_eq!(
            (ran.outputs["product"].clone(), ran.outputs["second"].clone()),
            (image("team/product", "b"), image("product", "b"))
        );
        let show =
            format!("acr repository show --name shop --image team/product:tree-{TREE} --query digest --output tsv");
        assert_eq!(ran.calls_of("az")[1], show);
        assert_eq!(
            std::fs::read_dir(sandbox.here().join("../temp"))
                .unwrap()
                .filter(|entry| { entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("siding.") })
                .count(),
            0
        );
        let said = format!(
            "tree {TREE} was never tested: registry shop has no image tree-{TREE} of order invoice. Let the pipeline that tests run"
        );
        find("order order\nproduct product\ninvoice invoice").run("image-find-tested").fails(&said);
        find("broken broken").run("image-find-tested").fails("registry shop could not be asked for broken:tree-");
    }
}

#[test]
fn old_images_are_removed_but_the_newest() {
    for host in HOSTS {
        let purge =
            || Sandbox::new(host).fake("az", "").env("REGISTRY", "shop").env("REPOSITORIES", "product\nteam/order\n");
        let ran = purge().env("KEEP_DAYS", "30").run("acr-purge").well();
        let call = "acr run --registry shop --timeout 3600 --cmd acr purge --filter 'product:.*' --filter 'team/order:.*' \
                    --ago 30d --keep 10 --untagged /dev/null";
        assert_eq!(ran.calls_of("az"), [call]);
        for (name, value, said) in [
            ("KEEP_DAYS", "0", "KEEP_DAYS is no number of days: '0'"),
            ("REPOSITORIES", "a' --include-locked", "this is no name of a repository"),
            ("REPOSITORIES", "", "REPOSITORIES names none"),
        ] {
            assert!(purge().env("KEEP_DAYS", "30").env(name, value).run("acr-purge").fails(said).calls.is_empty());
        }
    }
}

#[test]
fn every_image_that_runs_is_scanned_and_the_weak_are_told_at_the_end() {
    let pod = |ids: &[&str]| {
        let statuses: Vec<_> = ids.iter().map(|id| json!({ "imageID": id })).collect();
        json!({ "status": { "containerStatuses": statuses } })
    };
    let (product, order, broken) = (image("product", "a"), image("order", "b"), image("broken", "c"));
    let pods = list(&[pod(&[&format!("docker-pullable://{product}"), &order]), pod(&[&product, &broken]), pod(&[""])]);
    let body = format!("case $* in *broken*) exit 1 ;; *product*) {} ;; *) {} ;; esac", trivy(1), trivy(0));
    for host in HOSTS {
        let sandbox = cluster(host).fake("trivy", &body).file("pods.json", &pods).env("NAMESPACES", "shop");
        let sandbox = sandbox.env("REGISTRY", "shop");
        let said = format!(
            "of 3 images that run: known weaknesses that have a fix: {product} (2); build these anew and deploy them. could not be scanned, see above: {broken}"
        );
        let ran = sandbox.run("scan-running").fails(&said);
        assert_eq!((ran.calls_of("trivy").len(), ran.outputs["images"].as_str()), (3, "3"));
        assert_eq!(asked(&sandbox, &ran), ["get pods --output json"]);
        assert_eq!(ran.calls_of("az")[1], "acr login --name shop");
        let fine =
            cluster(host).fake("trivy", &body).file("pods.json", &list(&[pod(&[&order])])).env("NAMESPACES", "shop");
        fine.run("scan-running").well();
    }
}

#[test]
fn a_pushed_image_is_signed_by_its_digest() {
    let vault = "case $* in *'certificate show'*) echo https://kv.vault.azure.net/keys/cert/1 ;; esac";
    for host in HOSTS {
        let sandbox = || {
            let sandbox = Sandbox::new(host).fake("az", vault).fake("notation", "env | grep ^XDG >\"$HERE/xdg\"");
            let sandbox = sandbox.env("REFERENCE", &image("product", "b")).env("REGISTRY", "shop").env("VAULT", "kv");
            let sandbox = sandbox.env("CERTIFICATE", "cert").env("SELF_SIGNED", "false");
            sandbox.env("PLUGIN_URL", "https://example.org/plugin.tar.gz").env("PLUGIN_SHA256", "00")
        };
        let ran = sandbox().run("image-sign").well();
        let sign = "sign --signature-format cose --force-referrers-tag=false --plugin azure-kv \
                    --id https://kv.vault.azure.net/keys/cert/1 --plugin-config credential_type=azurecli";
        let plugin = "plugin install --url https://example.org/plugin.tar.gz --sha256sum 00";
        assert_eq!(ran.calls_of("notation"), [plugin.to_owned(), format!("{sign} {}", image("product", "b"))]);
        assert!(ran.calls_of("az").contains(&"acr login --name shop".to_owned()), "{ran:#?}");
        let ran = sandbox().env("SELF_SIGNED", "true").run("image-sign").well();
        assert!(ran.calls_of("notation")[1].contains(" --plugin-config self_signed=true "), "{ran:#?}");
        let ran = sandbox().env("REFERENCE", "shop.azurecr.io/product:1").run("image-sign");
        assert!(ran.fails("is not given by its digest").calls.is_empty());
        sandbox().fake("az", "exit 3").run("image-sign").fails("needs the role Key Vault Certificates User");
        sandbox()
            .fake("notation", "[ $1 = plugin ]")
            .run("image-sign")
            .fails("needs the role Key Vault Crypto User in kv");
        sandbox().fake("notation", "exit 1").run("image-sign").fails("plugin for Key Vault could not be installed");
    }
}

/// What `changed-services` tells of a change of this file in a repository of two services.
fn touched(host: Host, file: &str, shared: &str) -> String {
    let (sandbox, base) = repository(host);
    let sandbox = sandbox.file(file, "new").env("BASE", &base).env("SHARED", shared).env("IGNORE", "docs/**\n**/*.md");
    commit(&sandbox);
    let sandbox = sandbox.env("SERVICES", "product services/product\npage ./services/product-page/\n");
    sandbox.run("changed-services").well().outputs["services"].clone()
}

#[test]
fn a_change_touches_its_services_or_all_of_them() {
    let table = [
        ("services/product/app.py", ",product,", ",product,"),
        ("services/product-page/app.py", ",page,", ",page,"),
        ("services/product/na\u{e4}me \"x\".py", ",product,", ",product,"),
        ("readme.md", ",", ","),
        ("services/product/readme.md", ",", ","),
        ("docs/index.html", ",", ","),
        ("shared/lib/x.py", ",product,page,", ",product,page,"),
        ("proto", ",product,page,", ",product,page,"),
        ("Makefile", ",product,page,", ","),
        ("services/other/app.py", ",product,page,", ","),
    ];
    for host in HOSTS {
        for (file, otherwise, named) in table {
            assert_eq!(touched(host, file, ""), otherwise, "{file}");
            assert_eq!(touched(host, file, "shared/\nproto\n"), named, "{file}");
        }
        // A file that moves away changes where it was.
        let (sandbox, base) = repository(host);
        let sandbox = sandbox.file("other/x", "");
        git(&sandbox, &["mv", "product/Dockerfile", "other/Dockerfile"]);
        commit(&sandbox);
        let sandbox = sandbox.env("SERVICES", "product product\nother other\nthird third").env("BASE", &base);
        let ran = sandbox.run("changed-services").well();
        assert_eq!(
            (ran.outputs["services"].as_str(), ran.summary.trim()),
            (",product,other,", "Changed services: product other")
        );
        for base in ["", "0000000000000000000000000000000000000000", "origin/none"] {
            let (sandbox, _) = repository(host);
            let sandbox = sandbox.env("SERVICES", "product product\nother other").env("BASE", base);
            let ran = sandbox.run("changed-services").well();
            assert_eq!(ran.outputs["services"], ",product,other,");
            assert!(ran.summary.contains(&format!("All services, since there is no commit '{base}' here")), "{ran:#?}");
        }
    }
}
