//! The run that a tool works in, as its host's variables describe it: for records, never for decisions.

use serde_json::json;
use url::Url;

use crate::world::Env;

/// A run of a pipeline. What a host does not tell is `None`.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// The repository's name as its host spells it.
    pub repository: Option<String>,
    /// The full git reference.
    pub reference: Option<String>,
    /// The run's id.
    pub run: Option<String>,
    /// Which attempt of the run it is.
    pub attempt: Option<String>,
    /// The run's page.
    pub url: Option<String>,
}

impl Job {
    /// The run that these variables speak of.
    pub fn of(env: &Env) -> Self {
        let given = |name: &str| env.get(name).map(str::to_owned);
        if env.is_true("TF_BUILD") {
            Self {
                repository: given("BUILD_REPOSITORY_NAME"),
                reference: given("BUILD_SOURCEBRANCH"),
                run: given("BUILD_BUILDID"),
                attempt: given("SYSTEM_JOBATTEMPT"),
                url: azure_devops_url(env),
            }
        } else {
            Self {
                repository: given("GITHUB_REPOSITORY"),
                reference: given("GITHUB_REF"),
                run: given("GITHUB_RUN_ID"),
                attempt: given("GITHUB_RUN_ATTEMPT"),
                url: github_url(env),
            }
        }
    }

    /// The run as data.
    pub fn data(&self) -> serde_json::Value {
        json!({"repository": self.repository, "reference": self.reference, "run": self.run,
            "attempt": self.attempt, "url": self.url})
    }
}

/// The page of this attempt: that of the run shows the latest one.
fn github_url(env: &Env) -> Option<String> {
    let server = env.get("GITHUB_SERVER_URL")?.trim_end_matches('/');
    let run = format!("{server}/{}/actions/runs/{}", env.get("GITHUB_REPOSITORY")?, env.get("GITHUB_RUN_ID")?);
    Some(env.get("GITHUB_RUN_ATTEMPT").map_or_else(|| run.clone(), |attempt| format!("{run}/attempts/{attempt}")))
}

fn azure_devops_url(env: &Env) -> Option<String> {
    let mut url = Url::parse(env.get("SYSTEM_COLLECTIONURI")?).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend([env.get("SYSTEM_TEAMPROJECT")?, "_build", "results"]);
    url.query_pairs_mut().append_pair("buildId", env.get("BUILD_BUILDID")?);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::{Env, Job};

    #[test]
    fn the_page_of_a_run_is_found_on_both_hosts() {
        let github =
            [("GITHUB_SERVER_URL", "https://ghe.example"), ("GITHUB_REPOSITORY", "o/r"), ("GITHUB_RUN_ID", "7")];
        let job = Job::of(&Env::default().with(github));
        assert_eq!(job.url.as_deref(), Some("https://ghe.example/o/r/actions/runs/7"));
        let job = Job::of(&Env::default().with(github).with([("GITHUB_RUN_ATTEMPT", "2")]));
        assert_eq!(job.url.as_deref(), Some("https://ghe.example/o/r/actions/runs/7/attempts/2"));
        let azure = [("TF_BUILD", "True"), ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/o/")];
        let azure = Env::default().with(azure).with([("SYSTEM_TEAMPROJECT", "my project"), ("BUILD_BUILDID", "42")]);
        let url = Job::of(&azure).url;
        assert_eq!(url.as_deref(), Some("https://dev.azure.com/o/my%20project/_build/results?buildId=42"));
        assert_eq!(Job::of(&Env::default()).url, None);
    }
}
