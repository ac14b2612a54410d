//! An agent of Azure Pipelines that runs our tasks as the real one does: by their manifest, with Node, and with the variables
//! that it sets (`contracts/ci-hosts.md` §2.3).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use siding::emit::TASKS;
use tempfile::TempDir;

use crate::context::{Context, binary};
use crate::ran::Ran;
use crate::started::Started;
use crate::tidy::root;

/// What the emulator's service connection has, and what a task must not see of the job that the tests know otherwise.
const NOT_OF_A_TASK: [(&str, &str); 6] = [
    ("AZURE_CLOUD", ""),
    ("AZURE_TENANT_ID", ""),
    ("AZURE_SUBSCRIPTION_ID", ""),
    ("AZURE_CLIENT_ID", ""),
    ("SYSTEM_ACCESSTOKEN", ""),
    ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", ""),
];

/// The folder of the programs for this machine.
pub(super) fn target() -> String {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("{}-{system}", std::env::consts::ARCH)
}

/// The agent and its job.
pub(super) struct Agent {
    pub(super) context: Context,
    pub(super) tasks: TempDir,
    node: PathBuf,
    /// Which scheme the service connection has.
    pub(super) scheme: &'static str,
    pub(super) extra: Vec<(String, String)>,
}

/// The agent brings its own Node; here it must be installed. Without it a test says so and proves nothing.
#[expect(clippy::print_stderr, reason = "a test that is left out says so to whoever runs it")]
pub(super) fn node() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("node")).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("node is not installed: the tasks of Azure Pipelines are not run");
    }
    found
}

impl Agent {
    /// `None` where Node is not installed.
    pub(super) fn new(context: Context) -> Option<Self> {
        let tasks = TempDir::new().unwrap();
        Some(Self { context, tasks, node: node()?, scheme: "WorkloadIdentityFederation", extra: Vec::new() })
    }

    /// Puts a task where the agent keeps it, with its program. `SIDING_TASKS` names a folder with tasks that were packed and
    /// unpacked; without it they are as they are here.
    pub(super) fn install(&self, program: &str) -> PathBuf {
        if let Some(unpacked) = std::env::var_os("SIDING_TASKS") {
            let folder = self.tasks.path().join(program);
            copy(&Path::new(&unpacked).join(program), &folder);
            return folder;
        }
        let folder = self.bare(program);
        let bin = folder.join("bin").join(target());
        fs::create_dir_all(&bin).unwrap();
        let place = bin.join(program);
        if !place.exists() {
            std::os::unix::fs::symlink(binary(program), place).unwrap();
        }
        folder
    }

    /// The same without a program.
    pub(super) fn bare(&self, program: &str) -> PathBuf {
        let task = TASKS.iter().find(|task| task.program == program).unwrap();
        let folder = self.tasks.path().join(format!("{}_{}/0.0.0", task.name(), task.id));
        fs::create_dir_all(&folder).unwrap();
        fs::copy(root().join(format!("actions/{program}/task.json")), folder.join("task.json")).unwrap();
        fs::copy(root().join("actions/launch/shim.cjs"), folder.join("shim.cjs")).unwrap();
        folder
    }

    /// Runs an installed task to its end, and checks what its manifest promises.
    pub(super) fn run(&self, folder: &Path, inputs: &[(&str, &str)]) -> Ran {
        self.run_node(folder, &[], inputs)
    }

    /// The same with words for Node before the shim.
    pub(super) fn run_node(&self, folder: &Path, words: &[&str], inputs: &[(&str, &str)]) -> Ran {
        let manifest = manifest(folder);
        let command = self.command(folder, words, &variables(&manifest, inputs));
        let ran = self.context.run_command(command, &self.environment());
        keeps_its_word(&manifest, &ran);
        ran
    }

    /// Starts an installed task and lets it run.
    pub(super) fn start(&self, folder: &Path, inputs: &[(&str, &str)]) -> Started<'_> {
        let command = self.command(folder, &[], &variables(&manifest(folder), inputs));
        self.context.start_command(command, &self.environment())
    }

    fn command(&self, folder: &Path, words: &[&str], variables: &BTreeMap<String, String>) -> Command {
        let mut command = Command::new(&self.node);
        command.env_clear().envs(variables).args(words).arg(folder.join("shim.cjs"));
        command
    }

    /// The variables of the job, with the service connection that the task names.
    fn environment(&self) -> Vec<(String, String)> {
        let of = |name: &str| self.context.variable(name);
        let id = of("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID");
        let connection = [
            (format!("ENDPOINT_AUTH_SCHEME_{id}"), self.scheme.to_owned()),
            (format!("ENDPOINT_AUTH_PARAMETER_{id}_TENANTID"), of("AZURE_TENANT_ID")),
            (format!("ENDPOINT_AUTH_PARAMETER_{id}_SERVICEPRINCIPALID"), of("AZURE_CLIENT_ID")),
            (format!("ENDPOINT_DATA_{id}_SUBSCRIPTIONID"), of("AZURE_SUBSCRIPTION_ID")),
            (format!("ENDPOINT_DATA_{id}_ENVIRONMENT"), "AzureStack".to_owned()),
            (format!("ENDPOINT_URL_{id}"), of("AZURE_CLOUD")),
            ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN".to_owned(), of("SYSTEM_ACCESSTOKEN")),
            ("AGENT_TOOLSDIRECTORY".to_owned(), self.tasks.path().display().to_string()),
        ];
        let hidden = NOT_OF_A_TASK.map(|(name, value)| (name.to_owned(), value.to_owned()));
        hidden.into_iter().chain(connection).chain(self.extra.iter().cloned()).collect()
    }

    /// The id of the emulator's service connection, which the server puts in the place of its name.
    pub(super) fn connection(&self) -> String {
        self.context.variable("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")
    }
}

/// As a zip without modes is unpacked: nothing has an execute bit.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, place) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &place);
        } else {
            fs::copy(&source, &place).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("task.json")).unwrap()).unwrap()
}

fn list<'m>(manifest: &'m Value, path: &str, key: &str) -> Vec<&'m str> {
    let items = manifest.pointer(path).and_then(Value::as_array).into_iter().flatten();
    items.map(|item| if key.is_empty() { item } else { &item[key] }).filter_map(Value::as_str).collect()
}

/// `INPUT_*` of every input that the manifest declares, given or not. The server refuses any other.
fn variables(manifest: &Value, inputs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let declared = list(manifest, "/inputs", "name");
    for (name, _) in inputs {
        assert!(declared.contains(name), "the task {} has no input `{name}`: {declared:?}", manifest["name"]);
    }
    let value = |name: &str, default: &Value| {
        let given = inputs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        given.or(default.as_str()).unwrap_or_default().trim().to_owned()
    };
    let all = manifest["inputs"].as_array().unwrap().iter();
    let variable = |input: &Value| {
        let name = input["name"].as_str().unwrap();
        (format!("INPUT_{}", name.to_uppercase()), value(name, &input["defaultValue"]))
    };
    all.map(variable).collect()
}

/// The agent drops a variable that the manifest does not allow, with a warning that nobody reads.
#[track_caller]
fn keeps_its_word(manifest: &Value, ran: &Ran) {
    let outputs = list(manifest, "/outputVariables", "name");
    let unknown: Vec<_> = ran.outputs.keys().filter(|name| !outputs.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "outputs that the task does not declare: {unknown:?}\n{ran}");
    if manifest.pointer("/restrictions/settableVariables").is_some() {
        let allowed = list(manifest, "/restrictions/settableVariables/allowed", "");
        let set = ran.outputs.keys().chain(ran.variables.keys());
        let refused: Vec<_> = set.filter(|name| !allowed.contains(&name.as_str())).collect();
        assert!(refused.is_empty(), "variables that the agent would not set: {refused:?}\n{ran}");
    }
}
