//! `smoke-test`: asserts that a URL serves the right thing, several times in a row, before a deadline.

mod watch;

use std::time::Duration;

use serde_json::json;
use url::Url;

use super::checks::{self, Check, shown};
use super::sign_in::{self, SignIn};
use super::{Outcome, Reach, Stage, Tool};
use crate::azure::site::Slot;
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Output, Problems, ToolSpec};
use crate::world::human;

use watch::Held;
pub use watch::Watch;

/// The declaration.
pub static SPEC: ToolSpec = ToolSpec {
    name: "smoke-test",
    about: "Asserts that an app serves the right thing, with a deadline in place of sleeps",
    inputs: &[
        &[
            Input::optional(
                "url",
                Kind::Url,
                "Where the app answers, and the path under which the checks lie; found from `app-name` and `slot-name` when it is not given",
            ),
            Input::optional("app-name", Kind::AppName, "The app whose URL is looked up"),
            Input::with_default("slot-name", Kind::SlotName, "production", "The slot of that app"),
            Input::optional(
                "resource-group",
                Kind::ResourceGroup,
                "Its resource group; looked up when it is not given",
            ),
            Input::with_default(
                "checks",
                Kind::Lines,
                "/",
                "What must hold, one check a line: `/path status=200 contains=\"text\" json:/pointer=value within=500ms`",
            ),
            Input::with_default("timeout", Kind::WAIT, "2m", "The deadline for all checks to pass"),
            Input::with_default("successes", Kind::Count(1, 100), "3", "How often all checks must pass in a row"),
            Input::with_default("interval", Kind::WAIT, "1s", "The pause between two rounds"),
            Input::with_default(
                "watch",
                Kind::ANY_TIME,
                "0s",
                "How long the checks must go on to hold once they have passed; 0s ends with the pass",
            ),
            Input::with_default(
                "failures",
                Kind::Count(1, 100),
                "3",
                "How many rounds must fail in a row to end the watch",
            ),
        ],
        &sign_in::INPUTS,
    ],
    positional: Some("url"),
    outputs: &[
        Output { name: "url", help: "The URL that was tested, without its query" },
        Output { name: "slowest-ms", help: "The slowest answer of the rounds that counted, in milliseconds" },
    ],
    permissions: &["none for a `url`; `Reader` on the app to look its URL up"],
    errors: &[&code::CHECK_FAILED],
};

/// The tool.
pub static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Network,
    check,
    run: |inputs, stage| {
        Box::pin(async move {
            let mut plan = Plan::read(inputs)?;
            let url = base_url(inputs, stage).await?;
            if !inputs.is_explicit("checks") {
                // Who gives a whole URL and no check wants that URL asked, not what lies under it.
                plan.checks = vec![Check::of(&url)];
            }
            let passed = run(stage, &url, &plan).await?;
            let held = match plan.watch {
                Some(watch) => Some(watch::hold(stage, &url, &plan, watch).await?),
                None => None,
            };
            Ok(passed.outcome(&url, held.as_ref()))
        })
    },
};

/// What must hold, and how patient the test is.
pub struct Plan {
    /// The checks of one round.
    pub checks: Vec<Check>,
    /// The deadline.
    pub timeout: Duration,
    /// Rounds in a row.
    pub successes: u64,
    /// The pause between two rounds.
    pub interval: Duration,
    /// What comes after the pass, if anything.
    pub watch: Option<Watch>,
}

/// A test that passed.
pub struct Passed {
    rounds: u64,
    slowest: Duration,
    elapsed: Duration,
}

fn check(inputs: &Inputs, problems: &mut Problems) {
    checks::check_lines(inputs, problems);
    let (successes, interval, timeout) =
        (inputs.count("successes"), inputs.duration("interval"), inputs.duration("timeout"));
    let least = u32::try_from(successes).ok().and_then(|successes| interval.checked_mul(successes));
    // A number that cannot be read has been told and counts as zero here.
    if !timeout.is_zero() && successes <= 100 && least.is_some_and(|least| least > timeout) {
        problems.add(format!(
            "`timeout` is {}, too short for `successes` {successes} with an `interval` of {}",
            human(timeout),
            human(interval)
        ));
    }
    if inputs.given("url").is_some() {
        if inputs.given("app-name").is_some() {
            problems.add("`url` and `app-name` are both given: give one of the two");
        }
    } else {
        if inputs.given("app-name").is_none() {
            problems.add("`url` or `app-name` is required, and neither was given".to_owned());
        }
        sign_in::check(inputs, problems);
    }
}

impl Plan {
    /// From checked inputs.
    ///
    /// # Errors
    /// A bug, when the checks were not looked at.
    pub fn read(inputs: &Inputs) -> Result<Self, Failure> {
        Ok(Self {
            checks: checks::read(inputs)?,
            timeout: inputs.duration("timeout"),
            successes: inputs.count("successes"),
            interval: inputs.duration("interval"),
            watch: Watch::read(inputs),
        })
    }
}

async fn base_url(inputs: &Inputs, stage: Stage<'_>) -> Result<Url, Failure> {
    let text = if let Some(url) = inputs.given("url") {
        url.to_owned()
    } else {
        let session = SignIn::read(inputs).open(stage.world).await?;
        let arm = session.arm(stage.world);
        let app = arm.find_app(inputs.text("app-name"), inputs.given("resource-group")).await?;
        arm.site(&app, &Slot::new(inputs.text("slot-name"))).await?.url()
    };
    Url::parse(&text).map_err(|_| Failure::bug(format!("`{text}` is not a URL")))
}

/// Runs rounds until enough have passed in a row.
///
/// # Errors
/// `SID0601` with what did not hold in the last round.
pub async fn run(stage: Stage<'_>, base: &Url, plan: &Plan) -> Result<Passed, Failure> {
    let deadline = stage.world.clock.deadline(plan.timeout);
    let place = shown(base);
    let (mut in_a_row, mut slowest, mut rounds) = (0, Duration::ZERO, 0);
    let mut shown = Vec::new();
    loop {
        rounds += 1;
        let (troubles, took) = round(stage, base, &plan.checks).await;
        in_a_row = if troubles.is_empty() { in_a_row + 1 } else { 0 };
        slowest = if troubles.is_empty() { slowest.max(took) } else { Duration::ZERO };
        if in_a_row >= plan.successes {
            stage.host.status(None);
            let passed = Passed { rounds, slowest, elapsed: deadline.elapsed() };
            stage.host.line(&format!(
                "{place} passed {in_a_row} times in a row, slowest answer {} ({})",
                human(slowest),
                human(passed.elapsed)
            ));
            return Ok(passed);
        }
        if !troubles.is_empty() && troubles != shown {
            for trouble in &troubles {
                stage.host.line(&format!("  not yet: {trouble}"));
            }
            shown.clone_from(&troubles);
        }
        stage.host.status(Some(&format!(
            "testing {place}: {in_a_row} of {} in a row, {} left",
            plan.successes,
            human(deadline.left())
        )));
        if deadline.left() <= plan.interval {
            return Err(not_passed(base, plan, &troubles, in_a_row));
        }
        stage.world.clock.sleep(plan.interval).await;
    }
}

async fn round(stage: Stage<'_>, base: &Url, checks: &[Check]) -> (Vec<String>, Duration) {
    let mut slowest = Duration::ZERO;
    let mut troubles = Vec::new();
    for check in checks {
        match check.run(&stage.world.http, base).await {
            Ok(took) => slowest = slowest.max(took),
            Err(trouble) => troubles.push(format!("`{check}`: {trouble}")),
        }
    }
    (troubles, slowest)
}

fn not_passed(base: &Url, plan: &Plan, troubles: &[String], in_a_row: u64) -> Failure {
    let what = format!("`{}` did not pass its checks within {}", shown(base), human(plan.timeout));
    let failure = Failure::new(&code::CHECK_FAILED, what);
    let failure = if troubles.is_empty() {
        failure.because(format!("only {in_a_row} of {} rounds in a row had passed", plan.successes))
    } else {
        troubles.iter().fold(failure, |failure, trouble| failure.because(trouble.clone()))
    };
    advice(failure, base, plan, troubles)
}

/// What to do about checks that fail.
fn advice(failure: Failure, base: &Url, plan: &Plan, troubles: &[String]) -> Failure {
    let url = plan.checks.first().map_or_else(|| shown(base), |check| shown(&check.url(base)));
    let failure = failure.run(format!("curl --include {}", crate::azure::shell_quoted(&url)));
    if troubles.is_empty() {
        return failure.fix("raise `--timeout` (before a swap, `--settle`), or lower `--successes` or `--interval`");
    }
    if troubles.iter().any(|trouble| trouble.contains("peer certificate") || trouble.contains("UnknownIssuer")) {
        return failure.fix("this machine does not trust the certificate: name a PEM file with its CA in `SSL_CERT_FILE`, or correct the host name");
    }
    failure.fix("look at the app's own log (`az webapp log tail` with its names)")
}

impl Passed {
    fn outcome(&self, url: &Url, held: Option<&Held>) -> Outcome {
        let milliseconds = self.slowest.as_millis().to_string();
        let url = shown(url);
        let mut rows = vec![
            ("url", url.clone()),
            ("rounds", self.rounds.to_string()),
            ("slowest answer", human(self.slowest)),
            ("took", human(self.elapsed)),
        ];
        rows.extend(held.map(|held| ("watched", format!("{}, {} rounds", human(held.elapsed), held.rounds))));
        Outcome {
            outputs: vec![("url", url.clone()), ("slowest-ms", milliseconds)],
            rows,
            data: json!({"url": url, "rounds": self.rounds, "slowestMs": self.slowest.as_millis(),
                "watchedMs": held.map(|held| held.elapsed.as_millis())}),
            ..Outcome::default()
        }
    }
}
