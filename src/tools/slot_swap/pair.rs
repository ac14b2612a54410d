//! Two slots of one app, and the command lines that act on them.

use crate::azure::site::{App, Slot};
use crate::azure::{az, shell_quoted};
use crate::spec::{Inputs, Problems};

/// The slots of a swap.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The app.
    pub app: App,
    /// Holds the new build before the swap.
    pub source: Slot,
    /// Holds it after the swap.
    pub target: Slot,
}

/// Checks the inputs `slot-name` and `target-slot`, of a swap or of a release.
pub fn check(inputs: &Inputs, problems: &mut Problems) {
    // A slot that was not given is a problem already.
    if inputs.given("slot-name").is_none() {
        return;
    }
    let (source, target) = (Slot::new(inputs.text("slot-name")), Slot::new(inputs.text("target-slot")));
    if source == target {
        problems
            .add(format!("`slot-name` and `target-slot` are both `{target}`: a slot cannot be swapped with itself"));
    } else if source.is_production() {
        problems
            .add("`slot-name` must be the slot with the new build; `production` belongs into `target-slot`".to_owned());
    }
}

impl Pair {
    /// The command that undoes the swap made at this time, for messages.
    pub fn roll_back_command(&self, swapped_at: &str) -> String {
        format!("{} --swapped-at {}", self.roll_back(), shell_quoted(swapped_at))
    }

    /// The command that undoes what was swapped since this time, if anything, for messages.
    pub fn take_back_command(&self, before: &str) -> String {
        format!("{} --swapped-after {}", self.roll_back(), shell_quoted(before))
    }

    fn roll_back(&self) -> String {
        format!(
            "slot-swap --action rollback --app-name {} --resource-group {} --slot-name {} --target-slot {}",
            self.app.name,
            shell_quoted(&self.app.group),
            self.source,
            self.target
        )
    }

    /// The command that shows the last swap, for messages.
    pub fn status_command(&self) -> String {
        az::swap_status(&self.app, &self.target)
    }

    /// The command that shows a slot's own log, for messages.
    pub fn log_command(&self, slot: &Slot) -> String {
        az::log_tail(&self.app, slot)
    }
}
