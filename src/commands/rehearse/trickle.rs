//! A steady trickle of requests to production while the release runs, and what it saw.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use serde_json::json;
use url::Url;

use super::onlooker::Onlooker;
use super::stage::Probes;
use crate::tools::{Stage, counted};
use crate::world::http::Call;

/// The pause between two requests, as a patient visitor's.
const PAUSE: Duration = Duration::from_millis(50);
/// A visitor gives up after this.
const LIMIT: Duration = Duration::from_secs(10);

/// The trickle.
pub(super) struct Trickle {
    production: Option<Url>,
    slot: Option<Url>,
}

/// What the visitors saw.
#[derive(Default)]
pub(super) struct Served {
    requests: u64,
    failed: u64,
    first_failure: Option<String>,
    versions: Vec<String>,
    /// What the last visitor saw instead of an answer.
    trouble: Option<String>,
}

impl Trickle {
    /// Towards these two slots; where the app tells no version, its health path is asked.
    pub(super) fn new(production: &str, slot: &str, probes: &Probes) -> Self {
        let path = probes.version.as_deref().unwrap_or(&probes.health);
        let join = |base: &str| Url::parse(base).and_then(|base| base.join(path)).ok();
        Self { production: join(production), slot: join(slot) }
    }

    /// Sends requests until the work is done, and returns both results.
    pub(super) async fn beside<T>(
        &self,
        stage: Stage<'_>,
        onlooker: &Onlooker<'_>,
        work: impl Future<Output = T>,
    ) -> (T, Served) {
        let served = RefCell::new(Served::default());
        let result = tokio::select! {
            result = work => result,
            never = self.forever(stage, onlooker, &served) => match never {},
        };
        onlooker.set_view(String::new());
        (result, served.into_inner())
    }

    async fn forever(
        &self,
        stage: Stage<'_>,
        onlooker: &Onlooker<'_>,
        served: &RefCell<Served>,
    ) -> std::convert::Infallible {
        let mut beside = String::new();
        for round in 0_u64.. {
            if let Some(url) = &self.production {
                let answer = ask(stage, url).await;
                served.borrow_mut().record(answer, stage);
            }
            if let Some(url) = self.slot.as_ref().filter(|_| round % 10 == 0) {
                beside = ask(stage, url)
                    .await
                    .map_or_else(|trouble| trouble, |version| version.unwrap_or_else(|| "an app".to_owned()));
            }
            onlooker.set_view(served.borrow().view(&beside));
            stage.world.clock.sleep(PAUSE).await;
        }
        std::future::pending().await
    }
}

/// The version, if the answer tells one.
async fn ask(stage: Stage<'_>, url: &Url) -> Result<Option<String>, String> {
    let answer = stage.world.http.probe(&Call::get(url.clone()), LIMIT).await.map_err(|trouble| trouble.brief())?;
    if !answer.is_success() {
        return Err(format!("status {}", answer.status));
    }
    let json: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    Ok(json.and_then(|json| json.get("version")?.as_str().map(str::to_owned)))
}

impl Served {
    fn record(&mut self, answer: Result<Option<String>, String>, stage: Stage<'_>) {
        self.requests += 1;
        self.trouble = answer.as_ref().err().cloned();
        match answer {
            Err(trouble) => {
                self.failed += 1;
                self.first_failure.get_or_insert(trouble);
            }
            Ok(Some(version)) if self.versions.last() != Some(&version) => {
                if !self.versions.is_empty() {
                    stage.host.line(&format!("  production now serves {version}"));
                }
                self.versions.push(version);
            }
            Ok(_) => {}
        }
    }

    fn view(&self, beside: &str) -> String {
        let served = self.trouble.as_ref().or(self.versions.last());
        let version = served.map_or("an app", String::as_str);
        format!("{}, {} failed, production {version}, slot {beside}", counted(self.requests, "request"), self.failed)
    }

    /// What failed although nothing was to go wrong: nothing is expected of a rehearsal with a fault.
    pub(super) fn unexpected(&self, fault: bool) -> Option<String> {
        (self.failed > 0 && !fault).then(|| self.sentence())
    }

    /// `212 requests to production, 0 failed`.
    pub(super) fn sentence(&self) -> String {
        let first =
            self.first_failure.as_ref().map(|trouble| format!(" (the first with {trouble})")).unwrap_or_default();
        format!("{} to production, {} failed{first}", counted(self.requests, "request"), self.failed)
    }

    /// The same as data.
    pub(super) fn data(&self) -> serde_json::Value {
        json!({"requests": self.requests, "failed": self.failed, "firstFailure": self.first_failure, "versions": self.versions})
    }
}
