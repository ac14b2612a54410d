//! `siding rehearse`: the whole release on one machine, with the example app and without any.

use std::path::Path;

use serde_json::Value;

use crate::context::Context;
use crate::ran::Ran;
use crate::started::at_once;

fn example() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/inventory-api").display().to_string()
}

/// Rehearses the example app with a short watch. The context's own emulator plays no part in it.
fn rehearse(more: &[&str]) -> Ran {
    let context = Context::shell();
    let ran = context.run("siding", &[&["rehearse", &example(), "--watch", "300ms", "--speed", "200"], more].concat());
    assert!(ran.requests.is_empty(), "{ran}");
    ran
}

fn version() -> String {
    std::fs::read_to_string(Path::new(&example()).join("VERSION")).unwrap().trim().to_owned()
}

/// What production and the slot serve at the end.
#[track_caller]
fn assert_served(result: &Value, production: &str, slot: &str) {
    let after = &result["release"]["after"];
    assert_eq!((&after[0]["version"], &after[1]["version"]), (&production.into(), &slot.into()), "{result:#}");
}

#[test]
fn the_example_is_released_without_a_failed_request() {
    let ran = rehearse(&["--json"]);
    let new = version();
    ran.exits(0).says([&format!("production serves {new}"), " requests to production, 0 failed", "to undo"]);
    let result = ran.json();
    assert_served(&result, &new, &format!("{new}-previous"));
    assert_eq!(result["production"]["failed"], 0, "{ran}");
    assert!(result["production"]["requests"].as_u64().unwrap() > 5, "{ran}");
}

#[test]
fn a_build_that_fails_in_production_is_swapped_back() {
    let ran = rehearse(&["--fault", "app.fails-after-swap", "--json"]);
    let old = format!("{}-previous", version());
    ran.exits(6).says(["SID0404", &format!("production serves {old}")]);
    assert_eq!(ran.json()["failure"]["code"], "SID0404");
    assert_served(&ran.json()["result"], &old, &version());
}

#[test]
fn a_false_success_names_the_file_and_leaves_production_alone() {
    let ran = rehearse(&["--fault", "kudu.false-success"]);
    let old = format!("{}-previous", version());
    ran.exits(1).says(["SID0304", "was not deployed, although", &format!("production serves {old}"), ", 0 failed"]);
}

#[test]
fn a_wrong_subject_prints_the_command_that_mends_it() {
    let ran = rehearse(&["--fault", "entra.subject-mismatch"]);
    ran.exits(3).says([
        "AADSTS700213",
        "az ad app federated-credential create",
        "\"subject\":\"repo:siding-dev/inventory-api:environment:production\"",
    ]);
}

#[test]
fn other_faults_end_as_they_should() {
    let rows = [("kudu.lock=30s", 0, "is busy, waiting"), ("swap.warmup-fails", 1, "SID0402")];
    at_once(&rows, |(fault, exit, says)| {
        rehearse(&["--fault", fault]).exits(*exit).says([says]);
    });
}

#[test]
fn a_folder_without_a_program_is_served_as_static_files() {
    let context = Context::shell();
    let folder = context.static_app("1.0");
    let arguments = ["rehearse", &folder, "--watch", "300ms", "--speed", "200", "--journal", "journal.jsonl", "--json"];
    let ran = context.run("siding", &arguments);
    assert_served(&ran.exits(0).json(), "1.0.0", "1.0.0-previous");
    let journal = std::fs::read_to_string(context.work().join("journal.jsonl")).unwrap();
    assert!(journal.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{journal}");
}

#[test]
fn without_python_it_says_so_and_serves_static_files() {
    let context = Context::shell();
    let nothing = context.work().display().to_string();
    for (path, folder) in [("", example()), (nothing.as_str(), context.python_app("1.0"))] {
        let ran =
            context.run_with("siding", &["rehearse", &folder, "--watch", "300ms", "--speed", "200"], &[("PATH", path)]);
        ran.exits(0).says(["there is no `python3` on this machine", "the folder is served as static files"]);
    }
}

#[test]
fn a_real_jobs_variables_do_not_reach_a_rehearsal() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let ran = context.run_with(
        "siding",
        &["rehearse", &folder, "--watch", "300ms", "--speed", "200"],
        &[
            ("AZURE_CLIENT_ID", "nonsense"),
            ("INPUT_APP-NAME", "another"),
            ("AZURE_CLIENT_SECRET", "a-secret-of-the-job"),
        ],
    );
    ran.exits(0);
    assert!(ran.requests.is_empty() && ran.outputs.is_empty() && ran.variables.is_empty(), "{ran}");
    assert!(ran.summary.starts_with("### rehearse"), "{}", ran.summary);
}

/// An app that is fine for whoever checks it. It knows checks by their headers, and tells everybody else what `$ODD` says.
const TWO_FACED: &str = r#"
import http.server, json, os

VERSION = json.load(open("build-info.json"))["version"]
ODD = os.environ.get("ODD", "")
asked = 0

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        is_check, is_look = "cache-control" in self.headers, "cookie" in self.headers
        status, version = 200, VERSION
        if self.path == "/version" and not is_check and is_look and ODD == "stale":
            version = "0.1"
        if self.path == "/version" and not is_check and not is_look:
            asked += 1
            status = 500 if ODD == "shaky" and asked % 5 == 0 else 200
        body = json.dumps({"version": version}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

fn two_faced(odd: &str, more: &[&str]) -> Ran {
    let context = Context::shell();
    context.file("two-faced/app.py", TWO_FACED);
    let setting = format!("ODD={odd}");
    let arguments = ["rehearse", "two-faced", "--release-version", "2.0", "--speed", "200", "--watch", "300ms"];
    context.run("siding", &[&arguments, &["--setting", &setting][..], more].concat())
}

#[test]
fn a_production_that_does_not_show_the_new_version_is_a_failure() {
    two_faced("nothing", &[]).exits(0).says(["production serves 2.0, staging serves 2.0-previous", " 0 failed"]);
    let ran = two_faced("stale", &["--json"]);
    ran.exits(1).says(["SID0601", "production serves 0.1, not 2.0"]);
    assert_eq!(ran.json()["failure"]["code"], "SID0601");
    assert!(ran.json()["result"]["release"]["swap-timestamp"].is_string(), "{ran}");
}

#[test]
fn requests_that_fail_are_a_failure_unless_a_fault_was_asked_for() {
    let ran = two_faced("shaky", &[]);
    ran.exits(1).says(["SID0601", "requests to production failed meanwhile", "(the first with status 500)"]);
    two_faced("shaky", &["--fault", "kudu.hostile-log"]).exits(0);
}
