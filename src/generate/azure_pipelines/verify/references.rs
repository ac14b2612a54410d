//! Every variable, output and result that a rendered pipeline reads must be there when it is read.

use std::collections::{HashMap, HashSet};

use super::read::{Job, Stage, Step};

/// A stage and the jobs of it that were read.
pub(super) struct Seen {
    pub(super) stage: Stage,
    /// By their ids.
    pub(super) jobs: HashMap<String, Producer>,
}

/// What others can read of a job.
pub(super) struct Producer {
    pub(super) is_deployment: bool,
    /// The names of its steps.
    pub(super) steps: HashSet<String>,
}

/// What the system itself defines (learn.microsoft.com/azure/devops/pipelines/build/variables, 2026-08).
const PREDEFINED: [&str; 4] = ["Agent.", "Build.", "Pipeline.", "System."];

/// What a stage reads of the stages before it.
pub(super) fn of_stage(stage: &Stage, earlier: &[Seen]) -> Result<(), String> {
    for (path, key) in references(&stage.condition) {
        let ["dependencies", before] = path[..] else {
            return Err(format!("its condition reads `{}`", path.join(".")));
        };
        let found = needed(stage, before, earlier)?;
        if let Some((job, rest)) = key.and_then(|key| key.split_once('.')) {
            let producer = found.jobs.get(job);
            let producer =
                producer.ok_or_else(|| format!("its condition reads the job `{job}`, which is not there"))?;
            output(job, producer, rest)?;
        }
    }
    Ok(())
}

/// What a job and its steps read: of the jobs before it in its own stage, `here`, and of earlier stages. `known` are the
/// variables that the plan says the environment has.
pub(super) fn of_job(job: &Job, here: &Seen, earlier: &[Seen], known: &HashSet<&str>) -> Result<(), String> {
    for text in job.variables.iter().map(|(_, text)| text).chain([&job.condition]) {
        for (path, key) in references(text) {
            let (id, producer) = match path[..] {
                ["dependencies", id] => {
                    let found = here.jobs.get(id).filter(|_| job.depends_on.iter().any(|need| need == id));
                    (id, found.ok_or_else(|| format!("it reads the job `{id}`, which it does not depend on"))?)
                }
                ["stageDependencies", before, id] => {
                    let found = needed(&here.stage, before, earlier)?.jobs.get(id);
                    (id, found.ok_or_else(|| format!("it reads the job `{id}` of `{before}`, which is not there"))?)
                }
                _ => return Err(format!("it reads `{}`", path.join("."))),
            };
            if let Some(key) = key {
                output(id, producer, key)?;
            }
        }
    }
    let mut before: HashSet<&str> = HashSet::new();
    for step in &job.steps {
        of_step(step, job, &before, known)?;
        before.extend(step.name.as_deref());
    }
    Ok(())
}

fn of_step(step: &Step, job: &Job, before: &HashSet<&str>, known: &HashSet<&str>) -> Result<(), String> {
    let place = step.name.as_deref().unwrap_or(&step.kind);
    let texts = step.env.iter().map(|(_, text)| text).chain(&step.texts);
    let read = texts.flat_map(|text| macros(text)).chain(variables(&step.condition));
    for name in read {
        let own = job.variables.iter().any(|(variable, _)| variable == name);
        let output = name.split_once('.').is_some_and(|(step, _)| before.contains(step));
        let given = known.contains(name);
        if !(own || output || given || PREDEFINED.iter().any(|prefix| name.starts_with(prefix))) {
            return Err(format!("the step `{place}` reads `{name}`, which nothing before it has set"));
        }
    }
    if let Some(script) = &step.script {
        if let Some(name) = macros(script).first() {
            return Err(format!("the script of `{place}` holds `$({name})`, which the agent would replace"));
        }
        if let Some(opening) = ["${{", "$["].into_iter().find(|opening| script.contains(opening)) {
            return Err(format!("the script of `{place}` holds `{opening}`, which the server would expand"));
        }
    }
    Ok(())
}

fn needed<'a>(stage: &Stage, before: &str, earlier: &'a [Seen]) -> Result<&'a Seen, String> {
    let found = earlier.iter().find(|other| other.stage.id == before && stage.depends_on.contains(&other.stage.id));
    found.ok_or_else(|| format!("it reads the stage `{before}`, which `{}` does not depend on", stage.id))
}

/// `step.name`, and `job.step.name` of a deployment job.
fn output(id: &str, job: &Producer, key: &str) -> Result<(), String> {
    let own = if job.is_deployment { key.strip_prefix(id).and_then(|key| key.strip_prefix('.')) } else { Some(key) };
    let step = own.and_then(|key| key.split_once('.')).map(|(step, _)| step);
    if step.is_some_and(|step| job.steps.contains(step)) {
        Ok(())
    } else {
        Err(format!("it reads the output `{key}` of the job `{id}`, which has no such step"))
    }
}

/// The results and outputs that an expression reads: the path before `.result` or `.outputs`, and the output's key.
fn references(text: &str) -> Vec<(Vec<&str>, Option<&str>)> {
    let is_path = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    let path = |end: usize| {
        let start = text[..end].rfind(|letter| !is_path(letter)).map_or(0, |place| place + 1);
        text[start..end].split('.').collect::<Vec<_>>()
    };
    let outputs = text.match_indices(".outputs['").map(|(place, mark)| {
        let rest = &text[place + mark.len()..];
        (path(place), Some(rest.split("']").next().unwrap_or(rest)))
    });
    let results = text.match_indices(".result").map(|(place, _)| (path(place), None));
    outputs.chain(results.filter(|(path, _)| path.len() > 1)).collect()
}

/// The names in `$(name)`.
fn macros(text: &str) -> Vec<&str> {
    let names = text.split("$(").skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name);
    let is_name = |name: &&str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
    };
    names.filter(is_name).collect()
}

/// The names in `variables['name']`.
fn variables(condition: &str) -> Vec<&str> {
    condition.split("variables['").skip(1).filter_map(|rest| rest.split("']").next()).collect()
}

#[cfg(test)]
mod tests {
    use super::{macros, references, variables};

    #[test]
    fn what_is_read_is_found() {
        let text = "and(ne(stageDependencies.a.b.outputs['c.d'], ''), in(dependencies.e.result, 'Failed'))";
        assert_eq!(
            references(text),
            [(vec!["stageDependencies", "a", "b"], Some("c.d")), (vec!["dependencies", "e"], None)]
        );
        assert_eq!(references("eq(variables['step.result'], '')"), []);
        assert_eq!(macros("$(a.b-c) $(git x) $(d)e $( f) $((1+1)) ${g}"), ["a.b-c", "d"]);
        assert_eq!(variables("and(succeeded(), eq(variables['a.b'], 'c'))"), ["a.b"]);
    }
}
