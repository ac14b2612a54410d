//! Sites and slots as resources.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::call::{Call, Place, group_id, site_id};
use super::error::{ArmError, not_found};
use super::groups::tier;
use crate::emulator::cloud::Cloud;
use crate::emulator::estate::{Site, Slot};
use crate::emulator::message::json as json_answer;
use crate::emulator::moment::Moment;
use crate::emulator::runtime::{Instances, instance_name};
use crate::emulator::sites::{Os, PRODUCTION};

/// How many slots a page holds.
const PAGE: usize = 10;

/// `GET` of a site or slot.
pub(super) fn get(call: &Call<'_>, place: &Place) -> Response {
    json_answer(StatusCode::OK, &resource(call.cloud, place))
}

/// The resource that a place names.
pub(super) fn resource(cloud: &Cloud, place: &Place) -> Value {
    let read = |site: &mut Site, slot: &str| describe(cloud, site, &site.slots[slot]);
    cloud.estate.with(&place.app, &place.slot, read).unwrap_or_default()
}

/// `GET …/sites`, of the subscription or the resource group.
pub(super) fn list(call: &Call<'_>) -> Response {
    let sites = call.cloud.estate.lock();
    let all: Vec<Value> = sites.values().map(|site| describe(call.cloud, site, &site.slots[PRODUCTION])).collect();
    json_answer(StatusCode::OK, &json!({"value": all, "nextLink": null}))
}

/// `GET …/slots`, paged.
pub(super) fn slots(call: &Call<'_>, place: &Place) -> Response {
    let all: Vec<Value> = call.with(place, |site, _| {
        let slots = site.slots.values().filter(|slot| slot.name != PRODUCTION);
        slots.map(|slot| describe(call.cloud, site, slot)).collect()
    });
    let start = call.incoming.query("$skiptoken").and_then(|token| token.parse::<usize>().ok()).unwrap_or(0);
    let page = &all[start.min(all.len())..];
    let page = &page[..page.len().min(PAGE)];
    let end = start + page.len();
    let version = call.incoming.query("api-version").unwrap_or_default();
    let base = call.cloud.endpoints.base();
    let next = (end < all.len()).then(|| format!("{base}{}/slots?api-version={version}&$skiptoken={end}", place.id));
    json_answer(StatusCode::OK, &json!({"value": page, "nextLink": next}))
}

fn describe(cloud: &Cloud, site: &Site, slot: &Slot) -> Value {
    let is_production = slot.name == PRODUCTION;
    let (app, name) = (&site.name, &slot.name);
    let id = site_id(cloud, app);
    let kind = if site.plan.os == Os::Linux { "app,linux" } else { "app" };
    let mut body = json!({
        "id": if is_production { id } else { format!("{id}/slots/{name}") },
        "name": if is_production { app.clone() } else { format!("{app}/{name}") },
        "type": if is_production { "Microsoft.Web/sites" } else { "Microsoft.Web/sites/slots" },
        "kind": kind, "location": cloud.config.resource_group.location, "tags": {},
    });
    body["properties"] = properties(cloud, site, slot);
    body
}

fn properties(cloud: &Cloud, site: &Site, slot: &Slot) -> Value {
    let (app, name) = (&site.name, &slot.name);
    let (host, scm) = (cloud.endpoints.front(app, name), cloud.endpoints.scm(app, name));
    let status = slot.last_swap.as_ref().map(|status| {
        json!({"timestampUtc": Moment::of(status.time).arm(), "sourceSlotName": status.source,
            "destinationSlotName": status.destination})
    });
    let mut properties = json!({
        "name": if name == PRODUCTION { app.clone() } else { format!("{app}({name})") },
        "state": if slot.running { "Running" } else { "Stopped" },
        "hostNames": [host], "repositorySiteName": app, "enabledHostNames": [host, scm],
        "hostNameSslStates": [
            {"name": host, "sslState": "Disabled", "thumbprint": null, "hostType": "Standard"},
            {"name": scm, "sslState": "Disabled", "thumbprint": null, "hostType": "Repository"},
        ],
        "serverFarmId": format!("{}/providers/Microsoft.Web/serverfarms/{}", group_id(cloud), site.plan.name),
        "reserved": site.plan.os == Os::Linux, "lastModifiedTimeUtc": Moment::of(slot.modified).arm(),
        "siteConfig": {
            "numberOfWorkers": 1, "linuxFxVersion": slot.web.get("linuxFxVersion"), "windowsFxVersion": null,
            "alwaysOn": slot.web.get("alwaysOn"), "http20Enabled": false, "appSettings": null,
        },
        "deploymentId": slot.deployment_id, "sku": tier(&site.plan.sku), "targetSwapSlot": slot.swap_partner,
        "defaultHostName": host, "slotSwapStatus": status,
        "inProgressOperationId": site.operation.as_ref().map(|running| &running.id),
        "resourceGroup": cloud.config.resource_group.name,
    });
    if let (Some(properties), Value::Object(same)) = (properties.as_object_mut(), same_for_all()) {
        properties.extend(same);
    }
    properties
}

/// The fields that no request changes here.
fn same_for_all() -> Value {
    json!({
        "usageState": "Normal", "enabled": true, "adminEnabled": true, "availabilityState": "Normal",
        "webSpace": "rg-WestEuropewebspace", "selfLink": null, "owner": null, "isXenon": false, "hyperV": false,
        "trafficManagerHostNames": null, "clientAffinityEnabled": true, "clientCertEnabled": false,
        "hostNamesDisabled": false, "containerSize": 0, "dailyMemoryTimeQuota": 0, "siteDisabledReason": 0,
        "defaultHostNameScope": "Global", "httpsOnly": false, "redundancyMode": "None",
        "publicNetworkAccess": "Enabled", "storageAccountRequired": false,
        "keyVaultReferenceIdentity": "SystemAssigned", "buildVersion": null, "targetBuildVersion": null,
        "virtualNetworkSubnetId": null,
    })
}

/// `GET …/instances`: the one worker, when the slot has any.
pub(super) fn instances(call: &Call<'_>, place: &Place) -> Response {
    let state = match call.cloud.runtime.instances(&place.app, &place.slot) {
        Instances::Running => Some("READY"),
        Instances::Starting | Instances::Failed { .. } => Some("STOPPED"),
        Instances::None => None,
    };
    let worker = instance_name(&place.app, &place.slot);
    let row = |state: &str| {
        json!({"id": format!("{}/instances/{worker}", place.id), "name": worker,
            "type": format!("{}/instances", place.kind()), "location": call.location(),
            "properties": {"name": worker, "state": state, "siteInstanceName": worker}})
    };
    let rows: Vec<Value> = state.map(row).into_iter().collect();
    json_answer(StatusCode::OK, &json!({"value": rows, "nextLink": null, "id": null}))
}

/// `GET …/instances/{name}/deployments`, with which az wakes the SCM site up: 404 without any deployment by ARM.
pub(super) fn no_deployments(call: &Call<'_>) -> ArmError {
    not_found("Microsoft.Web/sites/instances/deployments", &call.cloud.config.resource_group.name)
}
