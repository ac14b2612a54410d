//! A release as a deployment on GitHub: created when there is a package, in progress until the end, then told how it ended.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};

use super::Plan;
use super::record::Ending;
use super::records::warn;
use crate::ci::Job;
use crate::github::{Deployments, NewDeployment, State, Status};
use crate::report::{Exit, Failure, code};
use crate::tools::Stage;
use crate::world::human;

/// A release waits for its record no longer than this, at its beginning and at its end.
const LIMIT: Duration = Duration::from_secs(20);
/// GitHub kills a cancelled step 10 s after the first signal.
const LIMIT_WHEN_CANCELLED: Duration = Duration::from_secs(5);

/// A release that is told to GitHub.
pub(super) struct OnGitHub<'a> {
    stage: Stage<'a>,
    plan: &'a Plan,
    deployments: Deployments,
    reference: String,
    log_url: Option<String>,
    /// Its id, once GitHub has it.
    deployment: Option<u64>,
}

/// What GitHub has of a release.
pub(super) struct Told {
    deployment: Option<u64>,
    state: Option<State>,
    replaced: Option<u64>,
}

impl<'a> OnGitHub<'a> {
    /// `None` without a token.
    ///
    /// # Errors
    /// `SID0001` when the token is given and the variables do not say what it is for.
    pub(super) fn begin(stage: Stage<'a>, plan: &'a Plan) -> Result<Option<Self>, Failure> {
        let Some(token) = &plan.github_token else { return Ok(None) };
        stage.world.masker.mask(token);
        let deployments = Deployments::of_job(stage.world, token)?;
        let job = Job::of(&stage.world.env);
        let reference = plan.commit.clone().or(job.reference).ok_or_else(|| {
            Failure::new(&code::BAD_INPUT, "`github-token` is given, but nothing says which commit is released")
                .fix("pass `commit`, or set `GITHUB_SHA`")
        })?;
        Ok(Some(Self { stage, plan, deployments, reference, log_url: job.url, deployment: None }))
    }

    /// Creates the deployment, in progress.
    pub(super) async fn open(&mut self, id: &str, sha256: &str) {
        let plan = self.plan;
        let version = plan.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        let mut payload = self.place();
        payload["id"] = id.into();
        payload["slot"] = plan.deploy.slot.name().into();
        payload["version"] = json!(plan.version);
        payload["packageSha256"] = sha256.into();
        let new = NewDeployment {
            reference: self.reference.clone(),
            environment: plan.environment.clone(),
            description: format!("{}{version}: `{}` into `{}`", plan.deploy.app, plan.deploy.slot, plan.target),
            payload,
        };
        let Some(deployment) = in_time(self.stage, LIMIT, self.deployments.create(&new)).await else { return };
        self.deployment = Some(deployment);
        self.stage.host.line(&format!("GitHub has this release as deployment {deployment} in `{}`", plan.environment));
        let status = self.status(State::InProgress, "the build goes to its slot".to_owned(), None);
        in_time(self.stage, LIMIT, self.deployments.report(deployment, &status)).await;
    }

    /// Says how it ended. What it took the place of is made inactive; after a failure, that stays as it is.
    pub(super) async fn close(self, record: &Value, failure: Option<&Failure>) -> Told {
        let mut told = Told { deployment: self.deployment, state: None, replaced: None };
        let Some(deployment) = self.deployment else { return told };
        let cancelled = Ending::of(failure) == Ending::Cancelled;
        let limit = if cancelled { LIMIT_WHEN_CANCELLED } else { LIMIT };
        let state = state_of(failure);
        let url = record["url"].as_str().map(str::to_owned);
        let status = self.status(state, description(record, failure), url);
        if in_time(self.stage, limit, self.deployments.report(deployment, &status)).await.is_none() {
            return told;
        }
        told.state = Some(state);
        if state == State::Success {
            told.replaced = in_time(self.stage, limit, self.replace(deployment)).await.flatten();
        }
        told
    }

    /// Makes the deployment inactive whose build the target no longer serves.
    async fn replace(&self, deployment: u64) -> Result<Option<u64>, Failure> {
        let earlier = self.deployments.active_before(deployment, &self.plan.environment, &self.place()).await?;
        if let Some(earlier) = earlier {
            let status = self.status(State::Inactive, format!("deployment {deployment} took its place"), None);
            self.deployments.report(earlier, &status).await?;
        }
        Ok(earlier)
    }

    /// What deployments have in common that take each other's place.
    fn place(&self) -> Value {
        json!({"app": self.plan.deploy.app, "target": self.plan.target.name()})
    }

    fn status(&self, state: State, description: String, environment_url: Option<String>) -> Status {
        Status { state, description, environment_url, log_url: self.log_url.clone() }
    }
}

impl Told {
    /// In a few words, when GitHub has anything.
    pub(super) fn sentence(&self) -> Option<String> {
        let state = self.state.map_or("its end is missing", State::word);
        self.deployment.map(|deployment| format!("GitHub deployment {deployment} ({state})"))
    }

    /// For the record.
    pub(super) fn data(&self) -> Value {
        json!({"deployment": self.deployment, "state": self.state.map(State::word), "replaced": self.replaced})
    }
}

/// `failure` is for a build that was refused or taken back, `error` for what says nothing of the build.
fn state_of(failure: Option<&Failure>) -> State {
    match failure.map(|failure| failure.code.exit) {
        None => State::Success,
        Some(Exit::Failed | Exit::RolledBack | Exit::RollBackFailed) => State::Failure,
        Some(_) => State::Error,
    }
}

fn description(record: &Value, failure: Option<&Failure>) -> String {
    if let Some(failure) = failure {
        return format!("{}: {}", failure.code.id, failure.what);
    }
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    format!("`{}` serves the new build, swapped at {}", text("target"), text("swappedAt"))
}

/// What the work brings; `None` with a warning when it fails or takes too long.
async fn in_time<T>(stage: Stage<'_>, limit: Duration, work: impl Future<Output = Result<T, Failure>>) -> Option<T> {
    let outcome = stage.world.clock.within(limit, work).await;
    let trouble = match outcome {
        Some(Ok(brought)) => return Some(brought),
        Some(Err(trouble)) => trouble,
        None => Failure::new(&code::UNREACHABLE, format!("GitHub did not take the record within {}", human(limit))),
    };
    warn(stage, &trouble);
    None
}
