//! Named faults: what the emulated services can be told to do wrong, on and off while they run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::locked::locked;

/// A fault that can be named on the command line.
#[derive(Debug)]
pub struct FaultKind {
    /// `service.what-goes-wrong`.
    pub name: &'static str,
    /// One line for `--help`.
    pub about: &'static str,
    /// What the setting after `=` means and its default; empty when it takes none.
    pub setting: &'static str,
}

/// Every fault there is.
pub static ALL: &[FaultKind] = &[
    FaultKind { name: "entra.subject-mismatch", about: "no federated credential has the token's subject", setting: "" },
    FaultKind { name: "entra.html-answer", about: "the token endpoint answers an HTML page", setting: "" },
    FaultKind { name: "kudu.lock", about: "another deployment holds the lock", setting: "for how long (30s)" },
    FaultKind { name: "kudu.build-fails", about: "the build on the server fails", setting: "" },
    FaultKind { name: "kudu.false-success", about: "status 4, but a file was not copied", setting: "" },
    FaultKind { name: "kudu.hostile-log", about: "the build log holds CI commands and escape codes", setting: "" },
    FaultKind { name: "arm.throttle", about: "ARM answers 429", setting: "how many times (3)" },
    FaultKind { name: "swap.warmup-fails", about: "the source slot does not answer the warm-up", setting: "" },
    FaultKind { name: "app.crashes-on-start", about: "the new app exits at once", setting: "" },
    FaultKind { name: "app.fails-after-swap", about: "the new app answers 500 once it is in production", setting: "" },
    FaultKind { name: "vault.disabled-secret", about: "every secret is disabled", setting: "" },
    FaultKind {
        name: "net.reset",
        about: "connections to the services are reset, not those to an app",
        setting: "how many times (2)",
    },
];

/// The faults that are on, shared by all services.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<BTreeMap<&'static str, Active>>>);

#[derive(Clone, Debug, Default)]
struct Active {
    setting: Option<String>,
    left: Option<u32>,
}

impl Faults {
    /// Switches a fault on: `name` or `name=setting`. A whole number as the setting is how often it strikes.
    ///
    /// # Errors
    /// The text as given when no fault has that name.
    pub fn switch_on(&self, text: &str) -> Result<(), String> {
        let (name, setting) = text.split_once('=').map_or((text, None), |(name, setting)| (name, Some(setting)));
        let kind = ALL.iter().find(|kind| kind.name == name).ok_or_else(|| text.to_owned())?;
        let default = kind.setting.rsplit_once('(').map(|(_, rest)| rest.trim_end_matches(')').to_owned());
        let setting = setting.map(str::to_owned).or(default);
        let left = setting.as_deref().and_then(|text| text.parse().ok());
        self.lock().insert(kind.name, Active { setting, left });
        Ok(())
    }

    /// Switches a fault off; nothing happens when it was not on.
    pub fn switch_off(&self, name: &str) {
        self.lock().retain(|active, _| *active != name);
    }

    /// Whether the fault is on; says nothing about how often it still strikes.
    pub fn is_on(&self, name: &str) -> bool {
        self.lock().contains_key(name)
    }

    /// The names of the faults that are on.
    pub fn names(&self) -> Vec<&'static str> {
        self.lock().keys().copied().collect()
    }

    /// The text after `=`, or its default.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.lock().get(name).and_then(|active| active.setting.clone())
    }

    /// Whether the fault strikes now. One that strikes a number of times is switched off by the last.
    pub fn strikes(&self, name: &str) -> bool {
        let mut faults = self.lock();
        let Some(active) = faults.get_mut(name) else { return false };
        let Some(left) = active.left.as_mut() else { return true };
        *left = left.saturating_sub(1);
        if *left == 0 {
            faults.retain(|on, _| *on != name);
        }
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Active>> {
        locked(&self.0)
    }
}
