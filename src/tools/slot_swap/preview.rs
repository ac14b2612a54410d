//! A swap in two halves: the slot runs with the target's settings first, and is swapped only if it holds with them.
//!
//! While a slot is prepared, the settings of both are frozen, so whatever ends the first half takes it back.
//! Source: `contracts/slots-and-vault.md` §1.3.

use std::time::Duration;

use super::watch::{Watch, passes_before};
use super::{Findings, Pair, Parameters};
use crate::azure::arm::{Arm, Refusal, WEB};
use crate::azure::az;
use crate::azure::site::{Slot, path, swap_body};
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Problems};
use crate::tools::Stage;
use crate::world::http::{Answer, Call, Repeat};

/// The input.
pub(super) static INPUTS: [Input; 1] = [Input::with_default(
    "preview",
    Kind::Flag,
    "false",
    "Run the slot with the settings that stay with the target first, and swap only when it passes its checks with them",
)];

/// The slot restarts with other settings: it gets so many times as long as after a swap.
const PATIENCE: u32 = 4;
/// How long taking it back is tried.
const CANCEL_LIMIT: Duration = Duration::from_secs(10);
/// The pause between two reads.
const PAUSE: Duration = Duration::from_millis(500);

/// The first half of a swap.
pub(super) struct Preview<'a> {
    /// Where it runs.
    pub(super) stage: Stage<'a>,
    /// The way to ARM.
    pub(super) arm: &'a Arm<'a>,
    /// The slots.
    pub(super) pair: &'a Pair,
    /// What the pre-flight saw.
    pub(super) findings: &'a Findings,
    /// What must hold.
    pub(super) parameters: &'a Parameters,
}

/// Checks the input.
pub(super) fn check(inputs: &Inputs, problems: &mut Problems) {
    if !inputs.flag("preview") {
        return;
    }
    if inputs.text("action") == "rollback" {
        problems.add("`preview` goes with `--action swap`: a roll-back must not wait");
    }
    if inputs.given("ramp").is_some() {
        problems.add("`preview` and `ramp` do not go together: while a slot is prepared, the traffic rules are frozen");
    }
}

impl Preview<'_> {
    /// Applies the target's settings and proves the slot with them. When it returns well, the swap completes it.
    ///
    /// # Errors
    /// `SID0601` when the build fails with these settings and they were taken back, `SID0410` when that was not possible.
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let (stage, pair) = (self.stage, self.pair);
        let hold = stage.world.stop.hold();
        stage.world.standing.leaves(
            format!(
                "slot `{}` of `{}` may be prepared for a swap, which freezes the settings of both slots; nothing was swapped",
                pair.source, pair.app.name
            ),
            az::reset_swap(&pair.app, &pair.source),
        );
        let url = self.arm.url(&format!("{}/applySlotConfig", path(&pair.app, &pair.source)), WEB);
        let applied = self.arm.send(Call::post(url).repeat(Repeat::Safe).body(swap_body(&pair.target))).await;
        let tried = match applied {
            Ok(answer) if answer.is_success() => self.prove().await,
            Ok(answer) if answer.status < 500 => {
                stage.world.standing.leaves_nothing();
                return Err(self.refused(&answer));
            }
            Ok(answer) => Err(self.arm.refusal(&answer, "prepare the swap")),
            Err(failure) => Err(failure),
        };
        // Nothing is waited for between this look and the end of the hold, so no signal is lost.
        let tried = tried.and_then(|()| stage.world.stop.signal().map_or(Ok(()), |signal| Err(cancelled(signal))));
        let result = match tried {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.cancel(failure).await),
        };
        drop(hold);
        result
    }

    /// Takes the preparation back after the swap itself failed, unless that swap may still be running.
    pub(super) async fn after(&self, failure: Failure) -> Failure {
        if [&code::SWAP_TIMED_OUT, &code::SWAP_NOT_PROVEN].contains(&failure.code) {
            let reset = az::reset_swap(&self.pair.app, &self.pair.source);
            return failure
                .fix("if the slots are still prepared when no operation runs any more, cancel that:")
                .run(reset);
        }
        self.cancel(failure).await
    }

    /// The settings are applied in the background; only the slots tell when that is done.
    async fn prove(&self) -> Result<(), Failure> {
        let stage = self.stage;
        let settle = self.parameters.watch.settle * PATIENCE;
        let watch = Watch { settle, ..self.parameters.watch.clone() };
        let proven = async {
            self.prepared().await?;
            stage.host.line(&format!("`{}` runs with the settings of `{}` now", self.pair.source, self.pair.target));
            let with = format!("with the settings of `{}`", self.pair.target);
            let passed = passes_before(stage, &self.findings.source, &self.parameters.checks, &watch, &with).await;
            let what = format!("slot `{}` failed its checks {with}", self.pair.source);
            passed.map_err(|failure| Failure { what, ..failure })
        };
        tokio::select! {
            proven = proven => proven,
            signal = stage.world.stop.asked() => Err(cancelled(signal)),
        }
    }

    async fn prepared(&self) -> Result<(), Failure> {
        let (stage, pair) = (self.stage, self.pair);
        let deadline = stage.world.clock.deadline(self.parameters.timeout);
        loop {
            let trouble = match self.is_prepared(&pair.source).await {
                Ok(true) => return Ok(()),
                Ok(false) => Failure::new(
                    &code::SWAP_NO_GO,
                    format!("slot `{}` did not take the settings of `{}` in time", pair.source, pair.target),
                ),
                Err(failure) => failure,
            };
            if deadline.passed() {
                return Err(trouble);
            }
            stage.host.status(Some("waiting until the slot has the target's settings"));
            stage.world.clock.sleep(PAUSE).await;
        }
    }

    async fn is_prepared(&self, slot: &Slot) -> Result<bool, Failure> {
        let site = self.arm.site(&self.pair.app, slot).await?;
        Ok(site.prepared_with().is_some())
    }

    async fn cancel(&self, failure: Failure) -> Failure {
        let (stage, pair) = (self.stage, self.pair);
        stage.host.line(&format!("{}; taking the settings back", failure.what));
        match self.reset().await {
            Ok(()) => {
                stage.world.standing.leaves_nothing();
                let put_back =
                    "the preview was cancelled: both slots have their own settings again, and nothing was swapped";
                failure.because(put_back)
            }
            Err(second) => {
                let what = format!(
                    "the preview on slot `{}` of `{}` could not be cancelled: the settings of both slots are frozen",
                    pair.source, pair.app.name
                );
                stage.world.standing.leaves_nothing();
                let told = Failure::new(&code::PREVIEW_NOT_CANCELLED, what).caused_by(failure).caused_by(second);
                told.fix("nothing was swapped; cancel it by hand:").run(az::reset_swap(&pair.app, &pair.source))
            }
        }
    }

    /// Resets the source, and the target if it is still marked then; reads both until neither is.
    async fn reset(&self) -> Result<(), Failure> {
        let pair = self.pair;
        let deadline = self.stage.world.clock.deadline(CANCEL_LIMIT);
        loop {
            let trouble = match self.reset_once().await {
                Ok(true) => return Ok(()),
                Ok(false) => Failure::new(
                    &code::UNEXPECTED_ANSWER,
                    format!("ARM reset the slots of `{}` and still shows them as prepared", pair.app.name),
                ),
                Err(failure) => failure,
            };
            if deadline.passed() || trouble.code == &code::FORBIDDEN {
                return Err(trouble);
            }
            self.stage.world.clock.sleep(PAUSE).await;
        }
    }

    async fn reset_once(&self) -> Result<bool, Failure> {
        for slot in [&self.pair.source, &self.pair.target] {
            let url = format!("{}/resetSlotConfig", path(&self.pair.app, slot));
            self.arm.post(&url, crate::world::http::Body::Empty, "cancel the preview").await?;
            if !self.is_prepared(&self.pair.source).await? && !self.is_prepared(&self.pair.target).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn refused(&self, answer: &Answer) -> Failure {
        let failure = self.arm.refusal(answer, &format!("prepare slot `{}` for the swap", self.pair.source));
        let authentication = Refusal::of(answer).is_some_and(|refusal| refusal.message.contains("site authentication"));
        if authentication {
            let cure = "leave `preview` out: Azure has no preview for slots with App Service Authentication";
            return Failure { fixes: Vec::new(), ..failure }.fix(cure);
        }
        failure
    }
}

fn cancelled(signal: &str) -> Failure {
    Failure::new(&code::CANCELLED, format!("cancelled by {signal}"))
}
