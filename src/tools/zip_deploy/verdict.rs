//! Whether the deployment is really there: the whole log tree, then the app's start.

use std::time::Duration;

use serde::Deserialize;

use super::follow::Finished;
use super::{Destination, Parameters, push};
use crate::azure::arm::Arm;
use crate::azure::az;
use crate::azure::kudu::{Scm, status};
use crate::azure::log_tree::{Entry, file_in};
use crate::azure::site;
use crate::ci::Level;
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::world::http::Call;
use crate::world::human;

/// `deploymentStatus` exists from this version on; newer ones of `Microsoft.Web` have it too.
const STATUS_VERSION: &str = "2023-01-01";
/// For the first seconds the operation is not known to ARM, and on some sites it never is.
const UNKNOWN_LIMIT: Duration = Duration::from_secs(15);
/// How long the log of an ended deployment may take to show.
const LOG_LIMIT: Duration = Duration::from_secs(10);
/// ARM's own trouble is borne so long.
const TOLERANCE: Duration = Duration::from_mins(2);
/// More errors than this in one message help nobody.
const MOST_ERRORS: usize = 20;

/// Fails on a failed status, and on any error in the log tree whatever the status says.
pub(super) async fn judge(stage: Stage<'_>, scm: &Scm<'_>, finished: &Finished) -> Result<(), Failure> {
    let tree = tree(stage, scm, &finished.id).await?;
    let errors = Entry::errors(&tree);
    let deployment = &finished.deployment;
    if deployment.status == status::SUCCESS && errors.is_empty() {
        return Ok(());
    }
    print_details(stage, &tree);
    let text = [&deployment.status_text, &deployment.progress].into_iter().flatten().find(|text| !text.is_empty());
    let failure = match deployment.status {
        status::SUCCESS => not_deployed(finished, &errors),
        status::CONFLICT => {
            Failure::new(&code::DEPLOYMENT_LOCKED, format!("deployment `{}` lost to another one", finished.id))
                .fix("run again when the other deployment has ended")
        }
        status::CANCELLED => {
            Failure::new(&code::BUILD_FAILED, format!("deployment `{}` was cancelled on the server", finished.id))
                .fix("run again")
        }
        other => Failure::new(
            &code::BUILD_FAILED,
            format!("deployment `{}` failed on the server (status {other})", finished.id),
        )
        .fix("the lines marked `|` above are the server's log; the first error in it is the one to mend"),
    };
    let failure = text.into_iter().fold(failure, |failure, text| failure.because(text.clone()));
    let failure = errors.iter().take(MOST_ERRORS).fold(failure, |failure, error| failure.because((*error).to_owned()));
    Err(failure.fact("deployment", finished.id.clone()).fact("scm host", scm.host()))
}

fn not_deployed(finished: &Finished, errors: &[&str]) -> Failure {
    let files: Vec<String> = errors.iter().filter_map(|error| file_in(error)).map(|file| format!("`{file}`")).collect();
    let what = if files.is_empty() { "a file".to_owned() } else { files.join(", ") };
    Failure::new(&code::FILES_NOT_DEPLOYED, format!("{what} was not deployed, although the server reported success"))
        .because(format!("the log of deployment `{}` holds {} of type 2", finished.id, entries(errors.len())))
        .fix("run again; if the file is locked, stop the slot first, deploy, and start it again")
}

fn entries(count: usize) -> String {
    if count == 1 { "an entry".to_owned() } else { format!("{count} entries") }
}

/// The log with the details of every entry that has some. One level is all that the server has. A log that does not come
/// is said so, because a status without it proves little.
async fn tree(stage: Stage<'_>, scm: &Scm<'_>, id: &str) -> Result<Vec<Entry>, Failure> {
    let patience = stage.world.clock.deadline(LOG_LIMIT);
    let mut entries = loop {
        if let Some(entries) = scm.log(id).await? {
            break entries;
        }
        if patience.passed() {
            let message =
                format!("the log of deployment `{id}` did not come, so its verdict rests on the status alone");
            stage.host.annotate(Level::Warning, "zip-deploy", &message);
            break Vec::new();
        }
        stage.world.clock.sleep(Duration::from_millis(500)).await;
    };
    for entry in &mut entries {
        if let Some(url) = entry.details_url.clone() {
            entry.children = scm.details(&url).await?;
        }
    }
    Ok(entries)
}

fn print_details(stage: Stage<'_>, tree: &[Entry]) {
    stage.host.open_group("details of the server's log");
    for entry in tree.iter().filter(|entry| !entry.children.is_empty()) {
        crate::ci::untrusted(stage.host, &entry.message);
        for child in &entry.children {
            crate::ci::untrusted(stage.host, &format!("  {}", child.message));
        }
    }
    stage.host.close_group();
}

#[derive(Deserialize)]
struct DeploymentStatus {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    status: String,
    #[serde(default)]
    errors: Option<Vec<Reason>>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    message: Option<String>,
}

/// Follows ARM's own view of the app's start, where it exists: on Linux, in production, with a restart. In other slots
/// it stays at `BuildSuccessful` for ever (`contracts/zip-deploy.md` §1.10), and the checks that follow decide.
pub(super) async fn await_start(
    stage: Stage<'_>,
    arm: &Arm<'_>,
    destination: &Destination,
    id: &str,
    parameters: &Parameters,
) -> Result<(), Failure> {
    let applies = destination.site.is_linux()
        && destination.site.is_running()
        && destination.slot.is_production()
        && parameters.restart;
    if !applies {
        return Ok(());
    }
    let path = format!("{}/deploymentStatus/{id}", site::path(&destination.app, &destination.slot));
    let deadline = stage.world.clock.deadline(parameters.timeout);
    let mut grace = stage.world.clock.deadline(TOLERANCE);
    let (mut wait, mut seen) = (Duration::from_millis(500), false);
    loop {
        match arm.send(Call::get(arm.url(&path, STATUS_VERSION))).await {
            Ok(answer) if answer.status == 404 && seen => return Err(replaced(id)),
            Ok(answer) if answer.status == 404 && deadline.elapsed() > UNKNOWN_LIMIT => {
                stage.host.line("ARM has no status for this deployment; the checks that follow decide");
                return Ok(());
            }
            Ok(answer) if answer.is_success() => {
                let status: DeploymentStatus = answer.json("the status of a deployment")?;
                (seen, grace) = (true, stage.world.clock.deadline(TOLERANCE));
                let left = human(deadline.left());
                stage.host.status(Some(&format!("starting: {} ({left} left)", status.properties.status)));
                if let Some(verdict) = verdict(&status.properties, destination, id) {
                    stage.host.status(None);
                    return verdict;
                }
            }
            Ok(answer) if answer.status != 404 && (grace.passed() || !matches!(answer.status, 429 | 500..)) => {
                return Err(arm.refusal(&answer, "follow the app's start"));
            }
            Err(failure) if grace.passed() || !push::passes(&failure) => return Err(failure),
            Ok(_) | Err(_) => {}
        }
        if deadline.left() <= wait {
            return Err(still_starting(destination, id, parameters.timeout));
        }
        stage.world.clock.sleep(wait).await;
        wait = (wait * 3 / 2).min(Duration::from_secs(5));
    }
}

fn replaced(id: &str) -> Failure {
    Failure::new(&code::DEPLOYMENT_LOCKED, format!("another deployment replaced `{id}` while the app was starting"))
        .fix("run again, and serialise the jobs that deploy to this app")
}

fn verdict(properties: &Properties, destination: &Destination, id: &str) -> Option<Result<(), Failure>> {
    let reasons = || properties.errors.iter().flatten().filter_map(|reason| reason.message.clone());
    match properties.status.as_str() {
        "RuntimeSuccessful" => Some(Ok(())),
        "RuntimeFailed" => {
            let failure =
                Failure::new(&code::APP_DID_NOT_START, format!("the app did not start with deployment `{id}`"));
            Some(Err(reasons()
                .fold(failure, Failure::because)
                .fix("look at the app's own log:")
                .run(az::log_tail(&destination.app, &destination.slot))))
        }
        "BuildFailed" | "BuildAborted" | "TimedOut" => {
            let failure =
                Failure::new(&code::BUILD_FAILED, format!("ARM reports `{}` for deployment `{id}`", properties.status));
            Some(Err(reasons().fold(failure, Failure::because).fix("the lines marked `|` above are the server's log")))
        }
        _ => None,
    }
}

fn still_starting(destination: &Destination, id: &str, limit: Duration) -> Failure {
    Failure::new(
        &code::DEPLOYMENT_TIMED_OUT,
        format!("the app was still starting {} after deployment `{id}`", human(limit)),
    )
    .fix("look at the app's own log, then run `smoke-test` against it:")
    .run(az::log_tail(&destination.app, &destination.slot))
}
