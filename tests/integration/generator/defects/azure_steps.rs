//! Rows on the steps and tasks of Azure Pipelines.

use siding::spec::pascal_case;

use super::super::parsed::{Job, Step};
use super::facts::{azure_steps, calls, commands, expands};
use super::{Row, azure, elsewhere};

pub(super) const ROWS: &[Row] = &[
    azure(
        "ado.always-vs-succeededOrFailed",
        "jobs: [{job: a, steps: [{task: PublishTestResults@2, condition: always()}]}]\n",
        |bundle| azure_steps(bundle, |_, step| publishes_reports(step) && step.condition.contains("always()")),
    ),
    azure("ado.publish-always", "jobs: [{job: a, steps: [{task: PublishTestResults@2}]}]\n", |bundle| {
        azure_steps(bundle, |_, step| publishes_reports(step) && !step.condition.contains("succeededOrFailed()"))
    }),
    azure("ado.az-outside-task", "jobs: [{job: a, steps: [{bash: az webapp list}]}]\n", |bundle| {
        // These two work on files alone.
        let offline = |line: &str| line.contains("az bicep ") || line.contains("kubectl kustomize ");
        let session =
            |line: &&str| ["az", "kubectl", "helm"].iter().any(|program| calls(line, program)) && !offline(line);
        azure_steps(bundle, |_, step| step.kind == "script" && commands(step).iter().any(session))
    }),
    azure(
        "ado.cache-path",
        "jobs: [{job: a, steps: [{task: Cache@2, inputs: {path: $(PIP_CACHE_DIR)}}]}]\n",
        |bundle| {
            azure_steps(bundle, |job, step| {
                let path = step.value("path").trim_start_matches("$(").trim_end_matches(')');
                step.tool() == "cache"
                    && !path.starts_with("Pipeline.")
                    && job.variables.iter().all(|(name, _)| name != path)
            })
        },
    ),
    azure(
        "ado.canary-task",
        "jobs: [{deployment: a, environment: e, strategy: {runOnce: {deploy: {steps: [{bash: kubectl set image x}]}}}}]\n",
        |bundle| azure_steps(bundle, |_, step| step.text().contains("kubectl set image")),
    ),
    azure("ado.cross-job-files", "jobs: [{job: a, steps: [{bash: source .venv/bin/activate}]}]\n", |bundle| {
        azure_steps(bundle, |job, step| {
            let made = before(job, step).any(|earlier| earlier.text().contains("venv"));
            step.text().contains(".venv/bin/activate") && !made
        })
    }),
    azure(
        "ado.deployment-no-checkout",
        "jobs: [{deployment: a, environment: e, strategy: {runOnce: {deploy: {steps: [{bash: python scripts/check.py}]}}}}]\n",
        |bundle| {
            azure_steps(bundle, |job, step| {
                let fetched = before(job, step)
                    .any(|earlier| earlier.kind == "checkout" || earlier.tool().starts_with("download"));
                job.is_deployment && !fetched && commands(step).iter().any(|line| runs_a_file(line))
            })
        },
    ),
    azure("ado.deprecated-task", "jobs: [{job: a, steps: [{task: PublishCodeCoverageResults@1}]}]\n", |bundle| {
        azure_steps(bundle, |_, step| DEPRECATED.contains(&step.kind.as_str()))
    }),
    azure("ado.legacy-artifacts", "jobs: [{job: a, steps: [{task: PublishBuildArtifacts@1}]}]\n", |bundle| {
        azure_steps(bundle, |_, step| step.kind.contains("BuildArtifacts"))
    }),
    azure("ado.unknown-task", "jobs: [{job: a, steps: [{task: CodeReviewBot@1}]}]\n", |bundle| {
        azure_steps(bundle, |_, step| step.kind.contains('@') && !is_first_party(step) && !is_ours(step))
    }),
    azure("ado.extension-task", "jobs: [{job: a, steps: [{task: WhiteSource@21}]}]\n", |bundle| {
        azure_steps(bundle, |_, step| EXTENSIONS.iter().any(|name| step.kind.starts_with(name)))
    }),
    azure(
        "ado.kv-star",
        "jobs: [{job: a, steps: [{task: AzureKeyVault@2, inputs: {SecretsFilter: '*', RunAsPreJob: true}}]}]\n",
        |bundle| {
            azure_steps(bundle, |_, step| {
                step.value("SecretsFilter") == "*"
                    || step.value("RunAsPreJob") == "true"
                    || step.tool() == "kvsync" && step.value("secrets").contains('*')
            })
        },
    ),
    azure(
        "ado.macro-becomes-subshell",
        "jobs: [{job: a, steps: [{bash: 'docker push $(containerRegistry)/x'}]}]\n",
        |bundle| azure_steps(bundle, |_, step| expands(step.text()).is_some()),
    ),
    azure(
        "ado.notify-is-not-approve",
        "jobs: [{job: a, pool: server, steps: [{task: ManualValidation@1, inputs: {notifyUsers: a@b.c}}]}]\n",
        |bundle| {
            azure_steps(bundle, |_, step| !step.value("notifyUsers").is_empty() && step.value("approvers").is_empty())
        },
    ),
    azure(
        "ado.server-task-in-agent-job",
        "jobs: [{job: a, pool: {vmImage: x}, steps: [{task: ManualValidation@1}]}]\n",
        |bundle| {
            azure_steps(bundle, |job, step| {
                let server = ["ManualValidation", "ManualIntervention", "Delay", "InvokeRESTAPI", "AzureMonitor"];
                !job.runner.is_empty() && server.iter().any(|task| step.kind.starts_with(task))
            })
        },
    ),
    azure(
        "ado.required-input",
        "jobs: [{job: a, steps: [{task: AzureKeyVault@2, inputs: {KeyVaultName: kv}}]}]\n",
        |bundle| {
            azure_steps(bundle, |_, step| {
                let needed = REQUIRED.iter().filter(|(task, _)| step.kind.split('@').next() == Some(task));
                needed.flat_map(|(_, inputs)| inputs.iter()).any(|input| step.value(input).is_empty())
            })
        },
    ),
    elsewhere(
        "ado.env-without-check",
        "whether an environment has its approval check is set in Azure DevOps; `siding explain` says which must have one",
    ),
];

/// Tasks that Microsoft has replaced.
const DEPRECATED: [&str; 5] =
    ["PublishCodeCoverageResults@1", "PublishTestResults@1", "NodeTool@0", "AzureCLI@1", "UsePythonVersion@1"];

/// Tasks that come with an extension of somebody else.
const EXTENSIONS: [&str; 5] =
    ["WhiteSource@", "TerraformInstaller@", "TerraformTask", "PublishSecurityAnalysisLogs@", "Dependabot@"];

/// Tasks that Azure DevOps has, of those that anything here would use.
const FIRST_PARTY: [&str; 13] = [
    "AdvancedSecurity-Codeql-Analyze@1",
    "AdvancedSecurity-Codeql-Init@1",
    "AzureCLI@2",
    "DownloadPipelineArtifact@2",
    "GoTool@0",
    "JavaToolInstaller@1",
    "KubeloginInstaller@0",
    "PublishCodeCoverageResults@2",
    "PublishTestResults@2",
    "UseDotNet@2",
    "UseNode@1",
    "UsePythonVersion@0",
    "Cache@2",
];

/// What tasks do not run without.
const REQUIRED: [(&str, &[&str]); 8] = [
    ("AzureKeyVault", &["azureSubscription", "KeyVaultName"]),
    ("AzureCLI", &["azureSubscription", "scriptType"]),
    ("AzureWebApp", &["azureSubscription", "appType", "appName"]),
    ("ZipDeploy", &["azureSubscription", "package", "appName"]),
    ("SlotSwap", &["azureSubscription", "appName", "slotName"]),
    ("KvSync", &["azureSubscription", "vault", "secrets"]),
    ("PublishTestResults", &["testResultsFormat", "testResultsFiles"]),
    ("DownloadPipelineArtifact", &["artifactName", "targetPath"]),
];

fn is_first_party(step: &Step) -> bool {
    FIRST_PARTY.contains(&step.kind.as_str())
}

fn is_ours(step: &Step) -> bool {
    let name = step.kind.split('@').next().unwrap_or_default();
    siding::tools::ALL.iter().any(|tool| pascal_case(tool.spec.name) == name)
}

/// Steps that show people what went wrong.
fn publishes_reports(step: &Step) -> bool {
    let named = ["PublishTestResults@", "PublishCodeCoverageResults@"].iter().any(|task| step.kind.starts_with(task));
    named || step.value("publish") == "reports" || step.value("artifact").starts_with("CodeAnalysisLogs")
}

fn before<'a>(job: &'a Job, step: &'a Step) -> impl Iterator<Item = &'a Step> {
    job.steps.iter().take_while(move |other| !std::ptr::eq(*other, step))
}

/// Whether a line runs a file of the repository.
fn runs_a_file(line: &str) -> bool {
    let is_file = |word: &str| word.contains('/') && [".py", ".sh", ".js"].iter().any(|end| word.ends_with(end));
    ["python", "python3", "bash", "sh", "node"].iter().any(|program| calls(line, program))
        && line.split(' ').any(is_file)
}
