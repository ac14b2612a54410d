//! Undoing a swap because somebody asks for it: a person, or a later step of the job whose swap was cut off.

use std::time::Duration;

use futures_util::try_join;
use serde_json::json;

use super::attempt::PROOF_LIMIT;
use super::back::is_the_one;
use super::follow::{VISIBLE_WITHIN, still_running};
use super::watch::Watched;
use super::{Pair, Parameters, Way, look, outcome, swap, undoable, watch, would_swap};
use crate::azure::az;
use crate::azure::site::Site;
use crate::ci::Level;
use crate::report::Failure;
use crate::spec::{Input, Inputs, Kind, Problems};
use crate::tools::sign_in::Session;
use crate::tools::{Outcome, Stage};
use crate::world::human;

/// The pause between two looks at the slots.
const PAUSE: Duration = Duration::from_secs(1);

/// The inputs.
pub(super) static INPUTS: [Input; 2] = [
    Input::optional(
        "swapped-at",
        Kind::Text,
        "For `rollback`: the output `swap-timestamp` of the swap to undo; when another was made since, it is refused",
    ),
    Input::optional(
        "swapped-after",
        Kind::Text,
        "For `rollback`, when the swap was cut off: its output `swap-before`. Waits until Azure swaps no more, then undoes what this slot swapped since, if anything; `swapped-at` goes first",
    ),
];

/// Which swap a roll-back undoes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// The one that was made at this time.
    At(String),
    /// The one that was made after the one of this time; after none, any.
    After(String),
}

/// What became of the swap that is meant.
enum Found {
    /// It was made at this time.
    Made(String),
    /// None was made.
    Nothing(Box<Site>),
}

/// What is given: rendered outputs may be empty.
fn given<'i>(inputs: &'i Inputs, name: &str) -> Option<&'i str> {
    inputs.given(name).filter(|text| !text.is_empty())
}

/// Checks the inputs.
pub(super) fn check(inputs: &Inputs, problems: &mut Problems) {
    let (at, after) = (given(inputs, "swapped-at"), given(inputs, "swapped-after"));
    if inputs.text("action") != "rollback" {
        let named = [("swapped-at", at), ("swapped-after", after)];
        for (name, _) in named.into_iter().filter(|(_, text)| text.is_some()) {
            problems.add(format!("`{name}` says which swap to undo; it goes with `--action rollback`"));
        }
        return;
    }
    if at.is_none() && after.is_none() {
        problems.add(
            "`swapped-at` or `swapped-after` is required for a roll-back: the output `swap-timestamp` of the swap to \
             undo, its output `swap-before`, or `az webapp show --query slotSwapStatus.timestampUtc`",
        );
    }
    for (name, text) in [("swapped-at", at), ("swapped-after", after)] {
        let Some(text) = text.filter(|text| !is_time(text)) else { continue };
        if name == "swapped-after" && text == undoable::NEVER {
            continue;
        }
        let or = if name == "swapped-after" { ", or `none`" } else { "" };
        problems.add(format!(
            "`{name}` is `{text}`; it must be a time as Azure wrote it, such as `2026-01-02T03:04:05.678`{or}"
        ));
    }
}

fn is_time(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && text.contains('T')
}

impl Meant {
    /// From checked inputs: a time that is known goes before one that is not.
    pub(super) fn read(inputs: &Inputs) -> Option<Self> {
        let at = given(inputs, "swapped-at").map(|time| Self::At(time.to_owned()));
        at.or_else(|| given(inputs, "swapped-after").map(|time| Self::After(time.to_owned())))
    }

    /// Waits until Azure is done with the slots, then looks what was swapped. A run that was killed while it posted its swap
    /// leaves one behind that shows a little later, so that slots at rest are looked at for a while.
    async fn find(&self, stage: Stage<'_>, session: &Session, pair: &Pair, limit: Duration) -> Result<Found, Failure> {
        let (arm, clock) = (session.arm(stage.world), stage.world.clock);
        let deadline = clock.deadline(limit);
        let mut patience = clock.deadline(VISIBLE_WITHIN.min(limit));
        let mut told = false;
        loop {
            let (source, target) = try_join!(arm.site(&pair.app, &pair.source), arm.site(&pair.app, &pair.target))?;
            if let Some(id) = source.operation().or(target.operation()) {
                if deadline.passed() {
                    return Err(still_running(limit).run(pair.status_command()));
                }
                if !told {
                    stage.host.line(&format!("operation `{id}` is running on the slots; waiting for its end"));
                    told = true;
                }
                stage.host.status(Some(&format!("waiting for an operation, {} left", human(deadline.left()))));
                patience = clock.deadline(PROOF_LIMIT.min(limit));
            } else if let Some(found) = self.judge(pair, &target)? {
                stage.host.status(None);
                return Ok(found);
            } else if patience.passed() {
                stage.host.status(None);
                return Ok(Found::Nothing(Box::new(target)));
            } else {
                stage.host.status(Some(&format!("no swap shows, looking for {} more", human(patience.left()))));
            }
            clock.sleep(PAUSE).await;
        }
    }

    /// What the slots say at rest; `None` when they show no swap since.
    fn judge(&self, pair: &Pair, target: &Site) -> Result<Option<Found>, Failure> {
        let last = target.properties.slot_swap_status.as_ref();
        match self {
            Self::At(time) => is_the_one(pair, last, time).map(|()| Some(Found::Made(time.clone()))),
            Self::After(before) if undoable::told(last) == before => Ok(None),
            Self::After(_) => {
                let time = undoable::told(last).to_owned();
                is_the_one(pair, last, &time).map(|()| Some(Found::Made(time)))
            }
        }
    }
}

/// Undoes the swap that is meant, and watches what comes back. A build that fails then is not swapped once more.
pub(super) async fn roll_back(
    stage: Stage<'_>,
    session: &Session,
    pair: &Pair,
    (parameters, dry_run): (&Parameters, bool),
) -> Result<Outcome, Failure> {
    let Some(meant) = &parameters.undo else {
        return Err(Failure::bug("a roll-back was let through that does not say what it undoes"));
    };
    let swapped_at = match meant.find(stage, session, pair, parameters.timeout).await? {
        Found::Made(time) => time,
        Found::Nothing(target) => return Ok(nothing(stage, pair, &target)),
    };
    let findings = look(stage, session, pair).await?;
    is_the_one(pair, findings.target.properties.slot_swap_status.as_ref(), &swapped_at)?;
    if dry_run {
        return would_swap(stage, &findings, pair);
    }
    findings.must_go(pair)?;
    let swapped = swap(stage, session, pair, (Way::Back(None), parameters.timeout)).await?;
    let mut watched = Watched::after_the_swap(&findings.target, &parameters.checks);
    watch(stage, &mut watched, &parameters.watch).await.map_err(|failure| {
        failure
            .because("it was rolled back, and the build that came back fails; it was not swapped again")
            .run(pair.log_command(&pair.target))
    })?;
    stage.host.line(&format!("rolled back: {} serves again what it served before", findings.target.url()));
    Ok(outcome(&swapped.status, &findings.target.url(), swapped.took))
}

/// No swap was made, so all is as it was; but for what a preview may have frozen, which could also be somebody else's.
fn nothing(stage: Stage<'_>, pair: &Pair, target: &Site) -> Outcome {
    let told = format!("nothing is to be undone: `{}` of `{}` was not swapped since", pair.target, pair.app.name);
    stage.host.line(&told);
    if target.prepared_with().is_some() {
        let message = format!(
            "the slots are prepared for a swap, which freezes the settings of both; to cancel that: {}",
            az::reset_swap(&pair.app, &pair.source)
        );
        stage.host.annotate(Level::Warning, "slot-swap", &message);
    }
    Outcome {
        outputs: vec![("url", target.url())],
        rows: vec![("target", target.url()), ("undone", "nothing: it was not swapped".to_owned())],
        data: json!({"url": target.url(), "undone": false}),
        ..Outcome::default()
    }
}
