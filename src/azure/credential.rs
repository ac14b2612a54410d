//! Signing in: an identity and its proof become tokens, refreshed as long as the run lasts.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{ClientMethodOptions, ClientOptions};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};

use super::aadsts::{self, Attempt};
use super::assertion::{Claims, Source};
use super::cloud::Cloud;
use super::transport::Recorder;
use crate::report::{Failure, code};
use crate::world::{Files, Http, Masker, Secret, World};

/// Who signs in, and how it is proven.
#[derive(Clone)]
pub struct Identity {
    /// The Entra tenant's GUID.
    pub tenant: String,
    /// The application's client id.
    pub client: String,
    /// The proof.
    pub proof: Proof,
    /// The audience of assertions, where it is not the cloud's own.
    pub audience: Option<String>,
}

/// How an identity is proven.
#[derive(Clone)]
pub enum Proof {
    /// A federated assertion.
    Assertion(Source),
    /// A client secret.
    Secret(Secret),
}

impl Identity {
    /// In words: which proof was taken.
    pub fn proof_name(&self) -> &'static str {
        match &self.proof {
            Proof::Assertion(source) => source.name(),
            Proof::Secret(_) => "a client secret",
        }
    }
}

/// A signed-in identity. Tokens are cached by the identity crate and renewed five minutes before they expire.
pub struct Credential {
    inner: Arc<Masking>,
    recorder: Arc<Recorder>,
    minter: Option<Arc<Minter>>,
    tenant: String,
    client: String,
}

/// How often a sign-in is tried when Entra says that the trouble is its own.
const ATTEMPTS: u32 = 3;

impl Credential {
    /// Prepares the credential; nothing is sent yet.
    ///
    /// # Errors
    /// `SID0103` when the identity crate refuses the configuration.
    pub fn new(world: &World, cloud: &Cloud, identity: &Identity) -> Result<Self, Failure> {
        let recorder = Recorder::new(world.http.clone());
        let mut custom = CustomConfiguration::default();
        custom.authority_host.clone_from(&cloud.authority);
        let options = ClientOptions { cloud: Some(Arc::new(CloudConfiguration::Custom(custom))), ..recorder.options() };
        let (tenant, client) = (identity.tenant.clone(), identity.client.clone());
        let refused = |error: Error| {
            Failure::new(&code::ENTRA_REFUSED, "the sign-in cannot be set up").because(error.to_string())
        };
        let (inner, minter): (Arc<dyn TokenCredential>, _) = match &identity.proof {
            Proof::Secret(secret) => {
                let secret = azure_core::credentials::Secret::new(secret.reveal().to_owned());
                let options = ClientSecretCredentialOptions { client_options: options };
                (ClientSecretCredential::new(&tenant, client.clone(), secret, Some(options)).map_err(refused)?, None)
            }
            Proof::Assertion(source) => {
                let audience = identity.audience.clone().unwrap_or_else(|| cloud.federation_audience.to_owned());
                let minter = Arc::new(Minter::new(world, source.clone(), audience));
                let options = ClientAssertionCredentialOptions { client_options: options };
                let credential = ClientAssertionCredential::new(
                    tenant.clone(),
                    client.clone(),
                    Shared(minter.clone()),
                    Some(options),
                );
                (credential.map_err(refused)?, Some(minter))
            }
        };
        let inner = Arc::new(Masking {
            inner,
            masker: world.masker.clone(),
            recorder: recorder.clone(),
            masked: Mutex::default(),
        });
        Ok(Self { inner, recorder, minter, tenant, client })
    }

    /// A token for this scope, from the cache when it is still good.
    ///
    /// # Errors
    /// The explained refusal of Entra, or what kept the assertion from being minted.
    pub async fn token(&self, world: &World, scope: &str) -> Result<Secret, Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.inner.get_token(&[scope], None).await {
                Ok(token) if !token.token.secret().is_empty() => return Ok(Secret::new(token.token.secret())),
                Ok(_) => return Err(self.explain(None)),
                Err(_) if attempt < ATTEMPTS && self.is_transient() => {
                    world.clock.sleep(std::time::Duration::from_secs(1)).await;
                }
                Err(error) => return Err(self.explain(Some(&error))),
            }
        }
    }

    /// The claims of the last assertion, for messages.
    pub fn claims(&self) -> Option<Claims> {
        self.minter.as_ref().and_then(|minter| minter.claims.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// The application's client id.
    pub fn client(&self) -> &str {
        &self.client
    }

    /// The same credential for a crate's client. It masks as well.
    pub(super) fn inner(&self) -> Arc<dyn TokenCredential> {
        self.inner.clone()
    }

    /// Whether the failure came before Entra was asked, or from Entra itself.
    pub(super) fn failure_of_sign_in(&self) -> Option<Failure> {
        let minted = self.minter.as_ref().and_then(|minter| minter.take_failure());
        minted.or_else(|| match self.recorder.last() {
            Some(Ok(answer)) if answer.is_success() => None,
            Some(_) => Some(self.explain(None)),
            None => None,
        })
    }

    fn is_transient(&self) -> bool {
        matches!(self.recorder.last(), Some(Ok(answer)) if aadsts::is_transient(&answer))
    }

    fn explain(&self, error: Option<&Error>) -> Failure {
        if let Some(failure) = self.minter.as_ref().and_then(|minter| minter.take_failure()) {
            return failure;
        }
        let attempt = Attempt { tenant: &self.tenant, client: &self.client, claims: self.claims() };
        match self.recorder.last() {
            Some(Ok(answer)) => aadsts::explain(&answer, &attempt),
            Some(Err(failure)) => failure,
            None => Failure::new(&code::ENTRA_REFUSED, "the sign-in did not begin")
                .because(error.map(ToString::to_string).unwrap_or_default()),
        }
    }
}

/// Masks each token once, whoever asked for it, before that one sees it.
struct Masking {
    inner: Arc<dyn TokenCredential>,
    masker: Masker,
    recorder: Arc<Recorder>,
    masked: Mutex<Vec<Secret>>,
}

impl fmt::Debug for Masking {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Masking {
    fn mask(&self, token: &str) {
        let mut masked = self.masked.lock().unwrap_or_else(PoisonError::into_inner);
        if !token.is_empty() && masked.iter().all(|known| known.reveal() != token) {
            let secret = Secret::new(token);
            self.masker.mask(&secret);
            masked.push(secret);
        }
    }
}

#[async_trait::async_trait]
impl TokenCredential for Masking {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = self.inner.get_token(scopes, options).await?;
        self.mask(token.token.secret());
        if !token.token.secret().is_empty() {
            self.recorder.forget();
        }
        Ok(token)
    }
}

/// Mints an assertion whenever the identity crate asks for one, and keeps why it could not.
struct Minter {
    http: Http,
    files: Files,
    masker: Masker,
    source: Source,
    audience: String,
    claims: Mutex<Option<Claims>>,
    failure: Mutex<Option<Failure>>,
}

impl Minter {
    fn new(world: &World, source: Source, audience: String) -> Self {
        let (http, files, masker) = (world.http.clone(), world.files.clone(), world.masker.clone());
        Self { http, files, masker, source, audience, claims: Mutex::new(None), failure: Mutex::new(None) }
    }

    fn take_failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Shared(Arc<Minter>);

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.source.name())
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Shared {
    async fn secret(&self, _options: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let minter = &self.0;
        match minter.source.mint(&minter.http, &minter.files, &minter.audience).await {
            Ok(token) => {
                minter.masker.mask(&token);
                *minter.claims.lock().unwrap_or_else(PoisonError::into_inner) = Some(Claims::of(&token));
                Ok(token.reveal().to_owned())
            }
            Err(failure) => {
                let text = failure.what.clone();
                *minter.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                Err(Error::with_message(ErrorKind::Credential, text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use azure_core::time::OffsetDateTime;

    use super::{
        AccessToken, Arc, Files, Http, Masker, Masking, Mutex, Recorder, TokenCredential, TokenRequestOptions,
    };
    use crate::world::Env;

    /// Gives the scope itself as its token.
    #[derive(Debug)]
    struct Echo;

    #[async_trait::async_trait]
    impl TokenCredential for Echo {
        async fn get_token(
            &self,
            scopes: &[&str],
            _options: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            Ok(AccessToken::new(scopes[0].to_owned(), OffsetDateTime::UNIX_EPOCH))
        }
    }

    #[tokio::test]
    async fn tokens_that_alternate_are_masked_once_each() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = log.clone();
        let masker = Masker::new(move |secret| writer.lock().unwrap().push(secret.reveal().to_owned()));
        let env = Env::default();
        let http = Http::new(&env, &Files::new(&env), "test").unwrap_or_else(|failure| panic!("{}", failure.what));
        let recorder = Recorder::new(http);
        let masking = Masking { inner: Arc::new(Echo), masker, recorder, masked: Mutex::default() };
        for scope in ["arm", "vault", "arm", "vault", ""] {
            masking.get_token(&[scope], None).await.unwrap();
        }
        assert_eq!(*log.lock().unwrap(), ["arm", "vault"]);
    }
}
