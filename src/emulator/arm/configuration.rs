//! `config/web` and `config/metadata`.

use axum::http::Method;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::call::{Call, Place};
use super::error::ArmError;
use super::settings::answer;
use crate::emulator::estate::Slot;

/// The keys whose change restarts the app.
const RESTARTING: &[&str] = &["appCommandLine", "linuxFxVersion", "windowsFxVersion", "webSocketsEnabled"];

/// `GET …/config/web`: never with app settings.
pub(super) fn get(call: &Call<'_>, place: &Place) -> Response {
    let web = call.with(place, |site, slot| shown(site, &site.slots[slot]));
    answer(call, place, "web", &web)
}

fn shown(site: &crate::emulator::estate::Site, slot: &Slot) -> Value {
    let mut web = slot.web.clone();
    web.insert("appSettings".to_owned(), Value::Null);
    web.insert("connectionStrings".to_owned(), Value::Null);
    web.insert("publishingUsername".to_owned(), json!(site.publishing_user(&slot.name.to_lowercase())));
    // The rules are shown a second time under their older name.
    let rules = slot.web.get("experiments").map_or_else(|| json!([]), |value| value["rampUpRules"].clone());
    web.insert("routingRules".to_owned(), rules);
    Value::Object(web)
}

/// `PATCH` merges the keys, `PUT` replaces what it names and empties the rest that a client may write.
pub(super) fn write(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/write")?;
    let properties = call.properties()?;
    check(&properties)?;
    call.require_free(place)?;
    let replaces = call.incoming.method == Method::PUT;
    let restarts = call.with(place, |site, slot| {
        let (now, slot) = (call.cloud.estate.now(), site.slots.get_mut(slot).expect("it was just found"));
        let before = slot.web.clone();
        if replaces {
            for key in ["appCommandLine", "healthCheckPath", "autoSwapSlotName"] {
                slot.web.insert(key.to_owned(), Value::Null);
            }
            slot.web.insert("experiments".to_owned(), json!({"rampUpRules": []}));
        }
        slot.web.extend(properties);
        slot.modified = now;
        RESTARTING.iter().any(|key| before.get(*key) != slot.web.get(*key))
    });
    if restarts {
        super::actions::restart_behind(call.cloud, place);
    }
    Ok(get(call, place))
}

fn check(properties: &Map<String, Value>) -> Result<(), ArmError> {
    let rules = properties.get("experiments").and_then(|value| value["rampUpRules"].as_array());
    let share = |rule: &Value| rule["reroutePercentage"].as_f64().unwrap_or_default();
    let total: f64 = rules.map(Vec::as_slice).unwrap_or_default().iter().map(share).sum();
    if total > 100.0 {
        return Err(ArmError::bad_request("The sum of reroutePercentage of all rampUpRules must not exceed 100."));
    }
    Ok(())
}

/// `POST …/config/metadata/list`.
pub(super) fn list_metadata(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/list/action")?;
    let metadata = call.with(place, |site, slot| Value::Object(site.slots[slot].metadata.clone()));
    Ok(answer(call, place, "metadata", &metadata))
}

/// `PUT …/config/metadata`: replaces the whole set.
pub(super) fn replace_metadata(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/write")?;
    let properties = call.properties()?;
    call.require_free(place)?;
    call.with(place, |site, slot| {
        let slot = site.slots.get_mut(slot).expect("it was just found");
        slot.metadata = properties;
    });
    list_metadata(call, place)
}
