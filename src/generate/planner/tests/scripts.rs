//! Every script is given what it reads.

use std::collections::BTreeSet;

use super::{EXAMPLES, read};
use crate::generate::catalog::Catalog;
use crate::generate::config::System;
use crate::generate::plan::{Op, Step};
use crate::generate::{planner, scripts};

/// What the CI systems, bash and jq give.
const GIVEN: [&str; 8] =
    ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_REPOSITORY", "PATH", "PWD", "SECONDS", "BASH_REMATCH", "ARGS"];
/// What a script reads in some of its modes only, or in a function that it does not call.
const MODES: [(&str, &[&str]); 6] = [
    ("allowed-run", &["FILES"]),
    ("package", &["FOLDER", "INCLUDE", "LOCKS"]),
    ("k8s-undo", &["APP", "IMAGES"]),
    ("k8s-reap", &["NAMESPACE"]),
    ("record", &["COMMITTED_AT"]),
    ("slot-unchanged", &["OTHERWISE"]),
];

/// The variables in capitals that a script reads, never sets, and has no default for.
fn asked(text: &str) -> BTreeSet<&str> {
    let ends = |rest: &str| {
        rest.find(|letter: char| !(letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_'))
            .unwrap_or(rest.len())
    };
    let places = text.match_indices('$').map(|(at, _)| text[at + 1..].trim_start_matches('{'));
    let names = places
        .map(|rest| &rest[..ends(rest)])
        .filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase()));
    let defaulted = |name: &str| [":-", ":+", "-"].iter().any(|sign| text.contains(&format!("${{{name}{sign}")));
    let set = |name: &str| text.contains(&format!("{name}=")) || text.contains(&format!("for {name} in"));
    names.filter(|name| !defaulted(name) && !set(name)).collect()
}

#[test]
fn every_script_is_given_what_it_reads() {
    for example in EXAMPLES {
        let config = read(example);
        let catalog = Catalog::new(&config);
        let plan = planner::plan(&config, &catalog);
        let steps = plan.jobs().flat_map(|(_, _, job)| job.steps.iter().map(move |step| (job, step)));
        for (job, step) in steps {
            let Op::Script(script) = &step.op else { continue };
            let text = scripts::text(script.name, System::GithubActions).unwrap();
            let lacking: Vec<&str> = asked(text).into_iter().filter(|name| !is_given(step, name)).collect();
            assert_eq!(lacking, [""; 0], "{example}: step `{}` of `{}` runs `{}`", step.id, job.id, script.name);
        }
    }
}

fn is_given(step: &Step, name: &str) -> bool {
    let of_azure = ["AZURESUBSCRIPTION_", "SYSTEM_"].iter().any(|start| name.starts_with(start));
    let Op::Script(script) = &step.op else { return true };
    let sometimes = MODES.iter().any(|(mode, names)| *mode == script.name && names.contains(&name));
    of_azure || sometimes || GIVEN.contains(&name) || step.env.iter().any(|(each, _)| each == name)
}
