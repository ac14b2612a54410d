//! Images: built and scanned, and only then pushed, by another job; noted as tested when they were; found again where that is all that
//! may be deployed.

use super::build::{KEPT, job_id, same};
use super::manifests;
use super::release::Place;
use super::steps::{checkout, fetch};
use super::{System, groups, signing};
use crate::generate::config::{App, Promote, Scan};
use crate::generate::plan::{Condition, Gate, Grant, Guard, Job, Op, Reader, Stage, State, Step, Value};

/// The stage of images, which is not for branches whose environments all take images that were tested before.
pub(super) fn stage(system: System<'_>) -> Stage {
    let branches = building(system).into_iter().map(str::to_owned).collect();
    let only = vec![Condition::Operation(vec!["deploy"]), Condition::Branch(branches)];
    let jobs = groups::images(system.config).into_iter().flat_map(|(name, app)| {
        let image = Image { system, name, app };
        [image.build(), image.push()]
    });
    Stage { id: "images".to_owned(), title: "Build the images".to_owned(), only, jobs: jobs.collect() }
}

/// The branches from which an environment gets what the same run built.
fn building(system: System<'_>) -> Vec<&str> {
    let mut branches = system.released();
    branches.retain(|branch| {
        let mut environments = system.config.environments.iter();
        environments
            .any(|(name, settings)| settings.promote == Promote::Build && system.branches(name).contains(branch))
    });
    branches
}

/// The identity that may push to the registry, and not delete there.
fn registry_gate() -> Gate {
    Gate { name: "registry".to_owned(), url: None }
}

/// The registry's name in Azure.
pub(super) fn registry(system: System<'_>) -> &str {
    system.config.registry.as_deref().unwrap_or_default()
}

/// An image's name in the registry: the same as in the manifests.
pub(super) fn repository(app: &App) -> &str {
    app.aks.as_deref().unwrap_or_default()
}

/// The days that an image which is not pushed yet is kept: it is pushed minutes later, or after a failure is looked at.
const HANDED_ON: u16 = 3;

/// The id of the job that pushes an image.
fn push_id(app: &str) -> String {
    format!("push-{app}")
}

/// An app whose image is built and pushed. What builds it runs code of others, so the identity that pushes is another
/// job's: it gets the image that was scanned, by its hash.
#[derive(Clone, Copy)]
struct Image<'a> {
    system: System<'a>,
    name: &'a str,
    app: &'a App,
}

impl Image<'_> {
    /// Its name and tag in the registry.
    fn tag(self) -> Value {
        let server = registry(self.system).to_ascii_lowercase();
        Value::Joined(vec![Value::Text(format!("{server}.azurecr.io/{}:", repository(self.app))), Value::Commit])
    }

    /// The file that it is handed on in.
    fn file(self) -> String {
        format!("image/{}.tar.gz", self.name)
    }

    /// Its bill of materials, where there is one.
    fn bill(self) -> Option<String> {
        self.system.config.ci.scan.contains(&Scan::Sbom).then(|| format!("image/{}.sbom.json", self.name))
    }

    fn build(self) -> Job {
        let Self { system, name, app } = self;
        let mut job = Job::new(job_id(name), format!("Build the image of {name}"), 30);
        job.grants = vec![Grant::Findings];
        job.steps.push(checkout());
        job.steps.push(Step::script("describe", "Describe the build", "describe"));
        let version = Value::here("describe", "version");
        job.steps.push(
            Step::script("build", "Build the image", "image-build")
                .text("SERVICE", name)
                .text("CONTEXT", &app.path)
                .text("DOCKERFILE", dockerfile(app))
                .env("LABELS", Value::Joined(vec![Value::text("org.opencontainers.image.version="), version]))
                .env("IMAGE", self.tag()),
        );
        job.steps.push(fetch(system, "trivy"));
        // What was found to be weak is never handed on.
        job.steps
            .push(Step::script("scan", "Scan the image", "image-scan").text("NAME", name).env("IMAGE", self.tag()));
        let findings = Op::Findings { file: format!("reports/{name}.sarif"), category: format!("image-{name}") };
        let scanned = Guard::when(State::Finished).and(Condition::Given(Value::here("scan", "findings")));
        job.steps.push(Step::new("findings", "Publish what the scan found", findings).when(scanned));
        if let Some(file) = self.bill() {
            let step =
                Step::script("sbom", "List what is in it", "sbom").text("KIND", "image").env("TARGET", self.tag());
            job.steps.push(step.text("FILE", &file));
            let list = Op::Upload { name: format!("sbom-{name}"), path: file, days: KEPT, reader: Reader::ByName };
            job.steps.push(Step::new("keep-list", "Keep the list", list));
        }
        let save = Step::script("save", "Save the image", "image-save").env("IMAGE", self.tag());
        job.steps.push(save.text("FILE", self.file()));
        job.steps.push(Step::new("upload", "Hand the image on", self.handed_on()));
        job
    }

    fn handed_on(self) -> Op {
        Op::Upload { name: artifact(self.name), path: "image".to_owned(), days: HANDED_ON, reader: Reader::ByName }
    }

    fn push(self) -> Job {
        let Self { system, name, .. } = self;
        let mut job = Job::new(push_id(name), format!("Push the image of {name}"), 20);
        job.needs = vec![job_id(name)];
        job.environment = Some(registry_gate());
        job.signs_in = true;
        let download = Op::Download { name: artifact(name), to: "image".to_owned() };
        job.steps.push(Step::new("download", "Get the image", download));
        job.steps.push(same("verify", &self.file(), Value::of(job_id(name), "save", "sha256")));
        let load = Step::script("load", "Load the image", "image-load").env("IMAGE", self.tag());
        job.steps.push(load.text("FILE", self.file()));
        let push = Step::azure("push", "Push the image", "image-push").text("REGISTRY", registry(system));
        // An attestation is found by its subject's hash, and an image's digest is the hash of its manifest.
        let file = format!("dist/{name}.manifest.json");
        let push = push.env("IMAGE", self.tag());
        if !system.config.attest {
            job.steps.push(push);
            job.steps.extend(signing::steps(system));
            return job;
        }
        job.steps.push(push.text("MANIFEST", &file));
        job.steps.extend(signing::steps(system));
        let sbom = self.bill();
        if let Some(file) = &sbom {
            job.steps.push(same("sbom-verify", file, Value::of(job_id(name), "sbom", "sha256")));
        }
        job.grants = vec![Grant::Attest];
        job.steps.push(Step::new("attest", "Attest where the image came from", Op::Attest { file, sbom }));
        job
    }
}

/// The artifact that holds an image on its way to the registry.
fn artifact(app: &str) -> String {
    format!("image-{app}")
}

/// The path of an app's Dockerfile in the repository.
pub(super) fn dockerfile(app: &App) -> String {
    if app.path == "." { app.dockerfile.clone() } else { format!("{}/{}", app.path, app.dockerfile) }
}

impl Place<'_> {
    /// The jobs that know the images that are deployed here.
    pub(super) fn image_jobs(self) -> Vec<String> {
        match self.environment.promote {
            Promote::Tested => vec![find_id(self.name)],
            Promote::Build => groups::images(self.system.config).iter().map(|(name, _)| push_id(name)).collect(),
        }
    }

    /// An image by its digest, as the run built it or as it was found.
    fn reference(self, name: &str) -> Value {
        match self.environment.promote {
            Promote::Tested => Value::of(find_id(self.name), "find", name),
            Promote::Build => Value::of(push_id(name), "push", "reference"),
        }
    }

    /// Lines of a name and an image by its digest.
    fn references(self, title: impl Fn(&str, &App) -> String) -> Value {
        let mut parts = Vec::new();
        for (index, (name, app)) in groups::images(self.system.config).into_iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            parts.push(Value::Text(format!("{line}{} ", title(name, app))));
            parts.push(self.reference(name));
        }
        Value::Joined(parts)
    }

    /// What is deployed here: lines of the name in the manifests and the image by its digest.
    pub(super) fn images(self) -> Value {
        self.references(|_, app| repository(app).to_owned())
    }

    /// Where only tested images are deployed: the job that finds those of this very tree, or fails.
    pub(super) fn find(self, after: Vec<String>) -> Option<Job> {
        if self.environment.promote != Promote::Tested {
            return None;
        }
        let lines = groups::images(self.system.config).into_iter();
        let lines: Vec<String> = lines.map(|(name, app)| format!("{name} {}", repository(app))).collect();
        let step = Step::azure("find", "Find the images that were tested for this tree", "image-find-tested")
            .text("REGISTRY", registry(self.system))
            .text("REPOSITORIES", lines.join("\n"))
            .env("TREE", manifests::tree());
        Some(at_registry(find_id(self.name), format!("Find the images for {}", self.name), after, step))
    }

    /// Where later environments take only tested images, and these are the last tests: the job that notes it.
    pub(super) fn tested(self, after: Vec<String>) -> Option<Job> {
        if !self.is_the_test() {
            return None;
        }
        let after = self.image_jobs().into_iter().chain(after).collect();
        let step = Step::azure("mark", "Note that the images were tested for this tree", "image-mark-tested")
            .text("REGISTRY", registry(self.system))
            .env("REFERENCES", self.references(|name, _| name.to_owned()))
            .env("TREE", manifests::tree());
        Some(at_registry(tested_id(self.name), format!("Note what passed {}", self.name), after, step))
    }

    /// The job that keeps what is live in production from being removed with old images.
    pub(super) fn kept(self, after: Vec<String>) -> Option<Job> {
        if self.name != self.system.production().0 {
            return None;
        }
        let after = self.image_jobs().into_iter().chain(after).collect();
        let step = Step::azure("lock", "Lock the images", "image-lock")
            .text("REGISTRY", registry(self.system))
            .env("REFERENCES", self.references(|name, _| name.to_owned()));
        Some(at_registry(format!("{}-kept", self.name), format!("Keep what {} runs", self.name), after, step))
    }

    /// Whether what passes here counts as tested: no environment that builds comes between here and one that promotes.
    pub(super) fn is_the_test(self) -> bool {
        let mut later = self.system.config.environments.iter().skip_while(|(name, _)| *name != self.name).skip(1);
        self.environment.promote == Promote::Build
            && later.next().is_some_and(|(_, next)| next.promote == Promote::Tested)
    }
}

/// A job that knows from the manifests' job which commit it is, and asks or tells the registry.
fn at_registry(id: String, title: String, after: Vec<String>, step: Step) -> Job {
    let mut job = Job::new(id, title, 10);
    job.needs = std::iter::once(manifests::JOB.to_owned()).chain(after).collect();
    job.environment = Some(registry_gate());
    job.signs_in = true;
    job.steps.push(step);
    job
}

fn find_id(environment: &str) -> String {
    format!("{environment}-find")
}

/// The id of the job that notes what was tested.
pub(super) fn tested_id(environment: &str) -> String {
    format!("{environment}-tested")
}
