//! Signs and reads the JSON web tokens of all issuers that the emulator plays, with one published test key.

use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::encode::{base64_url, from_base64};

/// The issuers; each publishes the key under an id of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signer {
    /// GitHub's issuer of job tokens.
    GitHub,
    /// Azure DevOps' issuer of service connection tokens.
    AzureDevOps,
    /// Entra.
    Entra,
}

impl Signer {
    /// The `kid` in the token's header and in the key set.
    fn key_id(self) -> &'static str {
        match self {
            Self::GitHub => "github-2026-01",
            Self::AzureDevOps => "azure-devops-2026-01",
            Self::Entra => "entra-2026-01",
        }
    }
}

/// The key pair.
pub(crate) struct TokenKeys {
    pair: RsaKeyPair,
}

/// A token that could be taken apart. Nothing in it is to be believed unless [`Token::signed_by`] says so.
pub(crate) struct Token {
    /// The header.
    pub(crate) header: Value,
    /// The claims.
    pub(crate) claims: Value,
    signature_holds: bool,
}

impl Token {
    /// Whether this signer's key made the signature and the header names it.
    pub(crate) fn signed_by(&self, signer: Signer) -> bool {
        self.signature_holds && self.names(signer)
    }

    /// Whether the header's `kid` is this signer's.
    pub(crate) fn names(&self, signer: Signer) -> bool {
        self.header["kid"] == signer.key_id()
    }

    /// A claim as text, empty when it is missing.
    pub(crate) fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    /// A claim as a number, 0 when it is missing.
    pub(crate) fn number(&self, name: &str) -> u64 {
        self.claims[name].as_u64().unwrap_or_default()
    }
}

impl TokenKeys {
    /// Reads the key from the source tree.
    pub(crate) fn new() -> Self {
        let pem = include_bytes!("published-test-key.pem");
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem).expect("the key in the source tree is PKCS#8 PEM");
        let pair = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).expect("the key in the source tree is RSA");
        Self { pair }
    }

    /// Makes a token of these claims.
    pub(crate) fn sign(&self, signer: Signer, claims: &Value) -> String {
        let key_id = signer.key_id();
        let header = json!({"typ": "JWT", "alg": "RS256", "x5t": key_id, "kid": key_id});
        let text = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .expect("the buffer is as long as the modulus");
        format!("{text}.{}", base64_url(&signature))
    }

    /// Takes a token apart; `None` when it is not three parts of base64url with JSON in the first two.
    pub(crate) fn read(&self, token: &str) -> Option<Token> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Value = serde_json::from_slice(&from_base64(header)?).ok()?;
        let claims: Value = serde_json::from_slice(&from_base64(claims)?).ok()?;
        let signature = from_base64(signature)?;
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key());
        let signature_holds = header["alg"] == "RS256" && public.verify(signed.as_bytes(), &signature).is_ok();
        claims.is_object().then_some(Token { header, claims, signature_holds })
    }

    /// The signer's key set (RFC 7517).
    pub(crate) fn key_set(&self, signer: Signer) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.pair.public());
        json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": signer.key_id(), "x5t": signer.key_id(),
            "n": base64_url(&public.n),
            "e": base64_url(&public.e),
        }]})
    }
}

fn part(value: &Value) -> String {
    base64_url(value.to_string().as_bytes())
}
