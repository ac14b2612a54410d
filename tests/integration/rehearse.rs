//! `siding rehearse`: the exit code follows what production served, not only what the release believes.

use crate::context::Context;

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

fn rehearse(context: &Context, more: &[&str]) -> crate::ran::Ran {
    context.file("two-faced/app.py", TWO_FACED);
    let arguments = ["rehearse", "two-faced", "--release-version", "2.0", "--speed", "200", "--watch", "300ms"];
    // The rehearsal has an Azure of its own.
    context.run_with("siding", &[&arguments, more].concat(), &[("SSL_CERT_FILE", "")])
}

#[test]
fn a_release_that_nobody_noticed_is_a_good_rehearsal() {
    let context = Context::shell();
    rehearse(&context, &[]).exits(0).says(["production serves 2.0, staging serves 2.0-previous", " 0 failed"]);
}

#[test]
fn a_production_that_does_not_show_the_new_version_is_a_failure() {
    let context = Context::shell();
    let ran = rehearse(&context, &["--setting", "ODD=stale", "--json"]);
    ran.exits(1).says(["SID0601", "production serves 0.1, not 2.0"]);
    assert_eq!(ran.json()["failure"]["code"], "SID0601");
    assert!(ran.json()["result"]["release"]["swap-timestamp"].is_string(), "{ran}");
}

#[test]
fn requests_that_fail_are_a_failure_unless_a_fault_was_asked_for() {
    let context = Context::shell();
    let ran = rehearse(&context, &["--setting", "ODD=shaky"]);
    ran.exits(1).says(["SID0601", "requests to production failed meanwhile", "(the first with status 500)"]);
    rehearse(&context, &["--setting", "ODD=shaky", "--fault", "kudu.hostile-log"]).exits(0);
}
