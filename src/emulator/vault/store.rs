//! The vaults' secrets with all their versions.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use crate::emulator::clock::Clock;
use crate::emulator::config;
use crate::emulator::encode::{epoch, random_hex};
use crate::emulator::locked::locked;

/// Soft-deleted secrets are kept for 90 days, in seconds.
pub(super) const RETENTION: u64 = 90 * 86_400;

/// One version of a secret.
#[derive(Clone)]
pub(super) struct Version {
    /// 32 hexadecimal digits.
    pub(super) id: String,
    /// The value.
    pub(super) value: String,
    /// The content type.
    pub(super) content_type: Option<String>,
    /// The tags.
    pub(super) tags: BTreeMap<String, String>,
    /// Whether it can be read.
    pub(super) enabled: bool,
    /// Not before, in seconds since 1970; information only.
    pub(super) not_before: Option<u64>,
    /// The end, in seconds since 1970; information only.
    pub(super) expires: Option<u64>,
    /// When it was made.
    pub(super) created: u64,
    /// When it was changed.
    pub(super) updated: u64,
}

/// A secret.
#[derive(Clone)]
pub(super) struct Secret {
    /// Its name as first written.
    pub(super) name: String,
    /// Oldest first; never empty.
    pub(super) versions: Vec<Version>,
    /// When it was deleted.
    pub(super) deleted: Option<u64>,
}

impl Secret {
    /// The version that an unversioned request means.
    pub(super) fn latest(&self) -> &Version {
        self.versions.last().expect("a secret has at least one version")
    }
}

/// One vault: secrets by lower-case name.
pub(super) type Vault = BTreeMap<String, Secret>;

/// All vaults.
pub(crate) struct Vaults {
    vaults: Mutex<BTreeMap<String, Vault>>,
    clock: Clock,
}

impl Vaults {
    /// The configured vaults.
    pub(crate) fn new(vaults: &[config::Vault], clock: Clock) -> Self {
        let now = epoch(clock.now());
        let secret = |secret: &config::Secret| {
            let version = Version {
                id: version_id(),
                value: secret.value.clone(),
                content_type: secret.content_type.clone(),
                tags: secret.tags.clone(),
                enabled: secret.enabled,
                not_before: None,
                expires: secret.expires,
                created: now,
                updated: now,
            };
            let stored = Secret { name: secret.name.clone(), versions: vec![version], deleted: None };
            (secret.name.to_lowercase(), stored)
        };
        let vaults = vaults.iter().map(|vault| (vault.name.to_lowercase(), vault.secrets.iter().map(secret).collect()));
        Self { vaults: Mutex::new(vaults.collect()), clock }
    }

    /// Whether there is a vault of this name.
    pub(crate) fn exists(&self, vault: &str) -> bool {
        self.lock().contains_key(&vault.to_lowercase())
    }

    /// The value of an enabled secret, for a Key Vault reference in an app setting.
    pub(crate) fn value(&self, vault: &str, secret: &str, version: Option<&str>) -> Option<String> {
        let vaults = self.lock();
        let secret = vaults.get(&vault.to_lowercase())?.get(&secret.to_lowercase())?;
        let found = match version {
            None => secret.latest(),
            Some(id) => secret.versions.iter().find(|version| version.id == id)?,
        };
        (found.enabled && secret.deleted.is_none()).then(|| found.value.clone())
    }

    /// Does something with a vault that exists.
    pub(super) fn with<R>(&self, vault: &str, act: impl FnOnce(&mut Vault) -> R) -> R {
        act(self.lock().entry(vault.to_lowercase()).or_default())
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        epoch(self.clock.now())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vault>> {
        locked(&self.vaults)
    }
}

/// A new version's id.
pub(super) fn version_id() -> String {
    random_hex::<16>()
}
