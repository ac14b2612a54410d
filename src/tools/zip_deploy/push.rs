//! Getting the package accepted: waiting for the lock, and never judging somebody else's deployment.

use std::time::Duration;

use crate::azure::kudu::{Deployment, Push, Pushed, Scm};
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::world::{Deadline, human};

/// How often an upload is sent whose fate stayed unknown.
const UPLOADS: u32 = 4;
/// After so long, a lock is more likely left over than held.
const STALE_AFTER: Duration = Duration::from_mins(3);
/// A cold or restarting SCM site answers 503 for up to 81 s (`contracts/zip-deploy.md` §1.4).
const TOLERANCE: Duration = Duration::from_mins(2);
/// An upload that arrived shows in the list of deployments within this.
const ARRIVAL: Duration = Duration::from_secs(5);
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Pushes until the server takes the package, and returns the id of our deployment.
///
/// # Errors
/// `SID0301` when the lock is still held at the end of the queue, and every refusal.
pub(super) async fn until_accepted(
    stage: Stage<'_>,
    scm: &Scm<'_>,
    push: &Push,
    queue: Duration,
) -> Result<String, Failure> {
    let before = newest(stage, scm).await?.and_then(|deployment| deployment.id);
    let deadline = stage.world.clock.deadline(queue);
    let (mut uploads, mut wait, mut told) = (0, Duration::from_millis(500), false);
    loop {
        stage.host.status(Some(&format!("uploading to {}", scm.host())));
        match scm.push(push).await? {
            Pushed::Accepted(Some(id)) => {
                stage.host.status(None);
                return Ok(id);
            }
            Pushed::Accepted(None) => return registered(stage, scm, before.as_deref()).await,
            Pushed::Busy(text) => {
                if !told {
                    stage.host.line(&format!("{} is busy, waiting up to {}:", scm.host(), human(queue)));
                    crate::ci::untrusted(stage.host, &text);
                    told = true;
                }
                if deadline.left() <= wait {
                    return Err(locked(scm, &text, queue));
                }
                stage.host.status(Some(&waiting(&deadline)));
                stage.world.clock.sleep(wait).await;
                wait = (wait * 2).min(LONGEST_PAUSE);
            }
            Pushed::Unknown(cause) => {
                uploads += 1;
                if uploads >= UPLOADS {
                    return Err(lost(scm, &cause));
                }
                stage.host.line(&format!("the fate of the upload is unknown ({cause}), looking whether it arrived"));
                if let Some(id) = arrived(stage, scm, before.as_deref(), &deadline).await? {
                    stage.host.line(&format!("it arrived as `{id}`"));
                    return Ok(id);
                }
                stage.host.line("it did not arrive, sending it again: the same package twice does no harm");
            }
        }
    }
}

/// The id of the deployment that the server has just accepted without telling it. The lock lets one through at a time.
async fn registered(stage: Stage<'_>, scm: &Scm<'_>, before: Option<&str>) -> Result<String, Failure> {
    let patience = stage.world.clock.deadline(TOLERANCE);
    loop {
        let deployment = newest(stage, scm).await?;
        let id = deployment
            .filter(|deployment| !deployment.is_temp || deployment.has_ended())
            .and_then(|deployment| deployment.id);
        match id {
            Some(id) if Some(id.as_str()) != before => return Ok(id),
            _ if patience.passed() => return Err(not_registered(scm)),
            _ => stage.world.clock.sleep(Duration::from_millis(500)).await,
        }
    }
}

/// Whether our upload arrived: exactly one deployment that was not there before. The lock lets one through at a time, so
/// two new ones mean that others deploy here as well; then neither is taken for ours.
async fn arrived(
    stage: Stage<'_>,
    scm: &Scm<'_>,
    before: Option<&str>,
    deadline: &Deadline,
) -> Result<Option<String>, Failure> {
    let patience = stage.world.clock.deadline(ARRIVAL);
    let mut wait = Duration::from_millis(500);
    loop {
        stage.world.clock.sleep(wait).await;
        let recent = recent(stage, scm).await?;
        let fresh: Vec<&Deployment> =
            recent.iter().take_while(|deployment| deployment.id.as_deref() != before).collect();
        let pending = fresh.iter().any(|deployment| !deployment.has_ended());
        match fresh.as_slice() {
            // A temporary id that has ended is that of a package that could not be unpacked.
            [only] if !only.is_temp || only.has_ended() => return Ok(only.id.clone()),
            [] if patience.passed() => return Ok(None),
            [_, _, ..] if !pending => return Ok(None),
            _ if deadline.left() <= wait => {
                return Err(locked(scm, "a deployment is still in progress", deadline.limit()));
            }
            _ => stage.host.status(Some(&waiting(deadline))),
        }
        wait = (wait * 2).min(Duration::from_secs(2));
    }
}

/// The newest deployment.
async fn newest(stage: Stage<'_>, scm: &Scm<'_>) -> Result<Option<Deployment>, Failure> {
    Ok(recent(stage, scm).await?.into_iter().next())
}

/// The deployments, newest first, with the patience that a cold SCM site needs.
async fn recent(stage: Stage<'_>, scm: &Scm<'_>) -> Result<Vec<Deployment>, Failure> {
    let patience = stage.world.clock.deadline(TOLERANCE);
    loop {
        match scm.recent().await {
            Ok(recent) => return Ok(recent),
            Err(failure) if patience.passed() || !passes(&failure) => return Err(failure),
            Err(failure) => {
                stage.host.status(Some(&format!("waiting for the SCM site: {}", failure.what)));
                stage.world.clock.sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Whether a failure may be gone in a minute.
pub(super) fn passes(failure: &Failure) -> bool {
    [&code::SERVER_ERROR, &code::UNREACHABLE, &code::THROTTLED].contains(&failure.code)
}

fn waiting(deadline: &Deadline) -> String {
    let doubt =
        if deadline.elapsed() > STALE_AFTER { ", the lock may be left over from a killed deployment" } else { "" };
    format!("waiting for the lock, {} left{doubt}", human(deadline.left()))
}

fn locked(scm: &Scm<'_>, text: &str, queue: Duration) -> Failure {
    Failure::new(&code::DEPLOYMENT_LOCKED, format!("another deployment held the lock of `{}` for {}", scm.host(), human(queue)))
        .because(text.to_owned())
        .fix("let the other deployment end, or wait longer with `--queue-timeout`; serialise jobs with `concurrency` (GitHub) or an exclusive lock (Azure Pipelines)")
        .fix("a lock left over from a killed deployment goes by itself after 25 minutes, or with a restart of the SCM site")
}

fn lost(scm: &Scm<'_>, cause: &str) -> Failure {
    Failure::new(&code::UNREACHABLE, format!("no upload to `{}` was answered in {UPLOADS} tries", scm.host()))
        .because(cause.to_owned())
        .fix("check the proxy and the firewall between this machine and the SCM site")
        .fix("one of the uploads may have arrived: look at the app's Deployment Center before you trust its content")
}

fn not_registered(scm: &Scm<'_>) -> Failure {
    Failure::new(
        &code::UNEXPECTED_ANSWER,
        format!("`{}` accepted the package, but shows no deployment of it", scm.host()),
    )
    .because(format!("it gave no deployment id, and its list did not change within {}", human(TOLERANCE)))
    .fix("look at the app's Deployment Center")
}
