//! The folder `actions/launch` of a release that was unpacked somewhere, and the launcher run in it.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::archive::{Member, archive, sha256};
use crate::tidy::root;

/// The release that tests make.
pub(super) const VERSION: &str = "1.2.3";
/// A program of it that says who it is and how it was called.
pub(super) const PROGRAM: &str = "#!/bin/sh\necho \"zip-deploy of the release: $*\"\n";
/// The line of the launcher with the folders of the system.
const SYSTEM: &str =
    "\nsystem=/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/opt/homebrew/bin:/run/current-system/sw/bin\n";

/// The platform of this machine, as a release names it.
pub(super) fn target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

/// Every shell of this machine that an action may meet as `sh`.
pub(super) fn shells() -> Vec<Vec<&'static str>> {
    let all = [vec!["sh"], vec!["dash"], vec!["busybox", "sh"], vec!["bash", "--posix"]];
    let found: Vec<_> = all.into_iter().filter(|shell| program(shell[0]).is_some()).collect();
    assert!(!found.is_empty(), "there is no sh");
    found
}

/// Those that take a program from the PATH alone. Busybox, as Debian builds it, takes its own before; Alpine's does not.
pub(super) fn choosing_shells() -> Vec<Vec<&'static str>> {
    shells().into_iter().filter(|shell| shell[0] != "busybox").collect()
}

/// Where a program of this machine is.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// What the launcher, or the program that it became, left.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// It is the program of the release that ran.
    #[track_caller]
    pub(super) fn ran(&self, arguments: &str) -> &Self {
        assert_eq!(
            (self.code, self.stdout.as_str()),
            (Some(0), format!("zip-deploy of the release: {arguments}\n").as_str()),
            "{self:#?}"
        );
        self
    }

    /// The launcher failed, ran nothing, and said all of this.
    #[track_caller]
    pub(super) fn failed(&self, texts: &[&str]) -> &Self {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{self:#?}");
        let usual = ["error[SID0801]: ", "\n  fix: ", "\n  more: ", "::error title=SID0801::"];
        for text in usual.iter().chain(texts) {
            assert!(self.stderr.contains(text), "it does not say `{text}`: {self:#?}");
        }
        self
    }
}

/// A release on a machine: `release/actions/launch`, `temp`, `cache`, `home`, and `system` when the machine's programs are chosen.
pub(super) struct Checkout {
    folder: TempDir,
    pub(super) shell: Vec<&'static str>,
    variables: BTreeMap<String, String>,
}

impl Checkout {
    /// With a lock that knows one program of this platform.
    pub(super) fn new(shell: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["release/actions/launch", "temp", "cache", "home", "work"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let checkout = Self { folder, shell: shell.to_vec(), variables: BTreeMap::new() };
        for file in ["launch.sh", "fetch.sh", "setup.sh"] {
            std::fs::copy(root().join("actions/launch").join(file), checkout.launch().join(file)).unwrap();
        }
        checkout.locks(&good_archive(), PROGRAM.as_bytes());
        checkout
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn launch(&self) -> PathBuf {
        self.path("release/actions/launch")
    }

    /// Where the tool cache keeps a program.
    pub(super) fn cached(&self, tool: &str) -> PathBuf {
        self.path("cache/siding").join(VERSION).join(target()).join(tool)
    }

    /// Where the bundle has it.
    pub(super) fn bundled(&self, tool: &str) -> PathBuf {
        self.launch().join("bin").join(target()).join(tool)
    }

    pub(super) fn lock(&self, text: &str) {
        std::fs::write(self.launch().join("release.lock"), text).unwrap();
    }

    /// A lock for an archive and the program in it.
    pub(super) fn locks(&self, archive: &[u8], program: &[u8]) {
        let row = format!("zip-deploy {} {} {}", target(), sha256(archive), sha256(program));
        self.lock(&format!("# a release\nversion {VERSION}\nbase https://localhost:1/nowhere\n{row}\n"));
    }

    /// Chooses the programs that the machine has, by their names or as links to others.
    pub(super) fn system(&self, programs: &[(&str, &Path)]) {
        let text = std::fs::read_to_string(self.launch().join("launch.sh")).unwrap();
        assert!(text.contains(SYSTEM), "launch.sh names the folders of the system in another way");
        let folder = self.path("system");
        std::fs::create_dir(&folder).unwrap();
        for (name, program) in programs {
            symlink(program, folder.join(name)).unwrap();
        }
        let own = format!("\nsystem={}\n", folder.display());
        std::fs::write(self.launch().join("launch.sh"), text.replace(SYSTEM, &own)).unwrap();
    }

    /// The same with what the launcher needs of this machine, and these.
    pub(super) fn system_with(&self, more: &[&str]) {
        let needed = ["chmod", "cp", "gzip", "head", "mkdir", "mktemp", "mv", "rm", "sha256sum", "tar", "uname"];
        let all: Vec<(&str, PathBuf)> = needed.iter().chain(more).map(|name| (*name, program(name).unwrap())).collect();
        self.system(&all.iter().map(|(name, path)| (*name, path.as_path())).collect::<Vec<_>>());
    }

    /// A script in the system's folder.
    pub(super) fn system_script(&self, name: &str, body: &str) {
        put(&self.path("system").join(name), &format!("#!/bin/sh\n{body}\n"));
    }

    pub(super) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// The launcher as an action calls it.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.shell[0]);
        command.args(&self.shell[1..]).arg(self.launch().join("launch.sh")).args(arguments);
        command.current_dir(self.path("work")).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("GITHUB_ACTIONS", "true");
        command.env("RUNNER_TEMP", self.path("temp")).env("RUNNER_TOOL_CACHE", self.path("cache"));
        command.env("HOME", self.path("home")).envs(&self.variables);
        command
    }

    /// Starts `zip-deploy a "b c"` and checks what must hold every time: nothing is written beside the actions, and no
    /// folder is left in the runner's.
    #[track_caller]
    pub(super) fn launches(&self) -> Ended {
        let before = listing(&self.path("release"));
        let ended = Ended::of(self.command(&["zip-deploy", "a", "b c"]).output().unwrap());
        assert_eq!(listing(&self.path("release")), before, "{ended:#?}");
        let left: Vec<_> =
            std::fs::read_dir(self.path("temp")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{left:?} {ended:#?}");
        ended
    }

    /// Runs something else of the launcher.
    pub(super) fn call(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }
}

/// Puts a program somewhere. A process of its own writes it: a file that we have open for writing while another test
/// starts a process is open in that process too, and the system runs no file that is.
pub(super) fn put(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut draft = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut draft, content.as_bytes()).unwrap();
    let mut copy = std::process::Command::new("/bin/cp");
    assert!(copy.arg("--remove-destination").arg(draft.path()).arg(path).status().unwrap().success());
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// The archive of [`PROGRAM`].
pub(super) fn good_archive() -> Vec<u8> {
    archive(&[Member::File("LICENSE-MIT", b"as you like"), Member::File("zip-deploy", PROGRAM.as_bytes())])
}

/// Every file below a folder with its content.
pub(super) fn listing(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(listing(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap_or_default());
        }
    }
    found
}
