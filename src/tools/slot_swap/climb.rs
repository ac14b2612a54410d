//! The way up the ramp, and the way back: whatever ends it, all traffic goes to production again.
//!
//! The rule is removed before the swap as well. It would stay with production, and lead to the slot that holds the old build
//! then. Source: `contracts/slots-and-vault.md` §1.7.

use std::time::Duration;

use super::gate::Gate;
use super::pace::Pace;
use super::ramp::{Ramp, Step, StepEnd, rules_after, rules_at};
use super::watch::{Watch, Watched, watch};
use super::{Findings, Pair, Parameters};
use crate::azure::arm::Arm;
use crate::azure::az;
use crate::azure::site::Slot;
use crate::azure::traffic::RampUpRule;
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::world::human;

/// How long taking the traffic back is tried.
const TAKE_BACK_LIMIT: Duration = Duration::from_secs(10);
/// The pause between two tries.
const TAKE_BACK_PAUSE: Duration = Duration::from_millis(500);

/// A ramp-up of two slots that may be swapped.
pub(super) struct Climb<'a> {
    /// Where it runs.
    pub(super) stage: Stage<'a>,
    /// The way to ARM.
    pub(super) arm: &'a Arm<'a>,
    /// The slots.
    pub(super) pair: &'a Pair,
    /// What the pre-flight saw.
    pub(super) findings: &'a Findings,
    /// What must hold, and how it is watched.
    pub(super) parameters: &'a Parameters,
}

impl Climb<'_> {
    /// Takes every step, then all traffic back. The steps that were taken are told even when one of them fails.
    ///
    /// # Errors
    /// `SID0408` when it was stopped and all traffic is back, `SID0409` when it may not be, `SID0901` when it was cancelled
    /// and all traffic is back; what ARM refuses, when no traffic was routed at all.
    pub(super) async fn run(&self, ramp: &Ramp, steps: &mut Vec<Step>) -> Result<(), Failure> {
        let stop = &self.stage.world.stop;
        let hold = stop.hold();
        let climbed = self.climb(ramp, steps).await;
        let back = self.take_back().await;
        // Nothing is waited for between this look and the end of the hold, so no signal is lost.
        let climbed = climbed.and_then(|()| stop.signal().map_or(Ok(()), |signal| Err(cancelled(signal))));
        drop(hold);
        let reached = steps.last().map(|step| step.percent);
        match (climbed, back) {
            (Ok(()), Ok(())) => {
                self.stage.host.line("all traffic is back on production for the swap");
                Ok(())
            }
            (Err(failure), Ok(())) => Err(self.stopped(failure, reached)),
            (climbed, Err(second)) => Err(self.not_taken_back(climbed.err(), second)),
        }
    }

    async fn climb(&self, ramp: &Ramp, steps: &mut Vec<Step>) -> Result<(), Failure> {
        let (stage, source) = (self.stage, &self.findings.source);
        let pause = Watch { time: ramp.pause, settle: Duration::ZERO, ..self.parameters.watch.clone() };
        for percent in &ramp.steps {
            if let Some(signal) = stage.world.stop.signal() {
                return Err(cancelled(signal));
            }
            self.route(&rules_at(*percent, self.pair, source, &self.findings.rules), *percent).await?;
            stage.host.line(&format!(
                "{percent} % of the traffic of `{}` goes to `{}` for {}",
                self.pair.target,
                self.pair.source,
                human(ramp.pause)
            ));
            steps.push(Step { percent: *percent, end: StepEnd::Stopped });
            let (checks, settle) = (&self.parameters.checks, self.parameters.watch.settle);
            let gate = |limit| Gate::at_a_step((self.arm, self.pair), limit, settle);
            let gate = self.parameters.max_error_rate.map(gate);
            let from = stage.world.clock.span(Duration::ZERO);
            let pace = self.parameters.max_p95.map(|limit| Pace::new(limit, from));
            let mut watched = Watched { site: source, checks, when: "during the ramp-up", gate, pace };
            let start = stage.world.clock.start();
            // A request that changes the rules is never broken off, a pause is.
            let probes = tokio::select! {
                held = watch(stage, &mut watched, &pause) => held?,
                signal = stage.world.stop.asked() => return Err(cancelled(signal)),
            };
            if let Some(step) = steps.last_mut() {
                let errors = watched.gate.as_ref().map(Gate::summary);
                step.end = StepEnd::Held { time: start.elapsed(), probes, errors };
            }
        }
        Ok(())
    }

    async fn route(&self, rules: &[RampUpRule], percent: u64) -> Result<(), Failure> {
        let app = &self.pair.app;
        self.stage.world.standing.leaves(
            format!(
                "{percent} % of the traffic of `{}` may go to slot `{}`; nothing was swapped",
                app.name, self.pair.source
            ),
            az::clear_traffic(app),
        );
        if self.arm.route_traffic(app, rules).await?.routes(rules) {
            return Ok(());
        }
        Err(not_in_force(self.pair))
    }

    /// Puts the rules back, and reads them until they are.
    async fn take_back(&self) -> Result<(), Failure> {
        let rules = rules_after(&self.findings.source, &self.findings.rules);
        let deadline = self.stage.world.clock.deadline(TAKE_BACK_LIMIT);
        self.stage.host.status(Some("taking all traffic back to production"));
        loop {
            let trouble = match self.put(&rules).await {
                Ok(true) => break,
                Ok(false) => not_in_force(self.pair),
                Err(failure) => failure,
            };
            if deadline.passed() {
                return Err(trouble);
            }
            self.stage.world.clock.sleep(TAKE_BACK_PAUSE).await;
        }
        self.stage.host.status(None);
        self.stage.world.standing.leaves_nothing();
        Ok(())
    }

    /// Whether the rules are in force; what is so already is not written.
    async fn put(&self, rules: &[RampUpRule]) -> Result<bool, Failure> {
        let (app, production) = (&self.pair.app, Slot::production());
        if self.arm.web_config(app, &production).await?.routes(rules) {
            return Ok(true);
        }
        self.arm.route_traffic(app, rules).await?;
        Ok(self.arm.web_config(app, &production).await?.routes(rules))
    }

    fn stopped(&self, failure: Failure, reached: Option<u64>) -> Failure {
        let pair = self.pair;
        let Some(percent) = reached else {
            return failure.because(format!("no traffic was routed to `{}`, and nothing was swapped", pair.source));
        };
        let state = format!("all traffic of `{}` is back on `{}`, which was never swapped", pair.app.name, pair.target);
        if failure.code == &code::CANCELLED {
            return failure
                .because(format!("the ramp-up was stopped at {percent} %; {state}"))
                .fix("run the same command again");
        }
        Failure::new(&code::RAMP_STOPPED, format!("the ramp-up was stopped at {percent} %; {state}"))
            .caused_by(failure)
            .fix(format!("the failing build is in slot `{}`; look at its log:", pair.source))
            .run(pair.log_command(&pair.source))
            .fix("changes that the new build made to data were not undone")
    }

    fn not_taken_back(&self, failure: Option<Failure>, second: Failure) -> Failure {
        let pair = self.pair;
        // What is left is told here.
        self.stage.world.standing.leaves_nothing();
        let what = format!(
            "the traffic of `{}` could not be taken back: a share of it may still go to `{}`; nothing was swapped",
            pair.app.name, pair.source
        );
        let told = Failure::new(&code::RAMP_NOT_TAKEN_BACK, what);
        let told = failure.into_iter().fold(told, Failure::caused_by);
        told.caused_by(second).fix("take it back by hand:").run(az::clear_traffic(&pair.app))
    }
}

fn cancelled(signal: &str) -> Failure {
    Failure::new(&code::CANCELLED, format!("cancelled by {signal}"))
}

fn not_in_force(pair: &Pair) -> Failure {
    let what = format!("ARM took the traffic rules of `{}` and shows others", pair.app.name);
    Failure::new(&code::UNEXPECTED_ANSWER, what)
        .because("somebody else may be writing them at the same time")
        .run(az::show_traffic(&pair.app))
}
