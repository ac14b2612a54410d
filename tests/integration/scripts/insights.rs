//! The errors that users get, as Application Insights is asked for them: what ends a watch, and what decides nothing.

use super::cluster::{AZ, asked, cluster, kept};
use super::strategies::{canary, coloured};
use super::{HOSTS, Host, Ran, Sandbox};

/// Beside what the cluster needs: a component, which first tells of no requests, and then of `counted`.
const INSIGHTS: &str = r#"
case "$1 $2" in
"cloud show") echo https://insights.example/ ;;
"resource show") [ -e "$HERE/none" ] && { echo 'ERROR: not found' >&2; exit 3; }; echo app-id ;;
"rest --method")
  [ -e "$HERE/denied" ] && { echo 'ERROR: Forbidden({"code":"InsufficientAccessError"})' >&2; exit 1; }
  if [ -e "$HERE/busy" ]; then rm "$HERE/busy"; touch "$HERE/asked"; echo 'ERROR: 429' >&2; exit 1; fi
  if [ -e "$HERE/asked" ]; then figures=$(cat "$HERE/counted"); else touch "$HERE/asked"; figures=0,0,0,0; fi
  [ "$figures" != denied ] || { echo 'ERROR: 503' >&2; exit 1; }
  printf '{"tables":[{"name":"PrimaryResult","columns":[],"rows":[[%s]]}]}' "$figures" ;;
esac
"#;

/// A script in this sandbox is told these figures: all requests, errors, and both of canaries.
fn counting(sandbox: Sandbox, figures: &str) -> Sandbox {
    let sandbox = sandbox.fake("az", &format!("{AZ}{INSIGHTS}")).fake("curl", "").file("counted", figures);
    sandbox.env("INSIGHTS", "appi-shop").env("ERRORS_PERCENT", "5")
}

fn queries(ran: &Ran) -> Vec<String> {
    ran.calls_of("az").into_iter().filter(|call| call.starts_with("rest ")).collect()
}

fn warned(ran: &Ran, text: &str) {
    let warnings = ["::warning::", "##vso[task.logissue type=warning]"];
    let mut lines = ran.stdout.lines().filter(|line| warnings.iter().any(|warning| line.starts_with(warning)));
    assert!(lines.any(|line| line.contains(text)), "{ran:#?}");
}

#[test]
fn a_watch_ends_well_when_few_requests_fail() {
    for host in HOSTS {
        let sandbox = counting(cluster(host), "200,10,0,0").env("PAUSE", "0").env("PROBES", "https://shop.example/");
        let ran = sandbox.run("k8s-watch").well();
        assert!(ran.summary.contains("10 of 200 requests since 20") && ran.summary.contains("(limit 5 %)"), "{ran:#?}");
        let show = "resource show --resource-group rg-shop --name appi-shop --resource-type microsoft.insights/components \
                    --query properties.AppId || properties.appId --output tsv";
        assert!(ran.calls_of("az").iter().any(|call| call == show), "{ran:#?}");
        let asked = queries(&ran);
        let start = "rest --method post --url https://insights.example/v1/apps/app-id/query --resource https://insights.example \
                     --body {\"query\":\"requests | where timestamp >= datetime(20";
        assert!(asked.len() == 2 && asked.iter().all(|call| call.starts_with(start)), "{asked:#?}");
        assert!(asked[0].contains("status !between (400 .. 499)"), "{asked:#?}");
        let elsewhere = counting(cluster(host), "200,10,0,0").env("PAUSE", "0").env("INSIGHTS", "rg-watch/appi");
        let calls = elsewhere.run("k8s-watch").well().calls_of("az");
        assert!(calls.iter().any(|call| call.contains("--resource-group rg-watch --name appi ")), "{calls:#?}");
    }
}

#[test]
fn a_watch_fails_when_too_many_requests_fail() {
    for host in HOSTS {
        let run = |figures: &str| counting(cluster(host), figures).env("PAUSE", "0").run("k8s-watch");
        run("200,11,0,0").fails("namespace shop of aks-shop is not well: 11 of 200 requests since 20");
        run("20,2,0,0").fails("2 of 20 requests since");
        run("20,1,0,0").well();
        // A breach is seen while the watch goes on, not at its end.
        let sandbox = counting(cluster(host), "100,50,0,0").env("PAUSE", "86400").env("COUNT_EVERY", "0");
        sandbox.run("k8s-watch").fails("50 of 100 requests since");
    }
}

#[test]
fn what_nobody_counted_is_not_called_well() {
    for host in HOSTS {
        let run = |figures: &str| counting(cluster(host), figures).env("PAUSE", "0").run("k8s-watch").well();
        let ran = run("0,0,0,0");
        warned(&ran, "was not judged: Application Insights appi-shop knows of 0 requests since 20");
        warned(&ran, "the probes alone decided");
        warned(&run("19,19,0,0"), "knows of 19 requests");
        let ran = run("denied");
        warned(&ran, "appi-shop could not be read at the end; the probes alone decided");
        assert!(!ran.summary.contains("ended with an error"), "{ran:#?}");
    }
}

#[test]
fn who_cannot_ask_after_a_good_release_takes_nothing_back() {
    for host in HOSTS {
        for (file, calls) in [("denied", 2), ("none", 0)] {
            let ran = counting(cluster(host), "0,0,0,0").file(file, "").env("PAUSE", "0").run("k8s-watch").well();
            warned(&ran, "appi-shop could not be read at the end; the probes alone decided");
            assert_eq!(queries(&ran).len(), calls, "{ran:#?}");
        }
        // The first answer is missing, and those that follow are read and judged.
        let late = counting(cluster(host), "200,11,0,0").file("busy", "").env("PAUSE", "0");
        late.run("k8s-watch").fails("11 of 200 requests since 20");
    }
}

#[test]
fn who_may_not_ask_hears_of_it_before_anything_changes() {
    for host in HOSTS {
        for (file, said) in [
            (
                "denied",
                "Application Insights appi-shop does not let this identity ask, see above: it needs the role Monitoring Reader",
            ),
            ("none", "this identity sees no Application Insights appi-shop in rg-shop"),
        ] {
            for (name, sandbox) in [
                ("insights-check", cluster(host)),
                ("k8s-canary", canary(host)),
                ("k8s-blue-green", coloured(host, Some("blue"))),
            ] {
                let sandbox = counting(sandbox, "0,0,0,0").file(file, "");
                let ran = sandbox.run(name).fails(said);
                assert!(asked(&sandbox, &ran).is_empty(), "{name}: {ran:#?}");
            }
        }
        let ran = counting(cluster(host), "40,1,0,0").run("insights-check").well();
        assert!(ran.summary.starts_with("Before the release: 1 of 40 requests since 20"), "{ran:#?}");
        let ran = counting(cluster(host), "40,9,0,0").run("insights-check").well();
        warned(&ran, "what runs now: 9 of 40 requests since 20");
    }
}

#[test]
fn each_step_of_a_canary_is_judged_by_its_own_requests() {
    for host in HOSTS {
        // The old pods fail, and the new ones mend that.
        let ran = counting(canary(host), "500,200,30,0").run("k8s-canary").well();
        assert_eq!(queries(&ran).len(), 1 + 3, "{ran:#?}");
        let sandbox = counting(canary(host), "1000,25,30,20");
        let ran =
            sandbox.run("k8s-canary").fails("the canary failed at 10 %: 20 of 30 requests to the canary since 20");
        let calls = asked(&sandbox, &ran);
        assert!(calls.last().unwrap().starts_with("delete deployment product-canary"), "{calls:#?}");
        assert!(!calls.iter().any(|call| call == "apply --filename */rendering.yaml"), "{calls:#?}");
        // Where nothing tells the pods apart, all requests decide.
        counting(canary(host), "1000,60,0,0").run("k8s-canary").fails("60 of 1000 requests since 20");
    }
}

#[test]
fn a_colour_that_users_get_errors_from_is_turned_back() {
    for host in HOSTS {
        let sandbox = counting(coloured(host, Some("blue")), "100,30,0,0");
        let ran = sandbox.run("k8s-blue-green").fails("Service product selects blue: 30 of 100 requests since 20");
        let back = serde_json::json!({ "spec": { "selector": { "siding.dev/colour": "blue" } } });
        assert_eq!(kept(&sandbox, "patch.json"), back);
        assert!(!ran.outputs.contains_key("live"));
        counting(coloured(Host::Azure, Some("blue")), "100,3,0,0").run("k8s-blue-green").well();
    }
}
