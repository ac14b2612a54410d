//! Where the job's identity comes from, and a fresh assertion for every exchange.
//!
//! GitHub's assertion lives five minutes and Azure DevOps' ten, so nothing is kept: each exchange mints its own.
//! Source: `contracts/identity.md` §1a and §1b.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use url::Url;

use crate::report::{Failure, code};
use crate::world::http::{Answer, Call, Repeat};
use crate::world::{Clock, Env, Files, Http, Secret};

/// A place that gives out assertions.
#[derive(Clone)]
pub enum Source {
    /// GitHub's token service, asked with the job's request token.
    GitHub {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
        url: Url,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        token: Secret,
    },
    /// Azure DevOps' token service, asked for a service connection.
    AzureDevOps(DevOps),
    /// An id token that the agent bound to the service connection, and the service for when it has expired.
    Bound {
        /// `ENDPOINT_AUTH_PARAMETER_<id>_IDTOKEN`.
        token: Secret,
        /// Where a fresh one comes from, if the job may ask.
        then: Option<DevOps>,
    },
    /// A file that somebody keeps fresh, read again for every exchange.
    File(PathBuf),
}

/// What it takes to ask Azure DevOps for an id token.
#[derive(Clone)]
pub struct DevOps {
    /// `SYSTEM_OIDCREQUESTURI`.
    url: Url,
    /// The job's access token.
    token: Secret,
    /// The service connection's id.
    connection: String,
}

impl Source {
    /// Its name, for the line that says which was taken.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GitHub { .. } => "GitHub's id token",
            Self::AzureDevOps(_) | Self::Bound { .. } => "Azure DevOps' id token",
            Self::File(_) => "the token file",
        }
    }

    /// Finds the source in the environment: a token bound to the service connection, Azure DevOps, GitHub, a token file.
    ///
    /// # Errors
    /// `SID0101` when a source is there but lacks a part. `Ok(None)` when there is none.
    pub fn detect(env: &Env, connection: Option<&str>) -> Result<Option<Self>, Failure> {
        let asked = env.get("SYSTEM_OIDCREQUESTURI").map(|text| azure_devops(env, text, connection));
        if let Some(token) = connection.and_then(|id| env.get(&parameter(id, "IDTOKEN"))) {
            return Ok(Some(Self::Bound { token: Secret::new(token), then: asked.and_then(Result::ok) }));
        }
        if let Some(asked) = asked {
            return asked.map(|devops| Some(Self::AzureDevOps(devops)));
        }
        if let Some(text) = env.get("ACTIONS_ID_TOKEN_REQUEST_URL") {
            let url = request_url("ACTIONS_ID_TOKEN_REQUEST_URL", text)?;
            let token = env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN").ok_or_else(|| {
                Failure::new(
                    &code::NO_IDENTITY,
                    "`ACTIONS_ID_TOKEN_REQUEST_URL` is set, `ACTIONS_ID_TOKEN_REQUEST_TOKEN` is not",
                )
                .fix("hand both variables to the step, or neither")
            })?;
            return Ok(Some(Self::GitHub { url, token: Secret::new(token) }));
        }
        Ok(env.get("AZURE_FEDERATED_TOKEN_FILE").map(|path| Self::File(PathBuf::from(path))))
    }

    /// A new assertion for this audience.
    ///
    /// # Errors
    /// `SID0102` when the host refuses, `SID0201` and `SID0202` when it cannot be understood or reached.
    pub async fn mint(&self, http: &Http, files: &Files, audience: &str) -> Result<Secret, Failure> {
        match self {
            Self::GitHub { url, token } => {
                let mut url = url.clone();
                url.query_pairs_mut().append_pair("audience", audience);
                let call = Call::get(url).bearer(token).header("accept", "application/json; api-version=2.0");
                let answer = http.send(&call.timeout(Duration::from_secs(20))).await?;
                let token: GitHubToken = accepted(&answer, "GitHub", GITHUB_FIX)?.json("an id token from GitHub")?;
                complete(token.value, "GitHub")
            }
            Self::AzureDevOps(devops) => devops.mint(http).await,
            Self::Bound { token, then: Some(devops) } if has_expired(token) => devops.mint(http).await,
            Self::Bound { token, .. } => complete(token.reveal().to_owned(), "the agent"),
            Self::File(path) => complete(files.read(path)?.trim().to_owned(), "the token file"),
        }
    }
}

impl DevOps {
    async fn mint(&self, http: &Http) -> Result<Secret, Failure> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("api-version", "7.1").append_pair("serviceConnectionId", &self.connection);
        let call = Call::post(url).repeat(Repeat::Safe).bearer(&self.token).header("content-type", "application/json");
        // Without it a bad token is answered by a redirect to a sign-in page.
        let call = call.header("x-tfs-fedauthredirect", "Suppress").timeout(Duration::from_secs(20));
        let answer = http.send(&call).await?;
        let token: DevOpsToken =
            accepted(&answer, "Azure DevOps", DEVOPS_FIX)?.json("an id token from Azure DevOps")?;
        complete(token.oidc_token, "Azure DevOps")
    }
}

/// The key of a service connection that proves itself by one, if it is the key of this client: a job of Azure Pipelines can
/// ask for id tokens whatever its connections are, and gets none for such a connection.
pub fn connection_key(env: &Env, connection: &str, client: &str) -> Option<Secret> {
    // A connection without a scheme is one of this kind (`contracts/identity.md` §1b).
    let scheme = env.get(&format!("ENDPOINT_AUTH_SCHEME_{connection}")).unwrap_or("ServicePrincipal");
    let owner = env.get(&parameter(connection, "SERVICEPRINCIPALID"));
    let applies =
        scheme.eq_ignore_ascii_case("ServicePrincipal") && owner.is_none_or(|owner| owner.eq_ignore_ascii_case(client));
    env.get(&parameter(connection, "SERVICEPRINCIPALKEY")).filter(|_| applies).map(Secret::new)
}

fn parameter(connection: &str, key: &str) -> String {
    format!("ENDPOINT_AUTH_PARAMETER_{connection}_{key}")
}

/// A bound token lives ten minutes from the start of the task. One whose end is not known is tried.
fn has_expired(token: &Secret) -> bool {
    let expires = Claims::of(token).exp;
    expires != 0 && expires <= Clock::REAL.epoch_seconds().saturating_add(MARGIN)
}

/// Seconds that the exchange may take.
const MARGIN: u64 = 30;
const GITHUB_FIX: &str = "give the job `permissions: id-token: write` and `contents: read`";
const DEVOPS_FIX: &str = "name the service connection in an input of this task (`azureSubscription`), and map `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` in script steps";

#[derive(Deserialize)]
struct GitHubToken {
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DevOpsToken {
    oidc_token: String,
}

fn azure_devops(env: &Env, text: &str, connection: Option<&str>) -> Result<DevOps, Failure> {
    let url = request_url("SYSTEM_OIDCREQUESTURI", text)?;
    let token =
        env.get("SYSTEM_ACCESSTOKEN").or_else(|| env.get("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"));
    let token = token.ok_or_else(|| {
        Failure::new(
            &code::NO_IDENTITY,
            "this is an Azure Pipelines job, but its access token is not in the environment",
        )
        .because("Azure Pipelines does not hand `System.AccessToken` to script steps")
        .fix("map it in the step: `env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }`")
    })?;
    let token = expanded("SYSTEM_ACCESSTOKEN", token)?;
    let connection = connection.ok_or_else(|| {
        Failure::new(&code::NO_IDENTITY, "this is an Azure Pipelines job, but no service connection is named").fix(
            "pass `--service-connection-id`, or set `AZURESUBSCRIPTION_SERVICE_CONNECTION_ID` to the connection's id",
        )
    })?;
    Ok(DevOps { url, token: Secret::new(token), connection: connection.to_owned() })
}

/// Azure Pipelines leaves a macro as it is when it does not know the variable.
fn expanded<'a>(name: &str, text: &'a str) -> Result<&'a str, Failure> {
    // Only a text that is a macro and nothing else: anything more could be the secret itself, and is never shown.
    let is_macro_name = |character: char| character.is_ascii_alphanumeric() || "._- ".contains(character);
    let inner = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    if !inner.is_some_and(|inner| !inner.is_empty() && inner.chars().all(is_macro_name)) {
        return Ok(text);
    }
    Err(Failure::new(
        &code::BAD_INPUT,
        format!("`{name}` is the literal text `{text}`: the pipeline did not expand it"),
    )
    .fix("map it in the step's `env` exactly so: `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`")
    .fix("a job without an agent, or a shell outside of a pipeline, has no such variable"))
}

fn request_url(name: &str, text: &str) -> Result<Url, Failure> {
    Url::parse(text).ok().filter(|url| url.scheme() == "https").ok_or_else(|| {
        Failure::new(&code::NO_IDENTITY, format!("`{name}` is not an https URL"))
            .fix("leave the variable as the CI host sets it")
    })
}

fn accepted<'a>(answer: &'a Answer, host: &str, fix: &str) -> Result<&'a Answer, Failure> {
    if !(400..500).contains(&answer.status) {
        return Ok(answer);
    }
    let text = answer.text();
    let cause = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no reason given")
        .chars()
        .take(300)
        .collect::<String>();
    let failure = Failure::new(&code::ID_TOKEN_REFUSED, format!("{host} gave this job no id token")).because(cause);
    Err(answer.with_ids(failure).fix(fix))
}

fn complete(token: String, host: &str) -> Result<Secret, Failure> {
    if token.split('.').count() == 3 {
        return Ok(Secret::new(token));
    }
    Err(Failure::new(&code::ID_TOKEN_REFUSED, format!("what {host} gave is not a JWT: it does not have three parts"))
        .fix("check that the value was not masked or cut on its way here"))
}

/// What an assertion says of itself. It is read for messages only; Entra verifies it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Claims {
    /// The issuer.
    #[serde(default)]
    pub iss: String,
    /// The subject, exactly as a federated credential must have it.
    #[serde(default)]
    pub sub: String,
    /// The audience.
    #[serde(default)]
    pub aud: String,
    /// Issued at, seconds since 1970.
    #[serde(default)]
    pub iat: u64,
    /// Expires at, seconds since 1970.
    #[serde(default)]
    pub exp: u64,
}

impl Claims {
    /// The claims of a JWT; empty ones when it cannot be read.
    pub fn of(token: &Secret) -> Self {
        let payload = token.reveal().split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Claims, Env, Secret, Source, connection_key, has_expired};

    #[test]
    fn only_the_key_of_this_client_and_of_this_scheme_counts() {
        let table = [
            (Some("ServicePrincipal"), "c", true),
            (Some("SERVICEprincipal"), "C", true),
            (None, "c", true),
            (Some("WorkloadIdentityFederation"), "c", false),
            (Some("ServicePrincipal"), "another", false),
        ];
        for (scheme, client, expected) in table {
            let env = Env::default().with([
                ("ENDPOINT_AUTH_SCHEME_i", scheme.unwrap_or_default()),
                ("ENDPOINT_AUTH_PARAMETER_i_SERVICEPRINCIPALID", "c"),
                ("ENDPOINT_AUTH_PARAMETER_i_SERVICEPRINCIPALKEY", "k"),
            ]);
            assert_eq!(connection_key(&env, "i", client).is_some(), expected, "{scheme:?} {client}");
            assert!(connection_key(&env, "j", client).is_none());
        }
    }

    #[test]
    fn a_bound_token_is_taken_and_the_service_is_asked_when_it_has_expired() {
        let env = Env::default().with([("ENDPOINT_AUTH_PARAMETER_i_IDTOKEN", "a.b.c")]);
        let found = Source::detect(&env, Some("i")).unwrap_or_default();
        assert!(matches!(found, Some(Source::Bound { then: None, .. })));
        let env = env.with([("SYSTEM_OIDCREQUESTURI", "https://x/y"), ("SYSTEM_ACCESSTOKEN", "t")]);
        let found = Source::detect(&env, Some("i")).unwrap_or_default();
        assert!(matches!(found, Some(Source::Bound { then: Some(_), .. })));
        // The payload is `{"exp":7}`.
        assert!(has_expired(&Secret::new("e30.eyJleHAiOjd9.c")) && !has_expired(&Secret::new("a.b.c")));
    }

    #[test]
    fn claims_are_read_from_a_token() {
        let token = Secret::new(
            "e30.eyJpc3MiOiJodHRwczovL2kiLCJzdWIiOiJyZXBvOmEvYjpyZWYiLCJhdWQiOiJhcGk6Ly94IiwiZXhwIjo3fQ.sig",
        );
        let claims = Claims::of(&token);
        assert_eq!(
            (claims.iss.as_str(), claims.sub.as_str(), claims.aud.as_str(), claims.exp),
            ("https://i", "repo:a/b:ref", "api://x", 7)
        );
        assert_eq!(Claims::of(&Secret::new("***")).sub, "");
    }
}
