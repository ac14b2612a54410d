//! The deployments of one repository: created once, told how they go, and found again.
//!
//! Source: <https://docs.github.com/rest/deployments/deployments>, 2026-11.

use std::sync::Arc;

use octocrab::Octocrab;
use octocrab::models::repos::DeploymentStatusState;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::refusal::refused;
use super::wire::Wire;
use crate::report::{Failure, code};
use crate::world::http::{Answer, Trouble};
use crate::world::{Env, Secret, World};

/// Tells our deployments from those that GitHub makes itself for every job with an environment.
const TASK: &str = "deploy:siding";
/// GitHub's own API; a job on an Enterprise Server is told another one.
const PUBLIC_API: &str = "https://api.github.com";
/// GitHub lists no more at once; many apps may share an environment.
const PAGE: u8 = 100;
/// So many earlier deployments of the same app are looked at.
const EARLIER: usize = 5;
/// GitHub refuses a longer description.
const LONGEST_DESCRIPTION: usize = 140;

/// The deployments of a repository, with a token for them.
pub struct Deployments {
    client: Octocrab,
    wire: Arc<Wire>,
    owner: String,
    name: String,
}

/// A deployment that is to be created.
pub struct NewDeployment {
    /// A commit, a branch or a tag.
    pub reference: String,
    /// The environment.
    pub environment: String,
    /// One sentence.
    pub description: String,
    /// An object whose `id` no other deployment has.
    pub payload: Value,
}

/// How a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is under way.
    InProgress,
    /// The environment serves it.
    Success,
    /// It was refused or taken back.
    Failure,
    /// It is not known to have ended, or something else than the build stood in its way.
    Error,
    /// Another one took its place.
    Inactive,
}

/// One report of how a deployment stands.
pub struct Status {
    /// How it stands.
    pub state: State,
    /// Why; cut to what GitHub takes.
    pub description: String,
    /// Where the environment answers.
    pub environment_url: Option<String>,
    /// Where the log is.
    pub log_url: Option<String>,
}

/// A deployment in a list, with what is needed of it.
#[derive(Deserialize)]
struct Listed {
    id: u64,
    payload: Value,
}

#[derive(Deserialize)]
struct ListedStatus {
    id: u64,
    state: String,
}

#[derive(Deserialize)]
struct Created {
    id: u64,
}

impl Deployments {
    /// Those of the repository that the job belongs to.
    ///
    /// # Errors
    /// `SID0001` when the variables name no repository, or an API that a token must not be sent to.
    pub fn of_job(world: &World, token: &Secret) -> Result<Self, Failure> {
        let (owner, name) = repository(&world.env)?;
        let wire = Wire::new(world.http.clone(), api(&world.env)?, token.clone());
        Ok(Self { client: wire.client(), wire, owner, name })
    }

    /// Creates a deployment and returns its id. Where GitHub may have made it without saying so, it is looked for before it
    /// is created again.
    pub async fn create(&self, new: &NewDeployment) -> Result<u64, Failure> {
        let mut again = true;
        loop {
            let outcome = self.try_to_create(new).await?;
            if let Ok(answer) = &outcome
                && answer.is_success()
            {
                return Ok(answer.json::<Created>("a deployment")?.id);
            }
            if !may_have_acted(&outcome) {
                return Err(self.failure(outcome));
            }
            if let Some(id) = self.find(new).await? {
                return Ok(id);
            }
            if !std::mem::take(&mut again) {
                return Err(self.failure(outcome));
            }
        }
    }

    async fn try_to_create(&self, new: &NewDeployment) -> Result<Result<Answer, Trouble>, Failure> {
        let repository = self.client.repos(&self.owner, &self.name);
        let deployments = repository.deployments();
        // The statuses of the commit are no reason against: the job that runs now is one of them, and has not ended.
        let request = deployments.create(&new.reference).task(TASK).auto_merge(false).required_contexts([""; 0]);
        let request = request.environment(&new.environment).payload(new.payload.clone());
        let made = request.description(cut(&new.description)).send().await;
        self.wire.outcome(&made)
    }

    /// Says how a deployment stands.
    pub async fn report(&self, id: u64, status: &Status) -> Result<(), Failure> {
        let repository = self.client.repos(&self.owner, &self.name);
        let mut request = repository.deployments().statuses(id).create(status.state.into());
        request = request.description(cut(&status.description)).auto_inactive(true);
        if let Some(url) = &status.environment_url {
            request = request.environment_url(url);
        }
        if let Some(url) = &status.log_url {
            request = request.log_url(url);
        }
        let made = request.send().await;
        self.wanted(&made).map(drop)
    }

    /// The newest deployment before this one that stands as a success and whose payload has these values.
    ///
    /// GitHub makes earlier deployments inactive by itself only where the environment is none that end-users see.
    pub async fn active_before(&self, id: u64, environment: &str, same: &Value) -> Result<Option<u64>, Failure> {
        let same = same.as_object().cloned().unwrap_or_default();
        let alike = |listed: &Listed| same.iter().all(|(name, value)| listed.payload.get(name) == Some(value));
        let earlier = self.list(environment).await?.into_iter().filter(|listed| listed.id < id && alike(listed));
        for listed in earlier.take(EARLIER) {
            if self.state(listed.id).await?.as_deref() == Some(State::Success.word()) {
                return Ok(Some(listed.id));
            }
        }
        Ok(None)
    }

    async fn find(&self, new: &NewDeployment) -> Result<Option<u64>, Failure> {
        let all = self.list(&new.environment).await?;
        Ok(all.into_iter().find(|listed| listed.payload.get("id") == new.payload.get("id")).map(|listed| listed.id))
    }

    async fn list(&self, environment: &str) -> Result<Vec<Listed>, Failure> {
        let repository = self.client.repos(&self.owner, &self.name);
        let made = repository.deployments().list().task(TASK).environment(environment).per_page(PAGE).send().await;
        read(&self.wanted(&made)?, "a list of deployments")
    }

    /// The state of the newest status.
    async fn state(&self, id: u64) -> Result<Option<String>, Failure> {
        let repository = self.client.repos(&self.owner, &self.name);
        let made = repository.deployments().statuses(id).list().per_page(PAGE).send().await;
        let all: Vec<ListedStatus> = read(&self.wanted(&made)?, "a list of statuses")?;
        Ok(all.into_iter().max_by_key(|status| status.id).map(|status| status.state))
    }

    /// The answer of a request that was just made, if it is a success.
    fn wanted<T>(&self, made: &octocrab::Result<T>) -> Result<Answer, Failure> {
        match self.wire.outcome(made)? {
            Ok(answer) if answer.is_success() => Ok(answer),
            outcome => Err(self.failure(outcome)),
        }
    }

    fn failure(&self, outcome: Result<Answer, Trouble>) -> Failure {
        match outcome {
            Ok(answer) => refused(&answer, &format!("{}/{}", self.owner, self.name)),
            Err(trouble) => trouble.into(),
        }
    }
}

impl State {
    /// As GitHub spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Inactive => "inactive",
        }
    }
}

impl From<State> for DeploymentStatusState {
    fn from(state: State) -> Self {
        match state {
            State::InProgress => Self::InProgress,
            State::Success => Self::Success,
            State::Failure => Self::Failure,
            State::Error => Self::Error,
            State::Inactive => Self::Inactive,
        }
    }
}

fn read<T: DeserializeOwned>(answer: &Answer, expected: &str) -> Result<T, Failure> {
    answer.json(expected)
}

/// Whether the request may have been carried out although the outcome is no success.
fn may_have_acted(outcome: &Result<Answer, Trouble>) -> bool {
    match outcome {
        Ok(answer) => answer.status >= 500,
        Err(trouble) => trouble.may_have_arrived(),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST_DESCRIPTION {
        return text.to_owned();
    }
    text.chars().take(LONGEST_DESCRIPTION - 1).chain(['…']).collect()
}

fn repository(env: &Env) -> Result<(String, String), Failure> {
    let plain = |text: &str| {
        let known = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        !matches!(text, "" | "." | "..") && text.chars().all(known)
    };
    let given = env.get("GITHUB_REPOSITORY").unwrap_or_default();
    match given.split_once('/') {
        Some((owner, name)) if plain(owner) && plain(name) => Ok((owner.to_owned(), name.to_owned())),
        _ => {
            let what = "`github-token` is given, but `GITHUB_REPOSITORY` does not name the repository that it is for";
            Err(Failure::new(&code::BAD_INPUT, what)
                .fix("outside of GitHub Actions, leave `github-token` out, or set `GITHUB_REPOSITORY` to `owner/name`"))
        }
    }
}

fn api(env: &Env) -> Result<Url, Failure> {
    let given = env.get("GITHUB_API_URL").unwrap_or(PUBLIC_API);
    let url = Url::parse(given).ok().filter(|url| {
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        url.scheme() == "https" && url.host_str().is_some() && bare
    });
    url.ok_or_else(|| {
        let what = "`GITHUB_API_URL` is not the https URL of GitHub's API, so the token cannot be sent there";
        Failure::new(&code::BAD_INPUT, what)
            .fix("leave it as GitHub Actions sets it, such as `https://api.github.com` or `https://HOST/api/v3`")
    })
}

#[cfg(test)]
mod tests {
    use super::{Env, LONGEST_DESCRIPTION, api, cut, repository};

    #[test]
    fn a_description_is_cut_to_what_github_takes() {
        assert_eq!(cut("short"), "short");
        let long = cut(&"é".repeat(200));
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST_DESCRIPTION, true));
    }

    #[test]
    fn a_token_goes_to_a_repository_on_https_alone() {
        let env = |name: &str, value: &str| Env::default().with([(name, value)]);
        assert_eq!(repository(&env("GITHUB_REPOSITORY", "o/r.x")).unwrap(), ("o".to_owned(), "r.x".to_owned()));
        for bad in ["", "o", "o/", "/r", "o/r/x", "../r", "o/..", "o/r?x", "o/r#x"] {
            assert!(repository(&env("GITHUB_REPOSITORY", bad)).is_err(), "{bad}");
        }
        assert_eq!(api(&Env::default()).unwrap().as_str(), "https://api.github.com/");
        assert_eq!(api(&env("GITHUB_API_URL", "https://ghe.example/api/v3")).unwrap().path(), "/api/v3");
        for bad in ["http://ghe.example", "ghe.example", "https://u:p@ghe.example", "https://ghe.example/?x=1"] {
            assert!(api(&env("GITHUB_API_URL", bad)).is_err(), "{bad}");
        }
    }
}
