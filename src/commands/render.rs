//! `siding render`: writes the pipelines of a config, each file whole, and none that somebody else wrote.

use serde_json::{Value, json};

use super::rendered::{CONFIG, Rendered, adoption, data};
use crate::ci::Level;
use crate::generate::drift::Judged;
use crate::generate::only::means;
use crate::generate::write::{Action, Overwrite, action, refusal};
use crate::report::{Done, Failure, code};
use crate::spec::{Input, Inputs, Kind, Problems, ToolSpec};
use crate::tools::{Outcome, Reach, Stage, Tool, counted};
use crate::world::Change;

static SPEC: ToolSpec = ToolSpec {
    name: "render",
    about: "Writes the pipelines that siding.yml describes",
    inputs: &[&[
        CONFIG,
        Input::optional(
            "only",
            Kind::Lines,
            "Which files: `github-actions`, `azure-pipelines`, a pipeline such as `cd`, or a path, in which `*` is anything",
        ),
        Input::with_default("stdout", Kind::Flag, "false", "Prints the files and writes none"),
        Input::with_default("dry-run", Kind::Flag, "false", "Tells what would be written and writes nothing"),
        Input::with_default(
            "force",
            Kind::Flag,
            "false",
            "Replaces files that were edited or written by somebody else",
        ),
    ]],
    positional: Some("config"),
    outputs: &[],
    permissions: &[],
    errors: &[&code::FILE, &code::RENDERED_EDITED, &code::NOT_RENDERED],
};

pub(super) static TOOL: Tool =
    Tool { spec: &SPEC, reach: Reach::Itself, check, run: |inputs, stage| Box::pin(async move { run(inputs, stage) }) };

fn check(inputs: &Inputs, problems: &mut Problems) {
    for other in ["dry-run", "force"] {
        if inputs.flag("stdout") && inputs.flag(other) {
            problems.add(format!("`stdout` and `{other}` exclude each other: `stdout` writes no file"));
        }
    }
}

fn run(inputs: &Inputs, stage: Stage<'_>) -> Result<Outcome, Failure> {
    let mut rendered = Rendered::look(inputs, stage)?;
    choose(&mut rendered.judged, &inputs.lines("only"))?;
    if inputs.flag("stdout") {
        return Ok(printed(rendered));
    }
    let overwrite = if inputs.flag("force") { Overwrite::Anything } else { Overwrite::Rendered };
    let planned: Vec<(&Judged, Action)> =
        rendered.judged.iter().map(|judged| (judged, action(judged, overwrite))).collect();
    let (rows, data) = told(&rendered.source, &planned);
    refusal(&rendered.judged, overwrite)
        .map_err(|failure| failure.after(Done { rows: rows.clone(), data: data.clone() }))?;
    let dry_run = inputs.flag("dry-run");
    if !dry_run {
        rendered.tree.change(&changes(&planned))?;
    }
    for (judged, action) in &planned {
        tell(stage, &rendered, judged, *action, if dry_run { "would " } else { "" });
    }
    let same = planned.iter().filter(|(_, action)| *action == Action::Leave).count();
    stage.host.line(&format!("{} of {} already as they should be", same, counted(planned.len(), "file")));
    Ok(Outcome { rows, data, ..Outcome::default() })
}

/// Keeps the files that are meant. A word that means none is a mistake.
fn choose(judged: &mut Vec<Judged>, words: &[&str]) -> Result<(), Failure> {
    if words.is_empty() {
        return Ok(());
    }
    let lost: Vec<&&str> = words.iter().filter(|word| !judged.iter().any(|judged| means(word, &judged.path))).collect();
    if !lost.is_empty() {
        let paths: Vec<String> = judged.iter().map(|judged| format!("`{}`", judged.path)).collect();
        let failure = Failure::new(&code::BAD_INPUT, "`only` names files that there are not");
        let failure = lost.iter().fold(failure, |failure, word| failure.because(format!("nothing is called `{word}`")));
        return Err(failure.fix(format!("there are {}", paths.join(", "))));
    }
    judged.retain(|judged| words.iter().any(|word| means(word, &judged.path)));
    Ok(())
}

/// Every file on standard output.
fn printed(rendered: Rendered) -> Outcome {
    let files = rendered.judged.into_iter().filter_map(|judged| Some((judged.path, judged.text?)));
    Outcome { files: files.collect(), data: json!({"config": rendered.source, "files": []}), ..Outcome::default() }
}

fn changes<'a>(planned: &[(&'a Judged, Action)]) -> Vec<Change<'a>> {
    let change = |(judged, action): &(&'a Judged, Action)| match action {
        Action::Create | Action::Replace => Some(Change::Put(&judged.path, judged.text.as_deref()?)),
        Action::Remove => Some(Change::Remove(&judged.path)),
        Action::Leave | Action::Keep | Action::Refuse => None,
    };
    planned.iter().filter_map(change).collect()
}

/// The plan as rows of the summary and as data.
fn told(source: &str, planned: &[(&Judged, Action)]) -> (Vec<(&'static str, String)>, Value) {
    let titles = [
        (Action::Create, "create"),
        (Action::Replace, "replace"),
        (Action::Remove, "remove"),
        (Action::Keep, "keep, with pins that are ahead"),
        (Action::Refuse, "refuse"),
        (Action::Leave, "leave as they are"),
    ];
    let rows = titles.into_iter().filter_map(|(wanted, title)| {
        let paths: Vec<&str> =
            planned.iter().filter(|(_, action)| *action == wanted).map(|(judged, _)| judged.path.as_str()).collect();
        (!paths.is_empty()).then(|| (title, paths.join(", ")))
    });
    let files = planned.iter().map(|(judged, action)| {
        let mut file = data(judged);
        file["action"] = action.word().into();
        file
    });
    (rows.collect(), json!({"config": source, "files": files.collect::<Vec<_>>()}))
}

/// `would` stands before what is not done now.
fn tell(stage: Stage<'_>, rendered: &Rendered, judged: &Judged, action: Action, would: &str) {
    let path = rendered.shown(&judged.path);
    let causes = if action == Action::Create { String::new() } else { format!(": {}", why(judged)) };
    match action {
        Action::Keep => {
            stage.host.annotate(Level::Notice, &format!("pins of {path} are ahead"), &adoption(judged));
        }
        Action::Create | Action::Replace | Action::Remove => {
            stage.host.line(&format!("{would}{} {path}{causes}", action.word()));
        }
        Action::Leave | Action::Refuse => {}
    }
}

fn why(judged: &Judged) -> String {
    if judged.causes.is_empty() { "only its header is new".to_owned() } else { judged.causes.join("; ") }
}
