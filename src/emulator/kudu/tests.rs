//! Tests of the SCM sites: packages pushed over HTTP shapes into slots with real app processes.
#![expect(clippy::disallowed_methods, reason = "a test of real processes lives in the real world")]

use std::io::{Cursor, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use super::*;
use crate::emulator::sites::{Launch, PRODUCTION};

const APP: &str = r#"
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open('version').read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

struct OneSite {
    os: Os,
    launch: Mutex<Launch>,
    running: AtomicBool,
}

impl Sites for OneSite {
    fn view(&self, app: &str, slot: &str) -> Option<SlotView> {
        Some(SlotView {
            app: app.to_owned(),
            slot: slot.to_owned(),
            os: self.os,
            running: self.running.load(Ordering::Relaxed),
            launch: self.launch.lock().unwrap().clone(),
            scm_authority: format!("{app}.scm.azurewebsites.localhost:8443"),
        })
    }

    fn authorize_scm(&self, _app: &str, _slot: &str, authorization: Option<&str>) -> Result<(), u16> {
        authorization.map(|_| ()).ok_or(401)
    }
}

struct World {
    kudu: Arc<Kudu>,
    site: Arc<OneSite>,
    faults: Faults,
    _home: tempfile::TempDir,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl World {
    fn new(os: Os, command: Option<&str>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (faults, clock) = (Faults::default(), Clock::new(300.0));
        let runtime = Runtime::new(home.path().to_owned(), clock, faults.clone());
        for slot in [PRODUCTION, "staging"] {
            runtime.add_slot("shop", slot);
        }
        let launch = Mutex::new(Launch { command: command.map(str::to_owned), ..Launch::default() });
        let site = Arc::new(OneSite { os, launch, running: AtomicBool::new(true) });
        let kudu = Kudu::new(runtime, Arc::clone(&site) as Arc<dyn Sites>, clock, faults.clone());
        Self { kudu, site, faults, _home: home }
    }

    async fn send(&self, slot: &str, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path).header("authorization", "Bearer x");
        let request = if method == "PUT" { request.header("content-type", "application/json") } else { request };
        answer(self.kudu.handle("shop", slot, request.body(body.into()).unwrap()).await).await
    }

    async fn get(&self, slot: &str, path: &str) -> Answer {
        self.send(slot, "GET", path, "").await
    }

    async fn page(&self, slot: &str) -> Answer {
        let request = Request::get("/").body(Body::empty()).unwrap();
        answer(self.kudu.runtime.serve("shop", slot, request).await).await
    }

    /// Pushes and waits for the end of the deployment and of the restart.
    async fn deploy(&self, slot: &str, query: &str, package: Vec<u8>) -> (String, Value) {
        let pushed = self.send(slot, "POST", query, package).await;
        assert_eq!(pushed.status, 202, "{}", pushed.text);
        let latest = self.until(slot, "/api/deployments/latest", |answer| answer.status == 200).await.json();
        let id = pushed.header("scm-deployment-id").to_owned();
        let ended = |status: Option<DeploymentStatus>| status.is_none_or(|status| status.status != "RuntimeStarting");
        for _ in 0..500 {
            let idle = self.kudu.runtime.instances("shop", slot) != crate::emulator::runtime::Instances::Starting;
            if idle && ended(self.kudu.deployment_status("shop", slot, &id)) {
                return (id, latest);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the restart does not end");
    }

    async fn until(&self, slot: &str, path: &str, good: impl Fn(&Answer) -> bool) -> Answer {
        for _ in 0..1000 {
            let answer = self.get(slot, path).await;
            if good(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{path} never became what it should");
    }

    async fn until_status(&self, id: &str, wanted: &str) -> DeploymentStatus {
        for _ in 0..1000 {
            match self.kudu.deployment_status("shop", PRODUCTION, id) {
                Some(status) if status.status == wanted => return status,
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        panic!("{wanted} never came");
    }

    /// All lines of a log with their types, children behind their parents.
    async fn log(&self, slot: &str, id: &str) -> Vec<(String, u64)> {
        let mut lines = Vec::new();
        let line = |line: &Value| (line["message"].as_str().unwrap().to_owned(), line["type"].as_u64().unwrap());
        for entry in self.get(slot, &format!("/api/deployments/{id}/log")).await.json().as_array().unwrap() {
            lines.push(line(entry));
            if let Some(url) = entry["details_url"].as_str() {
                let path = url.split_once(":8443").unwrap().1;
                lines.extend(self.get(slot, path).await.json().as_array().unwrap().iter().map(line));
            }
        }
        lines
    }

    fn file(&self, slot: &str, name: &str) -> Option<String> {
        std::fs::read_to_string(self.kudu.runtime.content("shop", slot).unwrap().wwwroot().join(name)).ok()
    }
}

async fn answer(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 24).await.unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8(body.to_vec()).unwrap() }
}

fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const PUBLISH: &str = "/api/publish?type=zip&async=true&clean=true&restart=true";

#[tokio::test]
async fn a_package_becomes_a_running_app_step_by_step() {
    let world = World::new(Os::Linux, Some("python3 app.py"));
    let pushed = world.send(PRODUCTION, "POST", PUBLISH, package(&[("app.py", APP), ("version", "one")])).await;
    let id = pushed.header("scm-deployment-id").to_owned();
    assert_eq!((pushed.status, pushed.header("retryafter"), pushed.text.as_str()), (202, "30", ""));
    let location = "https://shop.scm.azurewebsites.localhost:8443/api/deployments/latest?deployer=OneDeploy&time=";
    assert!(pushed.header("location").starts_with(location));
    assert!(pushed.header("set-cookie").starts_with("ARRAffinity="));
    let first = world.get(PRODUCTION, "/api/deployments/latest").await;
    let body = first.json();
    assert_eq!((first.status, &body["status"], &body["is_temp"]), (202, &json!(0), &json!(true)));
    assert!(body["id"].as_str().unwrap().starts_with("temp-") && body["url"].is_null());
    assert_eq!(world.get(PRODUCTION, &format!("/api/deployments/{id}")).await.status, 404);
    assert_eq!(world.kudu.deployment_status("shop", PRODUCTION, &id), None);
    let conflict = world.send(PRODUCTION, "POST", PUBLISH, "").await;
    assert_eq!(conflict.status, 409);
    assert!(conflict.text.contains("conflicts with the pending"), "{}", conflict.text);
    let uri = world.send(PRODUCTION, "PUT", "/api/zipdeploy?isAsync=true", r#"{"packageUri":"http://x/"}"#).await;
    assert!(uri.status == 409 && uri.text.contains("currently in progress"));
    assert_eq!(world.get(PRODUCTION, "/api/isdeploying").await.json()["value"], "True");
    world.until_status(&id, "BuildInProgress").await;
    let pending = world.get(PRODUCTION, &format!("/api/deployments/{id}")).await.json();
    assert_eq!(pending["status_text"], format!("Building and Deploying '{id}'."));
    let done = world.until(PRODUCTION, "/api/deployments/latest", |answer| answer.status == 200).await.json();
    assert_eq!((&done["id"], &done["status"], &done["active"]), (&json!(id), &json!(4), &json!(true)));
    let status = world.until_status(&id, "RuntimeSuccessful").await;
    assert!(status.is_final && status.successful == 1);
    assert_eq!(world.page(PRODUCTION).await.text, "one");
    let log = world.log(PRODUCTION, &id).await;
    assert!(log.contains(&("Copying file: 'version'".to_owned(), 0)), "{log:?}");
    let manifest = world.get(PRODUCTION, &format!("/api/vfs/site/deployments/{id}/manifest")).await;
    assert_eq!((manifest.status, manifest.text.as_str()), (200, "app.py\nversion\n"));
    world.kudu.runtime.flip("shop", "staging", PRODUCTION);
    assert_eq!(world.get("staging", "/api/deployments").await.json()[0]["id"], id);
    assert_eq!(world.get(PRODUCTION, "/api/deployments").await.json(), json!([]));
    world.kudu.runtime.shutdown().await;
}

#[tokio::test]
async fn a_false_success_keeps_the_old_file_and_tells_only_the_log() {
    let world = World::new(Os::Linux, Some("python3 app.py"));
    world.deploy("staging", PUBLISH, package(&[("app.py", APP), ("version", "one")])).await;
    world.faults.switch_on("kudu.false-success").unwrap();
    let (id, done) = world.deploy("staging", PUBLISH, package(&[("app.py", APP), ("version", "two")])).await;
    assert_eq!(done["status"], 4);
    assert_eq!(world.file("staging", "version").unwrap(), "one");
    let log = world.log("staging", &id).await;
    assert!(log.contains(&("Running deployment command...".to_owned(), 2)), "{log:?}");
    assert!(log.iter().any(|(line, kind)| *kind == 2 && line.contains("cannot copy file 'version'")));
    world.kudu.runtime.shutdown().await;
}

#[tokio::test]
async fn a_failed_build_copies_nothing() {
    let world = World::new(Os::Linux, None);
    world.faults.switch_on("kudu.build-fails").unwrap();
    world.faults.switch_on("kudu.hostile-log").unwrap();
    let (id, done) = world.deploy(PRODUCTION, PUBLISH, package(&[("index.html", "hi")])).await;
    assert_eq!((&done["status"], &done["active"]), (&json!(3), &json!(false)));
    assert_eq!(world.file(PRODUCTION, "index.html"), None);
    let status = world.kudu.deployment_status("shop", PRODUCTION, &id).unwrap();
    assert_eq!((status.status, status.error), ("BuildFailed", None));
    let log = world.log(PRODUCTION, &id).await;
    assert!(log.iter().any(|(line, kind)| *kind == 2 && line.starts_with("ERROR:")));
    assert!(log.iter().any(|(line, _)| line == "##vso[task.setvariable variable=PWNED]1"));
}

#[tokio::test]
async fn an_app_that_crashes_ends_as_runtime_failed() {
    let world = World::new(Os::Linux, Some("python3 app.py"));
    world.faults.switch_on("app.crashes-on-start").unwrap();
    let (id, done) = world.deploy(PRODUCTION, PUBLISH, package(&[("app.py", APP), ("version", "one")])).await;
    assert_eq!(done["status"], 4);
    let status = world.until_status(&id, "RuntimeFailed").await;
    assert!(status.failed == 1 && status.error.unwrap().contains("worker proccess failed to start"));
    assert_eq!(world.page(PRODUCTION).await.status, 503);
    world.faults.switch_off("app.crashes-on-start");
    let (id, _) = world.deploy("staging", PUBLISH, package(&[("app.py", APP), ("version", "two")])).await;
    assert_eq!(world.kudu.deployment_status("shop", "staging", &id).unwrap().status, "BuildSuccessful");
    world.kudu.runtime.shutdown().await;
}

#[tokio::test]
async fn the_pretended_lock_opens_after_its_time() {
    let world = World::new(Os::Linux, None);
    world.faults.switch_on("kudu.lock=30s").unwrap();
    let zip = || package(&[("index.html", "hi")]);
    let blocked = world.send(PRODUCTION, "POST", PUBLISH, zip()).await;
    assert_eq!(blocked.status, 409);
    let text = "The 'Preparing zip package' operation conflicts with the pending 'Performing continuous deployment'";
    assert!(blocked.text.starts_with(text), "{}", blocked.text);
    for _ in 0..500 {
        if world.send(PRODUCTION, "POST", PUBLISH, zip()).await.status == 202 {
            world.until(PRODUCTION, "/api/deployments/latest", |answer| answer.status == 200).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the lock never opens");
}

#[tokio::test]
async fn refusals_say_why() {
    let world = World::new(Os::Linux, None);
    let request = Request::get("/api/deployments").body(Body::empty()).unwrap();
    let stranger = answer(world.kudu.handle("shop", PRODUCTION, request).await).await;
    assert_eq!((stranger.status, stranger.text.as_str()), (401, ""));
    let bad = world.send(PRODUCTION, "POST", "/api/publish?type=rpm", "").await;
    assert_eq!((bad.status, bad.text.as_str()), (400, "type='rpm' not recognized"));
    let request = Request::post(PUBLISH).header("authorization", "x").header("x-ms-artifact-checksum", "00");
    let wrong = answer(world.kudu.handle("shop", PRODUCTION, request.body("zip".into()).unwrap()).await).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(world.get(PRODUCTION, "/api/nothing").await.status, 404);
    let url = ("WEBSITE_RUN_FROM_PACKAGE".to_owned(), "https://example/x.zip".to_owned());
    world.site.launch.lock().unwrap().settings.extend([url]);
    let permanent = world.send(PRODUCTION, "POST", PUBLISH, "").await;
    assert!(permanent.status == 409 && permanent.text.contains("remote URL"));
}

#[tokio::test]
async fn a_package_that_leads_out_stays_temporary() {
    let world = World::new(Os::Linux, None);
    for bytes in [package(&[("../../evil", "x")]), b"no zip".to_vec()] {
        let (id, done) = world.deploy(PRODUCTION, PUBLISH, bytes).await;
        assert_eq!((&done["status"], &done["is_temp"]), (&json!(3), &json!(true)));
        assert_eq!(world.get(PRODUCTION, &format!("/api/deployments/{id}")).await.status, 404);
        assert_eq!(world.get(PRODUCTION, "/api/deployments/latest/log").await.status, 404);
        let temp = done["id"].as_str().unwrap();
        assert_eq!(world.log(PRODUCTION, temp).await.last().unwrap().1, 2);
    }
}

#[tokio::test]
async fn zipdeploy_copies_what_has_another_time_and_deletes_what_it_brought() {
    let world = World::new(Os::Windows, None);
    let wwwroot = world.kudu.runtime.content("shop", PRODUCTION).unwrap().wwwroot();
    std::fs::write(wwwroot.join("mine.txt"), "foreign").unwrap();
    let push = "/api/zipdeploy?isAsync=true&trackDeploymentProgress=true";
    let (id, done) = world.deploy(PRODUCTION, push, package(&[("a.html", "1"), ("old\\b.html", "1")])).await;
    assert_eq!(
        (id.len(), &done["provisioningState"], &done["deployer"]),
        (32, &json!("Succeeded"), &json!("ZipDeploy"))
    );
    assert_eq!(done["url"], "https://shop.scm.azurewebsites.localhost:8443/api/deployments/latest");
    assert_eq!(world.kudu.deployment_status("shop", PRODUCTION, &id), None);
    assert_eq!(world.file(PRODUCTION, "old/b.html").unwrap(), "1");
    // The same time in the zip: the changed file is not deployed.
    let (id, _) = world.deploy(PRODUCTION, push, package(&[("a.html", "2")])).await;
    assert_eq!(world.file(PRODUCTION, "a.html").unwrap(), "1");
    assert_eq!(world.file(PRODUCTION, "old/b.html"), None);
    assert_eq!(world.file(PRODUCTION, "mine.txt").unwrap(), "foreign");
    assert!(world.log(PRODUCTION, &id).await.contains(&("Deleting file: 'old\\b.html'".to_owned(), 0)));
    let sync =
        world.send(PRODUCTION, "POST", "/api/publish?type=zip", package(&[("a.html", "3"), ("i.html", "3")])).await;
    assert_eq!((sync.status, sync.text.as_str(), world.file(PRODUCTION, "a.html").unwrap().as_str()), (200, "", "3"));
    assert_eq!(world.file(PRODUCTION, "mine.txt"), None);
}
