//! A rendered pipeline, read back: only what the file says.

use crate::generate::render::{Node, Reader, parts};

/// A stage.
pub(super) struct Stage {
    pub(super) id: String,
    /// The expression under which it exists when the pipeline is compiled.
    pub(super) when: Option<String>,
    pub(super) depends_on: Vec<String>,
    pub(super) condition: String,
    pub(super) is_skippable: bool,
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

/// The text of a stage, cut.
pub(super) struct Cut<'t> {
    when: Option<String>,
    /// All that stands before its jobs.
    head: &'t str,
    /// Its jobs.
    pub(super) jobs: Vec<&'t str>,
}

/// The line behind which the stages are, and nothing else.
const STAGES: &str = "\nstages:\n";

/// Cuts a file into its stages, and these into what stands before their jobs and each job.
///
/// It is read in parts, because the tree of a large file would be many times as large as its text. Each part must be YAML
/// by itself, and no line of a part may be further out than its first: so the parts say alone what they say together.
///
/// # Errors
/// What is wrong with its form.
pub(super) fn cut<'t>(reader: &mut Reader, body: &'t str) -> Result<Vec<Cut<'t>>, String> {
    let at = body.find(STAGES).ok_or("it has no stages")?;
    let (head, stages) = body.split_at(at + STAGES.len());
    if !reader.read(head)?.root().get("stages").is_some_and(Node::is_null) {
        return Err("it has no stages".to_owned());
    }
    let mut cuts = Vec::new();
    for item in parts(stages, 0)? {
        if !item.starts_with("- ${{") {
            cuts.push(cut_stage(item, None, 0)?);
            continue;
        }
        let (line, inner) = item.split_once('\n').unwrap_or((item, ""));
        let read = reader.read(line)?;
        let (key, more) = first(only(read.root())?)?;
        if !more.is_null() {
            return Err(format!("`{line}` holds more than stages"));
        }
        let when = key.strip_prefix("${{ if ").and_then(|rest| rest.strip_suffix(" }}"));
        let when = when.ok_or_else(|| format!("`{key}` is no condition"))?;
        for stage in parts(inner, 2)? {
            cuts.push(cut_stage(stage, Some(when.to_owned()), 2)?);
        }
    }
    Ok(cuts)
}

fn cut_stage(text: &str, when: Option<String>, outer: usize) -> Result<Cut<'_>, String> {
    let line = format!("\n{:outer$}  jobs:\n", "");
    let at = text.find(&line).ok_or("a stage has no jobs")? + line.len();
    Ok(Cut { when, head: &text[..at], jobs: parts(&text[at..], outer + 2)? })
}

/// The one item of a list.
fn only(list: Node<'_>) -> Result<Node<'_>, String> {
    let mut items = list.items().filter(|items| items.len() == 1);
    let only = items.as_mut().and_then(Iterator::next);
    only.ok_or_else(|| "an item is no item of its list".to_owned())
}

/// The first key of a mapping tells what it is.
fn first(value: Node<'_>) -> Result<(&str, Node<'_>), String> {
    let entry = value.pairs().and_then(|mut pairs| pairs.next());
    let (key, value) = entry.ok_or("an item is no mapping")?;
    Ok((key.ok_or("a key is no text")?, value))
}

/// A stage.
///
/// # Errors
/// What is wrong with its form.
pub(super) fn stage(reader: &mut Reader, cut: &Cut<'_>) -> Result<Stage, String> {
    let read = reader.read(cut.head)?;
    let value = only(read.root())?;
    let ("stage", id) = first(value)? else { return Err("the first key of a stage is not `stage`".to_owned()) };
    if !value.get("jobs").is_some_and(Node::is_null) {
        return Err("a stage has no jobs".to_owned());
    }
    Ok(Stage {
        id: id.scalar(),
        when: cut.when.clone(),
        depends_on: list(value.get("dependsOn").ok_or("a stage has no `dependsOn`")?),
        condition: text(value, "condition"),
        is_skippable: value.get("isSkippable").is_none_or(|flag| flag.as_bool() != Some(false)),
    })
}

/// A job.
///
/// # Errors
/// What is wrong with its form.
pub(super) fn job(reader: &mut Reader, part: &str) -> Result<Job, String> {
    let read = reader.read(part)?;
    let value = only(read.root())?;
    let (kind, id) = first(value)?;
    let id = id.scalar();
    if !matches!(kind, "job" | "deployment") {
        return Err(format!("`{kind}` is no kind of job"));
    }
    let is_deployment = kind == "deployment";
    let steps = if is_deployment {
        ["strategy", "runOnce", "deploy", "steps"].iter().try_fold(value, |value, key| value.get(key))
    } else {
        value.get("steps")
    };
    let steps = steps.and_then(Node::items).ok_or_else(|| format!("the job `{id}` has no steps"))?;
    let variables = value.at("variables").items();
    let (groups, variables): (Vec<Node<'_>>, Vec<Node<'_>>) =
        variables.into_iter().flatten().partition(|variable| variable.get("group").is_some());
    Ok(Job {
        is_deployment,
        environment: value.get("environment").map(Node::scalar),
        minutes: value.at("timeoutInMinutes").as_u64(),
        depends_on: list(value.get("dependsOn").ok_or_else(|| format!("the job `{id}` has no `dependsOn`"))?),
        condition: text(value, "condition"),
        groups: groups.into_iter().map(|variable| text(variable, "group")).collect(),
        variables: variables.into_iter().map(|variable| (text(variable, "name"), text(variable, "value"))).collect(),
        runs_on_server: value.at("pool").as_str() == Some("server"),
        steps: steps.map(step).collect::<Result<_, _>>()?,
        id,
    })
}

fn step(value: Node<'_>) -> Result<Step, String> {
    let (key, first) = first(value)?;
    let kind = if key == "task" { first.scalar() } else { key.to_owned() };
    let inputs = value.get("inputs").filter(|inputs| inputs.pairs().is_some());
    let script = match (key, inputs) {
        ("bash", _) => Some(first.scalar()),
        (_, Some(inputs)) => inputs.get("inlineScript").map(Node::scalar),
        _ => None,
    };
    let mut texts: Vec<String> =
        pairs(inputs).filter(|(name, _)| name != "inlineScript").map(|(_, text)| text).collect();
    if key != "bash" {
        texts.push(first.scalar());
        texts.push(text(value, "artifact"));
    }
    Ok(Step {
        name: value.get("name").map(Node::scalar),
        kind,
        script,
        artifact: value.get("artifact").map(Node::scalar),
        condition: text(value, "condition"),
        env: pairs(value.get("env")).collect(),
        texts,
    })
}

/// The pairs of a mapping, as texts; keys that are none are left empty.
fn pairs(map: Option<Node<'_>>) -> impl Iterator<Item = (String, String)> {
    let pairs = map.and_then(Node::pairs).into_iter().flatten();
    pairs.map(|(name, value)| (name.unwrap_or_default().to_owned(), value.scalar()))
}

fn text(value: Node<'_>, key: &str) -> String {
    value.at(key).scalar()
}

fn list(value: Node<'_>) -> Vec<String> {
    value.items().into_iter().flatten().map(Node::scalar).collect()
}
