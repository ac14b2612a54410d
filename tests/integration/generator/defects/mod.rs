//! One table over the defects that were found in the pipelines of five real teams (`contracts/generator.md` §1), by the
//! name of their rules. Each row finds its defect in a bad sample, and nothing in what we render of the examples and of
//! the goldens, for either system. Rows that a rendered pipeline cannot have say why.

mod azure_shape;
mod azure_steps;
mod checks;
mod delivery;
pub(crate) mod facts;
mod resources;
mod rules;

use std::collections::BTreeSet;

use siding::generate::Project;
use siding::generate::config::{Config, Repository, Role, RunnerKind, Scan, System};

use super::EXAMPLES;
use super::parsed::Parsed;
use crate::tidy::{read, root};

/// All files of one CI system, and what their config promised.
#[derive(Default)]
struct Bundle {
    files: Vec<Parsed>,
    azure_repos: bool,
    /// The environments whose jobs reach private endpoints, and the machines that do.
    private: (Vec<String>, String),
    /// The steps that the config asked for.
    promised: Vec<String>,
    /// The apps that answer no requests, as Azure calls them.
    workers: Vec<String>,
    /// The secrets that the team gives the pipeline.
    secrets: Vec<String>,
}

/// The places that have the defect.
type Finds = fn(&Bundle) -> Vec<String>;

/// A rule.
enum Row {
    /// It can be found: in this sample, of this path, and in nothing of ours.
    Found { rule: &'static str, path: &'static str, bad: &'static str, given: fn(&mut Bundle), finds: Finds },
    /// A rendered pipeline cannot have it.
    Elsewhere { rule: &'static str, why: &'static str },
}

/// A defect of Azure Pipelines, shown in the file `cd`.
const fn azure(rule: &'static str, bad: &'static str, finds: Finds) -> Row {
    Row::Found { rule, path: ".azuredevops/cd.yml", bad, given: |_| {}, finds }
}

/// A defect shown in a workflow `cd` of GitHub.
const fn github(rule: &'static str, bad: &'static str, finds: Finds) -> Row {
    Row::Found { rule, path: ".github/workflows/cd.yml", bad, given: |_| {}, finds }
}

/// The same with what a config would have promised.
const fn given(row: Row, given: fn(&mut Bundle)) -> Row {
    match row {
        Row::Found { rule, path, bad, finds, .. } => Row::Found { rule, path, bad, given, finds },
        elsewhere @ Row::Elsewhere { .. } => elsewhere,
    }
}

const fn elsewhere(rule: &'static str, why: &'static str) -> Row {
    Row::Elsewhere { rule, why }
}

impl Row {
    fn rule(&self) -> &'static str {
        match self {
            Self::Found { rule, .. } | Self::Elsewhere { rule, .. } => rule,
        }
    }
}

fn table() -> Vec<&'static Row> {
    [azure_shape::ROWS, azure_steps::ROWS, checks::ROWS, delivery::ROWS, resources::ROWS]
        .into_iter()
        .flatten()
        .collect()
}

/// What a config renders, a bundle for each system.
fn bundles(text: &str) -> [Bundle; 2] {
    let project = Project::read("siding.yml", text.as_bytes()).unwrap();
    let files = project.files().unwrap();
    [System::GithubActions, System::AzurePipelines].map(|system| {
        let parsed = files.iter().filter_map(|file| Parsed::of_path(&file.path, &file.body));
        Bundle { files: parsed.filter(|file| file.system == system).collect(), ..promises(&project.config) }
    })
}

fn promises(config: &Config) -> Bundle {
    let private = config.environments.iter().filter(|(_, one)| one.runner == RunnerKind::Private);
    let scans = config.ci.scan.iter().filter_map(|scan| match scan {
        Scan::Dependencies => Some("dependencies"),
        Scan::Secrets => Some("secrets"),
        Scan::Config => Some("config"),
        Scan::Licences => Some("licences"),
        Scan::Sbom => Some("sbom"),
        Scan::Code => None,
    });
    let workers = config.apps.values().filter(|app| app.role != Role::Web);
    Bundle {
        files: Vec::new(),
        azure_repos: config.repository == Repository::AzureRepos,
        private: (private.map(|(name, _)| name.clone()).collect(), config.runners.private.clone().unwrap_or_default()),
        promised: scans.map(str::to_owned).collect(),
        workers: workers.filter_map(|app| app.app_service.clone()).collect(),
        secrets: config.notify.iter().cloned().collect(),
    }
}

#[test]
fn nothing_that_we_render_has_a_defect_of_the_table() {
    let examples = EXAMPLES.iter().map(|name| format!("examples/{name}/siding.yml"));
    let goldens = std::fs::read_dir(root().join("tests/golden")).unwrap().map(|entry| entry.unwrap().file_name());
    let goldens = goldens.map(|name| format!("tests/golden/{}/siding.yml", name.into_string().unwrap()));
    let mut found = Vec::new();
    for path in examples.chain(goldens).filter(|path| root().join(path).exists()) {
        for bundle in bundles(&read(&path)) {
            for row in table() {
                let Row::Found { rule, finds, .. } = row else { continue };
                let system = if bundle.files[0].is_github() { "GitHub Actions" } else { "Azure Pipelines" };
                found.extend(finds(&bundle).into_iter().map(|place| format!("{rule}: {path}, {system}: {place}")));
            }
        }
    }
    assert!(found.is_empty(), "{} defects:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_row_finds_its_defect_in_its_sample() {
    for row in table() {
        match row {
            Row::Found { rule, path, bad, given, finds } => {
                let mut bundle =
                    Bundle { files: Parsed::of_path(path, bad).into_iter().collect(), ..Bundle::default() };
                assert!(
                    *rule == "any.yaml" || bundle.files[0].broken.is_none(),
                    "{rule}: {:?}",
                    bundle.files[0].broken
                );
                given(&mut bundle);
                assert!(!finds(&bundle).is_empty(), "{rule} finds nothing in\n{bad}");
            }
            Row::Elsewhere { rule, why } => assert!(why.len() > 20, "{rule} says too little: {why}"),
        }
    }
}

#[test]
fn every_rule_has_one_row() {
    let rows: Vec<&str> = table().iter().map(|row| row.rule()).collect();
    let have: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(have.len(), rows.len(), "two rows have one rule");
    let want: BTreeSet<&str> = rules::ALL.iter().copied().collect();
    assert_eq!(have, want);
}
