//! Rows on what proves a change: tests, scans, reports, what is installed, and scripts as such.

use serde_yaml::Value as Yaml;

use super::super::parsed::{Job, Parsed, Step, list};
use super::facts::{calls, commands, jobs, runs, steps};
use super::{Row, azure, elsewhere, github, given};

pub(super) const ROWS: &[Row] = &[
    azure("any.explicit-trigger", "pr: none\njobs: []\n", |bundle| {
        let silent = |file: &&Parsed| {
            let keys: &[&str] = if file.is_github() { &["on"] } else { &["trigger", "pr"] };
            keys.iter().any(|key| file.yaml[*key].is_null())
        };
        bundle.files.iter().filter(silent).map(|file| file.name.clone()).collect()
    }),
    azure(
        "any.double-trigger",
        "trigger: {branches: {include: [main, feature/*]}}\npr: {branches: {include: [main]}}\njobs: []\n",
        |bundle| {
            let pushed = |file: &Parsed| {
                let mut all = list(&file.yaml["trigger"]["branches"]["include"]);
                all.extend(list(&file.yaml["on"]["push"]["branches"]));
                all
            };
            let asked = |file: &Parsed| file.yaml["pr"].is_mapping() || !file.yaml["on"]["pull_request"].is_null();
            let twice = |branch: &String| branch.starts_with("feature") || branch == "*" || branch == "**";
            let found = bundle.files.iter().filter(|file| asked(file) && pushed(file).iter().any(twice));
            found.map(|file| file.name.clone()).collect()
        },
    ),
    github("gha.merge-trigger", "on: {pull_request: {types: [closed]}}\njobs: {}\n", |bundle| {
        let closed = |event: &Yaml| list(&event["types"]).contains(&"closed".to_owned());
        let events =
            |file: &Parsed| ["pull_request", "pull_request_target"].map(|event| file.yaml["on"][event].clone());
        bundle.files.iter().filter(|file| events(file).iter().any(closed)).map(|file| file.name.clone()).collect()
    }),
    azure("any.yaml", "variables:\n  - a\n  b: c\n", |bundle| {
        bundle.files.iter().filter_map(|file| file.broken.clone()).collect()
    }),
    azure("any.swallowed-exit", "jobs: [{job: a, steps: [{bash: 'pylint app || true'}]}]\n", |bundle| {
        let tools = ["pylint", "bandit", "flake8", "mypy", "ruff", "pytest", "trivy", "npm", "terraform", "alembic"];
        let mut found = steps(bundle, |_, step| {
            commands(step).iter().any(|line| line.ends_with("|| true") && tools.iter().any(|tool| calls(line, tool)))
        });
        let goes_on = |file: &&Parsed| {
            ["continueOnError: true", "continue-on-error: true"].iter().any(|key| file.text.contains(key))
        };
        found.extend(bundle.files.iter().filter(goes_on).map(|file| file.name.clone()));
        found
    }),
    azure("any.no-errexit", "jobs: [{job: a, steps: [{bash: \"pip install x\\nblack .\\n\"}]}]\n", |bundle| {
        steps(bundle, |_, step| {
            step.script.is_some() && !step.text().lines().take(3).any(|line| line.starts_with("set -euo pipefail"))
        })
    }),
    azure("any.unpinned-install", "jobs: [{job: a, steps: [{bash: pip install locust}]}]\n", |bundle| {
        let loose = |line: &str| {
            let pip = line.contains("pip install") && !line.contains("--require-hashes");
            let npm =
                line.contains("npm install") || line.contains("uv pip install") && !line.contains("--require-hashes");
            pip || npm
        };
        steps(bundle, |_, step| commands(step).iter().any(|line| !is_told(line) && loose(line)))
    }),
    azure("any.curl-pipe-sh", "jobs: [{job: a, steps: [{bash: 'curl -LsSf https://x | sh'}]}]\n", |bundle| {
        let piped = |line: &str| {
            line.contains("curl")
                && line.split('|').skip(1).any(|part| matches!(part.trim().split(' ').next(), Some("sh" | "bash")))
        };
        steps(bundle, |_, step| commands(step).iter().any(|line| piped(line)))
    }),
    azure("any.path-exists", "jobs: [{job: a, steps: [{bash: python scripts/smoke-tests.py}]}]\n", |bundle| {
        let file = |word: &str| word.starts_with("scripts/") || word.starts_with("./scripts/");
        steps(bundle, |_, step| {
            step.text().lines().filter(|line| !is_told(line)).any(|line| line.split([' ', '"']).any(file))
        })
    }),
    azure("any.unknown-flag", "jobs: [{job: a, steps: [{bash: 'pytest --env=test'}]}]\n", |bundle| {
        steps(bundle, |_, step| commands(step).iter().any(|line| calls(line, "pytest") && line.contains("--env")))
    }),
    azure(
        "any.report-produced",
        "jobs: [{job: a, steps: [{task: PublishTestResults@2, inputs: {testResultsFiles: '**/test-*.xml'}}]}]\n",
        |bundle| {
            steps(bundle, |job, step| {
                // The tests of an app write into its own folder.
                let path = step.value("testResultsFiles");
                let file = path.find("reports/").map_or(path, |place| &path[place..]);
                let written = job.steps.iter().any(|other| other.env.iter().any(|(_, value)| value.contains(file)));
                step.tool() == "publishtestresults"
                    && (step.value("failTaskOnMissingResultsFile") != "true" || !written)
            })
        },
    ),
    azure(
        "any.report-format",
        "jobs: [{job: a, steps: [{task: PublishTestResults@2, inputs: {testResultsFiles: reports/load.html}}]}]\n",
        |bundle| {
            steps(bundle, |_, step| {
                let (format, files) = (step.value("testResultsFormat"), step.value("testResultsFiles"));
                step.tool() == "publishtestresults"
                    && (format != "JUnit" || files.split('.').next_back() != Some("xml"))
            })
        },
    ),
    azure("any.coverage-gate", "jobs: [{job: a, steps: [{bash: pytest --cov=app}]}]\n", |bundle| {
        let measured = |text: &str| text.contains("--cov=") && !text.contains("--cov-fail-under");
        steps(bundle, |_, step| {
            commands(step).iter().any(|line| measured(line)) || step.env.iter().any(|(_, value)| measured(value))
        })
    }),
    azure(
        "any.artifact-empty",
        "jobs: [{job: a, steps: [{publish: $(Build.ArtifactStagingDirectory), artifact: drop}]}]\n",
        |bundle| {
            steps(bundle, |_, step| {
                let staging = step.with.iter().any(|(_, value)| value.contains("ArtifactStagingDirectory"));
                staging || step.tool() == "uploadartifact" && step.value("if-no-files-found").is_empty()
            })
        },
    ),
    azure("any.tool-missing", "jobs: [{job: a, steps: [{bash: trivy image x}]}]\n", |bundle| {
        let tools = ["trivy", "terraform", "gitleaks", "tflint", "syft", "uv", "hadolint", "kubeconform", "oasdiff"];
        steps(bundle, |job, step| {
            let missing = |tool: &&str| {
                let used = commands(step).iter().any(|line| calls(line, tool));
                used && !job.steps.iter().any(|other| other.value("NAME") == *tool)
            };
            tools.iter().any(missing)
        })
    }),
    azure("any.scan-never-fails", "jobs: [{job: a, steps: [{bash: trivy image --exit-code 0 x}]}]\n", |bundle| {
        steps(bundle, |_, step| {
            let scans = runs(step, "scan") || runs(step, "image-scan");
            // Ours let the scanner write its reports, and then count what is in them.
            let counts = step.text().contains("-eq 0 ] ||");
            !counts && (scans || step.text().contains("--exit-code 0"))
        })
    }),
    azure(
        "any.scan-before-push",
        "jobs: [{job: a, steps: [{bash: docker push x, name: push}, {bash: trivy image x, name: scan}]}]\n",
        |bundle| {
            let unscanned = |file: &Parsed| {
                let all = file.jobs.iter().filter(|job| pushes_unscanned(file, job));
                all.map(|job| job.id.clone()).collect::<Vec<_>>()
            };
            bundle.files.iter().flat_map(unscanned).collect()
        },
    ),
    azure(
        "any.build-once",
        "jobs: [{job: a, steps: [{bash: \"docker build -t x:1 .\\ndocker build -t x:latest .\\n\"}]}]\n",
        |bundle| {
            jobs(bundle, |job| {
                let builds = |line: &&str| {
                    ["docker build ", "docker buildx build "].iter().any(|call| line.trim().starts_with(call))
                };
                let built = |step: &Step| step.text().lines().filter(builds).count();
                job.steps.iter().map(built).sum::<usize>() > 1
                    || job.is_deployment
                        && job.steps.iter().any(super::facts::deploys)
                        && job.steps.iter().any(|step| runs(step, "package") || runs(step, "image-build"))
            })
        },
    ),
    github(
        "any.push-from-pr",
        "on: {pull_request: {branches: [main]}}\njobs: {a: {steps: [{run: docker push x}]}}\n",
        |bundle| {
            let asked = |file: &&Parsed| file.yaml["pr"].is_mapping() || !file.yaml["on"]["pull_request"].is_null();
            let pushed = bundle.files.iter().filter(asked).flat_map(|file| &file.jobs).filter(|job| {
                job.steps.iter().any(|step| step.text().contains("docker push"))
                    && !job.conditions().contains("pull_request")
            });
            pushed.map(|job| job.id.clone()).collect()
        },
    ),
    azure("any.mutable-tag", "jobs: [{job: a, steps: [{bash: 'docker push registry/x:latest'}]}]\n", |bundle| {
        steps(bundle, |_, step| {
            step.text()
                .lines()
                .chain(step.env.iter().map(|(_, value)| value.as_str()))
                .any(|line| line.contains(":latest"))
        })
    }),
    azure(
        "any.python-build-mode",
        "jobs: [{job: a, steps: [{bash: x, env: {MODE: tree, INCLUDE: app, LOCKS: requirements.lock}}]}]\n",
        |bundle| {
            steps(bundle, |_, step| {
                let includes = |lock: &str| step.value("INCLUDE").lines().any(|line| line == lock);
                step.value("MODE") == "tree"
                    && !step.value("LOCKS").split(' ').filter(|lock| !lock.is_empty()).all(includes)
            })
        },
    ),
    azure(
        "any.artifact-include",
        "jobs: [{job: a, steps: [{task: ArchiveFiles@2, inputs: {rootFolderOrFile: $(Build.SourcesDirectory)}}]}]\n",
        |bundle| {
            steps(bundle, |_, step| {
                step.value("rootFolderOrFile").contains("SourcesDirectory")
                    || runs(step, "package")
                        && step.value("MODE") != "folder"
                        && ["", ".", "*"].contains(&step.value("INCLUDE"))
            })
        },
    ),
    azure("any.service-not-ready", "jobs: [{job: a, services: {postgres: pg}, steps: [{bash: pytest}]}]\n", |bundle| {
        jobs(bundle, |job| !job.services.is_empty() && !job.steps.iter().any(|step| runs(step, "wait-for-services")))
    }),
    given(
        azure(
            "any.promise-missing",
            "jobs: [{job: scan, displayName: Security scan, steps: [{bash: pylint}]}]\n",
            |bundle| {
                let is_there = |id: &String| bundle.files.iter().flat_map(|file| &file.jobs).any(|job| does(job, id));
                bundle.promised.iter().filter(|id| !is_there(id)).cloned().collect()
            },
        ),
        |bundle| bundle.promised = vec!["secrets".to_owned()],
    ),
    azure(
        "any.runtime-eol",
        "jobs: [{job: a, steps: [{task: UsePythonVersion@0, inputs: {versionSpec: '3.9'}}]}]\n",
        |bundle| {
            steps(bundle, |_, step| {
                let version = [step.value("versionSpec"), step.value("python-version")].concat();
                let minor = version.strip_prefix("3.").and_then(|rest| rest.split('.').next()?.parse::<u8>().ok());
                minor.is_some_and(|minor| minor < 10)
            })
        },
    ),
    elsewhere(
        "any.secret-in-repo",
        "what is committed is not rendered; the scan `secrets` looks for it on every change",
    ),
    elsewhere("any.db-url", "the connection string is a secret of the team's vault, whose text we never see"),
];

fn does(job: &Job, id: &str) -> bool {
    job.step(id).is_some_and(|step| step.text().contains("trivy"))
}

/// Lines that tell people something.
fn is_told(line: &str) -> bool {
    let line = line.trim();
    line.contains("fail \"") || line.starts_with("printf ") || line.starts_with("echo ") || line.starts_with('#')
}

/// Whether a job pushes an image that was not scanned before: by itself, or by the job that it got the image from, by its hash.
fn pushes_unscanned(file: &Parsed, job: &Job) -> bool {
    let place = |job: &Job, is: &dyn Fn(&Step) -> bool| job.steps.iter().position(is);
    let scan = |step: &Step| step.text().contains("trivy image") || runs(step, "image-scan");
    let Some(push) = place(job, &|step| step.text().contains("docker push")) else { return false };
    if place(job, &scan).is_some_and(|scan| scan < push) {
        return false;
    }
    let verified = place(job, &|step| runs(step, "verify-artifact")).is_some_and(|verified| verified < push);
    let from = file.jobs.iter().filter(|other| job.needs.contains(&other.id));
    let scanned = |other: &Job| {
        let saved = place(other, &|step| runs(step, "image-save"));
        place(other, &scan).is_some_and(|scan| saved.is_some_and(|saved| scan < saved))
    };
    !(verified && from.into_iter().any(scanned))
}
