//! Unix: a signal reaches every process of a group.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::Command;

/// How often the group is looked at while it goes away.
const LOOK: Duration = Duration::from_millis(5);
/// How many looks before the rest is left to init (it is dead, but not reaped).
const LOOKS: usize = 40;

/// The shell that runs start commands, at the head of a group of its own and with no environment.
pub(in crate::emulator::runtime) fn shell() -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().process_group(0);
    shell
}

/// The group that a process leads. Dropped, it is killed: nothing survives the emulator.
pub(in crate::emulator::runtime) struct Group(Option<Pid>);

impl Group {
    /// The group led by the process with this id, as `Child::id` gives it.
    pub(in crate::emulator::runtime) fn led_by(id: Option<u32>) -> Self {
        Self(id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// Asks every process of the group to end.
    pub(in crate::emulator::runtime) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Kills what is left of the group.
    pub(in crate::emulator::runtime) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Kills what is left and waits until the group is empty.
    pub(in crate::emulator::runtime) async fn end(mut self) {
        self.kill();
        let Some(leader) = self.0.take() else { return };
        for _ in 0..LOOKS {
            if test_kill_process_group(leader).is_err() {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// An error means that no process is left, which is what a signal here is for.
    fn signal(&self, signal: Signal) {
        if let Some(leader) = self.0 {
            let _ = kill_process_group(leader, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
