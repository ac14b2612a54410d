//! The inputs of a ramp-up, and the traffic rules that its steps and its end need.

use std::time::Duration;

use serde_json::json;

use super::Pair;
use crate::azure::az;
use crate::azure::site::{Site, Slot};
use crate::azure::traffic::RampUpRule;
use crate::spec::{Input, Inputs, Kind, Problems};
use crate::world::human;

/// The inputs.
pub(super) static INPUTS: [Input; 2] = [
    Input::optional(
        "ramp",
        Kind::Lines,
        "The shares of production's traffic, in percent, that the slot gets before the swap, ascending: `10,25,50`",
    ),
    Input::with_default("pause", Kind::WAIT, "5m", "How long the slot must hold its checks at each step of `ramp`"),
];

/// The form of the steps.
const FORM: &str = "whole percentages from 1 to 99, each larger than the one before, such as `10,25,50`";

/// The steps before a swap.
#[derive(Clone, Debug)]
pub struct Ramp {
    /// The shares in percent, ascending, each 1 to 99; at least one.
    pub steps: Vec<u64>,
    /// How long each is held.
    pub pause: Duration,
}

impl Ramp {
    /// From checked inputs; `None` when there is none.
    pub(super) fn read(inputs: &Inputs) -> Option<Self> {
        let steps = steps(inputs.given("ramp")?).ok()?;
        Some(Self { steps, pause: inputs.duration("pause") })
    }

    /// The reasons against it: traffic that somebody else routes.
    pub(super) fn reasons(pair: &Pair, source: &Site, rules: &[RampUpRule]) -> Vec<String> {
        let foreign = rules.iter().filter(|rule| !is_ours(rule, source) && rule.reroute_percentage > 0.0);
        let reason = |rule: &RampUpRule| {
            format!(
                "traffic rule `{}` sends {} % of the traffic of `{}` to `{}`, which is not slot `{}`; look at it, and take it back: `{}`",
                rule.name,
                rule.reroute_percentage,
                pair.app.name,
                rule.action_host_name,
                pair.source,
                az::clear_traffic(&pair.app)
            )
        };
        foreign.map(reason).collect()
    }
}

/// Checks the inputs of a ramp-up.
pub(super) fn check(inputs: &Inputs, problems: &mut Problems) {
    let Some(text) = inputs.given("ramp") else { return };
    if let Err(trouble) = steps(text) {
        problems.add(format!("`ramp`: {trouble}; it must be {FORM}"));
    }
    if inputs.text("action") == "rollback" {
        problems.add("`ramp` goes with `--action swap`: a roll-back takes all traffic at once".to_owned());
    }
    let target = Slot::new(inputs.text("target-slot"));
    if !target.is_production() {
        problems.add(format!(
            "`ramp` needs `target-slot` to be `production`, not `{target}`: only its traffic can be shared"
        ));
    }
}

/// The percentages of a list with commas or of lines.
fn steps(text: &str) -> Result<Vec<u64>, String> {
    let words = text.split([',', '\n']).map(str::trim).filter(|word| !word.is_empty());
    let mut steps: Vec<u64> = Vec::new();
    for word in words {
        let number = word.strip_suffix('%').unwrap_or(word).trim_end();
        let step = number.parse().ok().filter(|step| (1..=99).contains(step));
        let step = step.ok_or_else(|| format!("`{word}` is not a percentage from 1 to 99"))?;
        if let Some(last) = steps.last().filter(|last| **last >= step) {
            return Err(format!("{step} comes after {last}"));
        }
        steps.push(step);
    }
    if steps.is_empty() { Err("it names no percentage".to_owned()) } else { Ok(steps) }
}

/// Whether a rule leads to the slot that is swapped.
fn is_ours(rule: &RampUpRule, source: &Site) -> bool {
    rule.leads_to(&source.properties.default_host_name)
}

/// The rules of a step: rules of other slots, which route nothing, stay as they are.
pub(super) fn rules_at(percent: u64, pair: &Pair, source: &Site, before: &[RampUpRule]) -> Vec<RampUpRule> {
    let others = before.iter().filter(|rule| !is_ours(rule, source)).cloned();
    let own = RampUpRule::new(&pair.source, &source.properties.default_host_name, percent);
    others.chain([own]).collect()
}

/// The rules at the end: those of before, without any traffic to the slot. Without a rule, even visitors that a cookie keeps
/// with the slot go back to production.
pub(super) fn rules_after(source: &Site, before: &[RampUpRule]) -> Vec<RampUpRule> {
    before.iter().filter(|rule| !is_ours(rule, source) || rule.reroute_percentage <= 0.0).cloned().collect()
}

/// A step that was taken.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The share in percent.
    pub(super) percent: u64,
    /// How it ended.
    pub(super) end: StepEnd,
}

/// How a step ended.
#[derive(Clone, Debug)]
pub(super) enum StepEnd {
    /// The checks held.
    Held {
        /// For how long.
        time: Duration,
        /// How often they were looked at.
        probes: u64,
        /// What Azure Monitor counted, if that was looked at.
        errors: Option<String>,
    },
    /// It was stopped.
    Stopped,
}

impl Step {
    /// For the summary.
    pub(super) fn row(&self) -> (&'static str, String) {
        let end = match &self.end {
            StepEnd::Held { time, probes, errors } => {
                let errors = errors.as_ref().map(|errors| format!(", errors {errors}")).unwrap_or_default();
                format!("held for {} ({probes} probes){errors}", human(*time))
            }
            StepEnd::Stopped => "stopped".to_owned(),
        };
        ("ramp", format!("{} %: {end}", self.percent))
    }

    /// For `--json`.
    pub(super) fn data(&self) -> serde_json::Value {
        match &self.end {
            StepEnd::Held { time, probes, errors } => {
                json!({"percent": self.percent, "held": true, "probes": probes, "tookMs": time.as_millis(),
                    "errors": errors})
            }
            StepEnd::Stopped => json!({"percent": self.percent, "held": false}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn steps_are_read_from_lines_and_commas() {
        for text in ["10,25,50", "10\n25\n50\n", "10%, 25 %,\n50"] {
            assert_eq!(steps(text), Ok(vec![10, 25, 50]), "{text}");
        }
    }

    #[test]
    fn steps_that_do_not_ascend_or_are_none_are_refused() {
        for text in ["", ",", "0", "100", "10,10", "25,10", "ten", "10;20", "-5", "2.5"] {
            assert!(steps(text).is_err(), "{text}");
        }
    }
}
