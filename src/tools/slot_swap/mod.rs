//! `slot-swap`: looks whether a swap may go ahead, swaps, proves it, watches, and swaps back by itself when it must.

mod attempt;
mod back;
mod climb;
mod follow;
mod gate;
mod pace;
mod pair;
mod preflight;
mod preview;
mod ramp;
mod roll_back;
mod swap;
mod undoable;
mod watch;

use std::time::Duration;

use serde_json::json;

use super::checks::{self, Check};
use super::sign_in::{self, Session, SignIn};
use super::{Outcome, Reach, Stage, Tool};
use crate::azure::az;
use crate::azure::site::{Slot, SlotSwapStatus};
use crate::ci::Level;
use crate::report::{Done, Failure, code};
use crate::spec::{Input, Inputs, Kind, Output, Problems, ToolSpec};
use crate::world::human;

pub use back::{Undo, still_ours, swap_back};
pub use gate::{Gate, MaxErrorRate};
pub use pair::{Pair, check as check_pair};
pub use preflight::{Findings, look};
pub use ramp::Ramp;
pub use roll_back::Meant;
pub use swap::{Swapped, Way, swap};
pub use undoable::OUTPUT as SWAP_BEFORE;
pub use watch::{Watch, Watched, held_before, watch};

use climb::Climb;
use pace::Pace;
use preview::Preview;
use ramp::Step;
use roll_back::roll_back;

/// The inputs that say what must hold, and how the target is watched; a release has them as well.
pub static WATCH: [Input; 5] = [
    Input::with_default(
        "checks",
        Kind::Lines,
        "/",
        "What must hold on the slot before and on the target after: `/path status=200 json:/pointer=value`",
    ),
    Input::with_default("watch", Kind::ANY_TIME, "60s", "How long to watch the target after the swap"),
    Input::with_default("interval", Kind::WAIT, "2s", "The pause between two probes"),
    Input::with_default("failures", Kind::Count(1, 100), "3", "How many probes must fail in a row to swap back"),
    Input::with_default("settle", Kind::ANY_TIME, "30s", "How long failing probes are borne right after the swap"),
];

/// The declaration.
pub static SPEC: ToolSpec = ToolSpec {
    name: "slot-swap",
    about: "Swaps two slots with checks before and after, watches, and swaps back when the new build fails",
    inputs: &[
        &[
            Input::required("app-name", Kind::AppName, "The app"),
            Input::required("slot-name", Kind::SlotName, "The slot that holds the new build"),
            Input::with_default("target-slot", Kind::SlotName, "production", "The slot that it is swapped into"),
            Input::optional(
                "resource-group",
                Kind::ResourceGroup,
                "Its resource group; looked up when it is not given",
            ),
            Input::with_default(
                "action",
                Kind::Choice(&["swap", "rollback"]),
                "swap",
                "`rollback` swaps the last swap of this pair back",
            ),
        ],
        &roll_back::INPUTS,
        &[
            Input::with_default("timeout", Kind::WAIT, "30m", "The limit for the swap itself"),
            Input::with_default(
                "dry-run",
                Kind::Flag,
                "false",
                "Only look whether the swap may go ahead, and say what moves and what stays",
            ),
        ],
        &preview::INPUTS,
        &ramp::INPUTS,
        &WATCH,
        &gate::INPUTS,
        &pace::INPUTS,
        &sign_in::INPUTS,
    ],
    positional: None,
    outputs: &[
        Output {
            name: undoable::TIMESTAMP,
            help: "When Azure made the swap, its proof; give it to `swapped-at` to undo exactly this swap. Empty when it was undone",
        },
        undoable::OUTPUT,
        Output { name: "url", help: "Where the target answers" },
    ],
    permissions: &["`Website Contributor` on the app", "`Monitoring Reader` on the app, with `max-error-rate`"],
    errors: &[
        &code::SWAP_NO_GO,
        &code::SWAP_FAILED,
        &code::SWAP_NOT_PROVEN,
        &code::SWAPPED_BACK,
        &code::SWAP_BACK_FAILED,
        &code::SWAP_TIMED_OUT,
        &code::ROLL_BACK_REFUSED,
        &code::RAMP_STOPPED,
        &code::RAMP_NOT_TAKEN_BACK,
        &code::PREVIEW_NOT_CANCELLED,
        &code::CHECK_FAILED,
    ],
};

/// The tool.
pub static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Network,
    check,
    run: |inputs, stage| {
        Box::pin(async move {
            let parameters = Parameters::read(inputs)?;
            let session = SignIn::read(inputs).open(stage.world).await?;
            let pair = find(stage, &session, inputs).await?;
            match (inputs.text("action"), inputs.flag("dry-run")) {
                ("rollback", dry_run) => roll_back(stage, &session, &pair, (&parameters, dry_run)).await,
                (_, true) => would_swap(stage, &prepare(stage, &session, &pair, &parameters).await?, &pair),
                (_, false) => release(stage, &session, &pair, &parameters).await,
            }
        })
    },
};

/// How patient and how strict the swap is.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// What must hold before and after.
    pub checks: Vec<Check>,
    /// The watch after the swap.
    pub watch: Watch,
    /// The limit of the swap.
    pub timeout: Duration,
    /// Which swap a roll-back is to undo.
    pub undo: Option<Meant>,
    /// Whether the slot runs with the target's settings first.
    pub preview: bool,
    /// The steps before the swap, if any.
    pub ramp: Option<Ramp>,
    /// The longest that 95 % of the probes may take, if that is looked at.
    pub max_p95: Option<Duration>,
    /// The largest share of errors that visitors may get, if that is looked at.
    pub max_error_rate: Option<MaxErrorRate>,
}

fn check(inputs: &Inputs, problems: &mut Problems) {
    sign_in::check(inputs, problems);
    checks::check_lines(inputs, problems);
    pair::check(inputs, problems);
    preview::check(inputs, problems);
    ramp::check(inputs, problems);
    pace::check(inputs, problems);
    gate::check(inputs, problems);
    roll_back::check(inputs, problems);
}

impl Parameters {
    /// From checked inputs.
    ///
    /// # Errors
    /// A bug, when the checks were not looked at.
    pub fn read(inputs: &Inputs) -> Result<Self, Failure> {
        Ok(Self {
            checks: checks::read(inputs)?,
            watch: Watch::read(inputs),
            timeout: inputs.duration("timeout"),
            undo: Meant::read(inputs),
            preview: inputs.flag("preview"),
            ramp: Ramp::read(inputs),
            max_p95: pace::read(inputs),
            max_error_rate: MaxErrorRate::read(inputs),
        })
    }
}

async fn find(stage: Stage<'_>, session: &Session, inputs: &Inputs) -> Result<Pair, Failure> {
    let app = session.arm(stage.world).find_app(inputs.text("app-name"), inputs.given("resource-group")).await?;
    Ok(Pair { app, source: Slot::new(inputs.text("slot-name")), target: Slot::new(inputs.text("target-slot")) })
}

/// The pre-flight of a swap, with or without a ramp-up. Traffic that goes on to the slot after a plain swap is a warning.
async fn prepare(
    stage: Stage<'_>,
    session: &Session,
    pair: &Pair,
    parameters: &Parameters,
) -> Result<Findings, Failure> {
    let mut findings = look(stage, session, pair).await?;
    if parameters.ramp.is_some() {
        let reasons = Ramp::reasons(pair, &findings.source, &findings.rules);
        findings.reasons.extend(reasons);
    } else if let Some(rule) = findings.rules.iter().find(|rule| rule.reroute_percentage > 0.0) {
        let message = format!(
            "{} % of the traffic of `{}` goes to `{}`, before the swap and after it; to take it back: {}",
            rule.reroute_percentage,
            pair.target,
            rule.action_host_name,
            az::clear_traffic(&pair.app)
        );
        stage.host.annotate(Level::Warning, "slot-swap", &message);
    }
    if parameters.max_error_rate.is_some() {
        findings.requests = gate::before(stage, &session.arm(stage.world), pair).await?;
    }
    Ok(findings)
}

/// Pre-flight, checks, ramp-up, swap. Whatever happens, the steps that were taken are told.
async fn release(
    stage: Stage<'_>,
    session: &Session,
    pair: &Pair,
    parameters: &Parameters,
) -> Result<Outcome, Failure> {
    let findings = prepare(stage, session, pair, parameters).await?;
    findings.tell(stage);
    findings.must_go(pair)?;
    watch::passes_before(stage, &findings.source, &parameters.checks, &parameters.watch, "before the swap").await?;
    let mut steps = Vec::new();
    let result = match &parameters.ramp {
        Some(ramp) => {
            let arm = session.arm(stage.world);
            Climb { stage, arm: &arm, pair, findings: &findings, parameters }.run(ramp, &mut steps).await
        }
        None => Ok(()),
    };
    let result = match result {
        Ok(()) => swap_and_watch(stage, session, (pair, parameters), &findings).await,
        Err(failure) => Err(failure),
    };
    with_steps(result, &steps)
}

/// Swap, proof, watch; swap back when the watch fails.
async fn swap_and_watch(
    stage: Stage<'_>,
    session: &Session,
    (pair, parameters): (&Pair, &Parameters),
    findings: &Findings,
) -> Result<Outcome, Failure> {
    let held = held_before(stage, &findings.target, &parameters.checks).await?;
    let (arm, settle) = (session.arm(stage.world), parameters.watch.settle);
    let preview = parameters.preview.then_some(Preview { stage, arm: &arm, pair, findings, parameters });
    if let Some(preview) = &preview {
        preview.run().await?;
    }
    let swapped = match (swap(stage, session, pair, (Way::Forth, parameters.timeout)).await, &preview) {
        (Err(failure), Some(preview)) => return Err(preview.after(failure).await),
        (swapped, _) => swapped?,
    };
    let mut watched = Watched::after_the_swap(&findings.target, &parameters.checks);
    let gate = |limit| Gate::after_the_swap((&arm, pair), limit, &findings.requests, settle);
    watched.gate = parameters.max_error_rate.map(gate);
    watched.pace = parameters.max_p95.map(|limit| Pace::new(limit, stage.world.clock.span(settle)));
    if let Err(failure) = watch(stage, &mut watched, &parameters.watch).await {
        let undo = Undo { pair, target: &findings.target, swapped: &swapped, held: &held, parameters };
        return Err(swap_back(stage, session, &undo, failure).await);
    }
    still_ours(stage, session, pair, &swapped).await?;
    stage.host.line(&format!("to undo: {}", pair.roll_back_command(&swapped.status.timestamp_utc)));
    stage.world.standing.leaves_nothing();
    let mut outcome = outcome(&swapped.status, &findings.target.url(), swapped.took);
    told(&mut outcome, findings, &watched);
    Ok(outcome)
}

/// What was looked at besides the checks.
fn told(outcome: &mut Outcome, findings: &Findings, watched: &Watched<'_>) {
    if !findings.changes.is_empty() {
        outcome.rows.push(("settings changed", findings.changes.join(", ")));
        outcome.data["settingsChanged"] = findings.changes.clone().into();
    }
    if let Some(gate) = &watched.gate {
        outcome.rows.push(("errors", gate.summary()));
        outcome.data["errors"] = gate.summary().into();
    }
    if let Some(pace) = &watched.pace {
        outcome.rows.push(("probes", pace.summary()));
        outcome.data["probes"] = pace.summary().into();
    }
}

fn with_steps(result: Result<Outcome, Failure>, steps: &[Step]) -> Result<Outcome, Failure> {
    if steps.is_empty() {
        return result;
    }
    let rows = steps.iter().map(Step::row);
    let data: Vec<_> = steps.iter().map(Step::data).collect();
    match result {
        Ok(mut outcome) => {
            outcome.rows = rows.chain(outcome.rows).collect();
            outcome.data["ramp"] = data.into();
            Ok(outcome)
        }
        Err(failure) => Err(failure.after(Done { rows: rows.collect(), data: json!({"ramp": data}) })),
    }
}

fn outcome(status: &SlotSwapStatus, url: &str, took: Duration) -> Outcome {
    Outcome {
        outputs: vec![(undoable::TIMESTAMP, status.timestamp_utc.clone()), ("url", url.to_owned())],
        rows: vec![
            ("target", url.to_owned()),
            ("swapped at", status.timestamp_utc.clone()),
            ("swap took", human(took)),
        ],
        data: json!({"url": url, "swapTimestamp": status.timestamp_utc, "tookMs": took.as_millis()}),
        ..Outcome::default()
    }
}

/// A dry run says what would happen, and fails when the swap could not go ahead.
fn would_swap(stage: Stage<'_>, findings: &Findings, pair: &Pair) -> Result<Outcome, Failure> {
    findings.tell(stage);
    findings.must_go(pair)?;
    stage.host.line(&format!("`{}` could be swapped into `{}` now; nothing was changed", pair.source, pair.target));
    let list = |names: &[String]| names.join(", ");
    Ok(Outcome {
        outputs: vec![("url", findings.target.url())],
        rows: vec![
            ("go", "yes".to_owned()),
            ("moves", list(&findings.moves)),
            ("stays", list(&findings.stays)),
            ("changes", list(&findings.changes)),
        ],
        data: json!({
            "dryRun": true, "go": true, "moves": findings.moves, "stays": findings.stays, "changes": findings.changes,
        }),
        ..Outcome::default()
    })
}
