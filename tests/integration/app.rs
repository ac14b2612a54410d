//! Small apps to deploy: a folder of static files, and one that a process serves.

use serde_json::json;

use crate::context::Context;

/// A server of a few lines, which tells its version and its slot's settings; `/broken` is a page that fails, `/slow` one that takes 10 ms.
const PYTHON: &str = r#"
import http.server, json, os, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        facts = {"version": open("VERSION").read().strip(), "environment": os.environ.get("ENVIRONMENT_NAME"),
                 "feature": os.environ.get("FEATURE")}
        body = json.dumps(facts).encode()
        if self.path == "/slow":
            time.sleep(0.01)
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

/// The command that starts the app with a process.
pub(crate) const START: &str = "python3 app.py";

impl Context {
    /// A folder of static files that tell the version at `/version.json`, relative to the working directory.
    pub(crate) fn static_app(&self, version: &str) -> String {
        let folder = format!("site-{version}");
        self.file(&format!("{folder}/index.html"), &format!("<h1>{version}</h1>\n"));
        self.file(&format!("{folder}/version.json"), &json!({"version": version}).to_string());
        folder
    }

    /// The same version as an app with a process.
    pub(crate) fn python_app(&self, version: &str) -> String {
        let folder = format!("app-{version}");
        self.file(&format!("{folder}/app.py"), PYTHON);
        self.file(&format!("{folder}/VERSION"), version);
        folder
    }

    /// Deploys a folder.
    #[track_caller]
    pub(crate) fn deploy(&self, folder: &str, slot: &str) {
        let app = self.variable("APP");
        self.run("zip-deploy", &["--app-name", &app, "--slot-name", slot, "--package", folder]).exits(0);
    }

    /// The version that production, or a slot, serves.
    pub(crate) fn version(&self, slot: &str) -> String {
        let seen = self.visit(slot, "/version.json");
        let json: serde_json::Value = serde_json::from_str(&seen.body).unwrap_or_default();
        json["version"].as_str().map_or_else(|| format!("status {}", seen.status), str::to_owned)
    }
}
