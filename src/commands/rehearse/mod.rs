//! `siding rehearse`: a whole release of a folder against an emulator of its own, with real app processes.

mod app;
mod inputs;
mod onlooker;
#[cfg(feature = "generator")]
mod planned;
mod stage;
mod trickle;
mod verdict;

use serde_json::json;

use crate::emulator::faults;
use crate::release;
use crate::report::{Done, Failure, code};
use crate::spec::{Inputs, Problems};
use crate::tools::{Outcome, Reach, Stage, Tool, checks};
use crate::world::human;
use app::App;
use onlooker::Onlooker;
use stage::Rehearsal;
use trickle::Trickle;

pub(super) static TOOL: Tool =
    Tool { spec: &inputs::SPEC, reach: Reach::Itself, check, run: |inputs, stage| Box::pin(run(inputs, stage)) };

fn check(inputs: &Inputs, problems: &mut Problems) {
    if let Some(path) = inputs.path("dir").filter(|path| !path.is_dir()) {
        problems.add(format!("`dir`: `{}` is not a folder", path.display()));
    }
    checks::check_lines(inputs, problems);
    release::Plan::check_journal(inputs, problems);
    for setting in inputs.lines("setting") {
        if setting.split_once('=').is_none_or(|(name, _)| name.trim().is_empty()) {
            problems.add(format!("`setting`: `{setting}` must be `NAME=value`"));
        }
    }
    for fault in inputs.lines("fault") {
        if let Some(problem) = fault_trouble(inputs, fault) {
            problems.add(problem);
        }
    }
    #[cfg(feature = "generator")]
    check_environment(inputs, problems);
}

/// What a plan says itself, and what only a plan needs.
#[cfg(feature = "generator")]
fn check_environment(inputs: &Inputs, problems: &mut Problems) {
    let planned = inputs.given("environment").is_some();
    let (names, why) = if planned {
        (
            ["checks", "watch", "journal"],
            "what the pipelines do comes from the config, so leave it out with `environment`",
        )
    } else {
        (["config", "with-commands", ""], "it is for the plan of a config; name an `environment` of it")
    };
    for name in names.into_iter().filter(|name| inputs.is_explicit(name)) {
        problems.add(format!("`{name}`: {why}"));
    }
}

#[cfg(feature = "generator")]
fn fault_trouble(inputs: &Inputs, fault: &str) -> Option<String> {
    let of_a_step = inputs.given("environment").is_some();
    if of_a_step { planned::fault::trouble(fault) } else { faults::trouble(fault) }
}

#[cfg(not(feature = "generator"))]
fn fault_trouble(_inputs: &Inputs, fault: &str) -> Option<String> {
    faults::trouble(fault)
}

/// Everything that is started here ends here: the emulator and its apps stop when `rehearsal` is dropped.
async fn run(inputs: &Inputs, stage: Stage<'_>) -> Result<Outcome, Failure> {
    #[cfg(feature = "generator")]
    if inputs.given("environment").is_some() {
        return planned::run(inputs, stage).await;
    }
    let start = stage.world.clock.start();
    let app = App::of(inputs, stage)?;
    let rehearsal = Rehearsal::start(inputs, stage, &app)?;
    let host = Onlooker::new(stage.host);
    let inner = Stage { world: &rehearsal.world, host: &host };
    stage.host.line(&format!(
        "a private Azure is up at {} ({})",
        rehearsal.emulator.base_url(),
        human(start.elapsed())
    ));
    host.be_quiet(true);
    let previous = rehearsal.put_previous_into_production(inner, &app).await;
    host.be_quiet(false);
    let probes = previous.map_err(|failure| {
        show_log(stage, &rehearsal, &app, "production");
        failure.because(format!("this was version {}, which is put into production first", app.previous_version()))
    })?;
    stage.host.line(&format!(
        "version {} is in production, to have something to swap back to ({})",
        app.previous_version(),
        human(start.elapsed())
    ));
    rehearsal.switch_faults_on(inputs)?;
    let urls = ["production", stage::SLOT].map(|slot| rehearsal.emulator.app_url(&app.name, slot));
    let trickle = Trickle::new(&urls[0], &urls[1], &probes);
    let plan = rehearsal.plan(inputs, &app, &probes)?;
    let (mut released, served) = Box::pin(trickle.beside(inner, &host, release::run(inner, &plan))).await;
    let now = rehearsal.look(inner, &app, &probes).await;
    if released.failure.is_none() {
        let expected = probes.version.as_ref().map(|_| app.version.as_str());
        released.failure = verdict::judge(&now[0], expected, served.unexpected(inputs.given("fault").is_some()));
    }
    stage.host.status(None);
    let starts = [&code::APP_DID_NOT_START, &code::CHECK_FAILED, &code::SWAP_FAILED, &code::SWAPPED_BACK];
    if released.failure.as_ref().is_some_and(|failure| starts.contains(&failure.code)) {
        show_log(stage, &rehearsal, &app, stage::SLOT);
    }
    released.tell(stage);
    tell_deployments(stage, &rehearsal);
    stage.host.line(&format!("{}; {}", now.map(|view| view.sentence()).join(", "), served.sentence()));
    stage.host.line(&format!("rehearsed in {}", human(start.elapsed())));
    let data = json!({"release": released.data(), "production": served.data(), "deployments": rehearsal.emulator.deployments(), "tookMs": u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)});
    if inputs.flag("serve") {
        // What comes after this is a signal; the result must not be lost to it.
        stage
            .world
            .standing
            .tells(format!("it was serving; the rehearsal itself {}", outcome(released.failure.as_ref())));
        crate::ci::json(&data);
        rehearsal.serve(stage, &app, released.failure.as_ref()).await;
    }
    match released.failure.take() {
        Some(failure) => Err(failure.after(Done { rows: released.rows().to_vec(), data })),
        None => Ok(Outcome { rows: released.rows().to_vec(), data, ..Outcome::default() }),
    }
}

/// What GitHub's page of the environment would show.
fn tell_deployments(stage: Stage<'_>, rehearsal: &Rehearsal) {
    for deployment in rehearsal.emulator.deployments() {
        let states: Vec<&str> = deployment.statuses.iter().map(|status| status.state.as_str()).collect();
        let last = deployment.statuses.last().map(|status| format!(" ({})", status.description)).unwrap_or_default();
        let (id, environment) = (deployment.id, &deployment.environment);
        stage.host.line(&format!("GitHub, deployment {id} in `{environment}`: {}{last}", states.join(", ")));
    }
}

/// What the app itself wrote: `az webapp log tail` has nobody to ask when the rehearsal is over.
fn show_log(stage: Stage<'_>, rehearsal: &Rehearsal, app: &App, slot: &str) {
    let Some(text) = rehearsal.emulator.log_tail(&app.name, slot) else { return };
    stage.host.open_group(&format!("last lines of the app in `{slot}`"));
    crate::ci::untrusted(stage.host, &text);
    stage.host.close_group();
}

fn outcome(failure: Option<&Failure>) -> String {
    failure.map_or_else(|| "had succeeded".to_owned(), |failure| format!("had failed with {}", failure.code.id))
}
