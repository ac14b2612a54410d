//! The scans of the repository, and the analysis of its code.

use super::steps::{checkout, dependencies, fetch};
use super::{System, groups, images};

use crate::generate::config::{Deploy, Environment, Scan};
use crate::generate::plan::{Grant, Guard, Job, Op, Scripted, State, Step};

/// The scans of the repository, in one job; the analysis of the code has its own.
pub(super) fn jobs(system: System<'_>) -> Vec<Job> {
    let wanted = &system.config.ci.scan;
    let kinds: [(Scan, &str, &str, &str); 3] = [
        (Scan::Dependencies, "dependencies", "Scan the dependencies", "vuln"),
        (Scan::Secrets, "secrets", "Scan for secrets", "secret"),
        (Scan::Config, "config", "Scan the configuration", "misconfig"),
    ];
    let chosen: Vec<_> = kinds.iter().filter(|(scan, ..)| wanted.contains(scan)).collect();
    let mut jobs = Vec::new();
    if !chosen.is_empty() {
        let mut job = Job::new("scan", "Scan", 15);
        job.grants = vec![Grant::Findings];
        job.steps.push(checkout());
        job.steps.push(fetch(system, "trivy"));
        for (_, name, title, scanners) in &chosen {
            let step = Step::script(*name, *title, "scan").text("NAME", *name).text("SCANNERS", *scanners);
            // Each scan tells its own findings, also when one before it had some.
            let locks = if *scanners == "vuln" { locks(system) } else { Vec::new() };
            let step = step.text("TARGET", ".").text("LOCKS", locks.join(" ")).text("SEVERITY", "HIGH,CRITICAL");
            job.steps.push(step.when(Guard::when(State::Finished)));
        }
        for (_, name, title, _) in &chosen {
            let op = Op::Findings { file: format!("reports/{name}.sarif"), category: (*name).to_owned() };
            let step = Step::new(format!("{name}-findings"), format!("{title}: findings"), op);
            job.steps.push(step.when(Guard::when(State::Finished)));
        }
        jobs.push(job);
    }
    if wanted.contains(&Scan::Config) {
        jobs.extend(containers(system));
    }
    if wanted.contains(&Scan::Licences) {
        jobs.push(licences(system));
    }
    if wanted.contains(&Scan::Code) {
        jobs.extend(code(system));
    }
    jobs
}

/// What images are built from, and what deploys them: each by who knows it best, without a cluster.
fn containers(system: System<'_>) -> Option<Job> {
    let apps = groups::images(system.config);
    let files: Vec<String> = apps.iter().map(|(_, app)| images::dockerfile(app)).collect();
    if files.is_empty() {
        return None;
    }
    let mut job = Job::new("containers", "Check the Dockerfiles and manifests", 15);
    job.grants = vec![Grant::Findings];
    job.steps.push(checkout());
    job.steps.push(fetch(system, "hadolint"));
    let step = Step::script("dockerfiles", "Look for mistakes in the Dockerfiles", "dockerfiles-check");
    job.steps.push(step.text("FILES", files.join("\n")));
    let op = Op::Findings { file: "reports/dockerfiles.sarif".to_owned(), category: "dockerfiles".to_owned() };
    let findings = Step::new("dockerfiles-findings", "Look for mistakes in the Dockerfiles: findings", op);
    job.steps.push(findings.when(Guard::when(State::Finished)));
    let overlay = |environment: &Environment| {
        let folder = environment.manifests.as_deref()?;
        let namespace = environment.namespace.as_deref().filter(|_| environment.deploy != Deploy::Ephemeral);
        Some(format!("{} {folder}", namespace.unwrap_or("-")))
    };
    let overlays: Vec<String> = system.config.environments.values().filter_map(overlay).collect();
    let names: Vec<&str> = apps.iter().map(|(_, app)| images::repository(app)).collect();
    // A mistake in a Dockerfile must not hide those in the manifests.
    job.steps.push(fetch(system, "kubeconform").when(Guard::when(State::Finished)));
    let step =
        Step::script("manifests", "Check the manifests", "manifests-check").text("OVERLAYS", overlays.join("\n"));
    let step = step.text("NAMES", names.join("\n")).text("KUBERNETES", &system.config.ci.kubernetes.0);
    let step = step.text("SCHEMAS", system.catalog.kubernetes_schemas());
    job.steps.push(step.when(Guard::when(State::Finished)));
    Some(job)
}

/// The licences of what is installed: lock files do not tell them.
fn licences(system: System<'_>) -> Job {
    let mut job = Job::new("licences", "Scan the licences", 15);
    job.grants = vec![Grant::Findings];
    job.steps.push(checkout());
    job.steps.extend(dependencies(system, system.config.language.as_ref(), "."));
    job.steps.push(fetch(system, "trivy"));
    let python = system.config.language.as_ref().is_some_and(|language| language.name() == "python");
    let step =
        Step::script("licences", "Scan the licences", "scan").text("NAME", "licences").text("SCANNERS", "license");
    let step = step.text("KIND", "rootfs").text("TARGET", if python { ".venv" } else { "." });
    job.steps.push(step.text("SEVERITY", "HIGH,CRITICAL"));
    let op = Op::Findings { file: "reports/licences.sarif".to_owned(), category: "licences".to_owned() };
    let findings = Step::new("licences-findings", "Scan the licences: findings", op);
    job.steps.push(findings.when(Guard::when(State::Finished)));
    job
}

/// The lock files of Python, of the whole system.
fn locks(system: System<'_>) -> Vec<&str> {
    let own = system.config.apps.values().filter_map(|app| app.language.as_ref());
    let languages = system.config.language.iter().chain(own).filter(|language| language.name() == "python");
    let mut locks: Vec<&str> = languages.flat_map(|language| language.locks.iter().map(AsRef::as_ref)).collect();
    locks.sort_unstable();
    locks.dedup();
    locks
}

/// The analysis of the code, for each language that is used.
fn code(system: System<'_>) -> Vec<Job> {
    let own = system.config.apps.values().filter_map(|app| app.language.as_ref());
    let mut languages: Vec<&'static str> = Vec::new();
    for language in system.config.language.iter().chain(own) {
        let name = match language.name() {
            "python" => "python",
            "node" => "javascript-typescript",
            "dotnet" => "csharp",
            "java" => "java-kotlin",
            _ => "go",
        };
        if !languages.contains(&name) {
            languages.push(name);
        }
    }
    let job = |language: &&'static str| {
        let mut job = Job::new(format!("code-{language}"), format!("Analyse the code: {language}"), 30);
        job.grants = vec![Grant::Findings];
        job.steps.push(checkout());
        job.steps.push(Step::new("start", "Start the analysis", Op::CodeStart { language }));
        job.steps.push(Step::new("analyse", "Analyse", Op::CodeEnd { language }));
        // On Azure Pipelines the findings stay in Advanced Security, whose status check is a branch policy.
        let verdict = Op::Script(Scripted {
            name: "code-verdict",
            azure: false,
            only: Some(crate::generate::config::System::GithubActions),
        });
        job.steps.push(Step::new("verdict", "Look at the findings", verdict).text("DIRECTORY", "reports/code"));
        job
    };
    languages.iter().map(job).collect()
}
