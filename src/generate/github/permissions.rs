//! What a job's token may do, and why.

use super::view::Permission;
use crate::generate::plan::{Grant, Job, Op};

/// The rights of a job, in the order of GitHub's documentation of them. Each has a reason except reading the repository,
/// which only a job may do that checks it out.
pub(super) fn of(job: &Job) -> Vec<Permission> {
    let mut all = Vec::new();
    let mut add = |scope, level, reasons: Vec<String>| {
        if !reasons.is_empty() {
            all.push(Permission { scope, level, reason: Some(reasons.join("; ")) });
        }
    };
    let checks_out = job.steps.iter().any(|step| matches!(step.op, Op::Checkout { .. }));
    let may = |grant: Grant| job.grants.contains(&grant);
    let [attests, publishes, reads] = [Grant::Attest, Grant::Findings, Grant::ReadRuns].map(may);
    let when = |condition: bool, reason: &str| condition.then(|| reason.to_owned());
    // Publishing findings asks for the state of its own run, which in private repositories is a right of its own:
    // https://github.com/github/codeql-action#usage (2026-08)
    let runs = [
        when(reads, "look at earlier runs and their artifacts"),
        when(publishes, "in private repositories, the state of the run that publishes findings"),
    ];
    add("actions", "read", runs.into_iter().flatten().collect());
    add("attestations", "write", when(attests, "store attestations").into_iter().collect());
    add("contents", "write", when(may(Grant::Tag), Grant::Tag.about()).into_iter().collect());
    let identity = job.environment.as_ref().filter(|_| job.signs_in);
    let tokens = [
        identity.map(|gate| format!("Azure OIDC federation, subject environment:{}", gate.name)),
        when(attests, "signing identity of attestations"),
    ];
    add("id-token", "write", tokens.into_iter().flatten().collect());
    add("pull-requests", "write", when(may(Grant::Comment), Grant::Comment.about()).into_iter().collect());
    add("security-events", "write", when(publishes, "publish findings of scans").into_iter().collect());
    if checks_out {
        all.insert(0, Permission { scope: "contents", level: "read", reason: None });
    }
    all
}
