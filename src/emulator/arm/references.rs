//! `config/configreferences`: how the Key Vault references among the app settings resolve.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::call::{Call, Place};
use super::error::{ArmError, not_found};
use crate::emulator::estate::{NoReference, Reference};
use crate::emulator::message::json as json_answer;

/// `GET …/configreferences/appsettings[/{name}]`: only settings that are references are listed.
pub(super) fn list(call: &Call<'_>, place: &Place, name: Option<&str>) -> Result<Response, ArmError> {
    let settings = call.with(place, |site, slot| site.slots[slot].settings.clone());
    let wanted = settings.iter().filter(|(key, _)| name.is_none_or(|name| key.eq_ignore_ascii_case(name)));
    let rows: Vec<Value> = wanted.filter_map(|(key, value)| row(call, place, key, value)).collect();
    match (name, rows.first()) {
        (None, _) => Ok(json_answer(StatusCode::OK, &json!({"value": rows, "nextLink": null, "id": null}))),
        (Some(_), Some(row)) => Ok(json_answer(StatusCode::OK, row)),
        (Some(name), None) => {
            let group = &call.cloud.config.resource_group.name;
            Err(not_found(&format!("{}/{}/config/configreferences/{name}", place.kind(), place.app), group))
        }
    }
}

fn row(call: &Call<'_>, place: &Place, key: &str, value: &str) -> Option<Value> {
    let (status, reference) = match Reference::parse(value) {
        Err(NoReference::Plain) => return None,
        Err(NoReference::Malformed) => ("InvalidSyntax", None),
        Ok(found) if !call.cloud.vaults.exists(&found.vault) => ("VaultNotFound", Some(found)),
        Ok(found) if call.cloud.estate.resolve(&found).is_none() => ("SecretNotFound", Some(found)),
        Ok(found) => ("Resolved", Some(found)),
    };
    let part = |read: fn(&Reference) -> Option<String>| json!(reference.as_ref().and_then(read));
    let details = (status != "Resolved").then(|| format!("Reference was not resolved: {status}."));
    Some(json!({
        "id": format!("{}/config/configreferences/appsettings/{key}", place.id), "name": key,
        "type": format!("{}/config/configreferences", place.kind()), "location": call.location(),
        "properties": {
            "reference": value, "status": status, "vaultName": part(|found| Some(found.vault.clone())),
            "secretName": part(|found| Some(found.secret.clone())), "secretVersion": part(|found| found.version.clone()),
            "identityType": "SystemAssigned", "details": details, "source": "KeyVault", "activeVersion": null,
        },
    }))
}

/// `POST …/configreferences/appsettings/refresh`: reads the secrets anew, which restarts the app.
pub(super) fn refresh(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/write")?;
    super::actions::restart_behind(call.cloud, place);
    list(call, place, None)
}
