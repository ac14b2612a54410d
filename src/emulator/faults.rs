//! Named faults: what the emulated services can be told to do wrong, on and off while they run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use std::time::Duration;

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

impl FaultKind {
    /// The setting when none is given.
    fn default_setting(&self) -> Option<&'static str> {
        self.setting.rsplit_once('(').map(|(_, rest)| rest.trim_end_matches(')'))
    }

    /// Which settings it takes, when this is none of them. They are of the same kind as its default.
    fn trouble(&self, setting: &str) -> Option<String> {
        let (fits, form) = match self.default_setting() {
            None if self.setting.is_empty() => (false, "takes no setting".to_owned()),
            None => (count(setting).is_some(), "takes a whole number from 1, or nothing".to_owned()),
            Some(default) if count(default).is_some() => {
                (count(setting).is_some(), format!("takes a whole number from 1, such as `{}={default}`", self.name))
            }
            Some(default) => (
                duration(setting).is_some(),
                format!("takes a duration in `ms`, `s`, `m` or `h`, such as `{}={default}`", self.name),
            ),
        };
        (!fits).then(|| format!("`{}` {form}, not `{setting}`", self.name))
    }
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
    FaultKind {
        name: "swap.warmup-fails",
        about: "the source slot does not answer the warm-up",
        setting: "how many times",
    },
    FaultKind { name: "app.crashes-on-start", about: "the new app exits at once", setting: "" },
    FaultKind { name: "app.fails-after-swap", about: "the new app answers 500 once it is in production", setting: "" },
    FaultKind { name: "vault.disabled-secret", about: "every secret is disabled", setting: "" },
    FaultKind { name: "github.no-permission", about: "GitHub's token has no right to deployments", setting: "" },
    FaultKind { name: "github.down", about: "GitHub answers 503", setting: "how many times" },
    FaultKind {
        name: "github.lost-answer",
        about: "GitHub creates a deployment and answers 502",
        setting: "how many times (1)",
    },
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
    /// What is wrong: no fault has that name, or the setting is not of the fault's kind, with the form that is.
    pub fn switch_on(&self, text: &str) -> Result<(), String> {
        let (kind, setting) = read(text)?;
        let setting = setting.or(kind.default_setting());
        let left = setting.and_then(count);
        self.lock().insert(kind.name, Active { setting: setting.map(str::to_owned), left });
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

/// What is wrong with a fault that was given as the input `fault`, with the name or the form that is right.
pub fn trouble(text: &str) -> Option<String> {
    read(text).err().map(|trouble| format!("`fault`: {trouble}"))
}

/// The fault and the setting that a text names, or what is wrong with it.
fn read(text: &str) -> Result<(&'static FaultKind, Option<&str>), String> {
    let (name, setting) = text.split_once('=').map_or((text, None), |(name, setting)| (name, Some(setting)));
    let kind = ALL.iter().find(|kind| kind.name == name).ok_or_else(|| unknown(name))?;
    match setting.and_then(|setting| kind.trouble(setting)) {
        None => Ok((kind, setting)),
        Some(trouble) => Err(trouble),
    }
}

/// What to say of a fault that does not exist: the nearest one, or all when none is near.
pub(super) fn unknown(name: &str) -> String {
    let distances = ALL.iter().map(|kind| (strsim::damerau_levenshtein(name, kind.name), kind.name));
    if let Some((_, nearest)) = distances.min().filter(|(distance, nearest)| *distance <= nearest.len() / 3) {
        return format!("there is no `{name}`; did you mean `{nearest}`?");
    }
    let all: Vec<String> = ALL.iter().map(|kind| format!("`{}`", kind.name)).collect();
    format!("there is no `{name}`; there are {}", all.join(", "))
}

/// A number of times, at least one.
fn count(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| *count > 0)
}

/// `500ms`, `30s`, `2m`, `1h`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
    let number: u64 = digits.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        "h" => Some(Duration::from_secs(number.checked_mul(3600)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_of_the_wrong_kind_is_refused_with_the_form() {
        let faults = Faults::default();
        let wrong = [
            ("app.fails-after-swap=7", "takes no setting"),
            ("app.fails-after-swap=", "takes no setting"),
            ("kudu.lock=3", "such as `kudu.lock=30s`"),
            ("kudu.lock=30 s", "takes a duration"),
            ("arm.throttle=10s", "such as `arm.throttle=3`"),
            ("net.reset=0", "a whole number from 1"),
            ("net.reset=-1", "a whole number from 1"),
        ];
        for (text, form) in wrong {
            let trouble = faults.switch_on(text).unwrap_err();
            assert!(trouble.contains(form), "{trouble}");
            assert_eq!(super::trouble(text), Some(format!("`fault`: {trouble}")));
        }
        assert_eq!(faults.names(), Vec::<&str>::new());
        for kind in ALL {
            assert_eq!(super::trouble(kind.name), None);
        }
        for text in ["kudu.lock=500ms", "kudu.lock=1h", "arm.throttle=50"] {
            assert_eq!(faults.switch_on(text), Ok(()));
        }
        assert_eq!(faults.setting("kudu.lock").as_deref(), Some("1h"));
    }

    #[test]
    fn an_unknown_fault_is_told_with_the_nearest_or_with_all() {
        assert_eq!(trouble("kudu.lok=3").unwrap(), "`fault`: there is no `kudu.lok`; did you mean `kudu.lock`?");
        let last = format!("`{}`", ALL.last().expect("there are faults").name);
        assert!(trouble("nope").unwrap().ends_with(&last));
    }
}
