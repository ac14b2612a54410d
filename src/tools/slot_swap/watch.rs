//! Probes before and after the swap.

use std::time::Duration;

use url::Url;

use super::gate::Gate;
use super::pace::Pace;
use crate::azure::site::Site;
use crate::report::{Failure, code};
use crate::spec::Inputs;
use crate::tools::Stage;
use crate::tools::checks::Check;
use crate::world::{Deadline, human};

/// How the target is watched.
#[derive(Clone, Debug)]
pub struct Watch {
    /// For how long.
    pub time: Duration,
    /// The pause between two probes.
    pub interval: Duration,
    /// How many must fail in a row.
    pub failures: u64,
    /// How long failures are borne before the first good probe: some platforms answer 503 for 20 s after a good swap.
    pub settle: Duration,
}

impl Watch {
    /// From checked inputs.
    pub fn read(inputs: &Inputs) -> Self {
        Self {
            time: inputs.duration("watch"),
            interval: inputs.duration("interval"),
            failures: inputs.count("failures"),
            settle: inputs.duration("settle"),
        }
    }
}

/// What is watched, and when, for messages.
pub struct Watched<'a> {
    /// The slot.
    pub site: &'a Site,
    /// What must hold there.
    pub checks: &'a [Check],
    /// Such as `after the swap`.
    pub when: &'static str,
    /// What visitors must get, if that is looked at.
    pub gate: Option<Gate<'a>>,
    /// How long our own probes may take, if that is looked at.
    pub pace: Option<Pace>,
}

impl<'a> Watched<'a> {
    /// The target after a swap.
    pub fn after_the_swap(site: &'a Site, checks: &'a [Check]) -> Self {
        Self { site, checks, when: "after the swap", gate: None, pace: None }
    }

    /// How the visitors' answers pass the limit, if they do; at the end of the watch, and when it is time to look.
    async fn breach(&mut self, stage: Stage<'_>, deadline: &Deadline, is_over: bool) -> Option<String> {
        let gate = self.gate.as_mut()?;
        if !is_over {
            return gate.look_when_due(stage).await;
        }
        let breach = gate.look(stage).await;
        if breach.is_none() {
            gate.conclude(stage, deadline.elapsed());
        }
        breach
    }

    /// How our own probes pass the limit, if they do.
    fn slowness(&mut self, stage: Stage<'_>, taken: &[Duration], is_over: bool) -> Option<String> {
        let pace = self.pace.as_mut()?;
        pace.count(taken);
        let breach = pace.breach(is_over);
        if is_over && breach.is_none() {
            pace.conclude(stage);
        }
        breach
    }
}

/// The checks must pass on the slot before it is swapped. They are tried until the settle time is over.
pub(super) async fn passes_before(
    stage: Stage<'_>,
    source: &Site,
    checks: &[Check],
    watch: &Watch,
    when: &str,
) -> Result<(), Failure> {
    let base = base(source)?;
    let troubles = until_good(stage, &base, checks, watch).await;
    if troubles.is_empty() {
        stage.host.line(&format!("{base} passed its checks {when}"));
        return Ok(());
    }
    Err(failed(&base, &format!("{when}; nothing was changed"), troubles))
}

/// The checks that the target passes now, before the swap: what the old build must pass again if it comes back. One that
/// only the new build can pass, such as its version, is reduced to its status, or left out.
pub async fn held_before(stage: Stage<'_>, target: &Site, checks: &[Check]) -> Result<Vec<Check>, Failure> {
    let base = base(target)?;
    let mut held = Vec::new();
    for check in checks {
        for candidate in [check.clone(), check.only_status()] {
            if candidate.run(&stage.world.http, &base).await.is_ok() {
                held.push(candidate);
                break;
            }
        }
    }
    Ok(held)
}

/// Whether the old build answers again after a swap back, within the settle time.
///
/// # Errors
/// `SID0601` with what it does not answer.
pub(super) async fn holds_again(stage: Stage<'_>, target: &Site, held: &[Check], watch: &Watch) -> Result<(), Failure> {
    let base = base(target)?;
    let troubles = until_good(stage, &base, held, watch).await;
    if troubles.is_empty() {
        stage.host.line(&format!("{base} passes again what it passed before"));
        return Ok(());
    }
    Err(failed(&base, "after the swap back", troubles))
}

/// Watches a slot, and returns the number of probes. It passes when the checks hold at the end and never failed too often
/// in a row.
///
/// # Errors
/// `SID0601` with what failed.
pub async fn watch(stage: Stage<'_>, watched: &mut Watched<'_>, watch: &Watch) -> Result<u64, Failure> {
    let base = base(watched.site)?;
    let deadline = stage.world.clock.span(watch.time);
    let settle = stage.world.clock.span(watch.settle);
    let (mut in_a_row, mut probes, mut good) = (0, 0_u64, false);
    let mut told = Vec::new();
    loop {
        let (troubles, taken) = round(stage, &base, watched.checks).await;
        probes += 1;
        // Asked once a round: a watch must not end between two looks at the clock, without its verdicts.
        let is_over = deadline.passed();
        if troubles.is_empty() {
            (in_a_row, good) = (0, true);
            if let Some(slow) = watched.slowness(stage, &taken, is_over) {
                let what = format!("`{base}` answers too slowly {}", watched.when);
                return Err(Failure::new(&code::CHECK_FAILED, what).because(slow));
            }
            if let Some(breach) = watched.breach(stage, &deadline, is_over).await {
                let what = format!("`{base}` answers with too many errors {}", watched.when);
                return Err(Failure::new(&code::CHECK_FAILED, what).because(breach));
            }
            if is_over {
                stage.host.status(None);
                stage.host.line(&format!("{base} held its checks for {} ({probes} probes)", human(deadline.elapsed())));
                return Ok(probes);
            }
        } else {
            in_a_row += 1;
            if troubles != told {
                stage.host.line(&format!("  probe {probes} failed: {}", troubles.join("; ")));
                told.clone_from(&troubles);
            }
            // A build that was healthy here once gets no second settling time.
            let bearable = in_a_row < watch.failures || (!good && !settle.passed());
            if !bearable {
                return Err(failed(&base, watched.when, troubles));
            }
        }
        stage.host.status(Some(&format!(
            "watching: {probes} probes, {in_a_row} failed in a row, {} left",
            human(deadline.left())
        )));
        stage.world.clock.sleep(watch.interval).await;
    }
}

/// What is wrong when the settle time is over; nothing as soon as all checks pass.
async fn until_good(stage: Stage<'_>, base: &Url, checks: &[Check], watch: &Watch) -> Vec<String> {
    let deadline = stage.world.clock.deadline(watch.settle.max(watch.interval * 2));
    loop {
        let (troubles, _) = round(stage, base, checks).await;
        if troubles.is_empty() || deadline.passed() {
            return troubles;
        }
        stage.world.clock.sleep(watch.interval.min(Duration::from_secs(1))).await;
    }
}

fn base(site: &Site) -> Result<Url, Failure> {
    Url::parse(&site.url())
        .map_err(|_| Failure::new(&code::UNEXPECTED_ANSWER, format!("ARM names `{}` as the app's host", site.url())))
}

/// What fails, and how long the answers took that did not.
async fn round(stage: Stage<'_>, base: &Url, checks: &[Check]) -> (Vec<String>, Vec<Duration>) {
    let (mut troubles, mut taken) = (Vec::new(), Vec::new());
    for check in checks {
        match check.run(&stage.world.http, base).await {
            Ok(took) => taken.push(took),
            Err(trouble) => troubles.push(format!("`{check}`: {trouble}")),
        }
    }
    (troubles, taken)
}

fn failed(base: &Url, when: &str, troubles: Vec<String>) -> Failure {
    let failure = Failure::new(&code::CHECK_FAILED, format!("`{base}` failed its checks {when}"));
    troubles.into_iter().fold(failure, Failure::because)
}
