//! Canary and blue-green: what is there at each moment, and that what was live before stays live when the new fails.

use serde_json::{Value, json};

use super::cluster::{asked, cluster, image, kept, list, live, manifest};
use super::{HOSTS, Host, Sandbox};

const REMOVED: &str = "delete deployment product-canary --ignore-not-found --wait=false";

/// A cluster with five pods of `product`, of which a new image comes with new configuration.
pub(super) fn canary(host: Host) -> Sandbox {
    let new = image("product", "b");
    let map = |name: &str| json!({ "kind": "ConfigMap", "metadata": { "name": name } });
    let service = json!({ "kind": "Service", "metadata": { "name": "product" } });
    cluster(host)
        .file(
            "rendering.json",
            &list(&[manifest("product", &new), manifest("first", "first:1"), map("old"), map("new"), service]),
        )
        .file("before.json", &list(&[live("product", 7, 5, &image("product", "a"))]))
        .file("after.json", &list(&[live("product", 8, 5, &new)]))
        .file("there", "configmap/old\n")
        .file("pods.json", &list(&[json!({ "status": { "containerStatuses": [{ "restartCount": 0 }] } })]))
        .env("STEPS", "10 25 50")
}

#[test]
fn a_canary_grows_by_steps_and_then_all_pods_roll() {
    for host in HOSTS {
        let sandbox = canary(host).fake("curl", "").env("PROBES", "https://shop.example/health\n");
        let ran = sandbox.run("k8s-canary").well();
        let calls = asked(&sandbox, &ran);
        let step = [
            "apply --filename */canaries.json",
            "rollout status deployment/product-canary",
            "get pods --selector siding.dev/track=canary --output json",
        ];
        let mut wanted = vec![
            "delete deployment product-canary --ignore-not-found --cascade=foreground",
            "get --filename */needs.json --ignore-not-found --output name",
            "create --filename */missing.json",
        ];
        wanted.extend([step; 3].concat());
        wanted.extend([
            "apply --filename */rendering.yaml",
            "rollout status deployment/product",
            "rollout status deployment/first",
        ]);
        wanted.push(REMOVED);
        let short: Vec<_> = calls[3..].iter().map(|call| call.split(" --timeout ").next().unwrap()).collect();
        assert_eq!(short, wanted);
        assert_eq!(
            kept(&sandbox, "applied-1.json")["items"],
            json!([{ "kind": "ConfigMap", "metadata": { "name": "new" } }])
        );
        for (number, replicas) in [(2, 1), (3, 2), (4, 3)] {
            let items = kept(&sandbox, &format!("applied-{number}.json"))["items"].take();
            assert_eq!(items.as_array().unwrap().len(), 1, "a Deployment that does not run yet has no canary");
            let labels = json!({ "app": "product", "siding.dev/track": "canary" });
            assert_eq!(
                (&items[0]["metadata"]["name"], &items[0]["spec"]["replicas"]),
                (&json!("product-canary"), &json!(replicas))
            );
            assert_eq!(items[0]["spec"]["selector"]["matchLabels"], labels);
            assert_eq!(items[0]["spec"]["template"]["metadata"]["labels"], labels);
            assert_eq!(items[0]["spec"]["template"]["spec"]["containers"][0]["image"], image("product", "b"));
        }
        assert_eq!(ran.calls_of("curl").len(), 3);
        let before = json!({ "product": { "main": image("product", "a") } });
        assert_eq!(serde_json::from_str::<Value>(&ran.outputs["previous"]).unwrap(), before);
        assert!(
            ran.summary.contains("Canary at 50 % for 0 s: well\nDeployed to namespace shop: product first\n"),
            "{ran:#?}"
        );
    }
}

#[test]
fn a_canary_that_fails_goes_and_the_old_pods_run_as_before() {
    let restarted =
        list(&[json!({ "status": { "containerStatuses": [{ "restartCount": 1 }, { "restartCount": 1 }] } })]);
    let healthy = list(&[]);
    let table = [
        (restarted.as_str(), "", "exit 0", "the canary failed at 10 %: its pods restarted (2 times); it is removed"),
        (
            &healthy,
            "",
            "exit 22",
            "the canary failed at 10 %: https://shop.example/ failed three times in a row; it is removed",
        ),
        (
            &healthy,
            "rollout *",
            "exit 0",
            "failed at 10 %: Deployment product-canary was not ready within 600 s; it is removed",
        ),
        (&healthy, "apply *", "exit 0", "the canary failed at 10 %: the cluster refused the canary; it is removed"),
        (&healthy, "create --filename *", "exit 0", "the configuration of the new pods could not be made"),
    ];
    for ((pods, refused, curl, said), host) in table.into_iter().zip(HOSTS.into_iter().cycle()) {
        let sandbox = canary(host).file("pods.json", pods).env("FAIL", refused).fake("curl", curl);
        let ran = sandbox.env("PROBES", "https://shop.example/");
        let (sandbox, ran) = (&ran, ran.run("k8s-canary").fails(said));
        let calls = asked(sandbox, &ran);
        assert_eq!(calls.last().unwrap(), REMOVED);
        assert!(!calls.iter().any(|call| call == "apply --filename */rendering.yaml"), "{calls:#?}");
        assert!(ran.calls_of("curl").is_empty() || curl == "exit 0" || ran.calls_of("curl").len() == 3, "{ran:#?}");
    }
}

#[test]
fn a_canary_that_is_cancelled_goes() {
    for host in HOSTS {
        let waits = "kill -TERM \"$PPID\"; exec /bin/sleep 30 >/dev/null 2>&1";
        let sandbox = canary(host).env("PAUSE", "60").fake("sleep", waits);
        let ran = sandbox.run("k8s-canary");
        assert_eq!(ran.code, 143);
        assert!(ran.stdout.contains("cancelled at 10 %: the canary goes\n"), "{ran:#?}");
        assert_eq!(asked(&sandbox, &ran).last().unwrap(), REMOVED);
    }
}

#[test]
fn pods_that_fail_after_a_good_canary_are_rolled_back() {
    let sandbox = canary(Host::Azure).env("FAIL", "rollout status deployment/product *");
    let ran = sandbox.run("k8s-canary").fails("the canary was well, but the deployment to namespace shop failed");
    let calls = asked(&sandbox, &ran);
    assert!(calls.contains(&"rollout undo deployment/product --to-revision 7".to_owned()), "{calls:#?}");
    assert_eq!(calls.last().unwrap(), REMOVED);
}

fn service(colour: Option<&str>) -> Value {
    let mut service =
        json!({ "kind": "Service", "metadata": { "name": "product" }, "spec": { "selector": { "app": "product" } } });
    if let Some(colour) = colour {
        service["spec"]["selector"]["siding.dev/colour"] = json!(colour);
    }
    service
}

/// A cluster in which `product` is live in this colour, with four pods, and `product-page` has none.
pub(super) fn coloured(host: Host, colour: Option<&str>) -> Sandbox {
    let next = if colour == Some("blue") { "green" } else { "blue" };
    let name = colour.map_or("product".to_owned(), |colour| format!("product-{colour}"));
    let scaler = |target: &str| {
        json!({ "kind": "HorizontalPodAutoscaler", "metadata": { "name": target },
            "spec": { "scaleTargetRef": { "kind": "Deployment", "name": target } } })
    };
    let items = [
        manifest("product", &image("product", "b")),
        manifest("product-page", "worker:1"),
        service(None),
        scaler("product"),
        scaler("product-page"),
    ];
    cluster(host)
        .env("APP", "product")
        .file("rendering.json", &list(&items))
        .file("before.json", &list(&[live(&name, 5, 4, &image("product", "a"))]))
        .file("after.json", &list(&[live(&name, 5, 4, &image("product", "a"))]))
        .file("service.json", &service(colour).to_string())
        .file("turned.json", &service(Some(next)).to_string())
        .file("pods.json", &list(&[json!({ "metadata": { "name": "product-new" } })]))
}

#[test]
fn blue_green_deploys_the_other_colour_and_turns_the_service() {
    for host in HOSTS {
        for (colour, next) in [(Some("blue"), "green"), (Some("green"), "blue"), (None, "blue")] {
            let sandbox = coloured(host, colour).env("CHECKS", "8080 /ready\n");
            let ran = sandbox.run("k8s-blue-green").well();
            assert_eq!((ran.outputs["live"].as_str(), ran.outputs["previous"].as_str()), (next, colour.unwrap_or("")));
            assert_eq!(ran.outputs["revisions"], "{}", "what keeps its colour keeps its pods");
            let applied = kept(&sandbox, "applied-1.json")["items"].take();
            let names: Vec<_> =
                applied.as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect();
            let painted = format!("product-{next}");
            assert_eq!(names, [painted.as_str(), "product-page", painted.as_str(), "product-page"]);
            let labels = json!({ "app": "product", "siding.dev/colour": next });
            assert_eq!(applied[0]["spec"]["selector"]["matchLabels"], labels);
            assert_eq!(applied[0]["spec"]["template"]["metadata"]["labels"], labels);
            assert_eq!(applied[0]["spec"]["replicas"], 4, "as many pods as are live");
            assert_eq!(applied[2]["spec"]["scaleTargetRef"]["name"], painted);
            assert_eq!(kept(&sandbox, "applied-2.json"), service(Some(next)));
            let calls = asked(&sandbox, &ran);
            let turn = calls.iter().position(|call| call == "apply --filename -").unwrap();
            let check = "get --raw /api/v1/namespaces/shop/pods/http:product-new:8080/proxy/ready";
            assert_eq!(calls[turn - 1], check);
            assert!(calls[turn - 2].contains(&format!("app=product,siding.dev/colour={next} ")), "{calls:#?}");
            assert!(!calls.iter().any(|call| call.starts_with("delete") || call.starts_with("patch")), "{calls:#?}");
        }
    }
}

#[test]
fn blue_green_tells_the_revisions_of_what_has_no_colour() {
    for host in HOSTS {
        let before =
            [live("product-blue", 5, 4, "a:1"), live("product-green", 6, 4, "a:0"), live("product-page", 3, 1, "w:0")];
        let sandbox = coloured(host, Some("blue")).file("before.json", &list(&before));
        let ran = sandbox.file("after.json", &list(&before)).run("k8s-blue-green").well();
        assert_eq!(ran.outputs["revisions"], r#"{"product-page":"3"}"#);
    }
}

#[test]
fn blue_green_turns_back_when_the_new_colour_fails_after_the_turn() {
    for host in HOSTS {
        for (colour, back) in [(Some("blue"), json!("blue")), (None, Value::Null)] {
            let sandbox = coloured(host, colour).fake("curl", "exit 22").env("PROBES", "https://shop.example/");
            let stays = colour.unwrap_or("what it did before");
            let ran = sandbox
                .run("k8s-blue-green")
                .fails(&format!("Service product selects {stays}: https://shop.example/ failed"));
            assert_eq!(kept(&sandbox, "patch.json"), json!({ "spec": { "selector": { "siding.dev/colour": back } } }));
            assert!(!ran.outputs.contains_key("live"));
        }
        let sandbox = coloured(host, Some("blue")).file("turned.json", &service(Some("blue")).to_string());
        sandbox.run("k8s-blue-green").fails("Service product no longer selects green");
        let waits = "kill -TERM \"$PPID\"; exec /bin/sleep 30 >/dev/null 2>&1";
        let sandbox = coloured(host, Some("blue")).env("PAUSE", "60").fake("sleep", waits);
        let ran = sandbox.run("k8s-blue-green");
        assert!(ran.code == 143 && ran.stdout.contains("cancelled: blue stays live\n"), "{ran:#?}");
        assert!(asked(&sandbox, &ran).last().unwrap().starts_with("patch service product --type merge"));
    }
}

#[test]
fn blue_green_leaves_the_service_alone_when_the_new_colour_is_not_well() {
    let table = [
        ("FAIL", "rollout status deployment/product-green *", "Deployment product-green was not ready"),
        ("FAIL", "get --raw *", "pod product-new did not answer at port 8080, /ready"),
        ("FAIL", "apply --filename /*", "the cluster refused manifests"),
        ("APP", "order", "there is no Service order in the manifests of k8s/overlays/production"),
    ];
    for ((name, value, said), host) in table.into_iter().zip(HOSTS.into_iter().cycle()) {
        let sandbox = coloured(host, Some("blue")).env("CHECKS", "8080 /ready").env(name, value);
        let ran = sandbox.run("k8s-blue-green").fails(said);
        let calls = asked(&sandbox, &ran);
        assert!(!calls.iter().any(|call| call == "apply --filename -" || call.starts_with("patch")), "{calls:#?}");
    }
    for host in HOSTS {
        let stray = [manifest("product-page", &image("product", "b")), service(None)];
        let sandbox = coloured(host, None).file("rendering.json", &list(&stray));
        sandbox.run("k8s-blue-green").fails("Service product selects no Deployment in the manifests");
    }
}
