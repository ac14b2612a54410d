//! Rows on resources as code, and on what goes into clusters.

use super::super::parsed::{Parsed, Step, list};
use super::facts::{commands, deploys, jobs, runs, steps};
use super::{Row, azure, elsewhere, github};

pub(super) const ROWS: &[Row] = &[
    azure("any.tf-apply-init", "jobs: [{job: a, steps: [{bash: terraform apply -auto-approve}]}]\n", |bundle| {
        steps(bundle, |_, step| step.text().contains("terraform apply") && !step.text().contains("terraform init"))
    }),
    azure("any.tf-exitcode", "jobs: [{job: a, steps: [{bash: terraform plan -detailed-exitcode}]}]\n", |bundle| {
        steps(bundle, |_, step| {
            let asked = ["2)", "-eq 2", "= 2", "-ne 2"].iter().any(|text| step.text().contains(text));
            step.text().contains("-detailed-exitcode") && !asked
        })
    }),
    azure(
        "any.tf-plan-artifact",
        "jobs: [{job: a, steps: [{bash: terraform plan}, {publish: infra/tfplan, artifact: p}]}]\n",
        |bundle| {
            let kept = |job: &&super::super::parsed::Job| {
                let publishes = |step: &&Step| step.kind == "publish" || step.tool() == "uploadartifact";
                // The page for people is text, in which Terraform has left out what is sensitive.
                let page = |step: &Step| ["publish", "path"].iter().any(|key| step.value(key) == "plan-page/plan.md");
                job.steps.iter().filter(publishes).any(|step| !page(step))
            };
            jobs(bundle, |job| kept(&job) && job.steps.iter().any(|step| step.text().contains("terraform plan")))
        },
    ),
    azure("any.tf-state", "jobs: [{job: a, steps: [{bash: terraform init}]}]\n", |bundle| {
        steps(bundle, |_, step| {
            step.text().contains("terraform init")
                && !["-backend-config", "-backend=false"].iter().any(|flag| step.text().contains(flag))
        })
    }),
    azure("any.tf-workspace", "jobs: [{job: a, steps: [{bash: terraform workspace select dev}]}]\n", |bundle| {
        steps(bundle, |_, step| step.text().contains("terraform workspace"))
    }),
    azure("any.bicep-whatif", "jobs: [{job: a, steps: [{bash: az deployment group create -f x}]}]\n", |bundle| {
        let looked = |file: &Parsed| file.steps().any(|(_, step)| step.text().contains("what-if"));
        let changed = |file: &Parsed| {
            file.steps().any(|(_, step)| {
                ["az deployment group create", "az stack group create"].iter().any(|text| step.text().contains(text))
            })
        };
        bundle.files.iter().filter(|file| changed(file) && !looked(file)).map(|file| file.name.clone()).collect()
    }),
    azure(
        "any.path-filter-gap",
        "trigger: {branches: {include: [main]}, paths: {include: [infra/terraform/*]}}\njobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}]}}}}]\n",
        |bundle| {
            let narrow = |file: &&Parsed| {
                let paths = [&file.yaml["trigger"]["paths"]["include"], &file.yaml["on"]["push"]["paths"]];
                paths.iter().any(|paths| !list(paths).is_empty()) && file.steps().any(|(_, step)| deploys(step))
            };
            bundle.files.iter().filter(narrow).map(|file| file.name.clone()).collect()
        },
    ),
    azure(
        "any.promote-digest",
        "jobs: [{job: a, steps: [{bash: x, env: {IMAGES: 'shop registry/shop:latest'}}]}]\n",
        |bundle| {
            let named = |line: &str| {
                line.split(' ').nth(1).is_some_and(|reference| {
                    !reference.starts_with("$(needs.")
                        && !reference.starts_with("${{")
                        && !reference.contains("@sha256:")
                })
            };
            steps(bundle, |_, step| step.value("IMAGES").lines().any(named))
        },
    ),
    github(
        "any.ephemeral-name",
        "jobs: {up: {steps: [{run: kubectl create namespace testing, env: {NAMESPACE: testing}}]}}\n",
        |bundle| {
            steps(bundle, |_, step| {
                let made = runs(step, "k8s-namespace-up") || step.text().contains("create namespace testing");
                let name = step.value("NAMESPACE");
                made && !name.contains("github.run_id") && !name.contains("Build.BuildId")
            })
        },
    ),
    github("any.cleanup-always", "jobs: {down: {steps: [{run: kubectl delete namespace x}]}}\n", |bundle| {
        jobs(bundle, |job| {
            let down = |step: &super::super::parsed::Step| {
                runs(step, "k8s-namespace-down") || step.text().trim() == "kubectl delete namespace x"
            };
            job.steps.iter().any(down) && !job.conditions().contains("always()")
        })
    }),
    github("any.k8s-validate", "jobs: {a: {steps: [{run: kubectl apply -f x}]}}\n", |bundle| {
        let applies = |step: &super::super::parsed::Step| {
            ["kubectl apply", "cluster apply"].iter().any(|text| step.text().contains(text))
        };
        let found = bundle.files.iter().flat_map(Parsed::steps).filter(|(_, step)| applies(step));
        let looked = |text: &str| text.contains("--dry-run=server");
        let all: Vec<_> = found.collect();
        let validated = bundle.files.iter().flat_map(Parsed::steps).any(|(_, step)| looked(step.text()));
        all.into_iter().filter(|_| !validated).map(|(job, step)| format!("{}.{}", job.id, step.id)).collect()
    }),
    github("any.k8s-namespace", "jobs: {a: {steps: [{run: kubectl apply -f x, env: {NAMESPACE: dev}}]}}\n", |bundle| {
        steps(bundle, |_, step| {
            commands(step)
                .iter()
                .any(|line| line.contains("kubectl ") && line.contains("apply") && !line.contains("namespace"))
        })
    }),
    azure(
        "any.remote-apply",
        "jobs: [{job: a, steps: [{bash: 'kubectl apply -f https://raw.githubusercontent.com/x/master/y.yml'}]}]\n",
        |bundle| {
            steps(bundle, |_, step| {
                commands(step).iter().any(|line| line.contains("apply") && line.contains("https://"))
            })
        },
    ),
    elsewhere(
        "any.k8s-replicas-hpa",
        "the manifests are the team's; our scripts change images and colours and leave replicas alone",
    ),
    elsewhere(
        "any.k8s-pull",
        "whether the cluster may pull from the registry is a role on Azure; no pull secret is rendered or named",
    ),
    elsewhere(
        "any.k8s-hpa-metric",
        "metrics of an autoscaler are in the team's manifests, and adapters are installed in the cluster",
    ),
    elsewhere(
        "any.k8s-identity",
        "the identity of pods is in the team's manifests and Terraform; pipelines sign in with their own",
    ),
    elsewhere(
        "any.bicep-k8s",
        "the content of the team's Bicep; ours is never asked to deploy to a cluster, manifests are",
    ),
    elsewhere(
        "any.tf-secret-state",
        "which values Terraform keeps in its state is decided by the team's code, and scanned as `config`",
    ),
    elsewhere(
        "any.slot-sku",
        "a config with a slot on a plan without slots is refused before anything is rendered (bad_config)",
    ),
    elsewhere(
        "any.swa-rewrite",
        "routes of a Static Web App are in the team's staticwebapp.config.json, which is not rendered",
    ),
];
