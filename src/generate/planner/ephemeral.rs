//! Environments on AKS that last for one run: a namespace comes, is tested, and goes whatever became of the tests.

use super::delivery::gate;
use super::kubernetes::namespace;
use super::manifests;
use super::release::Place;
use super::steps::seconds;
use super::{groups, images};
use crate::generate::config::Role;
use crate::generate::plan::{Condition, Guard, Job, State, Value};

/// How long a namespace may live where the config does not say: a nightly run removes what is older.
const HOURS: u64 = 4;

pub(super) fn up_id(environment: &str) -> String {
    format!("{environment}-up")
}

pub(super) fn acceptance_id(environment: &str) -> String {
    format!("{environment}-acceptance")
}

/// The jobs: up, acceptance, the team's tests where there is an address, down.
pub(super) fn jobs(place: Place<'_>) -> Vec<Job> {
    let acceptance = place.acceptance();
    let tests = place.tests_of(&acceptance.id);
    let mut jobs = vec![place.up(), acceptance];
    jobs.extend(tests);
    let all = jobs.iter().map(|job| job.id.clone()).collect();
    jobs.push(place.down(all));
    jobs
}

impl Place<'_> {
    fn up(self) -> Job {
        let mut job = self.job(up_id(self.name), format!("Bring {} up", self.name), self.needs());
        job.steps.extend(self.ticket(manifests::JOB));
        job.steps.extend(manifests::fetched(self.system));
        let ttl = self.environment.ttl.as_deref().map_or(HOURS * 3600, seconds);
        let step = self.at_cluster("namespace", "Make the namespace", "k8s-namespace-up");
        job.steps.push(step.env("NAMESPACE", self.temporary()).text("TTL", ttl.to_string()));
        // Only a namespace that is there can be asked whether it takes the manifests.
        job.steps.push(self.validate().env("NAMESPACE", self.temporary()));
        job.steps.extend(self.migrations());
        job.steps.push(self.put("k8s-roll", "Deploy, and wait until it is ready").env("NAMESPACE", self.temporary()));
        job
    }

    fn acceptance(self) -> Job {
        let id = acceptance_id(self.name);
        let mut job = self.job(id, format!("Accept what is on {}", self.name), vec![up_id(self.name)]);
        let step = self.at_cluster("acceptance", "Ask every service whether it is healthy", "k8s-acceptance");
        job.steps.push(step.env("NAMESPACE", self.temporary()).text("SERVICES", self.services().join("\n")));
        job
    }

    fn down(self, after: Vec<String>) -> Job {
        let mut job = self.job(format!("{}-down", self.name), format!("Take {} down", self.name), after);
        job.guard = Guard::when(State::Always).and(Condition::Ran(up_id(self.name)));
        let step = self.at_cluster("namespace", "Remove the namespace", "k8s-namespace-down");
        job.steps.push(step.env("NAMESPACE", self.temporary()));
        job
    }

    fn job(self, id: String, title: String, needs: Vec<String>) -> Job {
        let mut job = Job::new(id, title, 30);
        job.needs = needs;
        job.runner = self.environment.runner;
        job.environment = Some(gate(self.name, self.environment, None));
        job.signs_in = true;
        job
    }

    /// The namespace of this run, so that no other run is in the way.
    fn temporary(self) -> Value {
        Value::Joined(vec![Value::Text(format!("{}-", namespace(self.environment))), Value::RunId])
    }

    /// Lines of a Service and a path. A Service has the name that its image has in the manifests.
    fn services(self) -> Vec<String> {
        let apps = groups::images(self.system.config).into_iter().filter(|(_, app)| app.role == Role::Web);
        let lines = apps.flat_map(|(_, app)| {
            app.health_paths().into_iter().map(|path| format!("{} {path}", images::repository(app)))
        });
        lines.collect()
    }
}
