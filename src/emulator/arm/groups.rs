//! What is above the sites: subscriptions, the resource group, the plan, the vaults.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::authorize::require;
use super::call::{Call, group_id, site_id};
use super::error::{ArmError, not_found};
use crate::emulator::cloud::Cloud;
use crate::emulator::config::Role;
use crate::emulator::encode::is_guid;
use crate::emulator::message::json as json_answer;
use crate::emulator::sites::{Os, PRODUCTION};

/// Refuses a subscription that is malformed, unknown, or not the caller's to see.
pub(super) fn check_subscription(call: &Call<'_>, id: &str) -> Result<(), ArmError> {
    if !is_guid(id) {
        let message = format!("The provided subscription identifier '{id}' is malformed or invalid.");
        return Err(ArmError::new(StatusCode::BAD_REQUEST, "InvalidSubscriptionId", message));
    }
    let known = call.cloud.config.subscription.id.eq_ignore_ascii_case(id);
    if !known || (call.caller.role == Role::None && call.segments.len() == 2) {
        let message = format!("The subscription '{id}' could not be found.");
        return Err(ArmError::new(StatusCode::NOT_FOUND, "SubscriptionNotFound", message));
    }
    let scope = format!("/subscriptions/{id}");
    require(&call.caller, "Microsoft.Resources/subscriptions/read", &scope)
}

/// Refuses a resource group that is not there.
pub(super) fn check_group(call: &Call<'_>, name: &str) -> Result<(), ArmError> {
    if call.cloud.config.resource_group.name.eq_ignore_ascii_case(name) {
        return Ok(());
    }
    let name = call.segments.get(3).copied().unwrap_or(name);
    let message = format!("Resource group '{name}' could not be found.");
    Err(ArmError::new(StatusCode::NOT_FOUND, "ResourceGroupNotFound", message))
}

/// `GET /subscriptions`. A caller without a role gets an empty list, as in Azure.
pub(super) fn subscriptions(call: &Call<'_>) -> Response {
    let visible = call.caller.role != Role::None;
    let all: Vec<Value> = visible.then(|| subscription_json(call.cloud)).into_iter().collect();
    json_answer(StatusCode::OK, &json!({"value": all, "count": {"type": "Total", "value": all.len()}}))
}

/// `GET /subscriptions/{id}`.
pub(super) fn subscription(call: &Call<'_>) -> Response {
    json_answer(StatusCode::OK, &subscription_json(call.cloud))
}

fn subscription_json(cloud: &Cloud) -> Value {
    let (id, name) = (&cloud.config.subscription.id, &cloud.config.subscription.name);
    json!({
        "id": format!("/subscriptions/{id}"), "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionId": id, "tenantId": cloud.directory.home().id, "displayName": name, "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01",
        "spendingLimit": "Off"},
    })
}

/// `GET …/resourceGroups`.
pub(super) fn resource_groups(call: &Call<'_>) -> Response {
    json_answer(StatusCode::OK, &json!({"value": [group_json(call)]}))
}

/// `GET …/resourceGroups/{name}`.
pub(super) fn resource_group(call: &Call<'_>) -> Response {
    json_answer(StatusCode::OK, &group_json(call))
}

fn group_json(call: &Call<'_>) -> Value {
    json!({
        "id": group_id(call.cloud), "name": call.cloud.config.resource_group.name,
        "type": "Microsoft.Resources/resourceGroups", "location": region(call.cloud), "tags": {},
        "properties": {"provisioningState": "Succeeded"},
    })
}

/// The region's name without capitals and blanks.
fn region(cloud: &Cloud) -> String {
    cloud.config.resource_group.location.to_lowercase().replace(' ', "")
}

/// `GET …/resources?$filter=…`: the filter's quoted words are a type and, it may be, a name.
pub(super) fn resources(call: &Call<'_>) -> Response {
    let filter = call.incoming.query("$filter").unwrap_or_default();
    let words: Vec<String> = filter.split('\'').skip(1).step_by(2).map(str::to_lowercase).collect();
    let fits = |resource: &&Value| {
        let of = |key: &str| resource[key].as_str().unwrap_or_default().to_lowercase();
        words.iter().all(|word| *word == of("type") || *word == of("name"))
    };
    let all = all_resources(call.cloud);
    let found: Vec<&Value> = all.iter().filter(fits).collect();
    json_answer(StatusCode::OK, &json!({"value": found}))
}

fn all_resources(cloud: &Cloud) -> Vec<Value> {
    let row = |id: String, name: String, kind: &str, detail: &str| json!({"id": id, "name": name, "type": kind, "kind": detail, "location": region(cloud), "tags": {}});
    let mut all = Vec::new();
    for site in cloud.estate.lock().values() {
        let kind = if site.plan.os == Os::Linux { "app,linux" } else { "app" };
        let id = site_id(cloud, &site.name);
        for slot in site.slots.values() {
            all.push(if slot.name == PRODUCTION {
                row(id.clone(), site.name.clone(), "Microsoft.Web/sites", kind)
            } else {
                let name = format!("{}/{}", site.name, slot.name);
                row(format!("{id}/slots/{}", slot.name), name, "Microsoft.Web/sites/slots", kind)
            });
        }
        let farm = format!("{}/providers/Microsoft.Web/serverFarms/{}", group_id(cloud), site.plan.name);
        all.push(row(farm, site.plan.name.clone(), "Microsoft.Web/serverFarms", "linux"));
    }
    for vault in &cloud.config.vaults {
        let id = format!("{}/providers/Microsoft.KeyVault/vaults/{}", group_id(cloud), vault.name);
        all.push(row(id, vault.name.clone(), "Microsoft.KeyVault/vaults", ""));
    }
    all
}

/// `GET …/serverfarms/{name}`.
pub(super) fn plan(call: &Call<'_>, name: &str) -> Result<Response, ArmError> {
    let sites = call.cloud.estate.lock();
    let same = |plan: &str| plan.eq_ignore_ascii_case(name);
    let on_plan: Vec<_> = sites.values().filter(|site| same(&site.plan.name)).collect();
    let Some(plan) = on_plan.first().map(|site| &site.plan) else {
        let group = &call.cloud.config.resource_group.name;
        return Err(not_found(&format!("Microsoft.Web/serverFarms/{name}"), group));
    };
    let is_linux = plan.os == Os::Linux;
    let body = json!({
        "id": format!("{}/providers/Microsoft.Web/serverfarms/{}", group_id(call.cloud), plan.name),
        "name": plan.name, "type": "Microsoft.Web/serverfarms", "kind": if is_linux { "linux" } else { "app" },
        "location": call.location(),
        "properties": {
            "name": plan.name, "status": "Ready", "maximumNumberOfWorkers": 10, "numberOfWorkers": 1,
            "numberOfSites": on_plan.iter().map(|site| site.slots.len()).sum::<usize>(), "reserved": is_linux,
            "resourceGroup": call.cloud.config.resource_group.name, "provisioningState": "Succeeded",
        },
        "sku": {"name": plan.sku, "tier": tier(&plan.sku), "size": plan.sku, "family": family(&plan.sku), "capacity": 1},
    });
    Ok(json_answer(StatusCode::OK, &body))
}

/// The tier of a size (<https://azure.microsoft.com/pricing/details/app-service/>, 2026-06).
pub(super) fn tier(sku: &str) -> &'static str {
    match sku.to_ascii_uppercase().as_bytes() {
        [b'F', ..] => "Free",
        [b'D', ..] => "Shared",
        [b'B', ..] => "Basic",
        [b'S', ..] => "Standard",
        [b'P', .., b'V', b'2'] => "PremiumV2",
        [b'P', .., b'V', b'3'] => "PremiumV3",
        [b'P', .., b'V', b'4'] => "PremiumV4",
        [b'I', ..] => "IsolatedV2",
        [b'Y', ..] => "Dynamic",
        _ => "Premium",
    }
}

fn family(sku: &str) -> String {
    sku.chars().filter(|letter| !letter.is_ascii_digit() || sku.to_ascii_lowercase().contains('v')).collect()
}

/// `GET …/vaults/{name}`.
pub(super) fn vault(call: &Call<'_>, name: &str) -> Result<Response, ArmError> {
    let group = &call.cloud.config.resource_group.name;
    let found = call.cloud.config.vaults.iter().find(|vault| vault.name.eq_ignore_ascii_case(name));
    let vault = found.ok_or_else(|| not_found(&format!("Microsoft.KeyVault/vaults/{name}"), group))?;
    let body = json!({
        "id": format!("{}/providers/Microsoft.KeyVault/vaults/{}", group_id(call.cloud), vault.name),
        "name": vault.name, "type": "Microsoft.KeyVault/vaults", "location": region(call.cloud), "tags": {},
        "properties": {
            "tenantId": call.cloud.directory.home().id, "sku": {"family": "A", "name": "standard"},
            "vaultUri": format!("{}/", call.cloud.endpoints.vault(&vault.name)), "enableRbacAuthorization": true,
            "enableSoftDelete": true, "softDeleteRetentionInDays": 90, "accessPolicies": [],
            "provisioningState": "Succeeded", "publicNetworkAccess": "Enabled",
        },
    });
    Ok(json_answer(StatusCode::OK, &body))
}
