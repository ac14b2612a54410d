//! How a slot's app is started, and which settings change places in a swap.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Estate;
use super::reference::Reference;
use super::slot::{Connection, Part, Site, Slot};
use crate::emulator::sites::{Launch, PRODUCTION};

/// The keys of `config/web` that go with the content
/// (<https://learn.microsoft.com/azure/app-service/deploy-staging-slots>, 2026-06); all others stay.
const SWAPPED: &[&str] = &[
    "appCommandLine",
    "linuxFxVersion",
    "windowsFxVersion",
    "netFrameworkVersion",
    "phpVersion",
    "pythonVersion",
    "nodeVersion",
    "use32BitWorkerProcess",
    "webSocketsEnabled",
    "virtualApplications",
    "handlerMappings",
    "defaultDocuments",
];

/// How a slot is started as it is: the source of a swap with preview already has its target's sticky settings.
pub(super) fn launch(estate: &Estate, site: &Site, slot: &str) -> Launch {
    let prepared = site.slots[slot].prepared.as_ref().filter(|prepared| prepared.part == Part::Source);
    let place = prepared.map_or(slot, |prepared| prepared.partner.as_str());
    launch_in(estate, site, slot, place)
}

/// How the content of one slot is started with the settings that belong to another: what a swap warms up.
pub(super) fn launch_in(estate: &Estate, site: &Site, content: &str, place: &str) -> Launch {
    let (content, target) = (&site.slots[content], &site.slots[place]);
    let mut settings = merged(&content.settings, &target.settings, &site.sticky.app_settings);
    for (name, connection) in merged(&content.connections, &target.connections, &site.sticky.connection_strings) {
        settings.insert(format!("{}CONNSTR_{name}", prefix(&connection)), connection.value);
    }
    for value in settings.values_mut() {
        // A reference that cannot be resolved reaches the app as it is written.
        if let Some(secret) = Reference::parse(value).ok().and_then(|found| estate.resolve(&found)) {
            *value = secret;
        }
    }
    settings.insert("WEBSITE_SITE_NAME".to_owned(), site.name.clone());
    settings.insert("WEBSITE_SLOT_NAME".to_owned(), spelled(target));
    settings.insert("WEBSITE_HOSTNAME".to_owned(), estate.endpoints().front(&site.name, &target.name));
    let command = content.web.get("appCommandLine").and_then(Value::as_str).filter(|line| !line.trim().is_empty());
    Launch { command: command.map(str::to_owned), settings }
}

/// Production is spelled with a capital where people read it.
fn spelled(slot: &Slot) -> String {
    if slot.name == PRODUCTION { "Production".to_owned() } else { slot.name.clone() }
}

fn prefix(connection: &Connection) -> &'static str {
    match connection.kind.to_ascii_lowercase().as_str() {
        "mysql" => "MYSQL",
        "sqlserver" => "SQL",
        "sqlazure" => "SQLAZURE",
        "postgresql" => "POSTGRESQL",
        _ => "CUSTOM",
    }
}

fn is_in(names: &[String], name: &str) -> bool {
    names.iter().any(|sticky| sticky.eq_ignore_ascii_case(name))
}

fn merged<V: Clone>(
    moving: &BTreeMap<String, V>,
    staying: &BTreeMap<String, V>,
    sticky: &[String],
) -> BTreeMap<String, V> {
    let moves = moving.iter().filter(|(name, _)| !is_in(sticky, name));
    let stays = staying.iter().filter(|(name, _)| is_in(sticky, name));
    moves.chain(stays).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Exchanges between two slots what goes with the content.
pub(crate) fn exchange(site: &mut Site, source: &str, target: &str) {
    let (before_source, before_target) = (site.slots[source].clone(), site.slots[target].clone());
    for (place, old, new) in [(source, &before_source, &before_target), (target, &before_target, &before_source)] {
        let slot = site.slots.get_mut(place).expect("both slots were just read");
        slot.settings = merged(&new.settings, &old.settings, &site.sticky.app_settings);
        slot.connections = merged(&new.connections, &old.connections, &site.sticky.connection_strings);
        slot.deployment_id.clone_from(&new.deployment_id);
        slot.metadata.clone_from(&new.metadata);
        for key in SWAPPED {
            match new.web.get(*key) {
                Some(value) => slot.web.insert((*key).to_owned(), value.clone()),
                None => slot.web.shift_remove(*key),
            };
        }
    }
}
