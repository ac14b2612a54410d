//! The routes of secrets: list, get, set, change, delete, recover, purge.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::answers::{Fault, bad_parameter, disabled, not_found};
use super::store::{RETENTION, Secret, Vault, Version, version_id};
use crate::emulator::cloud::Cloud;
use crate::emulator::message::{Incoming, empty, json as json_answer};

/// The service never sends more items in a page.
const PAGE: usize = 25;

/// The largest value, in bytes.
const LARGEST_VALUE: usize = 25_600;

/// The page after the first is empty when there are more: the service may do that, and clients must go on.
const EMPTY_PAGE: &str = "e";

/// One request to one vault.
struct Call<'a> {
    cloud: &'a Cloud,
    vault: &'a str,
    incoming: &'a Incoming,
}

/// Answers an authorised request.
pub(super) fn route(cloud: &Cloud, vault: &str, incoming: &Incoming) -> Result<Response, Fault> {
    let Some(version) = incoming.query("api-version").filter(|version| !version.is_empty()) else {
        return Err(bad_parameter("api-version must be specified"));
    };
    let known = version.len() <= 20 && version.starts_with(|first: char| first.is_ascii_digit());
    if !known {
        return Err(bad_parameter(format!("The specified version ({version}) is not recognized.")));
    }
    let call = Call { cloud, vault, incoming };
    let segments: Vec<&str> = incoming.path.split('/').filter(|segment| !segment.is_empty()).collect();
    let first = segments.first().map(|segment| segment.to_ascii_lowercase()).unwrap_or_default();
    match (&incoming.method, first.as_str(), &segments[segments.len().min(1)..]) {
        (&Method::GET, "secrets", []) => call.list(),
        (&Method::GET, "secrets", [name]) => call.get(name, None),
        (&Method::GET, "secrets", [name, "versions"]) => call.versions(name),
        (&Method::GET, "secrets", [name, version]) => call.get(name, Some(version)),
        (&Method::PUT, "secrets", [name]) => call.set(name),
        (&Method::PATCH, "secrets", [name, version]) => call.update(name, version),
        (&Method::DELETE, "secrets", [name]) => call.delete(name),
        (&Method::GET, "deletedsecrets", []) => Ok(call.deleted_list()),
        (&Method::GET, "deletedsecrets", [name]) => call.deleted(name),
        (&Method::POST, "deletedsecrets", [name, "recover"]) => call.recover(name),
        (&Method::DELETE, "deletedsecrets", [name]) => call.purge(name),
        (_, "secrets" | "deletedsecrets", _) => {
            Err(Fault::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "The method is not allowed here."))
        }
        _ => Err(Fault::new(StatusCode::NOT_FOUND, "NotFound", "The emulator plays only the secrets of a vault.")),
    }
}

impl Call<'_> {
    fn with<R>(&self, act: impl FnOnce(&mut Vault) -> R) -> R {
        self.cloud.vaults.with(self.vault, act)
    }

    fn is_disabled(&self, version: &Version) -> bool {
        !version.enabled || self.cloud.faults.is_on("vault.disabled-secret")
    }

    fn list(&self) -> Result<Response, Fault> {
        let items = self.with(|vault| {
            let live = vault.values().filter(|secret| secret.deleted.is_none());
            live.map(|secret| self.item(secret, secret.latest(), false)).collect::<Vec<_>>()
        });
        self.page(&items, "secrets")
    }

    fn versions(&self, name: &str) -> Result<Response, Fault> {
        check_name(name)?;
        let items = self.with(|vault| {
            let secret = live(vault, name)?;
            // The service promises no order.
            Ok(secret.versions.iter().map(|version| self.item(secret, version, true)).collect::<Vec<_>>())
        })?;
        self.page(&items, &format!("secrets/{name}/versions"))
    }

    fn page(&self, items: &[Value], path: &str) -> Result<Response, Fault> {
        let largest = match self.incoming.query("maxresults").map(str::parse::<usize>) {
            None => PAGE,
            Some(Ok(count @ 1..=PAGE)) => count,
            Some(_) => return Err(bad_parameter("Invalid maxresults value. It should be between 1 and 25.")),
        };
        let token = self.incoming.query("$skiptoken").unwrap_or("0");
        let is_empty = token.starts_with(EMPTY_PAGE);
        let Ok(start) = token.trim_start_matches(EMPTY_PAGE).parse::<usize>() else {
            return Err(bad_parameter("Invalid skip token."));
        };
        let page = if is_empty { &[][..] } else { &items[start.min(items.len())..] };
        let page = &page[..page.len().min(largest)];
        let next = if is_empty {
            Some(start.to_string())
        } else if start + page.len() < items.len() {
            let mark = if start == 0 { EMPTY_PAGE } else { "" };
            Some(format!("{mark}{}", start + page.len()))
        } else {
            None
        };
        let version = self.incoming.query("api-version").unwrap_or_default();
        let base = self.cloud.endpoints.vault(self.vault);
        let next =
            next.map(|token| format!("{base}/{path}?api-version={version}&$skiptoken={token}&maxresults={largest}"));
        Ok(json_answer(StatusCode::OK, &json!({"value": page, "nextLink": next})))
    }

    fn get(&self, name: &str, version: Option<&str>) -> Result<Response, Fault> {
        check_name(name)?;
        self.with(|vault| {
            let secret = live(vault, name)?;
            let found = match version {
                None => Some(secret.latest()),
                Some(id) => secret.versions.iter().find(|version| version.id.eq_ignore_ascii_case(id)),
            };
            let found = found.ok_or_else(|| not_found(&format!("{name}/{}", version.unwrap_or_default())))?;
            if self.is_disabled(found) {
                return Err(disabled());
            }
            Ok(json_answer(StatusCode::OK, &self.bundle(secret, found)))
        })
    }

    fn set(&self, name: &str) -> Result<Response, Fault> {
        check_name(name)?;
        let body = self.incoming.json().unwrap_or_default();
        let Some(value) = body["value"].as_str() else {
            return Err(bad_parameter("The parameter is not valid: value."));
        };
        if value.len() > LARGEST_VALUE {
            return Err(bad_parameter("The value provided for the secret is larger than 25k bytes."));
        }
        let now = self.cloud.vaults.now();
        let mut version = Version {
            id: version_id(),
            value: value.to_owned(),
            content_type: None,
            tags: BTreeMap::new(),
            enabled: true,
            not_before: None,
            expires: None,
            created: now,
            updated: now,
        };
        change(&mut version, &body, now);
        self.with(|vault| {
            let new = || Secret { name: name.to_owned(), versions: Vec::new(), deleted: None };
            let secret = vault.entry(name.to_lowercase()).or_insert_with(new);
            if secret.deleted.is_some() {
                let message = format!(
                    "Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in \
                     this state, the secret can only be recovered or purged."
                );
                let fault = Fault::new(StatusCode::CONFLICT, "Conflict", message);
                return Err(fault.inner("ObjectIsDeletedButRecoverable"));
            }
            secret.versions.push(version);
            Ok(json_answer(StatusCode::OK, &self.bundle(secret, secret.latest())))
        })
    }

    fn update(&self, name: &str, id: &str) -> Result<Response, Fault> {
        check_name(name)?;
        let body = self.incoming.json().unwrap_or_default();
        let now = self.cloud.vaults.now();
        self.with(|vault| {
            let secret = vault.get_mut(&name.to_lowercase()).filter(|secret| secret.deleted.is_none());
            let secret = secret.ok_or_else(|| not_found(name))?;
            let version = secret.versions.iter_mut().find(|version| version.id.eq_ignore_ascii_case(id));
            let version = version.ok_or_else(|| not_found(&format!("{name}/{id}")))?;
            change(version, &body, now);
            let version = version.clone();
            Ok(json_answer(StatusCode::OK, &self.item(secret, &version, true)))
        })
    }

    fn delete(&self, name: &str) -> Result<Response, Fault> {
        let now = self.cloud.vaults.now();
        self.with(|vault| {
            live(vault, name)?;
            let secret = vault.get_mut(&name.to_lowercase()).expect("it was just found");
            secret.deleted = Some(now);
            Ok(json_answer(StatusCode::OK, &self.tombstone(secret, now)))
        })
    }

    fn deleted_list(&self) -> Response {
        let items = self.with(|vault| {
            let dead = vault.values().filter_map(|secret| Some(self.tombstone(secret, secret.deleted?)));
            dead.collect::<Vec<_>>()
        });
        json_answer(StatusCode::OK, &json!({"value": items, "nextLink": null}))
    }

    fn deleted(&self, name: &str) -> Result<Response, Fault> {
        self.with(|vault| {
            let secret = vault.get(&name.to_lowercase()).and_then(|secret| Some((secret, secret.deleted?)));
            let (secret, since) = secret.ok_or_else(|| not_found(name))?;
            Ok(json_answer(StatusCode::OK, &self.tombstone(secret, since)))
        })
    }

    fn recover(&self, name: &str) -> Result<Response, Fault> {
        self.with(|vault| {
            let secret = vault.get_mut(&name.to_lowercase()).filter(|secret| secret.deleted.is_some());
            let secret = secret.ok_or_else(|| not_found(name))?;
            secret.deleted = None;
            Ok(json_answer(StatusCode::OK, &self.item(secret, secret.latest(), false)))
        })
    }

    fn purge(&self, name: &str) -> Result<Response, Fault> {
        self.with(|vault| {
            let is_dead = vault.get(&name.to_lowercase()).is_some_and(|secret| secret.deleted.is_some());
            if !is_dead {
                return Err(not_found(name));
            }
            vault.remove(&name.to_lowercase());
            Ok(empty(StatusCode::NO_CONTENT))
        })
    }

    /// A secret without its value.
    fn item(&self, secret: &Secret, version: &Version, with_version: bool) -> Value {
        let mut id = format!("{}/secrets/{}", self.cloud.endpoints.vault(self.vault), secret.name);
        if with_version {
            id.push('/');
            id.push_str(&version.id);
        }
        let mut attributes = Map::new();
        attributes.insert("enabled".to_owned(), json!(!self.is_disabled(version)));
        for (name, time) in [("nbf", version.not_before), ("exp", version.expires)] {
            if let Some(time) = time {
                attributes.insert(name.to_owned(), json!(time));
            }
        }
        attributes.insert("created".to_owned(), json!(version.created));
        attributes.insert("updated".to_owned(), json!(version.updated));
        attributes.insert("recoveryLevel".to_owned(), json!("Recoverable+Purgeable"));
        attributes.insert("recoverableDays".to_owned(), json!(RETENTION / 86_400));
        let mut item = json!({"id": id, "attributes": attributes, "tags": version.tags});
        if let Some(content_type) = &version.content_type {
            item["contentType"] = json!(content_type);
        }
        item
    }

    /// A secret with its value.
    fn bundle(&self, secret: &Secret, version: &Version) -> Value {
        let mut bundle = self.item(secret, version, true);
        bundle["value"] = json!(version.value);
        bundle
    }

    /// A soft-deleted secret.
    fn tombstone(&self, secret: &Secret, since: u64) -> Value {
        let mut item = self.item(secret, secret.latest(), false);
        let base = self.cloud.endpoints.vault(self.vault);
        item["recoveryId"] = json!(format!("{base}/deletedsecrets/{}", secret.name));
        item["deletedDate"] = json!(since);
        item["scheduledPurgeDate"] = json!(since + RETENTION);
        item
    }
}

fn live<'v>(vault: &'v Vault, name: &str) -> Result<&'v Secret, Fault> {
    vault.get(&name.to_lowercase()).filter(|secret| secret.deleted.is_none()).ok_or_else(|| not_found(name))
}

fn check_name(name: &str) -> Result<(), Fault> {
    let fits = name.len() <= 127 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits {
        return Ok(());
    }
    let message = format!("The request URI contains an invalid name: {name}");
    Err(bad_parameter(message))
}

/// Applies what a PUT or PATCH says of content type, tags and attributes.
fn change(version: &mut Version, body: &Value, now: u64) {
    version.updated = now;
    if let Some(content_type) = body["contentType"].as_str() {
        version.content_type = Some(content_type.to_owned());
    }
    if let Some(tags) = body["tags"].as_object() {
        version.tags =
            tags.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
    }
    let attributes = &body["attributes"];
    version.enabled = attributes["enabled"].as_bool().unwrap_or(version.enabled);
    version.not_before = attributes["nbf"].as_u64().or(version.not_before);
    version.expires = attributes["exp"].as_u64().or(version.expires);
}
