//! Rows on the shape of pipelines of Azure Pipelines: triggers, stages, strategies, variables.

use serde_yaml::Value as Yaml;

use super::super::parsed::{Parsed, items, list, pairs_of, scalar};
use super::facts::{each_azure, macros, mappings, step_texts};
use super::{Bundle, Row, azure, given};

pub(super) const ROWS: &[Row] = &[
    given(
        azure("ado.pr-trigger-azure-repos", "pr: {branches: {include: [main]}}\njobs: []\n", |bundle| {
            let kept = bundle.files.iter().filter(|file| !file.is_github() && bundle.azure_repos);
            kept.filter(|file| file.yaml["pr"] != "none").map(|file| file.name.clone()).collect()
        }),
        |bundle| bundle.azure_repos = true,
    ),
    azure("ado.run-name-unique", "name: $(Build.BuildId)\njobs: []\n", |bundle| {
        each_azure(bundle, |file| vec![scalar(&file.yaml["name"])], |name| !name.contains("$(Rev:"))
    }),
    azure(
        "ado.double-trigger",
        "trigger: {branches: {include: [main]}}\nresources: {pipelines: [{pipeline: CI, trigger: true}]}\njobs: []\n",
        |bundle| {
            let twice = |file: &&Parsed| file.yaml["trigger"].is_mapping() && pipelines(file).next().is_some();
            bundle.files.iter().filter(twice).map(|file| file.name.clone()).collect()
        },
    ),
    azure(
        "ado.resource-trigger",
        "resources: {pipelines: [{pipeline: CI, trigger: {branches: [main]}}]}\njobs: []\n",
        |bundle| bundle.files.iter().flat_map(pipelines).map(|one| scalar(&one["pipeline"])).collect(),
    ),
    azure(
        "ado.resource-artifact-path",
        "resources: {pipelines: [{pipeline: CI}]}\njobs: [{job: a, steps: [{bash: x, env: {P: $(Pipeline.Workspace)/drop}}]}]\n",
        |bundle| each_azure(bundle, step_texts, |text| text.contains("$(Pipeline.Workspace)/drop")),
    ),
    azure("ado.no-lock", "stages: [{stage: a, jobs: [{deployment: d, environment: production}]}]\n", |bundle| {
        let gated = |file: &&Parsed| !file.is_github() && file.jobs.iter().any(|job| job.is_deployment);
        let mut found = Vec::new();
        for file in bundle.files.iter().filter(gated) {
            let open = file.jobs.iter().filter(|job| job.is_deployment && job.lock != "sequential");
            found.extend(open.map(|job| job.id.clone()));
            found.extend((file.yaml["lockBehavior"] != "sequential").then(|| file.name.clone()));
        }
        found
    }),
    azure("ado.services-inline", "jobs: [{job: a, services: {postgres: {image: postgres}}}]\n", |bundle| {
        azure_jobs(bundle, |job| pairs_of(&job["services"]).any(|(_, value)| !value.is_string()))
    }),
    azure(
        "ado.canary-environment",
        "jobs: [{deployment: d, environment: production, strategy: {canary: {increments: [10]}}}]\n",
        |bundle| {
            azure_jobs(bundle, |job| !job["strategy"]["canary"].is_null() && !scalar(&job["environment"]).contains('.'))
        },
    ),
    azure(
        "ado.canary-increment",
        "jobs: [{deployment: d, environment: a.b, strategy: {canary: {increments: [10, 100]}}}]\n",
        |bundle| {
            let all = |job: &Yaml| list(&job["strategy"]["canary"]["increments"]).contains(&"100".to_owned());
            let mut found = azure_jobs(bundle, all);
            let shares = bundle
                .files
                .iter()
                .flat_map(Parsed::steps)
                .map(|(_, step)| (step, step.value("ramp").to_owned() + step.value("STEPS")));
            found.extend(
                shares
                    .filter(|(_, shares)| shares.split([',', ' ']).any(|one| one == "100"))
                    .map(|(step, _)| step.id.clone()),
            );
            found
        },
    ),
    azure(
        "ado.strategy-keys",
        "jobs: [{deployment: d, environment: e, strategy: {rolling: {maxSurge: 1}}}]\n",
        |bundle| {
            azure_jobs(bundle, |job| {
                pairs_of(&job["strategy"]).any(|(key, _)| key != "runOnce")
                    || pairs_of(&job["strategy"]["runOnce"]).any(|(key, _)| key != "deploy")
            })
        },
    ),
    azure("ado.variables-shape", "variables: {DATABASE_URL: {value: x}}\njobs: []\n", |bundle| {
        let fine = |one: &Yaml| !one["name"].is_null() && one["value"].is_string() || !one["group"].is_null();
        let shape = |all: &Yaml| match all {
            Yaml::Sequence(all) => all.iter().all(fine),
            Yaml::Mapping(all) => all.values().all(|value| !value.is_mapping() && !value.is_sequence()),
            other => other.is_null(),
        };
        let files = bundle.files.iter().filter(|file| !file.is_github());
        files
            .filter(|file| mappings(&file.yaml).iter().any(|map| map.get("variables").is_some_and(|all| !shape(all))))
            .map(|file| file.name.clone())
            .collect()
    }),
    azure("ado.unused-parameter", "parameters: [{name: buildConfiguration, type: string}]\njobs: []\n", |bundle| {
        let mut found = Vec::new();
        for file in &bundle.files {
            let azure = items(&file.yaml["parameters"]).map(|one| format!("parameters.{}", scalar(&one["name"])));
            let github = pairs_of(&file.yaml["on"]["workflow_dispatch"]["inputs"])
                .map(|(name, _)| format!("inputs.{}", scalar(name)));
            found.extend(azure.chain(github).filter(|name| !file.text.contains(name.as_str())));
        }
        found
    }),
    azure("ado.runtime-var-at-compile", "jobs: [{deployment: d, environment: $(environment)}]\n", |bundle| {
        bundle
            .files
            .iter()
            .filter(|file| !file.is_github())
            .flat_map(|file| &file.jobs)
            .filter(|job| job.environment.contains("$[") || job.environment.contains("$("))
            .map(|job| job.id.clone())
            .collect()
    }),
    azure(
        "ado.skipped-predecessor",
        "stages:\n- {stage: apply, condition: \"eq(dependencies.plan.outputs['p.p.changes'], 'true')\", jobs: [{job: a}]}\n- {stage: next, dependsOn: apply, jobs: [{job: b}]}\n",
        |bundle| bundle.files.iter().filter(|file| !file.is_github()).flat_map(unborne).collect(),
    ),
    azure(
        "ado.undefined-macro",
        "jobs: [{job: a, steps: [{bash: x, env: {URL: $(POSTGRES_PASSWORD)}}]}]\n",
        |bundle| {
            bundle.files.iter().filter(|file| !file.is_github()).flat_map(|file| undefined(bundle, file)).collect()
        },
    ),
    azure(
        "ado.unknown-predefined",
        "jobs: [{job: a, steps: [{bash: x, env: {T: $(Build.SourceVersionTimestamp)}}]}]\n",
        |bundle| {
            let names = bundle.files.iter().filter(|file| !file.is_github()).flat_map(|file| macros(&file.text));
            names.filter(|name| is_ours_to_define(name) && !PREDEFINED.contains(&name.as_str())).collect()
        },
    ),
];

/// Variables that Azure Pipelines defines and we use (learn.microsoft.com/azure/devops/pipelines/build/variables, 2026-08).
const PREDEFINED: &[&str] = &[
    "Agent.JobStatus",
    "Agent.TempDirectory",
    "Build.BuildId",
    "Build.Reason",
    "Build.RequestedFor",
    "Build.SourceBranch",
    "Build.SourceVersion",
    "Pipeline.Workspace",
    "System.AccessToken",
    "System.CollectionUri",
    "System.DefaultWorkingDirectory",
    "System.DefinitionId",
    "System.JobAttempt",
    "System.PullRequest.PullRequestId",
    "System.PullRequest.TargetBranch",
    "System.StageAttempt",
    "System.TeamProjectId",
];

fn is_ours_to_define(name: &str) -> bool {
    ["Agent.", "Build.", "Pipeline.", "System."].iter().any(|prefix| name.starts_with(prefix))
}

fn pipelines(file: &Parsed) -> impl Iterator<Item = &Yaml> {
    items(&file.yaml["resources"]["pipelines"])
}

/// The jobs of Azure Pipelines that are like this, as their mappings say it.
fn azure_jobs(bundle: &Bundle, is: impl Fn(&Yaml) -> bool) -> Vec<String> {
    let files = bundle.files.iter().filter(|file| !file.is_github());
    let all = files.flat_map(|file| mappings(&file.yaml));
    let jobs = all.into_iter().filter(|map| map.get("job").is_some() || map.get("deployment").is_some());
    jobs.filter(|map| is(map)).map(|map| scalar(map.get("job").or(map.get("deployment")).unwrap())).collect()
}

/// Stages that wait for one that may be skipped, and do not say what happens then.
fn unborne(file: &Parsed) -> Vec<String> {
    let of = |id: &str| file.jobs.iter().find(|job| job.stage == *id).map(|job| job.stage_condition.as_str());
    let asks = |condition: &str, what: &str| condition.contains(what);
    let mut found = Vec::new();
    for job in &file.jobs {
        for before in &job.stage_waits {
            let Some(condition) = of(before) else { continue };
            let told = asks(&job.stage_condition, "Skipped") || asks(&job.stage_condition, "always()");
            let output = asks(condition, ".outputs[") && !asks(&job.stage_condition, ".outputs[");
            let branch = asks(condition, "Build.SourceBranch") && !asks(&job.stage_condition, "Build.SourceBranch");
            if !told && (output || branch) {
                found.push(format!("{} after {before}", job.stage));
            }
        }
    }
    found
}

/// Macros of a job that nothing defines.
fn undefined(bundle: &Bundle, file: &Parsed) -> Vec<String> {
    let mut found = Vec::new();
    for job in &file.jobs {
        for text in job.texts() {
            let defined = |name: &String| {
                is_ours_to_define(name)
                    || job.variables.iter().any(|(variable, _)| variable == name)
                    || bundle.secrets.contains(name)
                    || name.split_once('.').is_some_and(|(step, _)| job.step(step).is_some())
            };
            found.extend(
                macros(text).into_iter().filter(|name| !defined(name)).map(|name| format!("{}: {name}", job.id)),
            );
        }
    }
    found
}
