//! Scripts that deploy to a cluster and go back: what they ask of it, in which order, and what they say when it refuses.

use serde_json::json;

use super::cluster::{asked, cluster, digest, image, kept, list, live, manifest};
use super::{HOSTS, Host, Sandbox};

const RENDERS: [&str; 2] = ["kustomize */overlay", "create --dry-run=client --output json --filename */rendering.yaml"];

/// A cluster that runs `product` and `order`, in which `product` alone changes, and whose manifests have a new `invoice`.
fn shop(host: Host) -> Sandbox {
    let same = live("order", 3, 2, &image("order", "a"));
    let before = [live("product", 7, 3, &image("product", "a")), same.clone(), live("other-team", 1, 1, "other:1")];
    let other = live("other-team", 2, 1, "other:2");
    let after =
        [live("product", 8, 3, &image("product", "b")), same, other, live("invoice", 1, 1, &image("invoice", "a"))];
    let new = ["product", "order", "invoice"]
        .map(|name| manifest(name, &image(name, if name == "product" { "b" } else { "a" })));
    cluster(host)
        .file("before.json", &list(&before))
        .file("after.json", &list(&after))
        .file("rendering.json", &list(&new))
}

#[test]
fn roll_deploys_digests_and_tells_what_ran_before() {
    for host in HOSTS {
        let sandbox = shop(host).env("LIMIT", "60");
        let ran = sandbox.run("k8s-roll").well();
        let mut calls = RENDERS.map(str::to_owned).to_vec();
        calls.push("get deployments --output json".to_owned());
        calls.push("apply --filename */rendering.yaml".to_owned());
        let asked = asked(&sandbox, &ran);
        assert_eq!(asked[..4], calls);
        let waits: Vec<_> = asked[4..].iter().map(|call| call.split(" --timeout ").next().unwrap()).collect();
        let names = ["product", "order", "invoice"].map(|name| format!("rollout status deployment/{name}"));
        assert_eq!(waits, names);
        let before = json!({ "product": { "main": image("product", "a") }, "order": { "main": image("order", "a") } });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&ran.outputs["previous"]).unwrap(), before);
        assert!(ran.summary.contains("Deployed to namespace shop: product order invoice\n"), "{ran:#?}");
        let overlay = kept(&sandbox, "overlay.json");
        let images =
            json!([{ "name": "product-service", "newName": "shop.azurecr.io/product", "digest": digest("b") }]);
        assert_eq!(overlay["images"], images);
        assert!(overlay["resources"][0].as_str().unwrap().ends_with("/work/k8s/overlays/production"), "{overlay}");
        assert_eq!(sandbox.read("modes"), "600\n700\n");
        let az = &ran.calls_of("az")[0];
        assert!(az.starts_with("aks get-credentials --resource-group rg-shop --name aks-shop --file "), "{az}");
        assert_eq!(ran.calls_of("kubelogin"), ["convert-kubeconfig -l azurecli"]);
    }
}

#[test]
fn roll_takes_back_what_changed_and_says_so() {
    for host in HOSTS {
        let sandbox = shop(host).env("FAIL", "rollout status deployment/order *").env("LIMIT", "9");
        let ran = sandbox.run("k8s-roll").fails(
            "the deployment to namespace shop failed: Deployment order was not ready within 9 s; rolled back: product; \
             new, so left as they are: invoice",
        );
        let asked = asked(&sandbox, &ran);
        let undone: Vec<_> = asked.iter().filter(|call| call.starts_with("rollout undo")).collect();
        assert_eq!(undone, ["rollout undo deployment/product --to-revision 7"]);
        assert!(asked.last().unwrap().starts_with("rollout status deployment/product "), "{asked:?}");
        assert!(ran.outputs.contains_key("previous"));
    }
}

#[test]
fn roll_says_when_it_cannot_take_back() {
    let sandbox = shop(Host::Azure).env("FAIL", "rollout *");
    let ran = sandbox.run("k8s-roll").fails("Deployment product was not ready");
    let ran = ran.fails("NOT back: product, look with: kubectl --namespace shop describe deployment product");
    assert!(ran.summary.contains("NOT back: product"), "{ran:#?}");
    // Before anything was applied nothing has changed.
    let sandbox = cluster(Host::GitHub).env("FAIL", "apply *");
    sandbox.run("k8s-roll").fails("refused manifests of k8s/overlays/production; rolled back: nothing, no pods");
}

#[test]
fn nothing_is_deployed_from_manifests_that_are_not_right() {
    let tag = "product-service shop.azurecr.io/product:latest";
    let unused = format!("prodcut {}", image("prodcut", "c"));
    let table = [
        ("IMAGES", tag, "image product-service is not given by digest: 'shop.azurecr.io/product:latest'"),
        ("IMAGES", &unused, "no manifest in k8s/overlays/production uses an image called prodcut"),
        ("MANIFESTS", "k8s", "there is no kustomization.yaml in k8s: name the folder of the overlay"),
        ("FAIL", "kustomize *", "the manifests in k8s/overlays/production do not render"),
        ("FAIL", "create --dry-run*", "are not right for namespace shop, see above (they should name no namespace)"),
    ];
    for (name, value, said) in table {
        let sandbox = cluster(Host::GitHub).env(name, value);
        let ran = sandbox.run("k8s-roll").fails(said);
        assert!(!asked(&sandbox, &ran).iter().any(|call| call.starts_with("apply")), "{ran:#?}");
    }
    let sandbox = cluster(Host::Azure).env("IMAGES", "").file("rendering.json", &list(&[json!({ "kind": "Service" })]));
    sandbox.run("k8s-roll").fails("there is no Deployment in the manifests of k8s/overlays/production");
}

#[test]
fn a_cluster_that_cannot_be_reached_is_told_with_the_way_to_reach_it() {
    let sandbox = cluster(Host::GitHub).fake("az", "exit 1");
    sandbox.run("k8s-roll").fails("az gave no credentials of cluster aks-shop in rg-shop");
    let sandbox =
        cluster(Host::Azure).fake("az", "while [ \"$1\" != --file ]; do shift; done; echo certificate >\"$2\"");
    assert_eq!(sandbox.run("k8s-roll").well().calls_of("kubelogin").len(), 0);
}

#[test]
fn validate_asks_the_cluster_and_changes_nothing() {
    for host in HOSTS {
        let sandbox = cluster(host);
        let ran = sandbox.run("k8s-validate").well();
        let dry = "apply --dry-run=server --filename */rendering.yaml";
        assert_eq!(asked(&sandbox, &ran), [RENDERS[0], RENDERS[1], dry]);
        let sandbox = cluster(host).env("FAIL", "apply --dry-run=server *");
        sandbox
            .run("k8s-validate")
            .fails("the cluster would refuse manifests of k8s/overlays/production in namespace shop");
    }
}

#[test]
fn undo_sets_back_what_was_recorded() {
    let previous = json!({ "product": { "main": image("product", "a"), "setup": "setup:1" }, "order": {} }).to_string();
    for host in HOSTS {
        let sandbox = shop(host).env("PREVIOUS", &previous).env("LIMIT", "5");
        let ran = sandbox.run("k8s-undo").well();
        let set = format!("set image deployment/product main={} setup=setup:1", image("product", "a"));
        let calls = asked(&sandbox, &ran);
        assert_eq!(calls[..2], ["get deployments --output json".to_owned(), set]);
        assert!(calls[2].starts_with("rollout status deployment/product --timeout "), "{calls:?}");

        let sandbox = shop(host)
            .env("IMAGES", &format!("order-service {}\nproduct {}", image("order", "d"), image("product", "d")));
        let calls = asked(&sandbox, &sandbox.run("k8s-undo").well());
        let set = ["order", "product"].map(|name| format!("set image deployment/{name} main={}", image(name, "d")));
        assert_eq!(calls[1..3], set);

        let images = format!("order-service {}\nproduct {}", image("order", "d"), image("product", "d"));
        let record = |result: &str| json!({ "sha256": images, "result": result, "run_url": "run/7" }).to_string();
        let sandbox = shop(host).env("IMAGES", "").env("RECORD", "earlier/deployment-record.json");
        let sandbox = sandbox.file("earlier/deployment-record.json", &record("success"));
        assert_eq!(asked(&sandbox, &sandbox.run("k8s-undo").well())[1..3], set);
        let sandbox = sandbox.file("earlier/deployment-record.json", &record("failure"));
        sandbox.run("k8s-undo").fails("the release of run/7 did not go well");
    }
}

#[test]
fn undo_takes_back_all_that_a_manifest_says_of_pods() {
    let previous = json!({ "product": { "main": image("product", "a") }, "order": { "main": image("order", "a") } });
    for host in HOSTS {
        let told = shop(host).run("k8s-roll").well().outputs["revisions"].clone();
        assert_eq!(told, r#"{"product":"7","order":"3"}"#);
        let sandbox = || shop(host).env("PREVIOUS", &previous.to_string()).env("REVISIONS", &told);
        let whole = sandbox();
        let calls = asked(&whole, &whole.run("k8s-undo").well());
        let undone: Vec<_> = calls.iter().filter(|call| call.starts_with("rollout undo")).collect();
        assert_eq!(
            undone,
            ["rollout undo deployment/product --to-revision 7", "rollout undo deployment/order --to-revision 3"]
        );
        assert!(!calls.iter().any(|call| call.starts_with("set image")), "{calls:#?}");
        assert_eq!(calls.iter().filter(|call| call.starts_with("rollout status")).count(), 2, "{calls:#?}");

        let partly = sandbox().env("FAIL", "rollout undo deployment/product *");
        let ran = partly.run("k8s-undo").well();
        assert!(
            ran.stdout.contains("the cluster no longer has the revisions of product: only their images"),
            "{ran:#?}"
        );
        let set: Vec<_> = asked(&partly, &ran).into_iter().filter(|call| call.starts_with("set image")).collect();
        assert_eq!(set, [format!("set image deployment/product main={}", image("product", "a"))]);
        sandbox().env("REVISIONS", "?").run("k8s-undo").fails("REVISIONS is not what k8s-roll told: ?");
    }
}

#[test]
fn what_roll_has_taken_back_itself_is_not_taken_back_by_numbers_that_are_gone() {
    let sandbox = shop(Host::GitHub).env("FAIL", "rollout status deployment/order *");
    assert_eq!(sandbox.run("k8s-roll").fails("rolled back: product").outputs["revisions"], "{}");
    let sandbox = shop(Host::GitHub).env("FAIL", "rollout *");
    assert_eq!(sandbox.run("k8s-roll").fails("NOT back").outputs["revisions"], r#"{"product":"7","order":"3"}"#);
}

#[test]
fn roll_deploys_an_earlier_release_by_its_record() {
    let record = |result: &str| json!({ "sha256": format!("product-service {}", image("product", "c")), "result": result, "run_url": "run/7" });
    for host in HOSTS {
        let sandbox = shop(host).env("RECORD", "earlier/deployment-record.json").env("IMAGES", "");
        let sandbox = sandbox
            .file("rendering.json", &list(&[manifest("product", &image("product", "c"))]))
            .file("earlier/deployment-record.json", &record("success").to_string());
        sandbox.run("k8s-roll").well();
        assert_eq!(kept(&sandbox, "overlay.json")["images"][0]["digest"], digest("c"));
        let sandbox = sandbox.file("earlier/deployment-record.json", &record("failure").to_string());
        sandbox.run("k8s-roll").fails("the release of run/7 did not go well");
    }
}

#[test]
fn after_a_first_release_there_is_nothing_to_go_back_to() {
    for host in HOSTS {
        let ran = shop(host).env("PREVIOUS", "{}").run("k8s-undo").well();
        assert!(
            ran.stdout.contains("nothing is undone: none of these Deployments ran in namespace shop before"),
            "{ran:?}"
        );
        assert!(ran.calls.is_empty(), "{ran:?}");
    }
}

#[test]
fn undo_says_why_it_cannot_go_back() {
    let unknown = format!("x {}", image("unknown", "d"));
    let table = [
        ("IMAGES", "", "nothing says what to go back to: give COLOUR, PREVIOUS, IMAGES or RECORD"),
        ("IMAGES", unknown.as_str(), "no container in namespace shop runs an image of these"),
        ("PREVIOUS", "not json", "PREVIOUS is not what k8s-roll told: not json"),
        ("FAIL", "set image *", "the images of Deployment product could not be set"),
        ("FAIL", "rollout status *", "namespace shop is not back: Deployment product was not ready within 600 s"),
    ];
    for (name, value, said) in table {
        shop(Host::GitHub).env(name, value).run("k8s-undo").fails(said);
    }
}

#[test]
fn undo_turns_a_service_to_a_colour_that_is_ready() {
    for host in HOSTS {
        let blue = |sandbox: Sandbox| sandbox.env("COLOUR", "blue").env("APP", "product");
        let sandbox = blue(cluster(host)).file("coloured", "deployment.apps/product-blue\n");
        let calls = asked(&sandbox, &sandbox.run("k8s-undo").well());
        assert!(calls[1].starts_with("rollout status deployment/product-blue "), "{calls:?}");
        assert_eq!(kept(&sandbox, "patch.json"), json!({ "spec": { "selector": { "siding.dev/colour": "blue" } } }));
        let sandbox = blue(cluster(host)).file("coloured", "deployment.apps/product-blue\n").env("FAIL", "rollout *");
        let ran = sandbox.run("k8s-undo").fails("Service product is not turned to blue");
        assert!(!asked(&sandbox, &ran).iter().any(|call| call.starts_with("patch")));
        let worker = || {
            let sandbox = blue(cluster(host)).file("coloured", "deployment.apps/product-blue\n");
            let sandbox = sandbox.file("before.json", &list(&[live("worker", 4, 1, "worker:2")]));
            sandbox.env("REVISIONS", r#"{"worker":"3","gone":"1"}"#)
        };
        let sandbox = worker();
        let calls = asked(&sandbox, &sandbox.run("k8s-undo").well());
        let place = |start: &str| calls.iter().position(|call| call.starts_with(start)).unwrap();
        assert!(place("patch service product") < place("rollout undo deployment/worker --to-revision 3"), "{calls:?}");
        assert!(calls.last().unwrap().starts_with("rollout status deployment/worker "), "{calls:?}");
        worker().env("FAIL", "rollout undo *").run("k8s-undo").fails("these could NOT be taken back: worker");
        blue(cluster(host)).file("coloured", "").run("k8s-undo").fails("nothing in namespace shop is blue");
    }
}

#[test]
fn acceptance_waits_for_every_service() {
    for host in HOSTS {
        let services = "product /health\norder:8080 ready\n";
        let sandbox = cluster(host).env("SERVICES", services);
        let calls = asked(&sandbox, &sandbox.run("k8s-acceptance").well());
        let raw = |rest: &str| format!("get --raw /api/v1/namespaces/shop/services/http:{rest}");
        assert_eq!(calls, [raw("product:80/proxy/health"), raw("order:8080/proxy/ready")]);
        let sandbox = cluster(host).env("SERVICES", services).env("LIMIT", "0").env("FAIL", "*order*");
        sandbox
            .run("k8s-acceptance")
            .fails("order:8080 did not answer at ready in namespace shop within 0 s: no: get --raw");
    }
}
