//! The SCM site of a slot: pushing a package, following its deployment, reading its log.
//!
//! Source: `contracts/zip-deploy.md` §1.3 to §1.6.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::arm::Arm;
use super::log_tree::Entry;
use super::site::Site;
use crate::report::{Failure, code};
use crate::world::http::{Answer, Body, Call, Repeat, Trouble};

/// A cold SCM site was seen to take 81 s to accept one kilobyte; a big package adds its upload.
const PUSH_LIMIT: Duration = Duration::from_mins(15);

/// A package on its way.
#[derive(Clone, Debug)]
pub struct Push {
    /// The zip.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its sha256 in hexadecimal digits.
    pub sha256: String,
    /// Whether files that are not in the package go.
    pub clean: bool,
    /// Whether the app restarts afterwards.
    pub restart: bool,
}

/// What a push came to.
pub enum Pushed {
    /// Accepted; the id when the server gave one.
    Accepted(Option<String>),
    /// Somebody else holds the lock; the server's words.
    Busy(String),
    /// The connection or the front end failed: it may have been accepted.
    Unknown(String),
}

/// A deployment's state.
#[derive(Clone, Debug, Deserialize)]
pub struct Deployment {
    /// Its id; `temp-…` while the package is unpacked. Absent where it is none that could go into a URL.
    #[serde(default, deserialize_with = "id_in_body")]
    pub id: Option<String>,
    /// 0 pending, 1 building, 2 deploying, 3 failed, 4 success.
    pub status: i32,
    /// A sentence, from outside.
    #[serde(default)]
    pub status_text: Option<String>,
    /// What it is doing, from outside.
    #[serde(default)]
    pub progress: Option<String>,
    /// Whether it has ended.
    #[serde(default)]
    pub complete: bool,
    /// Whether the id is a temporary one.
    #[serde(default)]
    pub is_temp: bool,
}

impl Deployment {
    /// Whether it is in a final state.
    pub fn has_ended(&self) -> bool {
        self.complete || matches!(self.status, status::FAILED | status::SUCCESS | status::CONFLICT | status::CANCELLED)
    }
}

/// The final states, by number.
pub mod status {
    /// Failed.
    pub const FAILED: i32 = 3;
    /// Success, as far as the server noticed.
    pub const SUCCESS: i32 = 4;
    /// Another deployment was in progress.
    pub const CONFLICT: i32 = 5;
    /// Cancelled.
    pub const CANCELLED: i32 = -1;
}

/// An id of the server's, if it may go into the path of a URL and into a command line.
fn id(text: &str) -> Option<String> {
    let good = (1..=64).contains(&text.len())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    good.then(|| text.to_owned())
}

fn id_in_body<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().and_then(id))
}

/// Whose tokens the SCM site takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Arm,
    AppService,
}

/// A signed-in way to one SCM site.
pub struct Scm<'a> {
    arm: &'a Arm<'a>,
    base: Url,
    /// Known from the first answer that was no 401.
    audience: OnceLock<Audience>,
}

impl<'a> Scm<'a> {
    /// The SCM site that ARM names for this slot.
    pub fn of(arm: &'a Arm<'a>, site: &Site) -> Result<Self, Failure> {
        let host = site.scm_host()?;
        let base = Url::parse(&format!("https://{host}/")).map_err(|_| {
            Failure::new(&code::UNEXPECTED_ANSWER, format!("ARM names `{host}` as SCM host, which is not a host name"))
                .fix("give the request id to Azure support")
        })?;
        Ok(Self { arm, base, audience: OnceLock::new() })
    }

    /// The host, for messages.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Pushes the package once.
    ///
    /// # Errors
    /// Refusals that no second try changes.
    pub async fn push(&self, push: &Push) -> Result<Pushed, Failure> {
        if self.audience.get().is_none() && self.arm.cloud.app_service_scope.is_some() {
            // A small question finds out which token is taken; a refused upload would have to be sent twice.
            self.read("/api/deployments").await?;
        }
        let mut url = self.url("/api/publish");
        url.query_pairs_mut()
            .append_pair("type", "zip")
            .append_pair("async", "true")
            .append_pair("clean", &push.clean.to_string())
            .append_pair("restart", &push.restart.to_string())
            // Without it, Windows does not say which deployment is ours.
            .append_pair("trackDeploymentProgress", "true");
        let call = Call::post(url)
            .repeat(Repeat::Never)
            .timeout(PUSH_LIMIT)
            .header("content-type", "application/octet-stream")
            .header("x-ms-artifact-checksum", push.sha256.clone())
            .body(Body::File { path: push.path.clone(), length: push.bytes });
        match self.send(call).await? {
            Ok(answer) => self.read_push(&answer),
            Err(trouble) => Ok(Pushed::Unknown(trouble.brief())),
        }
    }

    fn read_push(&self, answer: &Answer) -> Result<Pushed, Failure> {
        match answer.status {
            200 | 202 => match answer.header("scm-deployment-id") {
                None => Ok(Pushed::Accepted(None)),
                Some(text) => {
                    let id = id(text).ok_or_else(|| answer.unexpected("a plain deployment id"))?;
                    Ok(Pushed::Accepted(Some(id)))
                }
            },
            409 if is_permanent(&answer.text()) => Err(answer
                .with_ids(Failure::new(
                    &code::RUN_FROM_PACKAGE_URL,
                    "the site runs from a package URL, so nothing can be pushed to it",
                ))
                .because(answer.text())
                .fix("remove the app setting `WEBSITE_RUN_FROM_PACKAGE` (or set it to `1`), then run again")),
            409 => Ok(Pushed::Busy(answer.text())),
            // The upload front end gives up while the deployment goes on.
            502..=504 | 499 => Ok(Pushed::Unknown(format!("the front end answered {}", answer.status))),
            _ => Err(self.refusal(answer, "accept the package")),
        }
    }

    /// One deployment. `Ok(None)` while the server does not know the id.
    pub async fn deployment(&self, id: &str) -> Result<Option<Deployment>, Failure> {
        let answer = self.read(&format!("/api/deployments/{id}")).await?;
        match answer.status {
            404 => Ok(None),
            _ => self.json(&answer, "a deployment").map(Some),
        }
    }

    /// The deployments that the server remembers, newest first.
    pub async fn recent(&self) -> Result<Vec<Deployment>, Failure> {
        let answer = self.read("/api/deployments").await?;
        self.json(&answer, "a list of deployments")
    }

    /// The log's top level; `Ok(None)` while there is none.
    pub async fn log(&self, id: &str) -> Result<Option<Vec<Entry>>, Failure> {
        let answer = self.read(&format!("/api/deployments/{id}/log")).await?;
        if answer.status == 404 { Ok(None) } else { self.json(&answer, "a deployment log").map(Some) }
    }

    /// The entries behind an entry.
    pub async fn details(&self, url: &str) -> Result<Vec<Entry>, Failure> {
        let url = Url::parse(url).ok().filter(|url| url.host() == self.base.host() && url.scheme() == "https");
        let url = url.ok_or_else(|| {
            Failure::new(
                &code::FOREIGN_REDIRECT,
                "a deployment log points to another host, so the token was not sent there",
            )
            .fix("look at the log in the portal")
        })?;
        let path = url.path().to_owned();
        let answer = self.read(&path).await?;
        if answer.status == 404 { Ok(Vec::new()) } else { self.json(&answer, "the details of a deployment log") }
    }

    async fn read(&self, path: &str) -> Result<Answer, Failure> {
        Ok(self.send(Call::get(self.url(path))).await??)
    }

    fn json<T: serde::de::DeserializeOwned>(&self, answer: &Answer, expected: &str) -> Result<T, Failure> {
        match answer.status {
            401 | 403 | 429 | 500.. => Err(self.refusal(answer, "show its deployments")),
            _ => answer.json(expected),
        }
    }

    /// With ARM's token; where the SCM site takes only its own audience, with that from then on.
    async fn send(&self, mut call: Call) -> Result<Result<Answer, Trouble>, Failure> {
        let (world, credential, cloud) = (self.arm.world, self.arm.credential, self.arm.cloud);
        let own = cloud.app_service_scope.as_deref();
        let mut audience = self.audience.get().copied().unwrap_or(Audience::Arm);
        loop {
            let scope = own.filter(|_| audience == Audience::AppService).unwrap_or(&cloud.arm_scope);
            call.bearer = Some(credential.token(world, scope).await?);
            let outcome = world.http.send(&call).await;
            match outcome.as_ref().map(|answer| answer.status) {
                Ok(401) if audience == Audience::Arm && own.is_some() => audience = Audience::AppService,
                // The front end answers 5xx without a look at the token.
                Ok(status) if status != 401 && status < 500 => {
                    self.audience.get_or_init(|| audience);
                    return Ok(outcome);
                }
                _ => return Ok(outcome),
            }
        }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    fn refusal(&self, answer: &Answer, doing: &str) -> Failure {
        let host = self.host();
        let text = answer.text();
        let words = text
            .lines()
            .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('<'))
            .unwrap_or_default();
        let words: String = words.chars().take(500).collect();
        let failure = match answer.status {
            300..=399 => return answer.unexpected("an answer of the SCM site"),
            401 => Failure::new(&code::UNAUTHORIZED, format!("`{host}` did not accept the token to {doing}"))
                .fix("give the identity the role `Website Contributor` on the app"),
            403 => Failure::new(&code::FORBIDDEN, format!("`{host}` refused to {doing}"))
                .because("the identity has no role on the app that may deploy, the app is stopped, or the SCM site takes calls only from certain addresses")
                .fix("give the identity the role `Website Contributor` on the app; start the app; or run this on an agent inside the network that the SCM site allows"),
            404 => Failure::new(&code::NOT_FOUND, format!("`{host}` has nothing that could {doing}"))
                .fix("check that the app was not deleted a moment ago"),
            413 => Failure::new(&code::REFUSED, format!("`{host}` refused to {doing}: it is too large"))
                .fix("leave out what the app does not need; the limit is 2048 MB"),
            500.. => Failure::new(&code::SERVER_ERROR, format!("`{host}` failed to {doing}"))
                .fix("run again; if it stays, look at the site in the portal under `Diagnose and solve problems`"),
            _ => Failure::new(&code::REFUSED, format!("`{host}` refused to {doing}"))
                .fix("the reason above is the server's own"),
        };
        let failure = if words.is_empty() { failure } else { failure.because(words) };
        answer.with_ids(failure)
    }
}

/// One conflict never goes away by waiting; it must be told from the others by its text.
fn is_permanent(text: &str) -> bool {
    text.contains("Run-From-Zip is set to a remote URL")
        || text.contains("WEBSITE_RUN_FROM_PACKAGE")
        || text.contains("WEBSITE_USE_ZIP")
}

#[cfg(test)]
mod tests {
    use super::{Deployment, id, is_permanent};

    #[test]
    fn an_id_that_would_lead_elsewhere_is_none() {
        for good in ["1", "temp-8e3b1f2a", "0b9c2e0a-56c5-4f0e-9f4a-1f2b3c4d5e6f", &"a".repeat(64)] {
            assert_eq!(id(good).as_deref(), Some(good));
        }
        for bad in ["", "..", "a/b", "a?b", "a%2fb", "a b", "$(x)", "é", &"a".repeat(65)] {
            assert_eq!(id(bad), None, "{bad:?}");
            let body = serde_json::json!({"id": bad, "status": 4});
            assert_eq!(serde_json::from_value::<Deployment>(body).unwrap().id, None, "{bad:?}");
        }
    }

    #[test]
    fn a_lock_passes_and_a_package_url_does_not() {
        assert!(!is_permanent(
            "The 'Preparing zip package' operation conflicts with the pending 'Deployment' operation started at 1/1/2026."
        ));
        assert!(!is_permanent("There is a deployment currently in progress. Please try again when it completes."));
        assert!(is_permanent(
            "Run-From-Zip is set to a remote URL using WEBSITE_USE_ZIP app setting. Deployment is not supported in this configuration."
        ));
        assert!(is_permanent(
            "Run-From-Zip is set to a remote URL using WEBSITE_RUN_FROM_PACKAGE or WEBSITE_USE_ZIP app setting."
        ));
    }
}
