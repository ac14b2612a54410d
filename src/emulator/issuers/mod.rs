//! The issuers of CI tokens: GitHub's and Azure DevOps', with what Entra reads of them.

mod azure_devops;
mod github;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::cloud::Cloud;
use super::config::GitHubJob;
use super::encode::random_hex;
use super::keys::Signer;
use super::locked::locked;
use super::message::{Incoming, empty, json as json_answer};

pub(crate) use azure_devops::{request_path as azure_devops_path, token as azure_devops_token};
pub(crate) use github::{REQUEST_PATH as GITHUB_PATH, token as github_token};

/// What a job shows to get its token.
#[derive(Clone)]
pub(crate) struct JobTokens {
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub(crate) github: String,
    /// `SYSTEM_ACCESSTOKEN`.
    pub(crate) azure_devops: String,
    /// `GITHUB_TOKEN`, for GitHub's REST API.
    pub(crate) github_api: String,
    /// What further jobs of GitHub Actions show, with their environments.
    others: Arc<Mutex<BTreeMap<String, String>>>,
}

impl JobTokens {
    /// Random ones.
    pub(crate) fn new() -> Self {
        Self {
            github: random_hex::<24>(),
            azure_devops: random_hex::<24>(),
            github_api: format!("ghs_{}", random_hex::<18>()),
            others: Arc::default(),
        }
    }

    /// What another job of GitHub Actions shows, which runs in this environment.
    pub(crate) fn job_in(&self, environment: &str) -> String {
        let token = random_hex::<24>();
        locked(&self.others).insert(token.clone(), environment.to_owned());
        token
    }

    /// The job of GitHub Actions that shows this, if there is one.
    fn github_job(&self, shown: &str, configured: &GitHubJob) -> Option<GitHubJob> {
        if shown == self.github {
            return Some(configured.clone());
        }
        let environment = locked(&self.others).get(shown)?.clone();
        Some(GitHubJob { environment, ..configured.clone() })
    }
}

/// The OpenID configuration and key set of an issuer. `path` is what follows the issuer's URL.
pub(crate) fn documents(cloud: &Cloud, signer: Signer, issuer: &str, incoming: &Incoming, path: &str) -> Response {
    if incoming.method != Method::GET {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    match path.trim_matches('/') {
        ".well-known/openid-configuration" => {
            let configuration = json!({
                "issuer": issuer, "jwks_uri": format!("{issuer}/.well-known/jwks"),
                "subject_types_supported": ["public", "pairwise"], "response_types_supported": ["id_token"],
                "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf"],
                "id_token_signing_alg_values_supported": ["RS256"], "scopes_supported": ["openid"],
            });
            json_answer(StatusCode::OK, &configuration)
        }
        ".well-known/jwks" => json_answer(StatusCode::OK, &cloud.keys.key_set(signer)),
        _ => empty(StatusCode::NOT_FOUND),
    }
}
