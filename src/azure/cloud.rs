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
    /// The host names under which its sign-in answers.
    logins: &'static [&'static str],
    /// The host in the audience of ARM before there was ARM; tokens for it are good at ARM.
    classic: &'static str,
}

static CLOUDS: [Named; 3] = [
    Named {
        name: "AzureCloud",
        authority: "https://login.microsoftonline.com",
        arm: "https://management.azure.com",
        app_service: "https://appservice.azure.com",
        vault_suffix: ".vault.azure.net",
        audience: "api://AzureADTokenExchange",
        logins: &["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        classic: "management.core.windows.net",
    },
    Named {
        name: "AzureUSGovernment",
        authority: "https://login.microsoftonline.us",
        arm: "https://management.usgovcloudapi.net",
        app_service: "https://appservice.azure.us",
        vault_suffix: ".vault.usgovcloudapi.net",
        audience: "api://AzureADTokenExchangeUSGov",
        logins: &["login.microsoftonline.us", "login-us.microsoftonline.com"],
        classic: "management.core.usgovcloudapi.net",
    },
    Named {
        name: "AzureChinaCloud",
        authority: "https://login.chinacloudapi.cn",
        arm: "https://management.chinacloudapi.cn",
        app_service: "https://appservice.azure.cn",
        vault_suffix: ".vault.azure.cn",
        audience: "api://AzureADTokenExchangeChina",
        logins: &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
        classic: "management.core.chinacloudapi.cn",
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
            poll: PollRule { suffixes: vec![format!(".{}", self.arm_host())] },
        })
    }

    fn arm_host(&self) -> &'static str {
        self.arm.trim_start_matches("https://")
    }

    /// Whether ARM of this cloud answers there: at its name, or in one region.
    fn has_arm_at(&self, host: &str) -> bool {
        host == self.arm_host() || host.strip_suffix(self.arm_host()).is_some_and(|region| region.ends_with('.'))
    }

    /// Whether tokens of this sign-in, or for this audience, are good in this cloud.
    fn trusts(&self, login: &Url, audience: &str) -> bool {
        let audience = Url::parse(audience).ok();
        let host = |url: &Url| url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
        let audience = audience.as_ref().map(host).unwrap_or_default();
        self.logins.contains(&host(login).as_str()) || self.has_arm_at(&audience) || audience == self.classic
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
        let host = arm.host_str().unwrap_or_default();
        let pretended = CLOUDS.iter().find(|cloud| cloud.trusts(&login, &audience) && !cloud.has_arm_at(host));
        if let Some(cloud) = pretended {
            return Err(pretender(host, cloud));
        }
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

fn pretender(host: &str, cloud: &Named) -> Failure {
    let what = format!("`{host}` asks for tokens of `{}`, to which it does not belong", cloud.name);
    Failure::new(&code::UNEXPECTED_ANSWER, what)
        .because("whoever runs it could act in that cloud with such a token, so none was asked for")
        .fix(format!("set `cloud` to `{}`, or to the ARM endpoint of the cloud that is meant", cloud.name))
}

#[cfg(test)]
mod tests {
    use super::{Authentication, CLOUDS, Metadata, Suffixes, Url};

    /// Whether an ARM endpoint may say that of itself.
    fn resolves(arm: &str, login: &str, audiences: &[&str]) -> bool {
        let audiences = audiences.iter().map(ToString::to_string).collect();
        let metadata = Metadata {
            authentication: Authentication { login_endpoint: login.to_owned(), audiences },
            suffixes: Suffixes { key_vault_dns: ".vault.example".to_owned() },
        };
        metadata.into_cloud(Url::parse(arm).unwrap()).is_ok()
    }

    #[test]
    fn only_a_clouds_own_endpoint_may_ask_for_its_tokens() {
        let own = "https://login.example";
        let public = "https://login.microsoftonline.com/";
        assert!(resolves("https://arm.example", own, &["https://arm.example"]));
        assert!(resolves("https://arm.example", own, &[]));
        assert!(resolves("https://management.azure.com", public, &["https://management.core.windows.net/"]));
        assert!(resolves("https://westeurope.management.azure.com", public, &["https://management.azure.com/"]));
        for arm in ["https://arm.example", "https://xmanagement.azure.com", "https://management.usgovcloudapi.net"] {
            assert!(!resolves(arm, public, &["https://arm.example"]), "{arm}");
            for audience in [
                "https://management.azure.com",
                "https://MANAGEMENT.azure.com.:443/",
                "https://management.core.windows.net/",
            ] {
                assert!(!resolves(arm, own, &[audience]), "{arm} {audience}");
            }
        }
        for login in ["https://sts.windows.net/", "https://login.microsoftonline.us", "https://login.chinacloudapi.cn/"]
        {
            assert!(!resolves("https://arm.example", login, &["https://arm.example"]), "{login}");
        }
    }

    #[test]
    fn polls_lead_to_arm_alone() {
        for (cloud, suffix) in CLOUDS.iter().zip([
            ".management.azure.com",
            ".management.usgovcloudapi.net",
            ".management.chinacloudapi.cn",
        ]) {
            let cloud = cloud.cloud().unwrap_or_else(|failure| panic!("{}", failure.what));
            assert_eq!(cloud.poll.suffixes, [suffix]);
        }
    }
}
