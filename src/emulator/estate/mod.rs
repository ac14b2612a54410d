//! The sites and slots as ARM knows them: settings, configuration, states. What they serve is the runtime's business.

mod launch;
mod reference;
mod slot;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

pub(crate) use launch::exchange;
pub(crate) use reference::{NoReference, Reference};
pub(crate) use slot::{Connection, Part, Prepared, Running, Site, Slot, Sticky, SwapStatus};

use super::clock::Clock;
use super::config::{Config, Role};
use super::directory::Directory;
use super::encode::from_base64;
use super::endpoints::{Endpoints, label};
use super::locked::locked;
use super::message::bearer;
use super::sites::{Launch, Sites, SlotView};
use super::vault::Vaults;

/// All sites, shared by ARM, Kudu and the front end.
pub(crate) struct Estate {
    sites: Mutex<BTreeMap<String, Site>>,
    endpoints: Endpoints,
    directory: Arc<Directory>,
    vaults: Arc<Vaults>,
    clock: Clock,
}

impl Estate {
    /// Builds the sites that the configuration declares.
    pub(crate) fn new(config: &Config, directory: Arc<Directory>, vaults: Arc<Vaults>, clock: Clock) -> Self {
        let now = clock.now();
        let sites = config.sites.iter().map(|site| (site.name.to_lowercase(), Site::new(site, now))).collect();
        let endpoints = directory.endpoints().clone();
        Self { sites: Mutex::new(sites), endpoints, directory, vaults, clock }
    }

    /// The sites, for as long as the guard lives. It must not live across an await.
    pub(crate) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Site>> {
        locked(&self.sites)
    }

    /// Does something with one slot; `None` when it does not exist. Names compare without case.
    pub(crate) fn with<R>(&self, app: &str, slot: &str, act: impl FnOnce(&mut Site, &str) -> R) -> Option<R> {
        let mut sites = self.lock();
        let site = sites.get_mut(&app.to_lowercase())?;
        let slot = slot.to_lowercase();
        site.slots.contains_key(&slot).then(|| act(site, &slot))
    }

    /// The app and slot whose hosts have this first label.
    pub(crate) fn by_label(&self, wanted: &str) -> Option<(String, String)> {
        let sites = self.lock();
        let mut all = sites.values().flat_map(|site| site.slots.values().map(move |slot| (&site.name, &slot.name)));
        all.find(|(app, slot)| label(app, slot) == wanted).map(|(app, slot)| (app.clone(), slot.clone()))
    }

    /// Every app with every slot of it.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let sites = self.lock();
        let pairs = |site: &Site| site.slots.values().map(|slot| (site.name.clone(), slot.name.clone())).collect();
        sites.values().flat_map(|site: &Site| -> Vec<(String, String)> { pairs(site) }).collect()
    }

    /// The time of day.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The URLs that are handed out.
    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// How the content of one slot is started with the settings that belong to another; both must exist.
    pub(crate) fn launch_in(&self, app: &str, content: &str, place: &str) -> Launch {
        self.with(app, content, |site, content| launch::launch_in(self, site, content, place)).unwrap_or_default()
    }

    /// The secret that a reference names.
    pub(crate) fn resolve(&self, reference: &Reference) -> Option<String> {
        self.vaults.value(&reference.vault, &reference.secret, reference.version.as_deref())
    }

    fn authorize_basic(&self, app: &str, slot: &str, encoded: &str) -> Result<(), u16> {
        let decoded = from_base64(encoded.trim()).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(401_u16)?;
        let (user, password) = decoded.split_once(':').ok_or(401_u16)?;
        let fits = self.with(app, slot, |site, slot| {
            let user_fits = user.eq_ignore_ascii_case(&site.publishing_user(slot));
            let slot = &site.slots[slot];
            slot.basic_scm && user_fits && password == slot.publishing_password
        });
        if fits == Some(true) { Ok(()) } else { Err(401) }
    }
}

impl Sites for Estate {
    fn view(&self, app: &str, slot: &str) -> Option<SlotView> {
        self.with(app, slot, |site, key| {
            let slot = &site.slots[key];
            SlotView {
                app: site.name.clone(),
                slot: slot.name.clone(),
                os: site.plan.os,
                running: slot.running,
                launch: launch::launch(self, site, key),
                scm_authority: self.endpoints.scm(&site.name, &slot.name),
            }
        })
    }

    fn authorize_scm(&self, app: &str, slot: &str, authorization: Option<&str>) -> Result<(), u16> {
        let authorization = authorization.ok_or(401_u16)?;
        if let Some((scheme, encoded)) = authorization.split_once(' ')
            && scheme.eq_ignore_ascii_case("basic")
        {
            return self.authorize_basic(app, slot, encoded);
        }
        let token = bearer(authorization).ok_or(401_u16)?;
        let caller = self.directory.check(token, Endpoints::is_app_service).map_err(|_| 401_u16)?;
        if matches!(caller.role, Role::Contributor | Role::WebsiteContributor) { Ok(()) } else { Err(403) }
    }
}
