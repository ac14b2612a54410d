//! Windows has no process groups that a signal reaches; its own `taskkill` ends a process with all its children.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::ffi::OsString;
use std::process::Stdio;

use tokio::process::Command;

/// The shell that runs start commands: App Service's are written for `sh`, which Git for Windows brings.
pub(in crate::emulator::runtime) fn shell() -> Command {
    let mut shell = Command::new("sh");
    // Without it no Windows program can open a socket; the environment of an app is otherwise its own.
    shell.env_clear().envs(std::env::var_os("SystemRoot").map(|root| (OsString::from("SystemRoot"), root)));
    shell
}

/// The tree of processes below one. Dropped, it is killed: nothing survives the emulator.
pub(in crate::emulator::runtime) struct Group(Option<u32>);

impl Group {
    /// The tree led by the process with this id, as `Child::id` gives it.
    pub(in crate::emulator::runtime) fn led_by(id: Option<u32>) -> Self {
        Self(id)
    }

    /// Ends every process: a console program cannot be asked to.
    pub(in crate::emulator::runtime) fn terminate(&self) {
        self.kill();
    }

    /// Kills what is left of the tree.
    pub(in crate::emulator::runtime) fn kill(&self) {
        let Some(leader) = self.0 else { return };
        let mut taskkill = std::process::Command::new("taskkill");
        taskkill.args(["/T", "/F", "/PID", &leader.to_string()]);
        // An error means that no process is left, which is what this is for.
        let _ = taskkill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }

    /// Kills what is left.
    pub(in crate::emulator::runtime) async fn end(mut self) {
        self.kill();
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
