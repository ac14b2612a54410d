//! Publishing credentials, the policies that switch them off, and the publish profile.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::call::{Call, Place};
use super::error::{ArmError, not_allowed};
use crate::emulator::message::{json as json_answer, text};

/// `POST …/config/publishingcredentials/list`. Azure may answer 202; that the answer is there at once is allowed.
pub(super) fn credentials(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "config/list/action")?;
    let (user, password, scm) = secrets(call, place);
    let name = place.id.rsplit('/').next().unwrap_or_default();
    let body = json!({
        "id": format!("{}/publishingcredentials/{user}", place.id), "name": name,
        "type": format!("{}/publishingcredentials", place.kind()), "location": call.location(),
        "properties": {
            "name": null, "publishingUserName": user, "publishingPassword": password, "publishingPasswordHash": null,
            "publishingPasswordHashSalt": null, "scmUri": format!("https://{user}:{password}@{scm}"),
            "isDeleted": false,
        },
    });
    Ok(json_answer(StatusCode::OK, &body))
}

fn secrets(call: &Call<'_>, place: &Place) -> (String, String, String) {
    call.with(place, |site, slot| {
        let (user, slot) = (site.publishing_user(slot), &site.slots[slot]);
        (user, slot.publishing_password.clone(), call.cloud.endpoints.scm(&site.name, &slot.name))
    })
}

/// `GET` and `PUT …/basicPublishingCredentialsPolicies/scm|ftp`.
pub(super) fn policy(call: &Call<'_>, place: &Place, kind: &str) -> Result<Response, ArmError> {
    if !["scm", "ftp"].contains(&kind) {
        return Err(ArmError::new(StatusCode::NOT_FOUND, "NotFound", format!("There is no policy '{kind}'.")));
    }
    let is_scm = kind == "scm";
    if call.incoming.method == Method::PUT {
        call.require(place, "basicPublishingCredentialsPolicies/write")?;
        let properties = call.properties()?;
        let Some(allow) = properties.get("allow").and_then(serde_json::Value::as_bool) else {
            return Err(ArmError::bad_request("The parameter allow has an invalid value."));
        };
        call.with(place, |site, slot| {
            let slot = site.slots.get_mut(slot).expect("it was just found");
            if is_scm {
                slot.basic_scm = allow;
            } else {
                slot.basic_ftp = allow;
            }
        });
    } else if call.incoming.method != Method::GET {
        return Err(not_allowed());
    }
    let allow = call.with(place, |site, slot| {
        let slot = &site.slots[slot];
        if is_scm { slot.basic_scm } else { slot.basic_ftp }
    });
    let body = json!({
        "id": format!("{}/basicPublishingCredentialsPolicies/{kind}", place.id), "name": kind,
        "type": format!("{}/basicPublishingCredentialsPolicies", place.kind()), "location": call.location(),
        "properties": {"allow": allow},
    });
    Ok(json_answer(StatusCode::OK, &body))
}

/// `POST …/publishxml`.
pub(super) fn profile(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "publishxml/action")?;
    let (user, password, scm) = secrets(call, place);
    let (site, app_url) = call.with(place, |site, slot| {
        let slot = &site.slots[slot];
        let name = if place.is_production() { site.name.clone() } else { format!("{}__{}", site.name, slot.name) };
        (name, format!("https://{}", call.cloud.endpoints.front(&site.name, &slot.name)))
    });
    let profile = |(method, label): (&str, &str)| {
        format!(
            "<publishProfile profileName=\"{site} - {label}\" publishMethod=\"{method}\" publishUrl=\"{scm}\" \
             msdeploySite=\"{site}\" userName=\"{user}\" userPWD=\"{password}\" destinationAppUrl=\"{app_url}\" \
             SQLServerDBConnectionString=\"\" mySQLDBConnectionString=\"\" hostingProviderForumLink=\"\" \
             controlPanelLink=\"https://portal.azure.com\" webSystem=\"WebSites\"><databases /></publishProfile>"
        )
    };
    let profiles = [("MSDeploy", "Web Deploy"), ("ZipDeploy", "Zip Deploy")].map(profile);
    let xml = format!("<publishData>{}</publishData>", profiles.concat());
    Ok(text(StatusCode::OK, "application/xml", xml))
}
