//! `zip-deploy`: what is deployed is really there, and what is not is told apart from it.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use siding::emulator::Config;
use siding::emulator::config::Role;

use crate::app::START;
use crate::context::{Context, Kind, Setup};
use crate::started::at_once;

/// Deploys a static folder of this version to `staging`.
fn staging<'a>(folder: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--app-name", "app1", "--slot-name", "staging", "--package", folder];
    arguments.extend(more);
    arguments
}

fn with_process(config: &mut Config) {
    *config = config.clone().with_start_command(Some(START));
}

#[test]
fn deploys_a_folder_to_a_slot_and_hands_its_facts_on() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let ran = context.run("zip-deploy", &staging(&folder, &[]));
    ran.exits(0).says(["::group::log of the server", "| Deployment successful.", "::endgroup::"]);
    assert_eq!(context.version("staging"), "1.0");
    assert_eq!(ran.outputs["webapp-url"], context.emulator.app_url("app1", "staging"));
    assert_eq!(ran.outputs["package-sha256"].len(), 64);
    let id = &ran.outputs["deployment-id"];
    assert!(ran.asked("GET", &format!("/api/deployments/{id}")) > 1, "it is followed by its id\n{ran}");
    assert_eq!(ran.asked("POST", "/api/publish?type=zip&async=true&clean=true&restart=true"), 1, "{ran}");
    assert!(ran.summary.contains(id), "{}", ran.summary);
}

#[test]
fn deploys_to_production_when_no_slot_is_named() {
    let context = Context::azure_pipelines();
    let folder = context.static_app("1.0");
    let ran = context.run("zip-deploy", &["--app-name", "APP1", &folder, "--json"]);
    assert_eq!(ran.exits(0).json()["url"], context.emulator.app_url("app1", "production"));
    assert_eq!(ran.outputs["webappUrl"], context.emulator.app_url("app1", "production"));
    assert_eq!(context.version("production"), "1.0");
    assert!(ran.asked("GET", "/deploymentStatus/") > 0, "the app's start is followed\n{ran}");
}

#[test]
fn the_same_content_is_the_same_package() {
    let context = Context::github();
    let (one, two) = (context.static_app("1.0"), "copy");
    context.file("copy/version.json", &fs::read_to_string(context.work().join(&one).join("version.json")).unwrap());
    let index = context.file("copy/index.html", "<h1>1.0</h1>\n");
    let day = Duration::from_hours(24);
    File::open(index).unwrap().set_modified(SystemTime::now() - day).unwrap();
    let sums = [one.as_str(), two].map(|folder| {
        let ran = context.run("zip-deploy", &staging(folder, &["--dry-run"]));
        ran.exits(0).changed_nothing().outputs["package-sha256"].clone()
    });
    assert_eq!(sums[0], sums[1]);
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let ran = context.run("zip-deploy", &staging(&folder, &["--dry-run", "--json"]));
    ran.exits(0).says(["would deploy 2 files", "nothing was changed"]).changed_nothing();
    assert_eq!((&ran.json()["dryRun"], &ran.json()["files"]), (&true.into(), &2.into()));
    assert_ne!(context.version("staging"), "1.0");
}

#[test]
fn deploys_a_zip_as_it_is() {
    let context = Context::github();
    let mut zip = zip::ZipWriter::new(File::create(context.work().join("site.zip")).unwrap());
    zip.start_file("version.json", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut zip, br#"{"version":"zipped"}"#).unwrap();
    zip.finish().unwrap();
    context.run("zip-deploy", &staging("site.zip", &[])).exits(0);
    assert_eq!(context.version("staging"), "zipped");
}

#[test]
fn files_of_an_earlier_build_go_unless_they_are_to_stay() {
    let context = Context::github();
    context.file("old/old.html", "old");
    context.deploy("old", "staging");
    let folder = context.static_app("1.0");
    context.run("zip-deploy", &staging(&folder, &["--clean=false"])).exits(0);
    assert_eq!((context.visit("staging", "/old.html").status, context.version("staging")), (200, "1.0".to_owned()));
    context.run("zip-deploy", &staging(&folder, &[])).exits(0);
    assert_eq!(context.visit("staging", "/old.html").status, 404);
}

#[test]
fn what_is_excluded_stays_out_and_the_build_information_goes_in() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    context.file(&format!("{folder}/notes.txt"), "not for everybody");
    context.file(&format!("{folder}/draft.html"), "not yet");
    context.file(&format!("{folder}/.webappignore"), "draft.html\n");
    let more = ["--exclude", "*.txt", "--build-info", "build-info.json", "--release-version", "7.1"];
    context.run("zip-deploy", &staging(&folder, &more)).exits(0);
    assert_eq!(context.visit("staging", "/notes.txt").status, 404);
    assert_eq!(context.visit("staging", "/draft.html").status, 404);
    let info: serde_json::Value = serde_json::from_str(&context.visit("staging", "/build-info.json").body).unwrap();
    assert_eq!((&info["version"], &info["commit"]), (&"7.1".into(), &"c0ffee".into()));
}

#[test]
fn a_build_that_fails_shows_the_servers_error_and_leaves_the_old_build() {
    let context = Context::github();
    let (old, new) = (context.static_app("1.0"), context.static_app("2.0"));
    context.deploy(&old, "staging");
    context.fault("kudu.build-fails");
    let ran = context.run("zip-deploy", &staging(&new, &[]));
    ran.exits(1).says(["SID0303", "no-such-package==9.9.9", "Failed to build the app", "deployment: "]);
    assert_eq!(context.version("staging"), "1.0");
    assert!(ran.outputs.is_empty(), "{ran}");
}

#[test]
fn a_success_that_is_none_names_the_file_that_was_not_deployed() {
    for context in [Context::github(), Context::azure_pipelines()] {
        context.fault("kudu.false-success");
        let folder = context.static_app("1.0");
        let ran = context.run("zip-deploy", &staging(&folder, &[]));
        ran.exits(1).says(["SID0304", "version.json", "was not deployed, although the server reported success"]);
        assert!(ran.requests.iter().any(|request| request.path.contains("/log/")), "the tree is read\n{ran}");
    }
}

#[test]
fn waits_for_the_lock_of_another_deployment() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    context.fault("kudu.lock=60s");
    let ran = context.run("zip-deploy", &staging(&folder, &[]));
    ran.exits(0).says(["is busy, waiting up to", "conflicts with the pending"]);
    assert_eq!(context.version("staging"), "1.0");
}

#[test]
fn gives_up_on_a_lock_at_the_end_of_the_queue() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    context.fault("kudu.lock=1h");
    let ran = context.run("zip-deploy", &staging(&folder, &["--queue-timeout", "900ms"]));
    ran.exits(4).says(["SID0301", "held the lock", "--queue-timeout"]);
    assert_ne!(context.version("staging"), "1.0");
}

#[test]
fn a_conflict_that_never_passes_is_not_waited_for() {
    let context = Context::github_with(|config| {
        let url = "https://storage.example/package.zip".to_owned();
        config.sites[0].slots[0].settings.insert("WEBSITE_RUN_FROM_PACKAGE".to_owned(), url);
    });
    let folder = context.static_app("1.0");
    let ran = context.run("zip-deploy", &staging(&folder, &[]));
    ran.exits(4).says(["SID0302", "WEBSITE_RUN_FROM_PACKAGE", "status: 409"]);
    assert_eq!(ran.asked("POST", "/api/publish"), 1, "{ran}");
}

#[test]
fn an_app_that_does_not_start_fails_with_the_end_of_its_log() {
    let context = Context::github_with(with_process);
    let (old, new) = (context.python_app("1.0"), context.python_app("2.0"));
    context.deploy(&old, "production");
    context.fault("app.crashes-on-start");
    let ran = context.run("zip-deploy", &["--app-name", "app1", "--package", &new]);
    ran.exits(1).says(["SID0305", "az webapp log tail"]);
}

#[test]
fn throttling_and_resets_lead_to_one_deployment() {
    at_once(&["arm.throttle", "net.reset", "net.reset=4"], |fault| {
        let context = Context::github();
        let folder = context.static_app("1.0");
        context.fault(fault);
        let ran = context.run("zip-deploy", &staging(&folder, &[]));
        ran.exits(0);
        let accepted = ran.requests.iter().filter(|request| request.path.starts_with("/api/publish")).count();
        assert_eq!(accepted, 1, "{fault}\n{ran}");
        assert_eq!(context.version("staging"), "1.0", "{fault}");
    });
}

#[test]
fn an_app_or_slot_that_does_not_exist_is_named() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let ran = context.run("zip-deploy", &["--app-name", "nobody", "--package", &folder]);
    ran.exits(4).says(["SID0205", "there is no app `nobody`", "az webapp list"]).changed_nothing();
    let ran = context.run("zip-deploy", &["--app-name", "app1", "--slot-name", "nowhere", "--package", &folder]);
    ran.exits(4).says(["SID0205", "slot `nowhere`", "request id: "]).changed_nothing();
}

#[test]
fn an_identity_that_may_only_read_is_told_the_role_it_needs() {
    let context = Context::github_with(|config| config.tenants[0].applications[0].role = Role::Reader);
    let folder = context.static_app("1.0");
    context.run("zip-deploy", &staging(&folder, &[])).exits(4).says(["Website Contributor"]);
}

#[test]
fn a_deployment_that_takes_too_long_goes_on_and_can_be_found_again() {
    let setup = Setup { speed: 1.0, ..Setup::default() };
    let context = Context::new(Kind::GitHub, setup);
    let folder = context.static_app("1.0");
    let ran = context.run("zip-deploy", &staging(&folder, &["--timeout", "300ms"]));
    ran.exits(5).says(["SID0306", "nothing was cancelled"]);
}

/// What only the tool itself may put on the log, on either host.
const OWN: [&str; 9] = [
    "::group::log of the server",
    "::endgroup::",
    "::add-mask::",
    "::group::details of the server's log",
    "##[group]log of the server",
    "##[endgroup]",
    "##vso[task.setsecret]",
    "##vso[task.setvariable variable=",
    "##vso[task.uploadsummary]/",
];

#[test]
fn nothing_in_a_hostile_log_acts_on_the_host() {
    for context in [Context::github(), Context::azure_pipelines(), Context::shell()] {
        context.fault("kudu.hostile-log");
        let folder = context.static_app("1.0");
        let ran = context.run("zip-deploy", &staging(&folder, &[]));
        ran.exits(0).says(["pwned"]);
        for line in ran.stderr.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            let is_own = context.kind != Kind::Shell && OWN.iter().any(|own| line.starts_with(own));
            if is_own {
                assert!(!line.to_lowercase().contains("pwned"), "{line:?}");
                continue;
            }
            let visible: String = line.chars().filter(|letter| !"\u{ad}\u{200b}\u{feff}".contains(*letter)).collect();
            assert!(!visible.trim_start().starts_with("::"), "{line:?}");
            assert!(!visible.contains("##["), "{line:?}");
            assert!(!visible.contains("##vso["), "{line:?}");
            assert!(!line.chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{line:?}");
            assert!(line.len() < 10_000, "a line of {} bytes", line.len());
        }
        let names: Vec<&str> = ran.commands.iter().map(|command| command.name.as_str()).collect();
        let harmless = ["group", "endgroup", "add-mask", "task.setsecret", "task.setvariable", "task.uploadsummary"];
        assert!(names.iter().all(|name| harmless.contains(name)), "{names:?}");
        assert!(!ran.variables.keys().chain(ran.outputs.keys()).any(|name| name.to_lowercase() == "pwned"), "{ran}");
        assert!(ran.masks.iter().all(|mask| mask.len() > 20), "{:?}", ran.masks);
    }
}
