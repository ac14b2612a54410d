//! Tests of the runtime with real processes: a small Python server, started, replaced, swapped, crashed and ended.
#![expect(clippy::disallowed_methods, reason = "a test of real processes lives in the real world")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use axum::body::{Body, to_bytes};
use axum::extract::Request;

use super::{Instances, Launch, Runtime, WarmUp, WarmUpFailure};
use crate::emulator::clock::Clock;
use crate::emulator::faults::Faults;
use crate::emulator::sites::PRODUCTION;

/// Answers with the text of `version`, its process id, and one setting; nothing is read before it is asked.
const APP: &str = r#"
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{open('version').read()} {os.getpid()} {os.environ.get('COLOUR', '')} {self.headers['X-Forwarded-Host']}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

struct World {
    runtime: Arc<Runtime>,
    faults: Faults,
    _home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let faults = Faults::default();
        let runtime = Runtime::new(home.path().to_owned(), Clock::new(60.0), faults.clone());
        runtime.add_slot("Shop", PRODUCTION);
        runtime.add_slot("Shop", "staging");
        Self { runtime, faults, _home: home }
    }

    fn write(&self, slot: &str, version: &str) {
        let content = self.runtime.content("shop", slot).unwrap();
        std::fs::write(content.wwwroot().join("app.py"), APP).unwrap();
        std::fs::write(content.wwwroot().join("version"), version).unwrap();
        content.deployed(self.faults.is_on("app.crashes-on-start"));
    }

    async fn get(&self, slot: &str, path: &str) -> (u16, String) {
        get(&self.runtime, slot, path).await
    }
}

async fn get(runtime: &Runtime, slot: &str, path: &str) -> (u16, String) {
    let request = Request::get(path).header("host", "shop.azurewebsites.localhost:8443").body(Body::empty()).unwrap();
    let answer = runtime.serve("shop", slot, request).await;
    let status = answer.status().as_u16();
    (status, String::from_utf8(to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
}

fn python(colour: &str) -> Launch {
    let settings = BTreeMap::from([("COLOUR".to_owned(), colour.to_owned())]);
    Launch { command: Some("python3 app.py".to_owned()), settings }
}

fn process_id(text: &str) -> u32 {
    text.split(' ').nth(1).unwrap().parse().unwrap()
}

/// A process that init has not reaped yet is dead all the same.
fn is_alive(process_id: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
    state.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

#[tokio::test]
async fn serves_the_start_page_then_the_app_and_ends_it_with_the_emulator() {
    let world = World::new();
    assert!(world.get(PRODUCTION, "/").await.1.contains("hostingstart"));
    world.write(PRODUCTION, "one");
    world.runtime.restart("shop", PRODUCTION, python("red")).await;
    let (status, text) = world.get(PRODUCTION, "/anything?x=1").await;
    assert_eq!(status, 200);
    assert!(text.starts_with("one ") && text.ends_with(" red shop.azurewebsites.localhost:8443"), "{text}");
    assert_eq!(world.runtime.instances("shop", PRODUCTION), Instances::Running);
    let content = world.runtime.content("shop", PRODUCTION).unwrap();
    assert!(!content.wwwroot().join("__pycache__").exists());
    world.runtime.shutdown().await;
    assert!(!is_alive(process_id(&text)));
    assert_eq!(world.get(PRODUCTION, "/").await.0, 503);
}

#[tokio::test]
async fn no_request_fails_while_slots_are_restarted_and_swapped_under_load() {
    let world = World::new();
    world.write(PRODUCTION, "one");
    world.write("staging", "two");
    world.runtime.restart("shop", PRODUCTION, python("red")).await;
    let (stop, failed, answered) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let load: Vec<_> = (0..2)
        .map(|_| {
            let (runtime, stop) = (Arc::clone(&world.runtime), Arc::clone(&stop));
            let (failed, answered) = (Arc::clone(&failed), Arc::clone(&answered));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let (status, _) = get(&runtime, PRODUCTION, "/").await;
                    answered.fetch_add(1, Ordering::Relaxed);
                    failed.fetch_add(u32::from(status != 200), Ordering::Relaxed);
                }
            })
        })
        .collect();
    world.runtime.restart("shop", PRODUCTION, python("red")).await;
    let warm_up = WarmUp { path: "/".to_owned(), statuses: Some(vec![200]) };
    world.runtime.prepare_swap("shop", "staging", python("red"), warm_up).await.unwrap();
    world.runtime.flip("shop", "staging", PRODUCTION);
    assert!(world.get(PRODUCTION, "/").await.1.starts_with("two "));
    world.runtime.restart("shop", "staging", python("blue")).await;
    stop.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    let (_, old) = world.get("staging", "/").await;
    assert!(old.starts_with("one ") && old.contains(" blue "), "{old}");
    assert_eq!(failed.load(Ordering::Relaxed), 0);
    assert!(answered.load(Ordering::Relaxed) > 20);
    world.runtime.shutdown().await;
}

#[tokio::test]
async fn an_app_that_crashes_takes_its_slot_down_and_leaves_production_alone() {
    let world = World::new();
    world.write(PRODUCTION, "one");
    world.runtime.restart("shop", PRODUCTION, python("red")).await;
    world.faults.switch_on("app.crashes-on-start").unwrap();
    world.write("staging", "two");
    world.runtime.restart("shop", "staging", python("blue")).await;
    assert_eq!(world.get("staging", "/").await.0, 503);
    let Instances::Failed { log_tail } = world.runtime.instances("shop", "staging") else { panic!("it runs") };
    assert!(log_tail.contains("unhandled exception"));
    let warm_up = WarmUp { path: "/".to_owned(), statuses: None };
    let failure = world.runtime.prepare_swap("shop", "staging", python("red"), warm_up).await.unwrap_err();
    assert!(matches!(failure, WarmUpFailure::DidNotStart { .. }));
    world.runtime.restart("shop", PRODUCTION, python("red")).await;
    assert_eq!(world.get(PRODUCTION, "/").await.0, 200);
    world.runtime.shutdown().await;
}

#[tokio::test]
async fn an_app_that_fails_after_the_swap_is_well_again_when_it_leaves_production() {
    let world = World::new();
    for (slot, version) in [(PRODUCTION, "one"), ("staging", "two")] {
        world.write(slot, version);
        world.runtime.restart("shop", slot, python("red")).await;
    }
    world.faults.switch_on("app.fails-after-swap").unwrap();
    world.runtime.flip("shop", "staging", PRODUCTION);
    assert_eq!(world.get(PRODUCTION, "/").await.0, 500);
    world.runtime.flip("shop", "staging", PRODUCTION);
    assert!(world.get(PRODUCTION, "/").await.1.starts_with("one "));
    assert!(world.get("staging", "/").await.1.starts_with("two "));
    world.runtime.shutdown().await;
}

#[tokio::test]
async fn a_stopped_slot_is_disabled_until_it_is_started() {
    let world = World::new();
    world.write("staging", "two");
    let (started, waited) =
        tokio::join!(world.runtime.restart("shop", "staging", python("red")), world.get("staging", "/"));
    let () = started;
    assert_eq!(waited.0, 200, "a request waits for the first worker");
    world.runtime.stop("shop", "staging").await;
    let (status, page) = world.get("staging", "/").await;
    assert!(status == 403 && page.contains("Site Disabled"));
    assert!(!is_alive(process_id(&waited.1)));
    assert_eq!(world.runtime.instances("shop", "staging"), Instances::None);
    world.runtime.restart("shop", "staging", python("red")).await;
    assert_eq!(world.get("staging", "/").await.0, 200);
    world.runtime.shutdown().await;
}

#[tokio::test]
async fn another_thread_reads_the_last_lines_of_an_apps_own_log() {
    let world = World::new();
    let tail = |slot: &str| std::thread::scope(|scope| scope.spawn(|| world.runtime.log_tail("Shop", slot)).join());
    assert_eq!(tail("staging").unwrap(), None);
    assert_eq!(tail("missing").unwrap(), None);
    world.write("staging", "two");
    let launch = Launch { command: Some("seq 1 50; python3 app.py".to_owned()), ..python("red") };
    world.runtime.restart("shop", "staging", launch).await;
    let running = tail("staging").unwrap().unwrap();
    assert!(running.starts_with("31\n") && running.ends_with("\n50"), "{running}");
    world.faults.switch_on("app.crashes-on-start").unwrap();
    world.write("staging", "three");
    world.runtime.restart("shop", "staging", python("red")).await;
    assert!(tail("staging").unwrap().unwrap().contains("unhandled exception"));
    world.runtime.flip("shop", "staging", PRODUCTION);
    assert!(tail(PRODUCTION).unwrap().is_some(), "the log moves with the content");
    assert_eq!(tail("staging").unwrap(), None);
    world.runtime.shutdown().await;
}

#[tokio::test]
async fn a_shell_with_children_is_ended_as_a_whole() {
    let world = World::new();
    world.write("staging", "two");
    let launch = Launch { command: Some("sleep 300 & python3 app.py; true".to_owned()), ..python("red") };
    world.runtime.restart("shop", "staging", launch).await;
    let (_, text) = world.get("staging", "/").await;
    world.runtime.stop("shop", "staging").await;
    assert!(!is_alive(process_id(&text)));
    assert_eq!(world.runtime.serve("shop", "missing", Request::default()).await.status(), 404);
}

#[tokio::test]
#[cfg(unix)]
async fn static_files_never_lead_out_of_the_folder() {
    let world = World::new();
    let content = world.runtime.content("shop", "staging").unwrap();
    std::fs::write(content.wwwroot().join("index.html"), "<h1>hi</h1>").unwrap();
    std::fs::write(content.home().join("secret.txt"), "secret").unwrap();
    std::os::unix::fs::symlink(content.home().join("secret.txt"), content.wwwroot().join("link.txt")).unwrap();
    world.runtime.restart("shop", "staging", Launch::default()).await;
    assert_eq!(world.get("staging", "/").await, (200, "<h1>hi</h1>".to_owned()));
    for path in ["/../../secret.txt", "/%2e%2e/%2e%2e/secret.txt", "/..%2f..%2fsecret.txt", "/link.txt", "/%", "/a%00"]
    {
        assert_eq!(world.get("staging", path).await.0, 404, "{path}");
    }
}
