//! Our HTTP client under `octocrab`: trust, proxies, retries and the token stay ours, no redirect is followed, and the raw
//! answer is kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt as _;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use url::Url;

use crate::report::Failure;
use crate::world::http::{Answer, Body, Call, Method, Repeat, Trouble};
use crate::world::{Http, Secret};

/// The version of the API that the calls were written for (<https://docs.github.com/rest/about-the-rest-api/api-versions>).
const API_VERSION: &str = "2022-11-28";
/// The limit of one try: a record must not hold up a release.
const ONE_TRY: Duration = Duration::from_secs(10);

/// What carries requests to GitHub. `octocrab` makes them, and never sees the token.
pub(super) struct Wire {
    http: Http,
    api: Url,
    token: Secret,
    last: Mutex<Option<Result<Answer, Trouble>>>,
}

impl Wire {
    pub(super) fn new(http: Http, api: Url, token: Secret) -> Arc<Self> {
        Arc::new(Self { http, api, token, last: Mutex::new(None) })
    }

    /// A client that sends through this.
    pub(super) fn client(self: &Arc<Self>) -> Octocrab {
        let wire = Arc::clone(self);
        let service = tower::service_fn(move |request: http::Request<OctoBody>| {
            let wire = Arc::clone(&wire);
            async move { wire.carry(request).await }
        });
        let Ok(client) = OctocrabBuilder::new_empty().with_service(service).with_auth(AuthState::None).build();
        client
    }

    /// What came of the request that was just made. The raw answer counts, and not what `octocrab` reads in it: an answer
    /// that lacks a field which nobody here needs must not lose a record that GitHub has.
    ///
    /// # Errors
    /// A bug, when no request was made.
    pub(super) fn outcome<T>(&self, made: &octocrab::Result<T>) -> Result<Result<Answer, Trouble>, Failure> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        last.ok_or_else(|| {
            let why = made.as_ref().err().map_or_else(String::new, ToString::to_string);
            Failure::bug("a request to GitHub could not be made").because(why)
        })
    }

    async fn carry(&self, request: http::Request<OctoBody>) -> Result<http::Response<String>, String> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let call = self.call(&parts, &body)?;
        let outcome = self.http.send(&call).await;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome.clone());
        let answer = outcome.map_err(|trouble| trouble.brief())?;
        http::Response::builder().status(answer.status).body(answer.text()).map_err(|error| error.to_string())
    }

    fn call(&self, parts: &http::request::Parts, body: &[u8]) -> Result<Call, String> {
        let url = format!("{}{}", self.api.as_str().trim_end_matches('/'), parts.uri);
        let url = Url::parse(&url).map_err(|error| error.to_string())?;
        let call = Call::new(parts.method.clone(), url, repeat(&parts.method, parts.uri.path()))
            .timeout(ONE_TRY)
            .bearer(&self.token)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", API_VERSION);
        if body.is_empty() {
            return Ok(call);
        }
        let json = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        Ok(call.body(Body::Json(json)))
    }
}

/// A status that is given twice says the same as one; a deployment that is created twice is two.
fn repeat(method: &Method, path: &str) -> Repeat {
    if *method == Method::GET || path.ends_with("/statuses") { Repeat::Safe } else { Repeat::WhenNotAccepted }
}

#[cfg(test)]
mod tests {
    use super::{Method, Repeat, repeat};

    #[test]
    fn only_what_does_the_same_twice_is_sent_twice() {
        assert_eq!(repeat(&Method::GET, "/repos/o/r/deployments"), Repeat::Safe);
        assert_eq!(repeat(&Method::POST, "/repos/o/r/deployments/1/statuses"), Repeat::Safe);
        assert_eq!(repeat(&Method::POST, "/repos/o/statuses/deployments"), Repeat::WhenNotAccepted);
    }
}
