//! A rendered pipeline, read back: only what the file says.

use serde_yaml::{Mapping, Value};

/// A stage.
pub(super) struct Stage {
    pub(super) id: String,
    /// The expression under which it exists when the pipeline is compiled.
    pub(super) when: Option<String>,
    pub(super) depends_on: Vec<String>,
    pub(super) condition: String,
    pub(super) is_skippable: bool,
    pub(super) jobs: Vec<Job>,
}

/// A job.
pub(super) struct Job {
    pub(super) id: String,
    pub(super) is_deployment: bool,
    pub(super) environment: Option<String>,
    pub(super) minutes: Option<u64>,
    pub(super) depends_on: Vec<String>,
    pub(super) condition: String,
    /// The variable groups.
    pub(super) groups: Vec<String>,
    /// The variables and their expressions.
    pub(super) variables: Vec<(String, String)>,
    pub(super) runs_on_server: bool,
    pub(super) steps: Vec<Step>,
}

/// A step.
pub(super) struct Step {
    pub(super) name: Option<String>,
    /// `bash`, or the task with its major version, or the key of another step.
    pub(super) kind: String,
    pub(super) script: Option<String>,
    /// The artifact that it publishes.
    pub(super) artifact: Option<String>,
    pub(super) condition: String,
    pub(super) env: Vec<(String, String)>,
    /// What the keys and the inputs hold, but scripts.
    pub(super) texts: Vec<String>,
}

/// The stages of a file.
///
/// # Errors
/// What is wrong with its form.
pub(super) fn stages(body: &str) -> Result<Vec<Stage>, String> {
    let document: Value = serde_yaml::from_str(body).map_err(|error| format!("it is no YAML: {error}"))?;
    let items = document.get("stages").and_then(Value::as_sequence).ok_or("it has no stages")?;
    let mut stages = Vec::new();
    for item in items {
        let (key, value) = first(item)?;
        match key.strip_prefix("${{ if ").and_then(|rest| rest.strip_suffix(" }}")) {
            Some(when) => {
                for inner in value.as_sequence().ok_or("a condition has no stages")? {
                    stages.push(stage(inner, Some(when.to_owned()))?);
                }
            }
            None => stages.push(stage(item, None)?),
        }
    }
    Ok(stages)
}

/// The first key of a mapping tells what it is.
fn first(value: &Value) -> Result<(&str, &Value), String> {
    let entry = value.as_mapping().and_then(|map| map.iter().next());
    let (key, value) = entry.ok_or("an item is no mapping")?;
    Ok((key.as_str().ok_or("a key is no text")?, value))
}

fn stage(value: &Value, when: Option<String>) -> Result<Stage, String> {
    let ("stage", id) = first(value)? else { return Err("the first key of a stage is not `stage`".to_owned()) };
    let jobs = value.get("jobs").and_then(Value::as_sequence).ok_or("a stage has no jobs")?;
    Ok(Stage {
        id: scalar(id),
        when,
        depends_on: list(value.get("dependsOn").ok_or("a stage has no `dependsOn`")?),
        condition: text(value, "condition"),
        is_skippable: value.get("isSkippable").is_none_or(|flag| flag.as_bool() != Some(false)),
        jobs: jobs.iter().map(job).collect::<Result<_, _>>()?,
    })
}

fn job(value: &Value) -> Result<Job, String> {
    let (kind, id) = first(value)?;
    let id = scalar(id);
    if !matches!(kind, "job" | "deployment") {
        return Err(format!("`{kind}` is no kind of job"));
    }
    let is_deployment = kind == "deployment";
    let steps = if is_deployment {
        ["strategy", "runOnce", "deploy", "steps"].iter().try_fold(value, |value, key| value.get(*key))
    } else {
        value.get("steps")
    };
    let steps = steps.and_then(Value::as_sequence).ok_or_else(|| format!("the job `{id}` has no steps"))?;
    let variables = value.get("variables").and_then(Value::as_sequence);
    let (groups, variables): (Vec<&Value>, Vec<&Value>) =
        variables.into_iter().flatten().partition(|variable| variable.get("group").is_some());
    Ok(Job {
        is_deployment,
        environment: value.get("environment").map(scalar),
        minutes: value.get("timeoutInMinutes").and_then(Value::as_u64),
        depends_on: list(value.get("dependsOn").ok_or_else(|| format!("the job `{id}` has no `dependsOn`"))?),
        condition: text(value, "condition"),
        groups: groups.into_iter().map(|variable| text(variable, "group")).collect(),
        variables: variables.into_iter().map(|variable| (text(variable, "name"), text(variable, "value"))).collect(),
        runs_on_server: value.get("pool").is_some_and(|pool| pool.as_str() == Some("server")),
        steps: steps.iter().map(step).collect::<Result<_, _>>()?,
        id,
    })
}

fn step(value: &Value) -> Result<Step, String> {
    let (key, first) = first(value)?;
    let kind = if key == "task" { scalar(first) } else { key.to_owned() };
    let inputs = value.get("inputs").and_then(Value::as_mapping);
    let script = match (key, inputs) {
        ("bash", _) => Some(scalar(first)),
        (_, Some(inputs)) => inputs.get("inlineScript").map(scalar),
        _ => None,
    };
    let mut texts: Vec<String> =
        pairs(inputs).filter(|(name, _)| name != "inlineScript").map(|(_, text)| text).collect();
    if key != "bash" {
        texts.push(scalar(first));
        texts.push(text(value, "artifact"));
    }
    Ok(Step {
        name: value.get("name").map(scalar),
        kind,
        script,
        artifact: value.get("artifact").map(scalar),
        condition: text(value, "condition"),
        env: pairs(value.get("env").and_then(Value::as_mapping)).collect(),
        texts,
    })
}

fn pairs(map: Option<&Mapping>) -> impl Iterator<Item = (String, String)> {
    map.into_iter().flatten().map(|(name, value)| (scalar(name), scalar(value)))
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).map(scalar).unwrap_or_default()
}

fn list(value: &Value) -> Vec<String> {
    value.as_sequence().map(|items| items.iter().map(scalar).collect()).unwrap_or_default()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
