//! Releases on AKS: one job for each environment that stays. All images go together.

use super::delivery::gate;
use super::images::tested_id;
use super::manifests::{self, overlay};
use super::release::{EARLIER, Earlier, Happened, Place, RECORD, Record, checks, has_tests};
use super::steps::{minutes, seconds, tool};
use super::{System, ephemeral, groups, images};
use crate::generate::config::{App, Canary, Deploy, Environment, Promote, Role, Watch};
use crate::generate::plan::{Condition, Grant, Guard, Job, Op, State, Step, Value};
use crate::tools::smoke_test;

/// What is released, for people.
const WHAT: &str = "the images";

/// The job that takes production back.
const ROLLBACK: &str = "rollback-cluster";

/// The jobs of an environment: find or build, release, the team's own tests, and the note that all went well.
pub(super) fn jobs(system: System<'_>, name: &str, environment: &Environment) -> Vec<Job> {
    if groups::images(system.config).is_empty() {
        return Vec::new();
    }
    let place = Place { system, name, environment };
    let mut jobs: Vec<Job> = place.find(place.predecessors()).into_iter().collect();
    if environment.deploy == Deploy::Ephemeral {
        jobs.extend(ephemeral::jobs(place));
    } else {
        jobs.push(place.release());
        jobs.extend(place.tests_of(&place.release_id()));
    }
    jobs.extend(place.tested(place.proof()));
    jobs.extend(place.kept(vec![place.release_id()]).filter(|_| environment.deploy != Deploy::Ephemeral));
    jobs
}

impl Place<'_> {
    /// The id of the job that releases to a cluster.
    fn release_id(self) -> String {
        format!("{}-cluster", self.name)
    }

    fn release(self) -> Job {
        let mut job = Job::new(self.release_id(), format!("Release to {}", self.name), self.limit());
        job.needs = self.needs();
        job.runner = self.environment.runner;
        job.environment = Some(gate(self.name, self.environment, None));
        job.signs_in = true;
        job.lock = Some(self.release_id());
        job.steps.extend(self.ticket(manifests::JOB));
        job.steps.extend(manifests::fetched(self.system));
        job.steps.extend(self.insights_known());
        job.steps.push(self.validate().text("NAMESPACE", namespace(self.environment)));
        job.steps.extend(self.migrations());
        job.steps.push(self.deploy());
        job.steps.extend(self.prove(self.watched()));
        job.steps.extend(self.watch_errors());
        job.steps.extend(self.undo_failed());
        job.steps.extend(self.prove_undone());
        job.steps.extend(self.records(&Record {
            release: &self.release_id(),
            what: WHAT,
            app: self.target(),
            slot: "",
            url: self.environment.url.clone().map(Value::Text),
            of: Happened::Release { described: manifests::JOB, sha256: self.images() },
        }));
        job
    }

    /// Where it runs, for people.
    fn target(self) -> String {
        format!("{}/{}", cluster(self.environment), namespace(self.environment))
    }

    /// The jobs that a release needs: the manifests, the images, and what was proven before.
    pub(super) fn needs(self) -> Vec<String> {
        let all = std::iter::once(manifests::JOB.to_owned()).chain(self.image_jobs()).chain(self.predecessors());
        all.collect()
    }

    /// The jobs of the environment before that must have gone well.
    fn predecessors(self) -> Vec<String> {
        let Some((name, environment)) = self.system.before(self.name) else { return Vec::new() };
        let before = Place { name, environment, ..self };
        if before.is_the_test() { vec![tested_id(name)] } else { before.proof() }
    }

    /// The jobs that prove what is here.
    fn proof(self) -> Vec<String> {
        let mut proof = match self.environment.deploy {
            Deploy::Ephemeral => vec![ephemeral::up_id(self.name), ephemeral::acceptance_id(self.name)],
            _ => vec![self.release_id()],
        };
        if self.has_address() && has_tests(self.environment) {
            let tested = proof.last().map(|job| format!("{job}-tests"));
            proof.extend(tested);
        }
        proof
    }

    fn has_address(self) -> bool {
        self.environment.url.is_some()
    }

    /// The team's own tests, which need to know where it answers.
    pub(super) fn tests_of(self, release: &str) -> Option<Job> {
        self.tests(release, WHAT, Value::text(self.environment.url.as_ref()?))
    }

    /// The limit of the job: what its waits add up to, and half an hour.
    fn limit(self) -> u16 {
        let watch = self.environment.watch.as_ref().map_or(0, |watch| minutes(&watch.time));
        let canary = self.canary();
        let steps = u16::try_from(canary.steps.len()).unwrap_or(u16::MAX);
        let canary =
            if self.environment.deploy == Deploy::Canary { minutes(&canary.pause).saturating_mul(steps) } else { 0 };
        watch.saturating_add(canary).saturating_add(30)
    }

    fn canary(self) -> Canary {
        self.environment.canary.clone().unwrap_or_default()
    }

    /// What only adds to a schema, before the code that needs it.
    pub(super) fn migrations(self) -> Vec<Step> {
        let apps = groups::images(self.system.config);
        let migrate = |(name, app): (&str, &App)| {
            app.migrate.as_ref().map(|migrate| self.migrate(name, app, migrate, &migrate.run))
        };
        apps.into_iter().filter_map(migrate).flatten().collect()
    }

    /// A script that works in this environment's cluster.
    pub(super) fn at_cluster(self, id: &str, title: &str, script: &'static str) -> Step {
        let group = self.environment.group.as_deref().unwrap_or_default();
        Step::azure(id, title, script).text("GROUP", group).text("CLUSTER", cluster(self.environment))
    }

    /// The manifests with the images, however it goes live.
    pub(super) fn put(self, script: &'static str, title: &str) -> Step {
        let folder = self.environment.manifests.as_deref().unwrap_or_default();
        self.at_cluster("deploy", title, script).text("MANIFESTS", overlay(folder)).env("IMAGES", self.images())
    }

    /// What the cluster would refuse is known before anything is migrated.
    pub(super) fn validate(self) -> Step {
        let step = self.put("k8s-validate", "Ask the cluster whether it takes the manifests");
        Step { id: "validate".to_owned(), ..step }
    }

    fn deploy(self) -> Step {
        let step = match self.environment.deploy {
            Deploy::Canary => {
                let canary = self.canary();
                let steps: Vec<String> = canary.steps.iter().map(u8::to_string).collect();
                let step = self
                    .put("k8s-canary", "Deploy by canaries, and watch each")
                    .text("STEPS", steps.join(" "))
                    .text("PAUSE", seconds(&canary.pause).to_string())
                    .text("PROBES", self.probes());
                self.judged(step)
            }
            Deploy::BlueGreen => {
                let watch = self.environment.watch.as_ref().map_or(0, |watch| seconds(&watch.time));
                let step = self
                    .put("k8s-blue-green", "Deploy the other colour, turn to it, and watch it")
                    .text("APP", self.service())
                    .text("PAUSE", watch.to_string())
                    .text("PROBES", self.probes());
                self.judged(step)
            }
            _ => self.put("k8s-roll", "Deploy, and wait until it is ready"),
        };
        step.text("NAMESPACE", namespace(self.environment))
    }

    /// The Service that is turned: that of the first app that answers requests.
    fn service(self) -> String {
        let apps = groups::images(self.system.config);
        let first = apps.iter().find(|(_, app)| app.role == Role::Web).or(apps.first());
        first.map_or_else(String::new, |(_, app)| images::repository(app).to_owned())
    }

    /// The health paths under the environment's address, a line each; none where it has none.
    fn probes(self) -> String {
        let Some(url) = &self.environment.url else { return String::new() };
        let apps = groups::images(self.system.config);
        let paths = apps.iter().flat_map(|(_, app)| app.health_paths());
        let mut lines: Vec<String> = paths.map(|path| format!("{}{path}", url.trim_end_matches('/'))).collect();
        lines.dedup();
        lines.join("\n")
    }

    /// How long the address is watched after the deployment; blue-green has watched it already, and where errors are
    /// counted too, both are watched together.
    fn watched(self) -> Option<String> {
        let watch = self.environment.watch.as_ref().filter(|_| self.environment.deploy != Deploy::BlueGreen)?;
        watch.insights.is_none().then(|| watch.time.clone())
    }

    /// A step that asks Application Insights for errors, where the environment has any that knows of them.
    fn judged(self, step: Step) -> Step {
        let Some((insights, errors)) = self.environment.watch.as_ref().and_then(Watch::counted) else { return step };
        step.text("INSIGHTS", insights).text("ERRORS_PERCENT", errors.to_string())
    }

    /// Who may not ask for errors hears of it before anything is changed.
    fn insights_known(self) -> Option<Step> {
        self.environment.watch.as_ref().and_then(Watch::counted)?;
        let group = self.environment.group.as_deref().unwrap_or_default();
        let step = Step::azure("insights", "Find out whether errors can be counted", "insights-check");
        Some(self.judged(step.text("GROUP", group)))
    }

    /// The watch of the address and of the errors, after what has not watched itself.
    fn watch_errors(self) -> Option<Step> {
        let watch = self.environment.watch.as_ref().filter(|_| self.environment.deploy != Deploy::BlueGreen)?;
        watch.counted()?;
        let step = self.at_cluster("watch", "Watch it, and count the errors", "k8s-watch");
        let step = step.text("NAMESPACE", namespace(self.environment)).text("PROBES", self.probes());
        Some(self.judged(step.text("PAUSE", seconds(&watch.time).to_string())))
    }

    /// The proof that the environment answers at its address.
    fn prove(self, watch: Option<String>) -> Option<Step> {
        let apps = groups::images(self.system.config);
        let parts =
            apps.iter().filter(|(_, app)| app.role == Role::Web).map(|(_, app)| match self.environment.promote {
                Promote::Build => checks(app),
                // An image that was tested before is of another commit with the same files.
                Promote::Tested => Value::Text(app.health_paths().join("\n")),
            });
        let mut wanted: Vec<Value> = Vec::new();
        for check in parts.filter(|check| *check != Value::text("")) {
            if !wanted.contains(&check) {
                wanted.extend((!wanted.is_empty()).then(|| Value::text("\n")));
                wanted.push(check);
            }
        }
        let url = self.environment.url.as_ref().filter(|_| !wanted.is_empty())?;
        let mut inputs =
            vec![("url", Value::text(url)), ("checks", Value::Joined(wanted)), ("timeout", Value::text("5m"))];
        inputs.extend(watch.map(|time| ("watch", Value::Text(time))));
        Some(tool("prove", "Prove that it is healthy", &smoke_test::SPEC, inputs))
    }

    /// The scripts take back by themselves what they could not bring up; this is for what fails after them.
    fn undo_failed(self) -> [Step; 2] {
        let before = Value::here("deploy", "previous");
        let guard = Guard::when(State::Failed).and(Condition::Given(before.clone()));
        // A session lasts an hour, and a release by canaries that is watched may take longer.
        let session = Step::new("azure-session-again", "Sign the Azure CLI in again", Op::AzureSession);
        let step = self.at_cluster("undo", "Go back to what ran before", "k8s-undo");
        let step = step.text("NAMESPACE", namespace(self.environment)).when(guard);
        let undo = match self.environment.deploy {
            Deploy::BlueGreen => step.text("APP", self.service()).env("COLOUR", before),
            _ => step.env("PREVIOUS", before),
        };
        let undo = undo.env("REVISIONS", Value::here("deploy", "revisions"));
        [session.when(undo.guard.clone()), undo]
    }

    /// The proof that what was gone back to answers, by what it passed before: no commit is told.
    fn prove_undone(self) -> Option<Step> {
        let guard = Guard::when(State::Failed).and(Condition::Given(Value::here("deploy", "previous")));
        let step = self.prove_earlier()?;
        Some(
            Step { id: "undone".to_owned(), title: "Prove that what ran before is healthy".to_owned(), ..step }
                .when(guard),
        )
    }

    /// The proof that an earlier release answers.
    fn prove_earlier(self) -> Option<Step> {
        let apps = groups::images(self.system.config);
        let mut paths: Vec<&str> = apps.iter().flat_map(|(_, app)| app.health_paths()).collect();
        paths.dedup();
        let url = self.environment.url.as_ref().filter(|_| !paths.is_empty())?;
        let inputs =
            vec![("url", Value::text(url)), ("checks", Value::Text(paths.join("\n"))), ("timeout", Value::text("5m"))];
        Some(tool("prove", "Prove that it is healthy", &smoke_test::SPEC, inputs))
    }

    /// The way back by hand: by the manifests of the earlier release with its images, where they are kept; else by its images.
    fn undo_by_hand(self) -> Vec<Step> {
        let record = format!("{EARLIER}/{RECORD}");
        let kept = |answer: &str| Guard::default().and(Condition::Is(Value::here(EARLIER, "kept"), answer.to_owned()));
        let folder = self.environment.manifests.as_deref().unwrap_or_default();
        let again = self.at_cluster("deploy", "Deploy the earlier release, and wait until it is ready", "k8s-roll");
        let again = again.text("NAMESPACE", namespace(self.environment)).text("MANIFESTS", overlay(folder));
        let undo = self.at_cluster("undo", "Go back to the images of the earlier release", "k8s-undo");
        let undo = undo.text("NAMESPACE", namespace(self.environment)).text("RECORD", &record);
        vec![
            manifests::unpack().when(kept("true")),
            again.text("RECORD", record).when(kept("true")),
            undo.when(kept("false")),
        ]
    }
}

fn cluster(environment: &Environment) -> &str {
    environment.cluster.as_deref().unwrap_or_default()
}

pub(super) fn namespace(environment: &Environment) -> &str {
    environment.namespace.as_deref().unwrap_or_default()
}

/// Whether going back by hand needs to be told the colour.
pub(super) fn goes_back_to_a_colour(system: System<'_>) -> bool {
    system.production().1.deploy == Deploy::BlueGreen
}

/// The way back by hand, for the last environment: the other colour, or the images of an earlier release. What each
/// Deployment was one revision ago is no release: some did not change with the last one.
pub(super) fn rollback(system: System<'_>) -> Option<Job> {
    let apps = groups::images(system.config);
    let (name, environment) = system.production();
    if apps.is_empty() || environment.deploy == Deploy::Ephemeral {
        return None;
    }
    let place = Place { system, name, environment };
    let mut job = Job::new(ROLLBACK, format!("Take {name} back"), place.limit());
    job.environment = Some(gate(name, environment, None));
    job.runner = environment.runner;
    job.signs_in = true;
    job.lock = Some(place.release_id());
    job.grants = vec![Grant::ReadRuns];
    let need = if goes_back_to_a_colour(system) { Earlier::Noted } else { Earlier::Needed };
    let earlier = place.earlier(&place.release_id(), ROLLBACK, need);
    if goes_back_to_a_colour(system) {
        let undo = place.at_cluster("undo", "Go back to what ran before", "k8s-undo");
        let undo = undo.text("NAMESPACE", namespace(environment)).text("APP", place.service());
        job.steps.extend([earlier, undo.env("COLOUR", Value::Parameter("colour"))]);
    } else {
        job.steps.push(earlier.text("ARTIFACT", manifests::ARTIFACT).text("FILES", "dist"));
        job.steps.extend(place.undo_by_hand());
    }
    job.steps.extend(place.prove_earlier());
    job.steps.extend(place.records(&Record {
        release: ROLLBACK,
        what: WHAT,
        app: place.target(),
        slot: "",
        url: environment.url.clone().map(Value::Text),
        of: Happened::WayBack,
    }));
    Some(job)
}

/// What takes away from a schema, run by hand when no code needs it any more.
pub(super) fn contract(system: System<'_>) -> Vec<Job> {
    let (name, environment) = system.production();
    let place = Place { system, name, environment };
    let contracts = groups::images(system.config).into_iter().filter_map(|(app, settings)| {
        let migrate = settings.migrate.as_ref()?;
        Some((app, settings, migrate, migrate.contract.as_ref()?))
    });
    let mut jobs: Vec<Job> = Vec::new();
    for (app, settings, migrate, command) in contracts {
        let mut job = Job::new(format!("contract-{app}"), format!("Take away what {app} no longer needs"), 30);
        job.environment = Some(gate(name, environment, None));
        job.runner = environment.runner;
        job.signs_in = true;
        job.lock = Some(place.release_id());
        // One after the other: they have one lock, of which GitHub lets only one job wait.
        job.needs = std::iter::once(manifests::JOB.to_owned()).chain(jobs.last().map(|job| job.id.clone())).collect();
        job.steps.extend(manifests::fetched(system));
        job.steps.extend(place.migrate(app, settings, migrate, command));
        jobs.push(job);
    }
    jobs
}
