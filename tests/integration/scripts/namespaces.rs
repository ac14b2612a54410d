//! Temporary namespaces: made with the time they end, removed, and reaped when nobody removed them.

use serde_json::{Value, json};

use super::cluster::{asked, cluster, kept, list};
use super::{HOSTS, Host, Sandbox};

fn namespace(name: &str, labels: &Value) -> Value {
    json!({ "metadata": { "name": name, "labels": labels }, "status": { "phase": "Active" } })
}

fn temporary(name: &str, expires: &str) -> Value {
    namespace(name, &json!({ "siding.dev/temporary": "true", "siding.dev/expires": expires }))
}

/// A cluster in which namespace `shop` is this.
fn found(host: Host, namespace: &str) -> Sandbox {
    cluster(host).env("TTL", "7200").file("namespace.json", namespace)
}

#[test]
fn a_namespace_is_made_with_the_time_it_ends() {
    for host in HOSTS {
        let sandbox = found(host, "");
        let ran = sandbox.run("k8s-namespace-up").well();
        assert_eq!(asked(&sandbox, &ran)[1..], ["create --filename -"]);
        let made = kept(&sandbox, "applied-1.json");
        assert_eq!((&made["kind"], &made["metadata"]["name"]), (&json!("Namespace"), &json!("shop")));
        let labels = &made["metadata"]["labels"];
        assert_eq!(labels["siding.dev/temporary"], "true");
        let expires: u64 = labels["siding.dev/expires"].as_str().unwrap().parse().unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!((now + 7100..=now + 7200).contains(&expires), "{expires}, now {now}");

        let sandbox = found(host, &temporary("shop", "1").to_string());
        let calls = asked(&sandbox, &sandbox.run("k8s-namespace-up").well());
        assert!(calls[1].starts_with("label namespace shop --overwrite siding.dev/expires="), "{calls:?}");
    }
}

#[test]
fn a_namespace_that_is_not_temporary_is_left_alone() {
    for host in HOSTS {
        for script in ["k8s-namespace-up", "k8s-namespace-down"] {
            let sandbox = found(host, &namespace("shop", &json!({})).to_string());
            let ran = sandbox.run(script).fails("(no label siding.dev/temporary=true)");
            assert_eq!(asked(&sandbox, &ran).len(), 1);
        }
        let ending = json!({ "metadata": { "name": "shop" }, "status": { "phase": "Terminating" } });
        found(host, &ending.to_string()).run("k8s-namespace-up").fails("namespace shop is still being removed");
    }
}

#[test]
fn a_namespace_is_removed_and_waited_for() {
    for host in HOSTS {
        let sandbox = found(host, &temporary("shop", "1").to_string()).env("LIMIT", "30");
        let delete = "delete namespace shop --ignore-not-found --wait=true --timeout 30s";
        assert_eq!(asked(&sandbox, &sandbox.run("k8s-namespace-down").well())[1..], [delete]);
        let ran = found(host, "").run("k8s-namespace-down").well();
        assert!(ran.summary.contains("gone already"), "{ran:#?}");
        let sandbox = found(host, &temporary("shop", "1").to_string()).env("FAIL", "delete *");
        sandbox.run("k8s-namespace-down").fails("namespace shop is not gone after 600 s and costs money");
        found(host, "")
            .env("FAIL", "get *")
            .run("k8s-namespace-down")
            .fails("nobody knows whether namespace shop is gone");
    }
}

#[test]
fn the_reaper_removes_what_is_over_and_goes_on_when_one_fails() {
    let all = [
        temporary("old", "1000"),
        temporary("stuck", "2000"),
        temporary("young", "9999999999"),
        temporary("odd", "soon"),
        namespace("bare", &json!({ "siding.dev/temporary": "true" })),
        temporary("older", "3000"),
    ];
    for host in HOSTS {
        let sandbox = cluster(host).file("namespaces.json", &list(&all)).env("FAIL", "delete namespace stuck *");
        let ran = sandbox.run("k8s-reap").fails("temporary namespaces are still there: stuck odd bare;");
        let calls = asked(&sandbox, &ran);
        assert_eq!(calls[0], "get namespaces --selector siding.dev/temporary=true --output json");
        let deleted = ["old", "stuck", "older"]
            .map(|name| format!("delete namespace {name} --ignore-not-found --wait=true --timeout 300s"));
        assert_eq!(calls[1..], deleted);
        assert_eq!(ran.outputs["removed"], "2");
        let sandbox = cluster(host).file("namespaces.json", &list(&all[..1]));
        assert!(sandbox.run("k8s-reap").well().summary.contains("Namespace old is removed.\n"));
    }
}
