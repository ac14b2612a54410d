//! Which Azure: public, US Government, China, or whatever an ARM endpoint says of itself.
//!
//! Source of the table: `contracts/identity.md` §1c. A custom endpoint names all others in `/metadata/endpoints`.

use serde::Deserialize;
use url::Url;

use crate::report::{Failure, code};
use crate::world::World;
use crate::world::http::{Call, PollRule};

/// The endpoints and audiences of one cloud.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Where tokens are issued, with the scheme and without a path.
    pub authority: String,
    /// The ARM endpoint.
    pub arm: Url,
    /// The scope of ARM tokens.
    pub arm_scope: String,
    /// The scope that the SCM site takes when it refuses ARM's, if the cloud has one.
    pub app_service_scope: Option<String>,
    /// What follows a vault's name in its host, with the dot and perhaps a port.
    pub vault_suffix: String,
    /// The audience of federated credentials.
    pub federation_audience: &'static str,
    /// Where poll URLs may lead.
    pub poll: PollRule,
}

struct Named {
    name: &'static str,
    authority: &'static str,
    arm: &'static str,
    app_service: &'static str,
    vault_suffix: &'static str,
    audience: &'static str,
    suffixes: [&'static str; 2],
}

static CLOUDS: [Named; 3] = [
    Named {
        name: "AzureCloud",
        authority: "https://login.microsoftonline.com",
        arm: "https://management.azure.com",
        app_service: "https://appservice.azure.com",
        vault_suffix: ".vault.azure.net",
        audience: "api://AzureADTokenExchange",
        suffixes: [".azure.com", ".azurewebsites.net"],
    },
    Named {
        name: "AzureUSGovernment",
        authority: "https://login.microsoftonline.us",
        arm: "https://management.usgovcloudapi.net",
        app_service: "https://appservice.azure.us",
        vault_suffix: ".vault.usgovcloudapi.net",
        audience: "api://AzureADTokenExchangeUSGov",
        suffixes: [".usgovcloudapi.net", ".azurewebsites.us"],
    },
    Named {
        name: "AzureChinaCloud",
        authority: "https://login.chinacloudapi.cn",
        arm: "https://management.chinacloudapi.cn",
        app_service: "https://appservice.azure.cn",
        vault_suffix: ".vault.azure.cn",
        audience: "api://AzureADTokenExchangeChina",
        suffixes: [".chinacloudapi.cn", ".chinacloudsites.cn"],
    },
];

/// The cloud of that name, or the one whose ARM endpoint the text is.
///
/// # Errors
/// What the endpoint answers instead of its metadata.
pub async fn resolve(world: &World, text: &str) -> Result<Cloud, Failure> {
    if let Some(named) = CLOUDS.iter().find(|cloud| cloud.name == text) {
        return named.cloud();
    }
    let arm =
        Url::parse(text).map_err(|_| Failure::bug(format!("`{text}` passed the check for a cloud and is none")))?;
    let mut metadata = arm.clone();
    metadata.set_path("/metadata/endpoints");
    metadata.set_query(Some("api-version=2022-09-01"));
    let answer = world.http.send(&Call::get(metadata)).await?;
    let found: Metadata = answer.json("the endpoints of a cloud")?;
    found.into_cloud(arm)
}

impl Named {
    fn cloud(&self) -> Result<Cloud, Failure> {
        Ok(Cloud {
            authority: self.authority.to_owned(),
            arm: Url::parse(self.arm).map_err(|_| Failure::bug("the table of clouds holds a broken URL"))?,
            arm_scope: format!("{}/.default", self.arm),
            app_service_scope: Some(format!("{}/.default", self.app_service)),
            vault_suffix: self.vault_suffix.to_owned(),
            federation_audience: self.audience,
            poll: PollRule { suffixes: self.suffixes.iter().map(ToString::to_string).collect() },
        })
    }
}

/// The part of `/metadata/endpoints` that we read.
#[derive(Deserialize)]
struct Metadata {
    authentication: Authentication,
    suffixes: Suffixes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    login_endpoint: String,
    #[serde(default)]
    audiences: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suffixes {
    key_vault_dns: String,
}

impl Metadata {
    fn into_cloud(self, arm: Url) -> Result<Cloud, Failure> {
        let login = Url::parse(&self.authentication.login_endpoint).ok().filter(|url| url.scheme() == "https");
        let login = login.ok_or_else(|| {
            Failure::new(
                &code::UNEXPECTED_ANSWER,
                format!("`{}` names a login endpoint that is not https", arm.host_str().unwrap_or_default()),
            )
            .fix("check the `cloud` input; it must be the ARM endpoint of an Azure cloud")
        })?;
        let audience = self.authentication.audiences.first().map_or_else(|| arm.as_str().to_owned(), Clone::clone);
        Ok(Cloud {
            authority: login.origin().ascii_serialization(),
            arm_scope: format!("{}/.default", audience.trim_end_matches('/')),
            arm,
            app_service_scope: None,
            vault_suffix: format!(".{}", self.suffixes.key_vault_dns.trim_start_matches('.')),
            federation_audience: CLOUDS[0].audience,
            poll: PollRule::default(),
        })
    }
}
