//! Pitfalls 5, 13 and 14: what a running tool shows to others on its machine: arguments, environment, memory, files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::context::{Context, Kind, Setup};
use crate::started::until;

/// An Azure so slow that nothing ends by itself while a test looks.
fn slow() -> Context {
    Context::new(Kind::GitHub, Setup { speed: 1.0, ..Setup::default() })
}

fn status(process: &Path) -> String {
    fs::read_to_string(process.join("status")).unwrap_or_default()
}

/// All processes that this one has started, and those that they have.
fn below(id: u32) -> Vec<PathBuf> {
    let all: Vec<PathBuf> = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path())).collect();
    let children = all.iter().filter(|process| status(process).contains(&format!("\nPPid:\t{id}\n")));
    let numbers = |process: &&PathBuf| process.file_name()?.to_str()?.parse().ok();
    children.clone().cloned().chain(children.filter_map(|child| numbers(&child)).flat_map(below)).collect()
}

#[test]
fn a_tool_at_work_has_no_secret_among_its_arguments_and_starts_no_process() {
    let context = slow();
    let folder = context.static_app("1.0");
    let arguments = ["--app-name", "app1", "--slot-name", "staging", "--package", &folder];
    let mut started = context.start("zip-deploy", &arguments);
    let pushed =
        |context: &Context| context.emulator.requests().iter().any(|request| request.path.contains("/publish"));
    started.wait_until("the package is sent", |_| pushed(&context));
    let line = fs::read(format!("/proc/{}/cmdline", started.id())).unwrap();
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).skip(1).filter(|word| !word.is_empty()).collect();
    assert_eq!(words, arguments.map(str::as_bytes), "nothing was added to the arguments");
    assert_eq!(below(started.id()), Vec::<PathBuf>::new());
    started.signal("SIGINT");
    started.end().exits(130);
}

#[test]
fn an_app_that_is_rehearsed_sees_nothing_of_the_job_that_rehearses_it() {
    let context = Context::github();
    let folder = context.python_app("1.0");
    let mut started = context.start("siding", &["rehearse", &folder, "--watch", "5m"]);
    started.wait_until("an app runs", |started| started.stderr().contains("proven by slotSwapStatus"));
    // A process may end while it is looked at.
    let environment = |app: &PathBuf| String::from_utf8(fs::read(app.join("environ")).unwrap_or_default()).unwrap();
    let apps: Vec<_> = below(started.id()).into_iter().map(|app| (environment(&app), app)).collect();
    assert!(apps.iter().any(|(environment, _)| environment.contains("PORT=")), "no app is seen: {apps:?}");
    for (environment, app) in apps {
        for name in ["ACTIONS_", "GITHUB_", "AZURE_", "SSL_CERT_FILE"] {
            let leaked = environment.split('\0').any(|entry| entry.starts_with(name));
            assert!(!leaked, "{}: {name}\n{environment}", app.display());
        }
    }
    started.signal("SIGINT");
    started.end().exits(130);
}

#[test]
fn a_tool_that_is_killed_leaves_no_core_file() {
    // Here a core file would be written: the limit of this machine is lifted for whoever is started from now on.
    let limit = getrlimit(Resource::Core);
    setrlimit(Resource::Core, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let context = Context::github();
    let url = context.emulator.app_url("app1", "production");
    let mut started = context.start("smoke-test", &["--url", &url, "--checks", "/ status=418"]);
    started.wait_until("it tests", |started| started.stderr().contains("not yet"));
    let limits = fs::read_to_string(format!("/proc/{}/limits", started.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    started.signal("SIGABRT");
    let ended = started.status();
    assert!(ended.signal().is_some() && !ended.core_dumped(), "{ended:?}");
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_a_tool_writes_for_itself_is_its_own_and_goes_with_it() {
    let context = slow();
    let folder = context.static_app("1.0");
    let mut names = Vec::new();
    for _ in 0..2 {
        let mut started = context.start("zip-deploy", &["--app-name", "app1", "--package", &folder]);
        let mut found = Vec::new();
        until("the package is written", || {
            found = fs::read_dir(started.temp()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
            found.first().is_some_and(|directory| directory.join("package.zip").is_file())
        });
        let directory = found.remove(0);
        assert_eq!((mode(&directory), mode(&directory.join("package.zip"))), (0o700, 0o600));
        names.push(directory.file_name().unwrap().to_string_lossy().into_owned());
        started.interrupt_when("it is at work", |_| true);
        // That nothing is left is looked at wherever a run ends.
        started.end().exits(130);
    }
    for name in &names {
        let random = name.strip_prefix("siding-package-").unwrap();
        assert!(random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name} can be guessed");
    }
    assert_ne!(names[0], names[1], "a name that comes again can be guessed");
}

#[test]
fn a_summary_that_waits_for_the_agent_is_nobody_elses() {
    let context = Context::azure_pipelines();
    let ran = context.run("oidc-login", &[]);
    let uploads = ran.exits(0).commands.iter().filter(|command| command.name == "task.uploadsummary");
    let paths: Vec<&Path> = uploads.map(|command| Path::new(&command.data)).collect();
    assert_eq!(paths.iter().map(|path| mode(path)).collect::<Vec<_>>(), [0o600], "{ran}");
}
