//! Rows on deliveries: order, proof, the way back, identities, secrets.

use super::super::parsed::{Job, Parsed, Step};
use super::facts::{commands, delivers, deploys, jobs, proves, runs, steps, takes_back};
use super::{Bundle, Row, azure, github, given};

pub(super) const ROWS: &[Row] = &[
    azure(
        "any.prod-without-predecessor",
        "stages:\n- {stage: staging, jobs: [{deployment: s, environment: staging, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}]}}}}]}\n\
         - {stage: production, dependsOn: [], jobs: [{deployment: p, environment: production, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}]}}}}]}\n",
        |bundle| {
            let production = |job: &&Job| environment(job).ends_with("production") && !is_by_hand(job);
            let alone = |file: &Parsed, job: &Job| {
                !ancestors(file, job)
                    .iter()
                    .any(|one| delivers(one) || one.steps.iter().any(|step| runs(step, "image-find-tested")))
            };
            each_delivery(bundle, |file, job| {
                let several = file
                    .jobs
                    .iter()
                    .any(|other| delivers(other) && environment(other) != environment(job) && !is_by_hand(other));
                several && production(&job) && alone(file, job)
            })
        },
    ),
    azure(
        "any.promotion-order",
        "stages:\n- {stage: qa, dependsOn: [], jobs: [{deployment: q, environment: qa, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}]}}}}]}\n\
         - {stage: staging, dependsOn: [], jobs: [{deployment: s, environment: staging, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}]}}}}]}\n",
        |bundle| {
            each_delivery(bundle, |file, job| {
                let beside = |other: &Job| {
                    delivers(other)
                        && !is_by_hand(other)
                        && environment(other) != environment(job)
                        && other.conditions() == job.conditions()
                        && !related(file, job, other)
                };
                !is_by_hand(job) && file.jobs.iter().any(beside)
            })
        },
    ),
    azure(
        "any.two-targets",
        "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}, {bash: kubectl apply -f x}]}}}}]\n",
        |bundle| {
            jobs(bundle, |job| {
                let cluster = |step: &Step| step.text().contains("kubectl ");
                job.steps.iter().any(|step| step.tool() == "zipdeploy") && job.steps.iter().any(cluster)
            })
        },
    ),
    azure(
        "any.env-vocabulary",
        "jobs: [{deployment: d, environment: shop-production, strategy: {runOnce: {deploy: {steps: [{bash: x, env: {ENVIRONMENT: prod}}]}}}}]\n",
        |bundle| {
            steps(bundle, |job, step| {
                !step.value("ENVIRONMENT").is_empty() && !job.environment.ends_with(step.value("ENVIRONMENT"))
            })
        },
    ),
    azure(
        "any.no-health-gate",
        "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}]}}}}]\n",
        |bundle| jobs(bundle, |job| delivers(job) && !job.steps.iter().any(proves)),
    ),
    azure(
        "any.no-rollback",
        "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}, {task: SmokeTest@0}]}}}}]\n",
        |bundle| {
            jobs(bundle, |job| {
                let live = job
                    .steps
                    .iter()
                    .any(|step| deploys(step) && slot(step).is_empty() && step.value("PREVIEW").is_empty());
                let temporary = job.steps.iter().any(|step| runs(step, "k8s-namespace-up"));
                delivers(job) && live && !temporary && !is_by_hand(job) && !job.steps.iter().any(takes_back)
            })
        },
    ),
    azure(
        "any.rollback-stale-slot",
        "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{task: SlotSwap@0, inputs: {action: rollback}}]}}}}]\n",
        |bundle| {
            steps(bundle, |job, step| {
                let looked = job.steps.iter().any(|other| runs(other, "slot-unchanged"))
                    || step.value("checks").contains("commit");
                let told = !step.value("swapped-at").is_empty() || !step.value("swappedAt").is_empty();
                step.tool() == "slotswap"
                    && step.value("action") == "rollback"
                    && !(told && (looked || !is_by_hand(job)))
            })
        },
    ),
    azure(
        "any.bluegreen-state",
        "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{bash: \"kubectl apply -f green.yml\\nkubectl delete deployment app-blue\\n\"}]}}}}]\n",
        |bundle| {
            steps(bundle, |_, step| {
                let text = step.text();
                text.contains("blue")
                    && text.contains("green")
                    && (!text.contains("selector") || text.contains("delete deployment"))
            })
        },
    ),
    azure(
        "any.migrate-before-deploy",
        "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0}, {bash: alembic upgrade head}]}}}}]\n",
        |bundle| {
            jobs(bundle, |job| {
                let deployed = job.steps.iter().position(deploys);
                let migrated = job.steps.iter().rposition(migrates);
                deployed.is_some() && migrated.is_some_and(|place| Some(place) > deployed)
            })
        },
    ),
    azure(
        "any.migrate-target",
        "jobs:\n- {deployment: s, environment: staging, strategy: {runOnce: {deploy: {steps: [{bash: alembic upgrade head}, {task: ZipDeploy@0}]}}}}\n\
         - {deployment: p, environment: production, strategy: {runOnce: {deploy: {steps: [{task: SlotSwap@0}]}}}}\n",
        |bundle| {
            let released = |file: &Parsed, job: &Job| delivers(job) && !is_by_hand(job) && file.name == "cd";
            each_delivery(bundle, |file, job| {
                let lead = |job: &Job| job.id.replace('-', "_").split('_').skip(1).collect::<Vec<_>>().join("_");
                let others = file.jobs.iter().any(|other| {
                    released(file, other)
                        && other.steps.iter().any(migrates)
                        && (lead(other) == lead(job) || lead(job).is_empty())
                });
                released(file, job) && others && !job.steps.iter().any(migrates)
            })
        },
    ),
    azure("any.backup-on-agent", "jobs: [{job: a, steps: [{bash: 'pg_dump x >backup.sql'}]}]\n", |bundle| {
        steps(bundle, |_, step| commands(step).iter().any(|line| line.contains("pg_dump") || line.contains("--backup")))
    }),
    azure("any.secret-in-log", "jobs: [{job: a, steps: [{bash: 'echo \"$DATABASE_URL\"'}]}]\n", |bundle| {
        let told = |line: &str| line.starts_with("echo ") || line.starts_with("printf ");
        let secret = |line: &str| {
            ["$DATABASE_URL", "$TOKEN", "$DEPLOYMENT_TOKEN", "$WEBHOOK"].iter().any(|name| line.contains(name))
        };
        let fed = |line: &str| line.contains('|') || line.contains('>');
        steps(bundle, |_, step| {
            commands(step).iter().any(|line| told(line) && secret(line) && !fed(line) || line.starts_with("set -x"))
        })
    }),
    azure(
        "any.unmasked-secret",
        "jobs: [{job: a, steps: [{bash: 'X=\"$(az keyvault secret show -o tsv)\"'}]}]\n",
        |bundle| {
            steps(bundle, |_, step| {
                let reads = step.text().contains("keyvault secret show") || step.text().contains("secrets list");
                reads && !step.text().lines().any(|line| line.trim_start().starts_with("mask "))
            })
        },
    ),
    azure(
        "any.secret-name",
        "jobs: [{job: a, steps: [{task: KvSync@0, name: a, inputs: {secrets: DATABASE_URL=database-url}}, {task: KvSync@0, name: b, inputs: {secrets: DATABASE_URL=db-connection}}]}]\n",
        |bundle| {
            let all: Vec<(&Job, &Step)> =
                bundle.files.iter().flat_map(Parsed::steps).filter(|(_, step)| step.tool() == "kvsync").collect();
            let pair = |step: &Step| {
                step.value("secrets").split_once('=').map(|(name, secret)| (name.to_owned(), secret.to_owned()))
            };
            let differs = |(_, step): &&(&Job, &Step)| {
                all.iter().any(|(_, other)| {
                    other.id == step.id && pair(other) != pair(step)
                        || pair(other).zip(pair(step)).is_some_and(|(one, two)| one.0 == two.0 && one.1 != two.1)
                })
            };
            all.iter().filter(differs).map(|(job, step)| format!("{}.{}", job.id, step.id)).collect()
        },
    ),
    github(
        "any.long-lived-secret",
        "jobs: {a: {steps: [{uses: azure/login@v2, with: {creds: '${{ secrets.AZURE_CREDENTIALS }}'}}]}}\n",
        |bundle| {
            let words = [
                "AZURE_CREDENTIALS",
                "--sdk-auth",
                "client-secret",
                "clientSecret",
                "publish-profile",
                "servicePrincipalKey",
            ];
            let found = bundle
                .files
                .iter()
                .filter(|file| words.iter().any(|word| file.text.contains(word)) || file.text.contains("creds:"));
            found.map(|file| file.name.clone()).collect()
        },
    ),
    github(
        "any.oidc-subject",
        "jobs: {a: {permissions: {id-token: write}, steps: [{uses: azure/login@v2, with: {client-id: x}}]}}\n",
        |bundle| {
            jobs(bundle, |job| {
                let signs_in = job
                    .steps
                    .iter()
                    .any(|step| !step.value("client-id").is_empty() || !step.value("azureSubscription").is_empty());
                let asks = job.rights.iter().any(|(right, _)| right == "id-token");
                signs_in && (job.environment.is_empty() || !asks && !job.rights.is_empty())
            })
        },
    ),
    azure(
        "any.guessed-hostname",
        "jobs: [{job: a, steps: [{bash: 'curl https://shop-staging.azurewebsites.net'}]}]\n",
        |bundle| {
            bundle
                .files
                .iter()
                .filter(|file| file.text.contains(".azurewebsites.net"))
                .map(|file| file.name.clone())
                .collect()
        },
    ),
    azure(
        "any.probe-localhost",
        "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{bash: 'curl http://localhost:8000/health'}]}}}}]\n",
        |bundle| {
            steps(bundle, |job, step| {
                let local =
                    |text: &str| ["http://localhost", "http://127.0.0.1"].iter().any(|host| text.contains(host));
                job.is_deployment
                    && (local(step.text()) || step.env.iter().chain(&step.with).any(|(_, value)| local(value)))
            })
        },
    ),
    azure(
        "any.probe-no-retry",
        "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{bash: 'curl -f \"$URL/health\"'}]}}}}]\n",
        |bundle| {
            steps(bundle, |job, step| {
                let once =
                    |line: &&str| line.contains("curl ") && !line.contains("--retry") && !line.contains("--max-time");
                job.is_deployment && commands(step).iter().any(once)
            })
        },
    ),
    given(
        azure(
            "any.private-endpoint",
            "jobs: [{deployment: d, environment: shop-production, pool: {vmImage: ubuntu-24.04}, strategy: {runOnce: {deploy: {steps: [{bash: x}]}}}}]\n",
            |bundle| {
                let (environments, runner) = &bundle.private;
                jobs(bundle, |job| environments.iter().any(|name| environment(job) == *name) && job.runner != *runner)
            },
        ),
        |bundle| bundle.private = (vec!["production".to_owned()], "vnet-linux".to_owned()),
    ),
    given(
        azure(
            "any.worker-slot",
            "jobs: [{deployment: d, environment: e, strategy: {runOnce: {deploy: {steps: [{task: ZipDeploy@0, inputs: {appName: shop-worker, slotName: staging}}]}}}}]\n",
            |bundle| {
                steps(bundle, |_, step| {
                    let app = [step.value("appName"), step.value("app-name")].concat();
                    deploys(step) && !slot(step).is_empty() && bundle.workers.contains(&app)
                })
            },
        ),
        |bundle| bundle.workers = vec!["shop-worker".to_owned()],
    ),
    azure("any.load-test-target", "jobs: [{job: a, steps: [{bash: locust -f x --headless}]}]\n", |bundle| {
        steps(bundle, |job, step| {
            let host = step.value("LOCUST_HOST");
            let target = !host.is_empty() || step.text().contains("--host");
            commands(step).iter().any(|line| line.starts_with("locust "))
                && (!target || job.needs.is_empty() && job.stage_waits.is_empty())
        })
    }),
];

/// The environment of a job, without the system's name in front.
fn environment(job: &Job) -> &str {
    job.environment.split_once("shop-").map_or(job.environment.as_str(), |(_, name)| name)
}

fn slot(step: &Step) -> String {
    [step.value("slotName"), step.value("slot-name")].concat()
}

fn is_by_hand(job: &Job) -> bool {
    job.conditions().contains("'rollback'") && !job.conditions().contains("'deploy'")
        || job.conditions().contains("'contract'") && !job.conditions().contains("== 'deploy' ||")
        || job.id.starts_with("rollback")
        || job.id.starts_with("contract")
}

fn migrates(step: &Step) -> bool {
    runs(step, "migrate") || step.text().lines().any(|line| line.trim().starts_with("alembic upgrade"))
}

fn each_delivery(bundle: &Bundle, is: impl Fn(&Parsed, &Job) -> bool) -> Vec<String> {
    let all = bundle.files.iter().flat_map(|file| file.jobs.iter().map(move |job| (file, job)));
    all.filter(|(file, job)| delivers(job) && is(file, job)).map(|(_, job)| job.id.clone()).collect()
}

/// The jobs that a job waits for, near and far.
fn ancestors<'a>(file: &'a Parsed, job: &'a Job) -> Vec<&'a Job> {
    let mut found: Vec<&Job> = Vec::new();
    let mut open = vec![job];
    while let Some(next) = open.pop() {
        for other in &file.jobs {
            let waits = next.needs.contains(&other.id) || next.stage_waits.contains(&other.stage);
            if waits && !found.iter().any(|known| std::ptr::eq(*known, other)) {
                found.push(other);
                open.push(other);
            }
        }
    }
    found
}

fn related(file: &Parsed, one: &Job, other: &Job) -> bool {
    let before = |first: &Job, second: &Job| ancestors(file, second).iter().any(|job| std::ptr::eq(*job, first));
    before(one, other) || before(other, one)
}
