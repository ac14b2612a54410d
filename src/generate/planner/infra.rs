//! The pipeline of the Azure resources: looked at on a pull request, planned, and applied as it was planned.

use super::System;
use super::steps::{checkout, fetch};
use crate::generate::config::Infra;
use crate::generate::plan::{
    Condition, Gate, Grant, Guard, Job, Op, Overlap, Parameter, Pipeline, Reader, Stage, Step, Triggers, Value,
};

/// The pipeline `infra`, when resources are code.
pub(super) fn pipeline(system: System<'_>) -> Option<Pipeline> {
    let infra = system.config.infra.as_ref()?;
    let work = Work { system, infra };
    let release = system.config.branches.release.clone();
    let operations = if infra.destroy { vec!["apply", "destroy"] } else { vec!["apply"] };
    let mut stages = vec![work.check(), work.plan()];
    stages.extend(infra.comment.then(|| work.comment()));
    stages.extend(work.apply());
    stages.extend(infra.destroy.then(|| work.destroy()));
    Some(Pipeline {
        id: "infra",
        title: format!("Infrastructure of {}", system.config.name),
        triggers: Triggers {
            push: vec![release.clone()],
            pull_request: vec![release],
            paths: vec![work.paths()],
            by_hand: true,
            ..Triggers::default()
        },
        parameters: vec![Parameter { id: "operation", title: "What to do", choices: operations, default: "apply" }],
        overlap: Overlap::Wait,
        stages,
    })
}

/// Jobs that look whether the resources are still as the code says, for the nightly pipeline.
pub(super) fn drift(system: System<'_>) -> Vec<Job> {
    let Some(infra) = system.config.infra.as_ref().filter(|infra| infra.terraform.is_some()) else { return Vec::new() };
    let work = Work { system, infra };
    let job = |place: &Place| {
        let mut job =
            work.job(format!("drift{}", place.suffix), format!("Look for drift{}", place.words), "infra-plan");
        job.steps.push(work.terraform("drift", "Compare with what is there", "terraform-drift", place));
        job
    };
    work.places().iter().map(job).collect()
}

/// What a plan leaves for people.
const PAGE: &str = "plan-page/plan.md";

/// The artifact that holds it.
fn page(place: &Place) -> String {
    format!("plan-page{}", place.suffix)
}

struct Work<'a> {
    system: System<'a>,
    infra: &'a Infra,
}

/// One set of resources.
struct Place {
    /// `-dev`, or nothing when there is one set.
    suffix: String,
    /// ` of dev`, or nothing.
    words: String,
    /// The name for the state and the variables.
    name: String,
}

impl Work<'_> {
    /// Where changes count.
    fn paths(&self) -> String {
        match (&self.infra.terraform, &self.infra.bicep) {
            (Some(folder), _) => format!("{folder}/**"),
            (None, Some(file)) => match file.rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/**"),
                None => file.clone(),
            },
            (None, None) => "**".to_owned(),
        }
    }

    fn places(&self) -> Vec<Place> {
        let named =
            |name: &str| Place { suffix: format!("-{name}"), words: format!(" of {name}"), name: name.to_owned() };
        if self.infra.environments.is_empty() {
            let all = Place { suffix: String::new(), words: String::new(), name: self.system.config.name.clone() };
            return vec![all];
        }
        self.infra.environments.iter().map(|name| named(name.as_ref())).collect()
    }

    /// A job that signs in: it needs the code, and nothing that the code could run but Terraform or Bicep.
    fn job(&self, id: String, title: String, environment: &str) -> Job {
        let mut job = Job::new(id, title, 60);
        job.runner = self.infra.runner;
        job.environment = Some(Gate { name: environment.to_owned(), url: None });
        job.signs_in = true;
        job.steps.push(checkout());
        job.steps.extend(self.infra.terraform.is_some().then(|| fetch(self.system, "terraform")));
        job
    }

    fn check(&self) -> Stage {
        let mut job = Job::new("check", "Check the code", 15);
        job.steps.push(checkout());
        match (&self.infra.terraform, &self.infra.bicep) {
            (Some(folder), _) => {
                job.steps.push(fetch(self.system, "terraform"));
                job.steps
                    .push(Step::script("check", "Check Terraform's code", "terraform-check").text("DIRECTORY", folder));
                if self.infra.lint {
                    job.steps.push(fetch(self.system, "tflint"));
                    let step = Step::script("lint", "Look for mistakes in Terraform's code", "terraform-lint");
                    job.steps.push(step.text("DIRECTORY", folder));
                }
            }
            (None, file) => {
                let file = file.as_deref().unwrap_or_default();
                job.steps.push(Step::script("check", "Check Bicep's code", "bicep-check").text("TEMPLATE", file));
            }
        }
        Stage { id: "check".to_owned(), title: "Check".to_owned(), only: Vec::new(), jobs: vec![job] }
    }

    fn plan(&self) -> Stage {
        let job = |place: &Place| {
            let mut job =
                self.job(format!("plan{}", place.suffix), format!("Plan the resources{}", place.words), "infra-plan");
            job.needs = vec!["check".to_owned()];
            let step = match &self.infra.terraform {
                Some(_) => self.terraform("plan", "Plan", "terraform-plan", place),
                None => self.bicep("plan", "Say what would change", "bicep-what-if"),
            };
            job.steps.push(step.text("PAGE", if self.infra.comment { PAGE } else { "" }));
            if self.infra.comment {
                let upload = Op::Upload { name: page(place), path: PAGE.to_owned(), days: 1, reader: Reader::ByName };
                job.steps.push(Step::new("keep-page", "Keep what would change for the comment", upload));
            }
            job
        };
        let jobs = self.places().iter().map(job).collect();
        // Code of a fork gets no identity, and no machine that reaches private endpoints.
        let only = vec![Condition::Operation(vec!["apply"]), Condition::NotFork];
        Stage { id: "plan".to_owned(), title: "Plan".to_owned(), only, jobs }
    }

    /// The comment on the pull request: by a job that may write it, and neither signs in nor runs code of the repository.
    fn comment(&self) -> Stage {
        let mut job = Job::new("comment", "Comment on the pull request", 10);
        job.grants = vec![Grant::Comment];
        for place in self.places() {
            job.needs.push(format!("plan{}", place.suffix));
            let download = Op::Download { name: page(&place), to: format!("pages/{}", place.name) };
            job.steps.push(Step::new(
                format!("page{}", place.suffix),
                format!("Get the plan{}", place.words),
                download,
            ));
        }
        let step = Step::script("comment", "Tell what would change", "plan-comment").env("TOKEN", Value::Token);
        let step = step.env("NUMBER", Value::PullRequest).text("PAGES", "pages").env("RUN_URL", Value::RunUrl);
        job.steps.push(step.text("KEY", format!("resources of {}", self.system.config.name)));
        let only = vec![Condition::Operation(vec!["apply"]), Condition::NotFork, Condition::Given(Value::PullRequest)];
        Stage { id: "comment".to_owned(), title: "Comment".to_owned(), only, jobs: vec![job] }
    }

    /// One set of resources after the other, in the order of promotion, and only what was planned. Each is a stage of its
    /// own: Azure Pipelines asks for all approvals of a stage before its first job, also for jobs that are skipped then.
    fn apply(&self) -> Vec<Stage> {
        let release = self.system.config.branches.release.clone();
        let mut before: Vec<(String, String)> = Vec::new();
        let mut stages = Vec::new();
        for place in self.places() {
            let plan = format!("plan{}", place.suffix);
            let id = format!("apply{}", place.suffix);
            let mut job =
                self.job(id.clone(), format!("Apply the plan{}", place.words), &format!("infra{}", place.suffix));
            job.needs = vec![plan.clone()];
            job.guard = Guard::default().and(Condition::Is(Value::of(&plan, "plan", "changes"), "true".to_owned()));
            // All before, not only the last: that one is skipped as well when one before it failed. To be skipped is well only
            // where nothing was to be changed.
            for (planned, earlier) in &before {
                let changes = Value::of(planned, "plan", "changes");
                job.guard = job.guard.and(Condition::PassedOrSkipped(earlier.clone()));
                job.guard = job.guard.and(Condition::PassedIf(earlier.clone(), changes));
                job.needs.extend([planned.clone(), earlier.clone()]);
            }
            before.push((plan.clone(), id));
            let outputs: Vec<&str> = self.infra.outputs.iter().map(AsRef::as_ref).collect();
            let step = match &self.infra.terraform {
                Some(_) => self
                    .terraform("apply", "Apply exactly what was planned", "terraform-apply", &place)
                    .env("EXPECTED", Value::of(&plan, "plan", "digest")),
                None => self
                    .bicep("apply", "Deploy the stack", "bicep-deploy")
                    .text("ALLOW_DELETES", self.infra.deletes.to_string()),
            };
            job.steps.push(step.text("OUTPUTS", outputs.join(" ")));
            let only = vec![
                Condition::Operation(vec!["apply"]),
                Condition::NotPullRequest,
                Condition::Branch(vec![release.clone()]),
            ];
            stages.push(Stage {
                id: job.id.clone(),
                title: format!("Apply the plan{}", place.words),
                only,
                jobs: vec![job],
            });
        }
        stages
    }

    fn destroy(&self) -> Stage {
        let mut job = self.job("destroy".to_owned(), "Delete all of it".to_owned(), "infra-destroy");
        job.steps.push(self.bicep("destroy", "Delete the stack and what it holds", "bicep-destroy"));
        let release = self.system.config.branches.release.clone();
        let only =
            vec![Condition::Operation(vec!["destroy"]), Condition::NotPullRequest, Condition::Branch(vec![release])];
        Stage { id: "destroy".to_owned(), title: "Delete".to_owned(), only, jobs: vec![job] }
    }

    fn terraform(&self, id: &str, title: &str, script: &'static str, place: &Place) -> Step {
        let (account, container) =
            self.infra.state.as_deref().and_then(|state| state.split_once('/')).unwrap_or_default();
        let variables = self.infra.variables.as_deref().unwrap_or_default().replace("{environment}", &place.name);
        Step::azure(id, title, script)
            .text("DIRECTORY", self.infra.terraform.as_deref().unwrap_or_default())
            .text("STATE_ACCOUNT", account)
            .text("STATE_CONTAINER", container)
            .text("STATE_KEY", format!("{}.tfstate", place.name))
            .text("VAR_FILE", variables)
            .env("AZURE_CLIENT_ID", Value::Variable("AZURE_CLIENT_ID"))
            .env("AZURE_TENANT_ID", Value::Variable("AZURE_TENANT_ID"))
            .env("AZURE_SUBSCRIPTION_ID", Value::Variable("AZURE_SUBSCRIPTION_ID"))
    }

    fn bicep(&self, id: &str, title: &str, script: &'static str) -> Step {
        Step::azure(id, title, script)
            .text("NAME", &self.system.config.name)
            .text("STACK", &self.system.config.name)
            .text("GROUP", self.infra.group.as_deref().unwrap_or_default())
            .text("TEMPLATE", self.infra.bicep.as_deref().unwrap_or_default())
            .text("PARAMETERS", self.infra.parameters.as_deref().unwrap_or_default())
    }
}
