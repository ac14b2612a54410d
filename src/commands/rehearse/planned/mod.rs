//! `siding rehearse --environment`: the jobs that the pipelines run for an environment, against a private Azure. There is
//! no second list of steps: what is walked is the plan that both renderings come from.

mod azure;
mod build;
pub(super) mod fault;
mod jobs;
mod report;
mod script;
mod values;
mod walk;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::app::App;
use super::onlooker::Onlooker;
use super::stage::{Probes, VERSION_PATHS, first_answering};
use super::trickle::{Served, Trickle};
use super::verdict;
use crate::ci::Host as _;
use crate::commands::rendered;
use crate::generate::Project;
use crate::generate::plan::Job;
use crate::release::SlotView;
use crate::report::{Done, Failure};
use crate::spec::Inputs;
use crate::tools::{Outcome, Stage, slot_swap, zip_deploy};
use crate::world::human;
use azure::Azure;
use build::Builds;
use jobs::{Course, calls, text};
use report::Walked;
use script::Commands;
use walk::{Call, Walk};

/// A watch of ten minutes takes three seconds.
const SPEED: u32 = 200;

/// The pair of slots that visitors see: the first app that a release of the environment deploys or swaps.
struct Shown {
    app: String,
    slot: Option<String>,
    /// Whether the environment is live in production when its release is over.
    is_live: bool,
    /// Whether no visitor may notice the release.
    swaps: bool,
}

/// Reads the config, starts its Azure, and walks through the releases.
///
/// # Errors
/// What is wrong with the config; that of the first job that fails.
pub(super) async fn run(inputs: &Inputs, stage: Stage<'_>) -> Result<Outcome, Failure> {
    let start = stage.world.clock.start();
    let path = rendered::find(inputs.path("config"), stage)?;
    let source = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let project = Project::read(&source, &stage.world.files.bytes(&path)?)?;
    let environment = inputs.text("environment");
    let course = Course::of(&project, environment)?;
    let (whole, at_steps) = fault::read(&inputs.lines("fault"), &course)?;
    let app = App::of(inputs, stage)?;
    let home = stage.world.files.private_directory("rehearsal")?;
    let azure = Azure::start(inputs, stage, (&project, &course, &app), (home.path(), speed(inputs)))?;
    stage.host.line(&format!("a private Azure is up at {} ({})", azure.emulator.base_url(), human(start.elapsed())));
    let host = Onlooker::new(stage.host);
    let mut outputs = BTreeMap::new();
    let builds = Builds::make(Stage { host: &host, ..stage }, (&course, &app), home.path(), &mut outputs).await?;
    put_previous(&azure, (&course, &builds), &host).await?;
    stage.host.line(&format!(
        "version {} is in production of {}, to have something to go back to ({})",
        app.previous_version(),
        azure.sites.keys().map(|site| format!("`{site}`")).collect::<Vec<_>>().join(", "),
        human(start.elapsed())
    ));
    let commands = if inputs.flag("with-commands") { Commands::Run } else { Commands::Leave };
    let walk = Walk {
        host: &host,
        azure: &azure,
        pipeline: course.pipeline,
        builds,
        folder: home.path(),
        commands,
        faults: Vec::new(),
        outputs,
        secrets: Vec::new(),
    };
    let rehearsal = Rehearsal { stage, host: &host, azure: &azure, course: &course, app: &app, start };
    Box::pin(rehearsal.finish(inputs, walk, (whole, at_steps))).await
}

fn speed(inputs: &Inputs) -> u32 {
    let given = u32::try_from(inputs.count("speed")).unwrap_or(SPEED);
    if inputs.is_explicit("speed") { given } else { SPEED }
}

/// What a rehearsal under way has.
struct Rehearsal<'a> {
    stage: Stage<'a>,
    host: &'a Onlooker<'a>,
    azure: &'a Azure,
    course: &'a Course<'a>,
    app: &'a App,
    start: Instant,
}

impl Rehearsal<'_> {
    async fn finish(
        &self,
        inputs: &Inputs,
        mut walk: Walk<'_>,
        (whole, at_steps): (Vec<&str>, Vec<fault::StepFault>),
    ) -> Result<Outcome, Failure> {
        let stage = self.stage;
        let shown = shown(&self.course.releases);
        let (mut walked, mut failure) = self.fill(&mut walk).await?;
        let watching = self.azure.onlookers_world()?;
        let watching = Stage { world: &watching, host: self.host };
        let probes = self.probes(watching, &shown).await;
        let urls = ["production", shown.slot.as_deref().unwrap_or("production")];
        let urls = urls.map(|slot| self.azure.emulator.app_url(&shown.app, slot));
        let mut served = Served::default();
        if failure.is_none() {
            whole.iter().try_for_each(|fault| fault::switch_on(&self.azure.emulator, fault))?;
            walk.faults = at_steps;
            let trickle = Trickle::new(&urls[0], &urls[1], &probes);
            let releases = releases(&mut walk, &self.course.releases);
            let ((jobs, result), seen) = trickle.beside(watching, self.host, releases).await;
            (failure, served) = (result?, seen);
            walked.extend(jobs);
        }
        let view = SlotView::at(watching, "production", &urls[0], probes.version.as_deref()).await;
        if failure.is_none() && shown.is_live {
            let expected = probes.version.as_ref().map(|_| self.app.version.as_str());
            let noticed = served.unexpected(inputs.given("fault").is_some()).filter(|_| shown.swaps);
            failure = verdict::judge(&view, expected, noticed);
        }
        stage.host.status(None);
        if failure.is_some() {
            self.show_log(&walked);
        }
        let told = format!("`{}`: {}", shown.app, view.sentence());
        stage.host.line(&format!("{told}; {}", served.sentence()));
        stage.host.line(&format!("rehearsed in {}", human(self.start.elapsed())));
        let rows = rows(inputs.text("environment"), &walked, told);
        let data = json!({"environment": inputs.text("environment"), "jobs": walked.iter().map(Walked::data).collect::<Vec<_>>(),
            "production": served.data(), "after": view.data(), "tookMs": u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)});
        if inputs.flag("serve") {
            stage
                .world
                .standing
                .tells(format!("it was serving; the rehearsal itself {}", super::outcome(failure.as_ref())));
            crate::ci::json(&data);
            if let Some(failure) = &failure {
                crate::ci::report(stage.host, failure);
            }
            self.azure.serve(stage).await;
        }
        match failure {
            Some(failure) => Err(failure.after(Done { rows, data })),
            None => Ok(Outcome { rows, data, ..Outcome::default() }),
        }
    }

    /// The releases of earlier environments, which fill the slots.
    async fn fill(&self, walk: &mut Walk<'_>) -> Result<(Vec<Walked>, Option<Failure>), Failure> {
        if self.course.before.is_empty() {
            return Ok((Vec::new(), None));
        }
        let gates = self.course.before.iter().filter_map(|job| job.environment.as_ref());
        let names: Vec<String> = gates.map(|gate| format!("`{}`", gate.name)).collect();
        self.stage
            .host
            .line(&format!("first {}: what is swapped is what its release put into the slot", names.join(", ")));
        let (walked, result) = releases(walk, &self.course.before).await;
        Ok((walked, result?))
    }

    async fn probes(&self, watching: Stage<'_>, shown: &Shown) -> Probes {
        let url = self.azure.emulator.app_url(&shown.app, "production");
        let version = first_answering(watching, &url, &VERSION_PATHS).await.map(str::to_owned);
        let checks =
            self.course.releases.iter().flat_map(|job| calls(job)).filter_map(|(_, call)| text(call, "checks"));
        let health = checks.flat_map(str::split_whitespace).next();
        Probes { health: health.unwrap_or("/").to_owned(), version }
    }

    /// What the app of the step that failed wrote itself: nobody can ask when the rehearsal is over.
    fn show_log(&self, walked: &[Walked]) {
        let Some(step) = walked.last().and_then(Walked::failed_step) else { return };
        let steps = self.course.jobs().filter(|job| walked.last().is_some_and(|walked| walked.is(job))).flat_map(calls);
        let Some((_, call)) = steps.into_iter().find(|(known, _)| known.id == step) else { return };
        let (app, slot) = (text(call, "app-name").unwrap_or_default(), text(call, "slot-name").unwrap_or("production"));
        if let Some(log) = self.azure.emulator.log_tail(app, slot) {
            self.stage.host.open_group(&format!("last lines of `{app}` in `{slot}`"));
            crate::ci::untrusted(self.stage.host, &log);
            self.stage.host.close_group();
        }
    }
}

/// Walks through jobs until one fails. The inner failure is that job's, the outer one ours.
async fn releases(walk: &mut Walk<'_>, jobs: &[&Job]) -> (Vec<Walked>, Result<Option<Failure>, Failure>) {
    let mut walked = Vec::new();
    for job in jobs {
        match Box::pin(walk.job(job)).await {
            Ok(job) => walked.push(job),
            Err(failure) => return (walked, Err(failure)),
        }
        if let Some(failure) = walked.last().and_then(Walked::failure) {
            return (walked, Ok(Some(failure)));
        }
    }
    (walked, Ok(None))
}

/// Deploys the release before to production of every app, so that there is something to go back to.
async fn put_previous(
    azure: &Azure,
    (course, builds): (&Course<'_>, &Builds),
    host: &Onlooker<'_>,
) -> Result<(), Failure> {
    let Some(job) = course.jobs().next() else { return Ok(()) };
    let world = azure.world(job)?;
    host.status(Some("putting a previous version into production"));
    host.be_quiet(true);
    let package = builds.previous().to_string_lossy().into_owned();
    let mut result = Ok(());
    for app in azure.sites.keys() {
        let inputs =
            vec![("package", package.clone()), ("app-name", app.clone()), ("resource-group", azure.group.clone())];
        let call = Call { step: "the release before", inputs, work: Path::new("") };
        let stage = Stage { world: &world, host };
        if let Err(failure) = walk::tool(&zip_deploy::SPEC, call, stage).await {
            let why = "this was the release before, which is put into production first";
            result = Err(failure.because(why));
            break;
        }
    }
    host.be_quiet(false);
    host.status(None);
    result
}

fn shown(releases: &[&Job]) -> Shown {
    let calls: Vec<_> = releases.iter().flat_map(|job| calls(job)).map(|(_, call)| call).collect();
    let app = calls.iter().find_map(|call| text(call, "app-name")).unwrap_or_default().to_owned();
    let slot = calls.iter().find_map(|call| text(call, "slot-name")).map(str::to_owned);
    let swaps = calls.iter().any(|call| call.spec.name == slot_swap::SPEC.name);
    Shown { app, is_live: swaps || slot.is_none(), slot, swaps }
}

fn rows(environment: &str, walked: &[Walked], told: String) -> Vec<(&'static str, String)> {
    let jobs = walked.iter().map(|job| ("job", job.row()));
    std::iter::once(("environment", environment.to_owned())).chain(jobs).chain([("production", told)]).collect()
}
