//! The check that an app has the settings it needs.

use super::{HOSTS, Host, Ran, Sandbox};

/// An az that lists the settings in `staging` for a slot and those in `production` otherwise, without values.
const AZ: &str = r#"case "$*" in
  *"--slot staging"*) cat "$HERE/staging" ;;
  *) cat "$HERE/production" ;;
esac"#;

/// Settings, each with whether it stays with its slot.
type Settings<'a> = &'a [(&'a str, bool)];

fn settings(names: Settings<'_>) -> String {
    let all: Vec<_> = names.iter().map(|(name, sticky)| serde_json::json!({"name": name, "sticky": sticky})).collect();
    serde_json::Value::from(all).to_string()
}

fn run(host: Host, names: &str, (staging, production): (Settings<'_>, Settings<'_>)) -> Ran {
    let sandbox = Sandbox::new(host).fake("az", AZ).env("APP", "web").env("GROUP", "rg").env("NAMES", names);
    let sandbox = sandbox.file("staging", &settings(staging)).file("production", &settings(production));
    sandbox.env("SLOT", "staging").env("SWAPS", "true").run("app-settings")
}

#[test]
fn an_app_that_lacks_a_setting_is_not_deployed_and_the_command_that_sets_it_is_told() {
    for host in HOSTS {
        let ran = run(host, "DATABASE_URL REDIS_URL", (&[("DATABASE_URL", false), ("EXTRA", false)], &[]));
        let ran = ran.fails("web, slot staging, lacks the settings REDIS_URL, so nothing was deployed");
        let line = "az webapp config appsettings set --name web --resource-group rg --slot staging --settings REDIS_URL=VALUE\n";
        assert!(ran.stdout.contains(line), "{ran:?}");

        let both: &[(&str, bool)] = &[("DATABASE_URL", true), ("EXTRA", false), ("A", false)];
        let ran = run(host, "DATABASE_URL", (both, &[("DATABASE_URL", true)])).well();
        assert!(ran.stdout.contains("has all 1 settings that it needs; others that it has: A, EXTRA\n"), "{ran:?}");
        assert!(ran.calls_of("az").iter().all(|call| call.contains("{name: name, sticky: slotSetting}")), "{ran:?}");
    }
}

#[test]
fn a_setting_that_stays_with_the_slot_does_not_come_to_production() {
    for host in HOSTS {
        let here: &[(&str, bool)] = &[("DATABASE_URL", true), ("FEATURE", false)];
        let ran = run(host, "DATABASE_URL FEATURE", (here, &[("OTHER", false)]));
        let ran = ran.fails("production of web would lack the settings DATABASE_URL after the swap");
        let line =
            "az webapp config appsettings set --name web --resource-group rg --slot-settings DATABASE_URL=VALUE\n";
        assert!(ran.stdout.contains(line), "{ran:?}");
        // Production's own list says that it stays, though it is not in the slot's.
        run(host, "FEATURE", (&[("FEATURE", false)], &[("FEATURE", true)])).well();
    }
    let sandbox = Sandbox::new(Host::GitHub).fake("az", "exit 1").env("APP", "web").env("GROUP", "rg");
    sandbox.env("NAMES", "A").run("app-settings").fails("the settings of web could not be listed");
}
