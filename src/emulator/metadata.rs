//! `/metadata/endpoints`: where the services of this cloud are, in the three shapes that clients ask for.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::message::{Incoming, json as json_answer};

/// Answers `GET /metadata/endpoints`. It needs no token.
pub(crate) fn answer(cloud: &Cloud, incoming: &Incoming) -> Response {
    match incoming.query("api-version") {
        None => super::arm::missing_api_version(),
        Some(version) if version < "2019" => json_answer(StatusCode::OK, &oldest(cloud)),
        Some(version) if version < "2022" => json_answer(StatusCode::OK, &json!([newest(cloud)])),
        Some(_) => json_answer(StatusCode::OK, &newest(cloud)),
    }
}

/// The shape of 2015-01-01.
fn oldest(cloud: &Cloud) -> Value {
    let base = cloud.endpoints.base();
    json!({
        "galleryEndpoint": format!("{base}/gallery/"), "graphEndpoint": "https://graph.microsoft.com/",
        "portalEndpoint": format!("{base}/portal/"),
        "authentication": {"loginEndpoint": format!("{base}/"), "audiences": audiences(cloud)},
    })
}

fn audiences(cloud: &Cloud) -> Value {
    json!([
        format!("{}/", cloud.endpoints.base()),
        "https://management.core.windows.net/",
        "https://management.azure.com/"
    ])
}

/// The shape of 2022-09-01; that of 2019-05-01 is a list of it.
fn newest(cloud: &Cloud) -> Value {
    let base = cloud.endpoints.base();
    let port = cloud.endpoints.port();
    json!({
        "name": "SidingEmulator",
        "portal": format!("{base}/portal"),
        "authentication": {
            "loginEndpoint": base, "audiences": audiences(cloud), "tenant": cloud.directory.home().id,
            "identityProvider": "AAD",
        },
        "resourceManager": base,
        "graph": "https://graph.microsoft.com/", "graphAudience": "https://graph.microsoft.com/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/", "activeDirectoryGraphResourceId": "https://graph.microsoft.com/",
        "appServiceResourceId": "https://appservice.azure.com", "appServiceAudience": "https://appservice.azure.com",
        "activeDirectoryResourceId": format!("{base}/"), "management": base, "gallery": format!("{base}/gallery/"),
        "keyVaultResourceId": cloud.endpoints.vault_resource(),
        "batch": "https://batch.core.windows.net/", "media": "https://rest.media.azure.net",
        "suffixes": {
            "keyVaultDns": cloud.endpoints.vault_suffix(),
            "appService": format!(".azurewebsites.localhost:{port}"),
            "storage": format!("core.windows.localhost:{port}"),
            "acrLoginServer": format!(".azurecr.localhost:{port}"),
            "sqlServerHostname": format!(".database.windows.localhost:{port}"),
        },
    })
}
