//! What a slot serves at a moment, for "before" and "after".

use std::time::Duration;

use serde_json::json;
use url::Url;

use crate::azure::site::Site;
use crate::tools::Stage;
use crate::world::http::Call;

/// A look at a slot must not hold up the release.
const LIMIT: Duration = Duration::from_secs(5);

/// A slot and what it serves.
#[derive(Clone, Debug)]
pub struct SlotView {
    /// The slot's name.
    pub slot: String,
    /// Where it answers.
    pub url: String,
    /// Its version, if it tells one.
    pub version: Option<String>,
    /// The HTTP status of the look, or why there was none.
    pub answer: String,
}

impl SlotView {
    /// Looks at a slot. Trouble is part of the view, not a failure: the app may well be down before its first release.
    pub async fn of(stage: Stage<'_>, slot: &str, site: &Site, version_path: Option<&str>) -> Self {
        Self::at(stage, slot, &site.url(), version_path).await
    }

    /// The same for a URL.
    pub async fn at(stage: Stage<'_>, slot: &str, url: &str, version_path: Option<&str>) -> Self {
        let mut view = Self { slot: slot.to_owned(), url: url.to_owned(), version: None, answer: String::new() };
        let Ok(url) = Url::parse(&view.url).and_then(|base| base.join(version_path.unwrap_or("/"))) else {
            "its URL cannot be read".clone_into(&mut view.answer);
            return view;
        };
        match stage.world.http.probe(&Call::get(url).header("cookie", "x-ms-routing-name=self"), LIMIT).await {
            Ok(answer) => {
                view.answer = answer.status.to_string();
                let json: Option<serde_json::Value> =
                    serde_json::from_slice(&answer.body).ok().filter(|_| answer.is_success());
                view.version = json.and_then(|json| json.get("version")?.as_str().map(str::to_owned));
            }
            Err(trouble) => view.answer = trouble.brief(),
        }
        view
    }

    /// `production serves 1.1.0 (200)`.
    pub fn sentence(&self) -> String {
        match &self.version {
            Some(version) => format!("{} serves {version}", self.slot),
            None => format!("{} answers {}", self.slot, self.answer),
        }
    }

    /// The view as data.
    pub fn data(&self) -> serde_json::Value {
        json!({"slot": self.slot, "url": self.url, "version": self.version, "answer": self.answer})
    }
}
