//! App settings, connection strings, and the names of those that stay with their slot.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::call::{Call, Place};
use super::error::ArmError;
use crate::emulator::estate::{Connection, Slot, Sticky};
use crate::emulator::message::json as json_answer;

/// `POST …/config/appsettings/list`.
pub(super) fn list(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/list/action")?;
    Ok(answer(call, place, "appsettings", &settings_of(call, place)))
}

/// `PUT …/config/appsettings`: replaces the whole set. Equal content does not restart the app.
pub(super) fn replace(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/write")?;
    let properties = call.properties()?;
    call.require_free(place)?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let settings = properties.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    replace_set(call, place, settings, |slot| &mut slot.settings);
    Ok(answer(call, place, "appsettings", &settings_of(call, place)))
}

fn settings_of(call: &Call<'_>, place: &Place) -> Value {
    call.with(place, |site, slot| json!(site.slots[slot].settings))
}

/// Replaces one of a slot's sets. The app is restarted when that changes anything.
fn replace_set<T: PartialEq>(call: &Call<'_>, place: &Place, new: T, set: impl FnOnce(&mut Slot) -> &mut T) {
    let changed = call.with(place, |site, slot| {
        let slot = site.slots.get_mut(slot).expect("it was just found");
        slot.modified = call.cloud.estate.now();
        let set = set(slot);
        let changed = *set != new;
        *set = new;
        changed
    });
    if changed {
        super::actions::restart_behind(call.cloud, place);
    }
}

/// `POST …/config/connectionstrings/list`.
pub(super) fn list_connections(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/list/action")?;
    Ok(answer(call, place, "connectionstrings", &connections(call, place)))
}

/// `PUT …/config/connectionstrings`: replaces the whole set.
pub(super) fn replace_connections(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/write")?;
    let properties = call.properties()?;
    call.require_free(place)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let read = |value: &Value| Connection { value: text(&value["value"]), kind: text(&value["type"]) };
    let new = properties.iter().map(|(name, value)| (name.clone(), read(value))).collect();
    replace_set(call, place, new, |slot| &mut slot.connections);
    Ok(answer(call, place, "connectionstrings", &connections(call, place)))
}

fn connections(call: &Call<'_>, place: &Place) -> Value {
    call.with(place, |site, slot| {
        let all = site.slots[slot].connections.iter();
        let row = |connection: &Connection| json!({"value": connection.value, "type": connection.kind});
        Value::Object(all.map(|(name, connection)| (name.clone(), row(connection))).collect())
    })
}

/// `GET …/config/slotConfigNames`: of the site, never of a slot.
pub(super) fn sticky(call: &Call<'_>, place: &Place) -> Response {
    let properties = call.with(place, |site, _| {
        json!({"connectionStringNames": site.sticky.connection_strings, "appSettingNames": site.sticky.app_settings,
            "azureStorageConfigNames": site.sticky.storage})
    });
    let body = json!({"id": null, "name": place.app, "type": "Microsoft.Web/sites", "location": call.location(),
        "properties": properties});
    json_answer(StatusCode::OK, &body)
}

/// `PUT …/config/slotConfigNames`: replaces each list; a missing or null one is emptied.
pub(super) fn replace_sticky(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/write")?;
    let properties = call.properties()?;
    call.require_free(place)?;
    let names = |key: &str| -> Vec<String> {
        let list = properties.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let sticky = Sticky {
        app_settings: names("appSettingNames"),
        connection_strings: names("connectionStringNames"),
        storage: names("azureStorageConfigNames"),
    };
    call.with(place, |site, _| site.sticky = sticky);
    Ok(self::sticky(call, place))
}

/// The shape of every answer under `config`.
pub(super) fn answer(call: &Call<'_>, place: &Place, name: &str, properties: &Value) -> Response {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(format!("{}/config/{name}", place.id)));
    body.insert("name".to_owned(), json!(name));
    body.insert("type".to_owned(), json!(format!("{}/config", place.kind())));
    body.insert("location".to_owned(), json!(call.location()));
    body.insert("properties".to_owned(), properties.clone());
    json_answer(StatusCode::OK, &Value::Object(body))
}
