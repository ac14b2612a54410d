//! Following a deployment by its id, with the server's log as it grows.

use std::time::Duration;

use crate::azure::kudu::{Deployment, Scm};
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::world::{Deadline, human};

/// A restarting SCM site answers 404 and 503 for a while; longer is trouble.
const TOLERANCE: Duration = Duration::from_mins(2);
/// The first and the longest pause between two polls.
const POLLS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// A deployment in a final state.
pub(super) struct Finished {
    /// The id.
    pub(super) id: String,
    /// The final state.
    pub(super) deployment: Deployment,
}

/// Polls until the deployment has ended.
///
/// # Errors
/// `SID0306` at the limit, and the last trouble when it lasted longer than a restart does.
pub(super) async fn until_finished(
    stage: Stage<'_>,
    scm: &Scm<'_>,
    id: String,
    limit: Duration,
) -> Result<Finished, Failure> {
    let deadline = stage.world.clock.deadline(limit);
    let mut log = LiveLog::default();
    let mut grace = stage.world.clock.deadline(TOLERANCE);
    let mut wait = POLLS.0;
    let ended = loop {
        match scm.deployment(&id).await {
            Ok(Some(deployment)) if deployment.has_ended() => break Ok(deployment),
            Ok(Some(deployment)) => {
                grace = stage.world.clock.deadline(TOLERANCE);
                stage.host.status(Some(&progress(&deployment, &deadline)));
                log.show_new(stage, scm, deployment.id.as_deref().unwrap_or(&id)).await;
            }
            // While the package is unpacked the server has it under another id.
            Ok(None)
                if scm.recent().await.is_ok_and(|recent| {
                    recent.iter().any(|deployment| deployment.is_temp && !deployment.has_ended())
                }) =>
            {
                grace = stage.world.clock.deadline(TOLERANCE);
            }
            Ok(None) if grace.passed() => break Err(vanished(scm, &id)),
            Err(failure) if grace.passed() || failure.code == &code::FORBIDDEN => break Err(failure),
            Ok(None) | Err(_) => {}
        }
        if deadline.left() <= wait {
            break Err(timed_out(scm, &id, limit));
        }
        stage.world.clock.sleep(wait).await;
        wait = (wait * 3 / 2).min(POLLS.1);
    };
    let finished = ended.map(|deployment| Finished { id, deployment });
    if let Ok(finished) = &finished {
        log.show_new(stage, scm, &finished.id).await;
    }
    log.close(stage);
    finished
}

fn progress(deployment: &Deployment, deadline: &Deadline) -> String {
    let text = [&deployment.progress, &deployment.status_text].into_iter().flatten().find(|text| !text.is_empty());
    format!("deploying: {} ({} left)", text.map_or("waiting for the server", String::as_str), human(deadline.left()))
}

/// The top level of the server's log, printed once, in a group.
#[derive(Default)]
struct LiveLog {
    /// Whose entries were shown: a log begins anew when a temporary id becomes the real one.
    id: String,
    shown: usize,
    open: bool,
}

impl LiveLog {
    /// Prints what has come since. A log that cannot be read now is read at the next poll; the verdict reads it again.
    async fn show_new(&mut self, stage: Stage<'_>, scm: &Scm<'_>, id: &str) {
        let Ok(Some(entries)) = scm.log(id).await else { return };
        if self.id != id {
            id.clone_into(&mut self.id);
            self.shown = 0;
        }
        for entry in entries.iter().skip(self.shown) {
            if !self.open {
                stage.host.open_group("log of the server");
                self.open = true;
            }
            crate::ci::untrusted(stage.host, &entry.message);
        }
        self.shown = self.shown.max(entries.len());
    }

    fn close(&self, stage: Stage<'_>) {
        stage.host.status(None);
        if self.open {
            stage.host.close_group();
        }
    }
}

fn vanished(scm: &Scm<'_>, id: &str) -> Failure {
    Failure::new(
        &code::UNEXPECTED_ANSWER,
        format!("`{}` does not know deployment `{id}`, which it accepted", scm.host()),
    )
    .because(format!("it answered 404 for {}", human(TOLERANCE)))
    .fix("look at the app's Deployment Center; a newer deployment may have replaced it")
}

fn timed_out(scm: &Scm<'_>, id: &str, limit: Duration) -> Failure {
    Failure::new(&code::DEPLOYMENT_TIMED_OUT, format!("deployment `{id}` had not ended after {}", human(limit)))
        .because(format!("it goes on at `{}`; nothing was cancelled", scm.host()))
        .fix("run again with a longer `--timeout`, or look at the log there: the build may be stuck")
}
