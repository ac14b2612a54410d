//! What is told of a deployment afterwards: its record, and a message to a channel.

use super::{HOSTS, Host, Sandbox};

const VALUES: [(&str, &str); 10] = [
    ("ENVIRONMENT", "production"),
    ("APP", "backend"),
    ("COMMIT", "0123456789abcdef0123456789abcdef01234567"),
    ("COMMITTED_AT", "2026-03-01T10:00:00Z"),
    ("SHA256", "ab"),
    ("URL", "https://a.example.org"),
    ("RESULT", "success"),
    ("SLOT", "staging"),
    ("RUN_URL", "https://ci.example.org/1"),
    ("ACTOR", "dev \"x\""),
];

#[test]
fn a_deployment_is_recorded_with_its_lead_time() {
    for host in HOSTS {
        let sandbox = VALUES.iter().fold(Sandbox::new(host), |sandbox, (name, value)| sandbox.env(name, value));
        let ran = sandbox.run("record").well();
        let record: serde_json::Value = serde_json::from_str(&sandbox.read("deployment-record.json")).unwrap();
        assert_eq!((record["app"].as_str(), record["actor"].as_str()), (Some("backend"), Some("dev \"x\"")));
        let deployed = sandbox.bash(&format!("date -u -d {} +%s", record["deployed_at"])).well().stdout;
        let committed = 1_772_359_200;
        assert_eq!(deployed.trim().parse::<i64>().unwrap() - committed, record["lead_time_seconds"].as_i64().unwrap());
        assert!(ran.summary.contains("\n| production | backend | staging | success | 0123456789ab | "), "{ran:?}");
        assert_eq!(
            (record["operation"].as_str(), record["url"].as_str()),
            (Some("release"), Some("https://a.example.org"))
        );
        let tag = "##vso[build.addbuildtag]deployed-production\n";
        assert_eq!(ran.stdout.contains(tag), host == Host::Azure, "{ran:?}");
        let ran = sandbox.env("RESULT", "failure").run("record").well();
        assert!(!ran.stdout.contains("addbuildtag"), "{ran:?}");
    }
    let sandbox = VALUES.iter().fold(Sandbox::new(Host::GitHub), |sandbox, (name, value)| sandbox.env(name, value));
    sandbox.env("COMMITTED_AT", "soon").run("record").fails("COMMITTED_AT is 'soon'");
}

#[test]
fn a_way_back_is_recorded_with_what_is_live_again() {
    let earlier =
        r#"{"commit": "abc", "committed_at": "2026-02-01T10:00:00Z", "sha256": "cd", "url": "https://b.example.org"}"#;
    for host in HOSTS {
        let mut sandbox = Sandbox::new(host).file("earlier.json", earlier).env("OPERATION", "rollback");
        for (name, value) in
            VALUES.iter().filter(|(name, _)| !["COMMIT", "COMMITTED_AT", "SHA256", "URL"].contains(name))
        {
            sandbox = sandbox.env(name, value);
        }
        let sandbox = sandbox.env("RESTORED", "earlier.json").env("RESTORED_RUN", "7").env("TAKEN_BACK_RUN", "8");
        let ran = sandbox.run("record").well();
        let record = || serde_json::from_str::<serde_json::Value>(&sandbox.read("deployment-record.json")).unwrap();
        for (key, value) in [
            ("operation", "rollback"),
            ("commit", "abc"),
            ("sha256", "cd"),
            ("url", "https://b.example.org"),
            ("restored_run", "7"),
            ("taken_back_run", "8"),
        ] {
            assert_eq!(record()[key], value);
        }
        assert!(record()["lead_time_seconds"].is_null());
        assert!(ran.summary.contains("Live is what run 7 released; taken back is run 8."), "{ran:?}");
        assert_eq!(ran.stdout.contains("addbuildtag]rolled-back-production\n"), host == Host::Azure, "{ran:?}");
        // Nobody knew which run, and Azure Pipelines leaves the names of outputs that no step told.
        let sandbox =
            sandbox.env("RESTORED", "none.json").env("RESTORED_RUN", "$(earlier.run)").env("TAKEN_BACK_RUN", "");
        let ran = sandbox.run("record").well();
        let text = sandbox.read("deployment-record.json");
        let record: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&record["restored_run"], &record["commit"]), (&"".into(), &"".into()));
        assert!(ran.summary.contains("Live is what run (unknown) released; taken back is run (unknown)."), "{ran:?}");
    }
}

/// A curl that keeps what it reads and the card, and ends with the code in `code`.
const CURL: &str = r#"cat >"$HERE/config"
for word in "$@"; do [ "${word#@}" = "$word" ] || cp "${word#@}" "$HERE/card.json"; done
exit "$(cat "$HERE/code")""#;

fn channel(host: Host, code: &str) -> Sandbox {
    let sandbox = Sandbox::new(host).fake("curl", CURL).file("code", code).env("TITLE", "Deployed \"x\"");
    let sandbox = sandbox.env("TEXT", "to production").env("URL", "https://ci.example.org/1");
    sandbox.env("WEBHOOK", "https://hooks.example.org/s3cret?sig=a%2Fb")
}

#[test]
fn a_message_goes_to_the_channel_whose_address_stays_secret() {
    for host in HOSTS {
        let sandbox = channel(host, "0");
        let ran = sandbox.run("notify").well().hides("s3cret");
        assert_eq!(ran.calls_of("curl").len(), 1);
        assert_eq!(sandbox.read("config"), "url = \"https://hooks.example.org/s3cret?sig=a%2Fb\"\n");
        let card: serde_json::Value = serde_json::from_str(&sandbox.read("card.json")).unwrap();
        let content = &card["attachments"][0]["content"];
        assert_eq!(
            (&content["body"][0]["text"], &content["body"][1]["text"]),
            (&"Deployed \"x\"".into(), &"to production".into())
        );
        assert_eq!(content["actions"][0]["url"], "https://ci.example.org/1");
    }
}

#[test]
fn a_message_that_does_not_arrive_is_a_warning_unless_it_must() {
    for host in HOSTS {
        let warning = if host == Host::Azure { "##vso[task.logissue type=warning]" } else { "::warning::" };
        let ran = channel(host, "22").run("notify").well();
        assert!(ran.stdout.starts_with(&format!("{warning}the channel did not take the message")), "{ran:?}");
        channel(host, "22").env("REQUIRED", "true").run("notify").fails("the channel did not take the message");
        for (webhook, why) in [
            ("", "nobody is told: the secret with the channel's webhook is empty"),
            ("$(teams-webhook)", "nobody is told: the secret with the channel's webhook is empty or not there"),
            ("http://hooks.example.org/s3cret", "does not begin with https://"),
            ("https://hooks.example.org/s3cret\"\nproxy = \"x", "holds a blank, a quote or a backslash"),
        ] {
            let ran = channel(host, "0").env("WEBHOOK", webhook).run("notify").well().hides("s3cret");
            assert!(ran.calls.is_empty() && ran.stdout.starts_with(warning) && ran.stdout.contains(why), "{ran:?}");
        }
    }
}
