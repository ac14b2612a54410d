//! `slotsdiffs`: what a swap would change. The service writes the values in clear text, and so does this.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::call::{Call, Place};
use super::error::ArmError;
use crate::emulator::estate::{Site, Slot};
use crate::emulator::message::json as json_answer;

/// `POST …/slotsdiffs`.
pub(super) fn list(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "slotsdiffs/action")?;
    let pair = super::swap::pair(call, place)?;
    let rows: Vec<Value> = call.with(place, |site, _| {
        let (source, target) = (&site.slots[&pair.source], &site.slots[&pair.target]);
        settings(site, source, target).into_iter().chain(general(source, target)).collect()
    });
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|properties| {
            json!({"id": format!("{}/slotsdiffs/{}", place.id, properties["settingName"].as_str().unwrap_or_default()),
                "name": properties["settingName"], "type": format!("{}/slotsdiffs", place.kind()),
                "properties": properties})
        })
        .collect();
    Ok(json_answer(StatusCode::OK, &json!({"value": rows, "nextLink": null, "id": null})))
}

fn settings(site: &Site, source: &Slot, target: &Slot) -> Vec<Value> {
    let names: BTreeSet<&String> = source.settings.keys().chain(target.settings.keys()).collect();
    let is_sticky = |name: &str| site.sticky.app_settings.iter().any(|sticky| sticky.eq_ignore_ascii_case(name));
    let moving = names.into_iter().filter(|name| !is_sticky(name));
    moving
        .filter_map(|name| {
            let (here, there) = (source.settings.get(name), target.settings.get(name));
            let (rule, description) = match (here, there) {
                (Some(here), Some(there)) if here == there => return None,
                (Some(_), Some(_)) => ("SettingsWillBeModifiedInDestination", "will be changed in the target slot"),
                (Some(_), None) => ("SettingsWillBeAddedToDestination", "will be added to the target slot"),
                _ => ("SettingsWillBeRemovedFromDestination", "will be removed from the target slot"),
            };
            Some(row(&["AppSetting", rule, name, description], &json!(here), &json!(there)))
        })
        .collect()
}

fn general(source: &Slot, target: &Slot) -> Vec<Value> {
    let keys = ["appCommandLine", "linuxFxVersion"];
    let changed = keys.into_iter().filter(|key| source.web.get(*key) != target.web.get(*key));
    let rule = "SettingsWillBeModifiedInDestination";
    changed
        .map(|key| {
            let words = ["General", rule, key, "will be changed in the target slot"];
            row(&words, &json!(source.web.get(key)), &json!(target.web.get(key)))
        })
        .collect()
}

fn row(words: &[&str; 4], here: &Value, there: &Value) -> Value {
    let [kind, rule, name, description] = words;
    json!({"level": "Information", "settingType": kind, "diffRule": rule, "settingName": name,
        "valueInCurrentSlot": here, "valueInTargetSlot": there, "description": format!("{kind} '{name}' {description}.")})
}
