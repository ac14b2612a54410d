//! The shim: which program it starts, with what, and what it says when it cannot.

#[cfg(target_os = "linux")]
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal, kill_process};

use crate::context::{Context, Kind, Setup, binary};
use crate::ran::Ran;
use crate::started::Started;
use crate::tidy::read;

use super::agent::{Agent, target};

fn agent() -> Option<Agent> {
    Agent::new(Context::azure_pipelines())
}

/// The text of the only issue on the log, as the agent shows it.
#[track_caller]
fn issue(ran: &Ran) -> &str {
    let mut issues = ran.commands.iter().filter(|command| command.name == "task.logissue");
    let issue = issues.next().unwrap_or_else(|| panic!("there is no issue\n{ran}"));
    assert!(issues.next().is_none() && issue.properties["type"] == "error", "{ran}");
    &issue.data
}

#[track_caller]
fn fails(ran: &Ran, texts: &[&str]) {
    ran.exits(1);
    let issue = issue(ran);
    for text in texts {
        assert!(issue.contains(text), "it does not say `{text}`: {issue}");
    }
    assert_eq!(ran.stdout.lines().count(), 1, "one line, and no stack of Node\n{ran}");
}

/// Words for Node that change what the shim sees of the machine before it starts.
fn preloaded(agent: &Agent, script: &str) -> [String; 2] {
    let file = agent.tasks.path().join("preload.cjs");
    fs::write(&file, script).unwrap();
    ["--require".to_owned(), file.display().to_string()]
}

fn run_preloaded(agent: &Agent, folder: &Path, script: &str) -> Ran {
    let words = preloaded(agent, script);
    agent.run_node(folder, &[&words[0], &words[1]], &[])
}

const NO_CHMOD: &str = "const fs = require('fs'); const real = fs.chmodSync;
fs.chmodSync = (file, mode) => { if (file.includes('/bin/')) throw new Error('EROFS'); real(file, mode); };";

#[test]
fn the_shim_is_small_and_needs_nothing_but_node() {
    let shim = read("actions/launch/shim.cjs");
    assert!(shim.lines().count() <= 130, "{} lines", shim.lines().count());
    let required = shim.split("require('").skip(1).filter_map(|rest| rest.split('\'').next());
    assert_eq!(required.collect::<Vec<_>>(), ["fs", "os", "path", "child_process"]);
    // What Node 10 cannot read, and what would take something from the environment of the program.
    for word in ["?.", "??", "async ", "await ", "catch {", "import("] {
        assert!(!shim.contains(word), "{word}");
    }
}

#[test]
fn a_program_without_its_execute_bit_gets_it_back() {
    let Some(agent) = agent() else { return };
    let folder = agent.bare("oidc-login");
    let program = copied(&folder, 0o644);
    let connection = agent.connection();
    agent.run(&folder, &[("azureSubscription", &connection)]).exits(0);
    assert_eq!(fs::metadata(program).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn where_the_bit_cannot_be_set_a_private_copy_is_run_and_taken_away() {
    let Some(agent) = agent() else { return };
    let folder = agent.bare("oidc-login");
    let program = copied(&folder, 0o644);
    // The copy is in the job's temporary folder, and nothing of it is left: every run is looked at for that.
    let ran = run_preloaded(&agent, &folder, NO_CHMOD);
    ran.exits(2).says(["SID0001", "`azureSubscription` is required"]);
    assert_eq!(fs::metadata(program).unwrap().permissions().mode() & 0o777, 0o644);
}

/// A copy of the program with this mode.
fn copied(folder: &Path, mode: u32) -> PathBuf {
    let bin = folder.join("bin").join(target());
    fs::create_dir_all(&bin).unwrap();
    let program = bin.join("oidc-login");
    fs::copy(binary("oidc-login"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
    program
}

#[test]
fn a_folder_that_the_user_names_comes_first() {
    let Some(mut agent) = agent() else { return };
    let folder = agent.bare("oidc-login");
    let bin = Path::new(binary("oidc-login")).parent().unwrap().display().to_string();
    agent.extra = vec![("SIDING_BIN".to_owned(), bin)];
    agent.run(&folder, &[]).exits(2).says(["`azureSubscription` is required"]);
    agent.extra = vec![("SIDING_BIN".to_owned(), "/no/such".to_owned())];
    agent.install("oidc-login");
    fails(&agent.run(&folder, &[]), &["/no/such/oidc-login does not exist", "`SIDING_BIN` names the folder"]);
}

#[test]
fn a_machine_that_is_not_supported_is_told() {
    let Some(agent) = agent() else { return };
    let folder = agent.install("zip-deploy");
    let script = "Object.defineProperty(process, 'arch', { value: 'riscv64' });";
    let ran = run_preloaded(&agent, &folder, script);
    fails(
        &ran,
        &["ZipDeploy cannot start on", "-riscv64", "it runs on linux-x64, linux-arm64, darwin-x64", "win32-x64"],
    );
}

#[test]
fn a_program_that_is_not_there_is_told_with_what_is() {
    let Some(agent) = agent() else { return };
    let folder = agent.install("zip-deploy");
    let script = "Object.defineProperty(process, 'platform', { value: 'win32' });";
    let ran = run_preloaded(&agent, &folder, script);
    let archive = format!("zip-deploy-{}-", env!("CARGO_PKG_VERSION"));
    fails(
        &ran,
        &["zip-deploy.exe does not exist", &target(), &archive, "SIDING_BIN", "docs/azure-devops.md#other-machines"],
    );
    fails(
        &agent.run(&agent.bare("kv-sync"), &[]),
        &["KvSync cannot start", "the task has programs for no machine at all"],
    );
    assert!(read("docs/azure-devops.md").contains("\n## Other machines\n"), "the link leads to nothing");
}

#[test]
fn what_is_no_program_is_not_run() {
    let Some(agent) = agent() else { return };
    let folder = agent.bare("oidc-login");
    let program = copied(&folder, 0o755);
    // An empty file would be taken for an empty script, which ends well.
    for content in ["", "exit 0\n", "version https://git-lfs.github.com/spec/v1\n"] {
        fs::write(&program, content).unwrap();
        fails(&agent.run(&folder, &[]), &["oidc-login is no program for this machine", "install the extension again"]);
    }
}

#[test]
fn what_the_machine_forbids_to_run_is_told() {
    let Some(agent) = agent() else { return };
    let folder = agent.install("oidc-login");
    for (code, text) in [("EACCES", "noexec"), ("EPERM", "policy"), ("ENOEXEC", "another kind of machine")] {
        let script = format!(
            "const child = require('child_process'); const Emitter = require('events');
child.spawn = () => {{ const it = new Emitter(); const error = new Error('spawn'); error.code = '{code}';
setImmediate(() => it.emit('error', error)); return it; }};"
        );
        fails(&run_preloaded(&agent, &folder, &script), &["cannot be started", code, text]);
    }
}

#[test]
fn where_the_task_has_no_program_the_launcher_finds_one() {
    let Some(agent) = agent() else { return };
    let folder = agent.bare("kv-sync");
    fs::write(folder.join("launch.sh"), "echo \"asked for $* in $RUNNER_TEMP\"\nexit 7\n").unwrap();
    let ran = agent.run(&folder, &[]);
    ran.exits(7);
    let (asked, temp) = ran.stdout.trim().split_once(" in ").unwrap();
    assert_eq!(asked, "asked for kv-sync");
    assert!(temp.ends_with("/temp"), "the job's temporary folder: {temp}");
}

/// A deployment that waits for another one, so that there is time to look.
fn waiting(agent: &Agent) -> Started<'_> {
    let folder = agent.context.static_app("1.0");
    let connection = agent.connection();
    let inputs = [("azureSubscription", connection.as_str()), ("package", &folder), ("appName", "app1")];
    let mut started = agent.start(&agent.install("zip-deploy"), &inputs);
    let asked = |started: &Started<'_>| started.stderr().contains("is busy, waiting");
    started.wait_until("the deployment waits for the lock", asked);
    started
}

fn busy() -> Option<Agent> {
    let context = Context::new(Kind::AzurePipelines, Setup { speed: 1.0, ..Setup::default() });
    context.fault("kudu.lock=60s");
    Agent::new(context)
}

#[test]
fn a_signal_reaches_the_program_and_its_exit_code_is_kept() {
    let Some(agent) = busy() else { return };
    for signal in ["SIGINT", "SIGTERM"] {
        let mut started = waiting(&agent);
        started.signal(signal);
        started.end().exits(130).says([&format!("cancelled by {signal}"), "az webapp log deployment list"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_was_killed_fails_the_task() {
    let Some(agent) = agent() else { return };
    let url = agent.context.emulator.app_url("app1", "production");
    let inputs = [("url", url.as_str()), ("checks", "/never")];
    let mut started = agent.start(&agent.install("smoke-test"), &inputs);
    let asked = || agent.context.emulator.requests().iter().any(|request| request.path == "/never");
    started.wait_until("the program runs", |_| asked());
    kill_process(Pid::from_raw(child(&started).try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    let ran = started.end();
    ran.exits(1);
    assert!(issue(&ran).contains("smoke-test was ended by SIGKILL"), "{ran}");
}

/// The process id of the program behind the shim.
#[cfg(target_os = "linux")]
fn child(started: &Started<'_>) -> u32 {
    let node = started.id();
    let children = fs::read_to_string(format!("/proc/{node}/task/{node}/children")).unwrap();
    children.split_whitespace().next().and_then(|id| id.parse().ok()).expect("the program runs")
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_gets_the_environment_as_it_is_and_no_words() {
    let Some(mut agent) = busy() else { return };
    agent.extra = vec![("SECRET_DATABASE".to_owned(), "kept".to_owned())];
    let mut started = waiting(&agent);
    let environment = |id: u32| -> BTreeMap<String, String> {
        let text = String::from_utf8(fs::read(format!("/proc/{id}/environ")).unwrap()).unwrap();
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let (given, got) = (environment(started.id()), environment(child(&started)));
    assert_eq!(got, given);
    assert!(got.contains_key("INPUT_EXCLUDE") && got["SECRET_DATABASE"] == "kept", "{got:?}");
    let words = fs::read_to_string(format!("/proc/{}/cmdline", child(&started))).unwrap();
    assert_eq!(words.matches('\0').count(), 1, "the program alone: {words}");
    started.signal("SIGTERM");
    started.end().exits(130);
}

#[test]
fn a_temporary_folder_that_is_not_there_ends_in_words_and_not_in_a_stack_of_node() {
    let Some(mut agent) = agent() else { return };
    let folder = agent.bare("oidc-login");
    copied(&folder, 0o644);
    agent.extra = vec![("AGENT_TEMPDIRECTORY".to_owned(), "/no/such".to_owned())];
    fails(&run_preloaded(&agent, &folder, NO_CHMOD), &["OidcLogin cannot start", "/no/such"]);
}
