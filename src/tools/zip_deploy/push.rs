//! Getting the package accepted: waiting for the lock, and never sending twice what may have arrived.

use std::time::Duration;

use crate::azure::kudu::{Push, Pushed, Scm};
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::world::human;

/// How often an upload is sent whose fate stayed unknown.
const UPLOADS: u32 = 4;
/// After so long, a lock is more likely left over than held.
const STALE_AFTER: Duration = Duration::from_mins(3);

/// Pushes until the server takes the package, and returns the deployment's id if it gave one.
///
/// # Errors
/// `SID0301` when the lock is still held at the end of the queue, and every refusal.
pub(super) async fn until_accepted(
    stage: Stage<'_>,
    scm: &Scm<'_>,
    push: &Push,
    queue: Duration,
) -> Result<Option<String>, Failure> {
    let before = scm.newest().await?.and_then(|deployment| deployment.id);
    let deadline = stage.world.clock.deadline(queue);
    let (mut uploads, mut wait, mut told) = (0, Duration::from_millis(500), false);
    loop {
        stage.host.status(Some(&format!("uploading to {}", scm.host())));
        match scm.push(push).await? {
            Pushed::Accepted(id) => {
                stage.host.status(None);
                return Ok(id);
            }
            Pushed::Busy(text) => {
                if !told {
                    stage.host.line(&format!("{} is busy, waiting up to {}:", scm.host(), human(queue)));
                    crate::ci::untrusted(stage.host, &text);
                    told = true;
                }
                if deadline.left() <= wait {
                    return Err(locked(scm, &text, queue));
                }
                let doubt = if deadline.elapsed() > STALE_AFTER {
                    ", the lock may be left over from a killed deployment"
                } else {
                    ""
                };
                stage.host.status(Some(&format!("waiting for the lock, {} left{doubt}", human(deadline.left()))));
            }
            Pushed::Unknown(cause) => {
                uploads += 1;
                stage.host.line(&format!("the fate of the upload is unknown ({cause}), looking whether it arrived"));
                stage.world.clock.sleep(wait).await;
                if let Some(id) = arrived(scm, before.as_deref()).await? {
                    stage.host.line("it arrived");
                    return Ok(Some(id));
                }
                if uploads >= UPLOADS {
                    return Err(lost(scm, &cause));
                }
                stage.host.line("it did not arrive, sending it again");
            }
        }
        stage.world.clock.sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(10));
    }
}

/// A deployment that was not there before our push. The lock lets only one through at a time.
async fn arrived(scm: &Scm<'_>, before: Option<&str>) -> Result<Option<String>, Failure> {
    let newest = scm.newest().await?.filter(|deployment| !deployment.is_temp).and_then(|deployment| deployment.id);
    Ok(newest.filter(|id| Some(id.as_str()) != before))
}

fn locked(scm: &Scm<'_>, text: &str, queue: Duration) -> Failure {
    Failure::new(&code::DEPLOYMENT_LOCKED, format!("another deployment held the lock of `{}` for {}", scm.host(), human(queue)))
        .because(text.to_owned())
        .fix("let the other deployment end, or wait longer with `--queue-timeout`; serialise jobs with `concurrency` (GitHub) or an exclusive lock (Azure Pipelines)")
        .fix("a lock left over from a killed deployment goes by itself after 25 minutes, or with a restart of the SCM site")
}

fn lost(scm: &Scm<'_>, cause: &str) -> Failure {
    Failure::new(&code::UNREACHABLE, format!("the package did not reach `{}` in {UPLOADS} tries", scm.host()))
        .because(cause.to_owned())
        .fix("check the proxy and the firewall between this machine and the SCM site; nothing was deployed")
}
