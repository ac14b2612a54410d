//! The end of an app's log in the summary of a release that failed.

use super::{HOSTS, Host, Sandbox};

/// An az with the SCM site `scm.example`, whose list and logs are files.
const AZ: &str = r#"last=${!#}
while [ $# -gt 0 ]; do case "$1" in --url) url=$2 ;; --output-file) file=$2 ;; esac; shift; done
case "${url:-}" in
  */api/logs/docker) cp "$HERE/list.json" "$file" ;;
  https://scm.example/*) cp "$HERE/${url##*/}" "$file" ;;
  ?*) exit 9 ;;
  *) [ "$last" != tsv ] || cat "$HERE/known" ;;
esac"#;

fn sandbox(host: Host) -> Sandbox {
    let entry = |name: &str, time: &str, site: &str| serde_json::json!({"href": format!("https://{site}/api/vfs/LogFiles/{name}"), "lastUpdated": time});
    let list = serde_json::json!([
        entry("1_docker.log", "2026-03-01T10:00:00Z", "scm.example"),
        entry("1_default_docker.log", "2026-03-01T10:00:00Z", "scm.example"),
        entry("2_default_docker.log", "2026-03-01T11:00:00Z", "scm.example"),
        entry("3_default_docker.log", "2026-03-01T12:00:00Z", "evil.example"),
    ]);
    let sandbox = Sandbox::new(host).fake("az", AZ).env("APP", "web").env("GROUP", "rg").env("SLOT", "staging");
    sandbox
        .file("known", "scm.example\n")
        .file("list.json", &list.to_string())
        .file("1_docker.log", "Container did not start\n")
}

#[test]
fn the_end_of_the_newest_log_is_shown_without_secrets_or_power_over_the_page() {
    let log = "old\n~~~ </pre> ::error::x\n##vso[task.complete]\u{1b}[31mModuleNotFoundError: flask\nDB_PASSWORD=hunter2 x\n\
               postgresql://user:hunter2@db/app\n{\"token\": \"hunter2\"}\nAuthorization: Bearer hunter2hunter2\n";
    for host in HOSTS {
        let sandbox = sandbox(host).file("2_default_docker.log", log).env("LINES", "6");
        let ran = sandbox.run("app-log").well().hides("hunter2");
        assert!(
            ran.summary.contains("### The end of 1_docker.log of web, slot staging\n\n    Container did not start\n")
        );
        assert!(ran.summary.contains("### The end of 2_default_docker.log of web, slot staging\n\n    ~~~ </pre>"));
        let shown =
            ["ModuleNotFoundError: flask", "    DB_PASSWORD=*** x", "postgresql://user:***@db/app", "\"token\": ***"];
        assert!(shown.iter().all(|text| ran.summary.contains(text)), "{}", ran.summary);
        assert!(
            ran.summary.lines().all(|line| line.is_empty() || line.starts_with("### ") || line.starts_with("    "))
        );
        assert!(
            !ran.summary.contains('\u{1b}') && !ran.summary.contains("    old") && !ran.stdout.contains("::error::x")
        );
        assert!(ran.calls_of("az").iter().all(|call| !call.contains("evil.example")), "{ran:?}");
    }
}

#[test]
fn what_was_written_after_the_last_good_build_was_put_back_is_left_out() {
    let log = "2026-03-01T10:59:59.123Z No module named flask\n  in line 3\n2026-03-01T11:00:01.100Z Booting worker\n  with pid 1\n\
               2026-03-01T10:59:59.999Z late from another file\n";
    for host in HOSTS {
        let sandbox = sandbox(host).file("2_default_docker.log", log).env("UNTIL", "2026-03-01T11:00:00Z");
        let ran = sandbox.run("app-log").well();
        let shown = ["    2026-03-01T10:59:59.123Z No module named flask\n      in line 3\n", "late from another file"];
        assert!(shown.iter().all(|text| ran.summary.contains(text)), "{}", ran.summary);
        assert!(!ran.summary.contains("Booting") && !ran.summary.contains("pid 1"), "{}", ran.summary);
    }
}

#[test]
fn no_call_for_a_log_is_without_a_limit() {
    for host in HOSTS {
        let sandbox = sandbox(host).file("2_default_docker.log", "well").fake("timeout", "shift 3; exec \"$@\"");
        let ran = sandbox.run("app-log").well();
        let limited = ran.calls_of("timeout").iter().filter(|call| call.starts_with("--kill-after 5 60 az ")).count();
        assert_eq!((limited, ran.calls_of("az").len()), (5, 5), "{ran:?}");
        let ran = sandbox.fake("timeout", "exit 124").run("app-log").well();
        assert!(ran.stdout.contains("the log of web, slot staging is not shown, the app could not be read"), "{ran:?}");
    }
}

#[test]
fn a_log_that_cannot_be_had_is_a_warning_with_the_command_that_shows_it() {
    for host in HOSTS {
        let warning = if host == Host::Azure { "##vso[task.logissue type=warning]" } else { "::warning::" };
        let told = |sandbox: Sandbox, why: &str| {
            let ran = sandbox.run("app-log").well();
            let line = ran.stdout.lines().find(|line| line.starts_with(warning)).unwrap_or_default();
            assert!(
                line.contains(why)
                    && line.ends_with("az webapp log tail --name web --resource-group rg --slot staging"),
                "{ran:?}"
            );
        };
        told(sandbox(host).file("list.json", "[]"), "because there is none yet");
        told(sandbox(host).file("list.json", "<html>"), "because its SCM site sent no list");
        told(sandbox(host).file("known", ""), "because Azure names no SCM site for it");
        told(sandbox(host).fake("az", "exit 1"), "the app could not be read");
        told(sandbox(host), "because it could not be read");
    }
}
