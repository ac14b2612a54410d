//! Reading secrets from a Key Vault. The vault's own crate does the challenge and checks that the resource in it is the
//! vault's; its error bodies are read here, because they name the right that is missing.
//!
//! Source: `contracts/slots-and-vault.md` §2.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_security_keyvault_secrets::models::SecretClientGetSecretOptions;
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use serde::Deserialize;

use super::credential::Credential;
use super::transport::Recorder;
use crate::report::{Failure, code};
use crate::world::http::Answer;
use crate::world::{Secret, World};

/// The version that every vault speaks, in every cloud.
const API_VERSION: &str = "7.4";

/// A signed-in way to one vault.
pub struct Vault<'a> {
    client: SecretClient,
    recorder: Arc<Recorder>,
    credential: &'a Credential,
    name: String,
}

/// A secret and what is known of it.
pub struct Found {
    /// The value.
    pub value: Secret,
    /// Seconds since 1970 after which it is not to be used; the vault does not enforce it.
    pub expires: Option<i64>,
    /// Seconds since 1970 before which it is not to be used; the vault does not enforce it.
    pub not_before: Option<i64>,
    /// The 32 digits behind the name.
    pub version: String,
}

impl<'a> Vault<'a> {
    /// Prepares the client; nothing is sent yet. `url` is `https://{name}{suffix}`.
    pub fn new(world: &World, credential: &'a Credential, url: &str) -> Result<Self, Failure> {
        let recorder = Recorder::new(world.http.clone());
        let options = SecretClientOptions {
            api_version: API_VERSION.to_owned(),
            client_options: recorder.options(),
            ..SecretClientOptions::default()
        };
        let vault = host_of(url).unwrap_or_default();
        let own = Arc::new(OwnDomain { inner: credential.inner(), vault });
        let client = SecretClient::new(url, own, Some(options));
        let client = client.map_err(|error| {
            Failure::new(&code::BAD_INPUT, format!("`{url}` is not the URL of a vault")).because(error.to_string())
        })?;
        let name = client.endpoint().host_str().unwrap_or_default().to_owned();
        Ok(Self { client, recorder, credential, name })
    }

    /// One secret, in its newest version unless another is asked for.
    ///
    /// # Errors
    /// `SID0501` to `SID0504`, and those of the sign-in.
    pub async fn secret(&self, name: &str, version: Option<&str>) -> Result<Found, Failure> {
        let options = SecretClientGetSecretOptions { secret_version: version.map(str::to_owned), ..Default::default() };
        let response = match self.client.get_secret(name, Some(options)).await {
            Ok(response) => response,
            Err(error) => return Err(self.explain(name, version, &error)),
        };
        let secret = response.into_model().map_err(|_| self.unreadable())?;
        let attributes = secret.attributes.unwrap_or_default();
        let value = secret.value.ok_or_else(|| self.unreadable())?;
        self.recorder.forget();
        let version = secret.id.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned();
        Ok(Found {
            value: Secret::new(value),
            expires: attributes.expires.map(azure_core::time::OffsetDateTime::unix_timestamp),
            not_before: attributes.not_before.map(azure_core::time::OffsetDateTime::unix_timestamp),
            version,
        })
    }

    fn unreadable(&self) -> Failure {
        match self.recorder.last() {
            Some(Ok(answer)) => answer.unexpected("a secret from Key Vault"),
            Some(Err(failure)) => failure,
            None => Failure::bug("a secret was read without a request"),
        }
    }

    fn explain(&self, secret: &str, version: Option<&str>, error: &azure_core::Error) -> Failure {
        if let Some(failure) = self.credential.failure_of_sign_in() {
            return failure;
        }
        match self.recorder.last() {
            Some(Ok(answer)) if answer.status == 401 => self.challenge(&answer, error),
            Some(Ok(answer)) => self.refusal(&answer, secret, version),
            Some(Err(failure)) => failure
                .because(format!("the vault is `{}`", self.name))
                .fix("check the vault's name; behind a private endpoint, this machine needs the private DNS zone"),
            None => Failure::new(&code::VAULT_CHALLENGE, format!("`{}` was not asked", self.name))
                .because(error.to_string()),
        }
    }

    /// The crate sends no token to a challenge that names another resource; which one it was is only in the answer.
    fn challenge(&self, answer: &Answer, error: &azure_core::Error) -> Failure {
        let resource = answer.header("www-authenticate").and_then(challenged_resource);
        let own = resource.as_deref().is_some_and(|resource| is_domain_of(resource, &self.name));
        let failure = match resource {
            Some(_) if own => Failure::new(&code::UNAUTHORIZED, format!("`{}` did not accept the token", self.name))
                .because(error.to_string())
                .fix("check that `tenant-id` is the tenant of the vault"),
            Some(resource) => {
                Failure::new(&code::VAULT_CHALLENGE, format!("`{}` asks for a token for `{resource}`", self.name))
                    .because("a vault may only ask for tokens of its own domain, so none was sent")
                    .fix("check the vault's name or URL, and the `cloud` input")
            }
            None => Failure::new(
                &code::VAULT_CHALLENGE,
                format!("`{}` refuses without saying which token it wants", self.name),
            )
            .fix("check the vault's name or URL: this may not be a vault"),
        };
        answer.with_ids(failure)
    }

    fn refusal(&self, answer: &Answer, secret: &str, version: Option<&str>) -> Failure {
        let Some(refusal) = VaultError::of(answer) else { return answer.unexpected("a secret from Key Vault") };
        let vault = self.name.split('.').next().unwrap_or_default();
        let quoted = super::shell_quoted(secret);
        let failure = match (answer.status, refusal.inner.as_str()) {
            (_, "SecretDisabled") => Failure::new(&code::SECRET_UNUSABLE, format!("secret `{secret}` in `{vault}` is disabled"))
                .run(format!("az keyvault secret set-attributes --vault-name {vault} --name {quoted} --enabled true")),
            (403, "ForbiddenByFirewall" | "ForbiddenByConnection") => {
                Failure::new(&code::VAULT_FORBIDDEN, format!("`{vault}` does not take calls from this address"))
                    .fix("run this on an agent inside the vault's network, or allow the address in its firewall")
            }
            (403, _) => Failure::new(&code::VAULT_FORBIDDEN, format!("this identity may not read secrets of `{vault}`"))
                .run(format!(
                    "az role assignment create --assignee {} --role 'Key Vault Secrets User' --scope \"$(az keyvault show --name {vault} --query id --output tsv)\"",
                    self.credential.client()
                ))
                .fix("a role assigned in the last ten minutes may not be in force yet; run again then"),
            (404, _) => not_found(vault, secret, version),
            (429, _) => Failure::new(&code::THROTTLED, format!("`{vault}` is throttling")).fix("run again in ten seconds"),
            (500.., _) => Failure::new(&code::SERVER_ERROR, format!("`{vault}` failed")).fix("run again in a minute"),
            _ => Failure::new(&code::REFUSED, format!("`{vault}` refused to give `{secret}`")).fix("the reason above is the vault's own"),
        };
        answer.with_ids(failure.because(refusal.message))
    }
}

/// Of a version, the vault does not say whether it lacks the version or the whole secret.
fn not_found(vault: &str, secret: &str, version: Option<&str>) -> Failure {
    let Some(version) = version else {
        return Failure::new(&code::SECRET_NOT_FOUND, format!("there is no secret `{secret}` in `{vault}`"))
            .run(format!("az keyvault secret list --vault-name {vault} --query '[].name' --output tsv"));
    };
    let quoted = super::shell_quoted(secret);
    let what = format!("secret `{secret}` in `{vault}` has no version `{version}`");
    Failure::new(&code::SECRET_NOT_FOUND, what)
        .run(format!(
            "az keyvault secret list-versions --vault-name {vault} --name {quoted} --query '[].id' --output tsv"
        ))
        .fix("if that lists none, the secret itself does not exist; without a version, the newest one is taken")
}

/// Gives tokens for the domain that the vault lies in and for no other: the crate would also ask for one of a domain above.
struct OwnDomain {
    inner: Arc<dyn TokenCredential>,
    vault: String,
}

impl fmt::Debug for OwnDomain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

#[async_trait::async_trait]
impl TokenCredential for OwnDomain {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let is_own = |scope: &&str| host_of(scope).is_some_and(|host| is_domain_of(&host, &self.vault));
        if !scopes.iter().all(is_own) {
            return Err(Error::with_message(ErrorKind::Credential, "the challenge asks for a token of another domain"));
        }
        self.inner.get_token(scopes, options).await
    }
}

/// `vault.azure.net` is the domain of `kv1.vault.azure.net`.
fn is_domain_of(domain: &str, vault: &str) -> bool {
    vault.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain))
}

fn host_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// The host in the `resource` or `scope` of a challenge.
fn challenged_resource(header: &str) -> Option<String> {
    let (_, rest) = header.split_once("resource=\"").or_else(|| header.split_once("scope=\""))?;
    host_of(rest.split('"').next()?)
}

struct VaultError {
    message: String,
    inner: String,
}

impl VaultError {
    fn of(answer: &Answer) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            error: Outer,
        }
        #[derive(Deserialize)]
        struct Outer {
            #[serde(default)]
            message: String,
            #[serde(default, alias = "innerError")]
            innererror: Option<Inner>,
        }
        #[derive(Deserialize)]
        struct Inner {
            code: String,
        }
        let body: Body = serde_json::from_slice(&answer.body).ok()?;
        Some(Self {
            message: body.error.message,
            inner: body.error.innererror.map(|inner| inner.code).unwrap_or_default(),
        })
    }
}
