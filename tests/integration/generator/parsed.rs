//! A rendered pipeline of either system, read back as data: only what the file says, in the same words for both.

use serde_yaml::Value as Yaml;
use siding::generate::config::System;

/// A file.
pub(crate) struct Parsed {
    pub(crate) system: System,
    /// Such as `cd`.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) yaml: Yaml,
    /// Why it is no YAML, if it is none.
    pub(crate) broken: Option<String>,
    pub(crate) jobs: Vec<Job>,
}

/// A job, with what its stage says where there are stages.
#[derive(Default)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) title: String,
    /// The stage and what it waits for; nothing on GitHub.
    pub(crate) stage: String,
    pub(crate) stage_waits: Vec<String>,
    pub(crate) stage_condition: String,
    /// The operations for which the stage exists when the pipeline is compiled.
    pub(crate) compiled: String,
    /// Whether a person may leave the stage out.
    pub(crate) skippable: bool,
    pub(crate) lock: String,
    pub(crate) needs: Vec<String>,
    pub(crate) condition: String,
    pub(crate) environment: String,
    pub(crate) url: String,
    pub(crate) rights: Vec<(String, String)>,
    pub(crate) runner: String,
    pub(crate) minutes: u64,
    pub(crate) services: Vec<String>,
    /// What other jobs can read (GitHub), what it reads of others (Azure Pipelines).
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) is_deployment: bool,
    pub(crate) steps: Vec<Step>,
}

/// A step.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) id: String,
    pub(crate) title: String,
    /// `script`, or the action without its pin, or the task with its major version, or `checkout`, `publish`, `download`.
    pub(crate) kind: String,
    pub(crate) script: Option<String>,
    pub(crate) condition: String,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) with: Vec<(String, String)>,
}

impl Parsed {
    /// Reads a file; what is missing is empty.
    pub(crate) fn read(system: System, name: &str, text: &str) -> Self {
        let read: Result<Yaml, _> = serde_yaml::from_str(text);
        let broken = read.as_ref().err().map(ToString::to_string);
        let yaml = read.unwrap_or_default();
        let jobs = if system == System::GithubActions { github(&yaml) } else { azure(&yaml) };
        Self { system, name: name.to_owned(), text: text.to_owned(), yaml, broken, jobs }
    }

    /// The file of that path; nothing when it is no pipeline.
    pub(crate) fn of_path(path: &str, text: &str) -> Option<Self> {
        let (system, rest) = match path.strip_prefix(".github/workflows/") {
            Some(rest) => (System::GithubActions, rest),
            None => (System::AzurePipelines, path.strip_prefix(".azuredevops/")?),
        };
        Some(Self::read(system, rest.strip_suffix(".yml")?, text))
    }

    pub(crate) fn is_github(&self) -> bool {
        self.system == System::GithubActions
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = (&Job, &Step)> {
        self.jobs.iter().flat_map(|job| job.steps.iter().map(move |step| (job, step)))
    }

    /// The scripts.
    pub(crate) fn scripts(&self) -> impl Iterator<Item = (&Step, &str)> {
        self.steps().filter_map(|(_, step)| Some((step, step.script.as_deref()?)))
    }
}

impl Job {
    /// Everything that decides whether it runs.
    pub(crate) fn conditions(&self) -> String {
        [self.compiled.as_str(), &self.stage_condition, &self.condition].join(" ")
    }

    /// Every text in it that the CI system reads.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let own = [self.condition.as_str(), &self.stage_condition, &self.environment, &self.url];
        let steps = self.steps.iter().flat_map(|step| {
            let pairs = step.env.iter().chain(&step.with).map(|(_, value)| value.as_str());
            pairs.chain([step.condition.as_str(), step.title.as_str()])
        });
        own.into_iter().chain(self.variables.iter().map(|(_, value)| value.as_str())).chain(steps).collect()
    }

    pub(crate) fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }
}

impl Step {
    /// What an input or a variable holds; empty when it is not there.
    pub(crate) fn value(&self, name: &str) -> &str {
        let all = self.with.iter().chain(&self.env);
        all.filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).next().unwrap_or_default()
    }

    /// The task or action without its version and owner's folders, in lower case without hyphens: `zipdeploy` on both.
    pub(crate) fn tool(&self) -> String {
        let name = self.kind.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        name.replace('-', "").to_lowercase()
    }

    /// Its script, or nothing.
    pub(crate) fn text(&self) -> &str {
        self.script.as_deref().unwrap_or_default()
    }
}

fn github(yaml: &Yaml) -> Vec<Job> {
    pairs_of(&yaml["jobs"])
        .map(|(id, job)| Job {
            id: scalar(id),
            title: text(job, "name"),
            needs: list(&job["needs"]),
            condition: text(job, "if"),
            environment: if job["environment"].is_string() {
                text(job, "environment")
            } else {
                text(&job["environment"], "name")
            },
            url: text(&job["environment"], "url"),
            rights: pairs(&job["permissions"]),
            runner: if job["runs-on"].is_string() { text(job, "runs-on") } else { text(&job["runs-on"], "group") },
            minutes: job["timeout-minutes"].as_u64().unwrap_or_default(),
            services: pairs_of(&job["services"]).map(|(name, _)| scalar(name)).collect(),
            variables: pairs(&job["outputs"]),
            is_deployment: !job["environment"].is_null(),
            steps: items(&job["steps"]).map(github_step).collect(),
            ..Job::default()
        })
        .collect()
}

fn github_step(step: &Yaml) -> Step {
    let uses = text(step, "uses");
    Step {
        id: text(step, "id"),
        title: text(step, "name"),
        kind: if uses.is_empty() { "script".to_owned() } else { uses.split('@').next().unwrap_or_default().to_owned() },
        script: step["run"].as_str().map(str::to_owned),
        condition: text(step, "if"),
        env: pairs(&step["env"]),
        with: pairs(&step["with"]),
    }
}

fn azure(yaml: &Yaml) -> Vec<Job> {
    let mut jobs = Vec::new();
    for item in items(&yaml["stages"]) {
        match item.as_mapping().and_then(|map| map.iter().next()) {
            Some((key, inner)) if scalar(key).starts_with("${{ if ") => {
                let compiled = scalar(key).trim_start_matches("${{ if ").trim_end_matches(" }}").to_owned();
                jobs.extend(items(inner).flat_map(|stage| stage_jobs(stage, &compiled)));
            }
            _ => jobs.extend(stage_jobs(item, "")),
        }
    }
    jobs.extend(items(&yaml["jobs"]).map(azure_job));
    jobs
}

fn stage_jobs(stage: &Yaml, compiled: &str) -> Vec<Job> {
    items(&stage["jobs"])
        .map(|job| Job {
            stage: text(stage, "stage"),
            stage_waits: list(&stage["dependsOn"]),
            stage_condition: text(stage, "condition"),
            compiled: compiled.to_owned(),
            skippable: stage["isSkippable"].as_bool().unwrap_or(true),
            lock: text(stage, "lockBehavior"),
            ..azure_job(job)
        })
        .collect()
}

fn azure_job(job: &Yaml) -> Job {
    let is_deployment = !job["deployment"].is_null();
    let steps = if is_deployment { &job["strategy"]["runOnce"]["deploy"]["steps"] } else { &job["steps"] };
    let pool = &job["pool"];
    let named = |pair: &Yaml| match text(pair, "group") {
        group if group.is_empty() => (text(pair, "name"), text(pair, "value")),
        group => (format!("group {group}"), String::new()),
    };
    Job {
        id: text(job, if is_deployment { "deployment" } else { "job" }),
        title: text(job, "displayName"),
        needs: list(&job["dependsOn"]),
        condition: text(job, "condition"),
        environment: text(job, "environment"),
        runner: if pool["vmImage"].is_null() { text(pool, "name") } else { text(pool, "vmImage") },
        minutes: job["timeoutInMinutes"].as_u64().unwrap_or_default(),
        services: pairs_of(&job["services"]).map(|(name, _)| scalar(name)).collect(),
        variables: items(&job["variables"]).map(named).collect(),
        is_deployment,
        steps: items(steps).map(azure_step).collect(),
        ..Job::default()
    }
}

fn azure_step(step: &Yaml) -> Step {
    let first = pairs_of(step).next().map(|(key, value)| (scalar(key), scalar(value)));
    let (key, value) = first.unwrap_or_default();
    let mut with = pairs(&step["inputs"]);
    let script = match key.as_str() {
        "bash" | "script" => Some(value.clone()),
        _ => with.iter().position(|(name, _)| name == "inlineScript").map(|place| with.remove(place).1),
    };
    if matches!(key.as_str(), "publish" | "download" | "checkout") {
        with.push((key.clone(), value.clone()));
        let others = ["artifact", "fetchDepth", "persistCredentials"].into_iter();
        with.extend(others.map(|name| (name.to_owned(), text(step, name))).filter(|(_, value)| !value.is_empty()));
    }
    Step {
        id: text(step, "name"),
        title: text(step, "displayName"),
        kind: match key.as_str() {
            "bash" | "script" => "script".to_owned(),
            "task" => value,
            _ => key,
        },
        script,
        condition: text(step, "condition"),
        env: pairs(&step["env"]),
        with,
    }
}

pub(crate) fn items(yaml: &Yaml) -> impl Iterator<Item = &Yaml> {
    yaml.as_sequence().into_iter().flatten()
}

pub(crate) fn pairs_of(yaml: &Yaml) -> impl Iterator<Item = (&Yaml, &Yaml)> {
    yaml.as_mapping().into_iter().flatten()
}

fn pairs(yaml: &Yaml) -> Vec<(String, String)> {
    pairs_of(yaml).map(|(key, value)| (scalar(key), scalar(value))).collect()
}

fn text(yaml: &Yaml, key: &str) -> String {
    yaml.get(key).map(scalar).unwrap_or_default()
}

pub(crate) fn list(yaml: &Yaml) -> Vec<String> {
    match yaml {
        Yaml::Sequence(all) => all.iter().map(scalar).collect(),
        Yaml::Null => Vec::new(),
        one => vec![scalar(one)],
    }
}

pub(crate) fn scalar(yaml: &Yaml) -> String {
    match yaml {
        Yaml::String(text) => text.clone(),
        Yaml::Bool(flag) => flag.to_string(),
        Yaml::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
