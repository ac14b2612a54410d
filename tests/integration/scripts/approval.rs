//! What must hold before a release goes on: a change ticket, a load test's verdict, branches that hold each other.

use super::repository::repository;
use super::{HOSTS, Host, Sandbox};

#[test]
fn a_change_ticket_is_taken_from_the_run_or_from_the_commit() {
    for host in HOSTS {
        let sandbox = Sandbox::new(host).env("PATTERN", "CHG[0-9]{4,}|INC[0-9]+");
        sandbox
            .run("change-ticket")
            .fails("wants a change ticket like 'CHG[0-9]{4,}|INC[0-9]+', and there is none: start");
        let sandbox = sandbox.env("MESSAGE", "Fix it\n\nChange: CHG0001\nchange: CHG0002 \n");
        assert_eq!(sandbox.run("change-ticket").well().outputs["ticket"], "CHG0002");
        let sandbox = sandbox.env("TICKET", "INC7");
        assert_eq!(sandbox.run("change-ticket").well().outputs["ticket"], "INC7");
        for (bad, shown) in [("XCHG0001", "XCHG0001"), ("CHG0001x", "CHG0001x"), ("INC7\n::x::y", "INC7???x??y")] {
            let sandbox = Sandbox::new(host).env("PATTERN", "CHG[0-9]{4,}|INC[0-9]+").env("TICKET", bad);
            let ran = sandbox.run("change-ticket").fails(&format!("'{shown}' is not like 'CHG"));
            assert!(ran.outputs.is_empty(), "{ran:?}");
        }
    }
}

/// A table as Locust writes it.
fn stats(requests: &str, failures: &str, p95: &str) -> String {
    format!(
        "Type,Name,Request Count,Failure Count,Median Response Time,95%,100%\n\
         GET,\"/a,b\",1,1,5,9999,9999\n,Aggregated,{requests},{failures},10,{p95},900\n"
    )
}

#[test]
fn a_load_test_is_judged_by_all_its_requests() {
    for host in HOSTS {
        let judge = |text: &str| {
            let sandbox = Sandbox::new(host).file("load_stats.csv", text).env("STATS", "load_stats.csv");
            sandbox.env("P95_MS", "500").env("FAILURES_PERCENT", "1").run("load-verdict")
        };
        let ran = judge(&stats("1000", "10", "500")).well();
        assert!(
            ran.summary.contains("1000 requests, 1.00 % failed (limit 1 %), 95 % within 500 ms (limit 500 ms)"),
            "{ran:?}"
        );
        judge(&stats("1000", "0", "501")).fails("95 % of requests took up to 501 ms, more than 500 ms: see");
        judge(&stats("1000", "11", "9")).fails("1.10 % of requests failed, more than 1 %: see");
        judge(&stats("10", "1", "900"))
            .fails("10.00 % of requests failed, more than 1 %, and 95 % of requests took up to 900");
        judge(&stats("0", "0", "N/A")).fails("the load test made no requests");
        judge("Type,Name,Request Count,Failure Count,95%\n").fails("the load test made no requests");
        judge("Name,x\nAggregated,1\n").fails("is no table of Locust");
    }
    Sandbox::new(Host::GitHub).env("STATS", "gone.csv").run("load-verdict").fails("'gone.csv' is not there");
}

#[test]
fn a_load_test_is_compared_with_that_of_the_last_good_run() {
    for host in HOSTS {
        let judge = |p95: &str, before: Option<&str>| {
            let sandbox =
                Sandbox::new(host).file("load_stats.csv", &stats("1000", "0", p95)).env("STATS", "load_stats.csv");
            let sandbox =
                sandbox.env("P95_MS", "500").env("FAILURES_PERCENT", "1").env("BASELINE", "before/figures.json");
            let sandbox = sandbox.env("BASELINE_PERCENT", "20").env("FIGURES", "load/figures.json");
            let sandbox = before.into_iter().fold(sandbox, |sandbox, text| sandbox.file("before/figures.json", text));
            let ran = sandbox.run("load-verdict");
            (sandbox, ran)
        };
        let (sandbox, ran) = judge("240", Some(r#"{"p95_ms": 200}"#));
        assert!(ran.well().summary.contains("The last good run took 200 ms; 20 % more is borne, which is 240 ms."));
        let figures: serde_json::Value = serde_json::from_str(&sandbox.read("load/figures.json")).unwrap();
        assert_eq!((figures["p95_ms"].as_u64(), figures["failures_percent"].as_f64()), (Some(240), Some(0.0)));
        let said = "95 % of requests took up to 241 ms, over 20 % more than the 200 ms of the last good run: see";
        judge("241", Some(r#"{"p95_ms": 200}"#)).1.fails(said);
        judge("501", Some(r#"{"p95_ms": 200}"#))
            .1
            .fails("more than 500 ms, and 95 % of requests took up to 501 ms, over 20 %");
        judge("240", Some(r#"{"p95_ms": "fast"}"#)).1.fails("'before/figures.json' holds no figures of a load test");
        let (sandbox, ran) = judge("240", None);
        assert!(ran.well().summary.contains("nothing was compared with, and these are the first"));
        assert!(sandbox.read("load/figures.json").contains("240"));
    }
}

#[test]
fn what_was_released_must_be_in_the_branch_of_development() {
    let commit = "git commit --quiet --allow-empty --message";
    let publish = "git update-ref refs/remotes/origin/main main\ngit update-ref refs/remotes/origin/develop develop";
    let of = |then: &str| repository(Sandbox::new(Host::GitHub), &format!("{then}\n{publish}")).run("gitflow");

    of(&format!("git branch develop\ngit checkout -q develop\n{commit} more")).well();
    let merged_into_both = format!(
        "git checkout -q -b develop\n{commit} feature\ngit checkout -q main\ngit merge -q --no-ff -m release develop\n"
    );
    of(&merged_into_both).well();
    let ran = of(&format!("git branch develop\n{commit} hotfix")).fails("'origin/main' holds commits, listed above");
    assert!(ran.stdout.contains(" hotfix\n"), "{ran:?}");
    repository(Sandbox::new(Host::Azure), "").run("gitflow").fails("'origin/main' is not here");
}

#[test]
fn a_slot_that_was_deployed_to_since_is_not_swapped_back() {
    // A projection of JMESPath drops what is null; a list for each keeps it, and is written as None.
    const AZ: &str = r#"case "$*" in
  "webapp show"*) echo /subscriptions/s/slots/staging ;;
  *"--query value[].properties.end_time "*) jq -r '.value[].properties.end_time | values' "$HERE/deployments" ;;
  *"--query value[].[properties.end_time] "*) jq -r '.value[] | .properties.end_time // "None"' "$HERE/deployments" ;;
  *) exit 2 ;;
esac"#;
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("az", AZ).env("APP", "web").env("GROUP", "rg").env("SLOT", "staging");
        let sandbox = sandbox.env("SINCE", "2026-03-01T10:00:00.123");
        let ended = |sandbox: Sandbox, times: &[Option<&str>]| {
            let each = |time: Option<&str>| serde_json::json!({ "properties": { "end_time": time } });
            let value: Vec<_> = times.iter().copied().map(each).collect();
            sandbox.file("deployments", &serde_json::json!({ "value": value }).to_string())
        };
        let sandbox = ended(sandbox, &[Some("2026-03-01T09:59:00.5Z"), Some("2026-02-01T00:00:00Z")]);
        let ran = sandbox.run("slot-unchanged").well();
        assert_eq!(ran.outputs["unchanged"], "true");
        let url = "--url /subscriptions/s/slots/staging/deployments?api-version=2024-04-01 ";
        assert!(ran.calls_of("az")[1].contains(url), "{ran:?}");
        let sandbox = ended(sandbox, &[Some("2026-03-01T09:00:00Z"), Some("2026-03-01T11:00:00Z")]);
        sandbox.run("slot-unchanged").fails("was deployed to at 2026-03-01T11:00:00Z, after 2026-03-01");
        let sandbox = ended(sandbox, &[None, Some("2026-03-01T09:00:00Z")]);
        sandbox.run("slot-unchanged").fails("a deployment to the slot staging of web is under way");
        let sandbox = sandbox.env("SINCE", "yesterday evening");
        sandbox.run("slot-unchanged").fails("is no time");
        sandbox.env("SINCE", "").run("slot-unchanged").fails("no time is given at which the slot staging of web held");
    }
}

#[test]
fn where_the_slot_has_changed_an_earlier_package_is_deployed_again() {
    const AZ: &str = r#"case "$1 $2" in
  "webapp show") echo /subscriptions/s/slots/staging ;;
  *) echo 2026-03-01T11:00:00Z ;;
esac"#;
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("az", AZ).env("APP", "web").env("GROUP", "rg").env("SLOT", "staging");
        let sandbox = sandbox.env("OTHERWISE", "7").env("SINCE", "2026-03-01T12:00:00Z");
        let sandbox = sandbox.env("RIGHT_BEFORE", "true");
        assert_eq!(sandbox.run("slot-unchanged").well().outputs["unchanged"], "true");
        let sandbox = sandbox.env("RIGHT_BEFORE", "false");
        assert_eq!(sandbox.run("slot-unchanged").well().outputs["unchanged"], "false");
        let sandbox = sandbox.env("RIGHT_BEFORE", "true").env("SINCE", "2026-03-01T10:00:00Z");
        let ran = sandbox.run("slot-unchanged").well();
        assert_eq!(ran.outputs["unchanged"], "false");
        assert!(
            ran.stdout.contains("no longer holds what is to be swapped: the package of run 7 is deployed"),
            "{ran:?}"
        );
        let ran = sandbox.env("SINCE", "").run("slot-unchanged").well();
        assert!(ran.outputs["unchanged"] == "false" && ran.calls.is_empty(), "{ran:?}");
        for unknown in ["", "$(earlier.run)"] {
            let sandbox = Sandbox::new(host).fake("az", AZ).env("APP", "web").env("GROUP", "rg").env("SLOT", "staging");
            let ran = sandbox.env("OTHERWISE", unknown).env("SINCE", "").run("slot-unchanged");
            ran.fails("and no earlier release is known to deploy again: start the roll-back with 'run'");
        }
    }
}

#[test]
fn the_time_is_told_for_later() {
    for host in HOSTS {
        let ran = Sandbox::new(host).run("moment").well();
        assert!(ran.outputs["time"].starts_with("20") && ran.outputs["time"].ends_with('Z'), "{ran:?}");
    }
}
