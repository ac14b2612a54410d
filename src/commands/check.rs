//! `siding check`: whether the rendered files are what the config says, and why not. It writes no rendered file.

use serde_json::{Value, json};

use super::rendered::{CONFIG, NAME, Rendered, adoption, data, put};
use super::sarif::sarif;
use crate::ci::{self, Level, Spot};
use crate::generate::drift::{Judged, Verdict};
use crate::report::{Done, Failure, code};
use crate::spec::{Input, Inputs, Kind, Problems, ToolSpec};
use crate::tools::{Outcome, Reach, Stage, Tool, counted};

static SPEC: ToolSpec = ToolSpec {
    name: "check",
    about: "Tells whether the rendered files are what siding.yml says, and why not",
    inputs: &[&[
        CONFIG,
        Input::optional("sarif", Kind::Path, "The file for the result as SARIF, or `-` for standard output"),
    ]],
    positional: Some("config"),
    outputs: &[],
    permissions: &[],
    errors: &[
        &code::RENDERED_MISSING,
        &code::RENDERED_ORPHAN,
        &code::RENDERED_STALE,
        &code::RENDERED_EDITED,
        &code::NOT_RENDERED,
    ],
};

pub(super) static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Itself,
    check: |_: &Inputs, _: &mut Problems| {},
    run: |inputs, stage| Box::pin(async move { run(inputs, stage) }),
};

fn run(inputs: &Inputs, stage: Stage<'_>) -> Result<Outcome, Failure> {
    let rendered = Rendered::look(inputs, stage)?;
    if let Some(path) = inputs.path("sarif") {
        let log = sarif(&rendered.source, &rendered.judged, |path| rendered.shown(path));
        if inputs.text("sarif") == "-" {
            ci::json(&log);
        } else {
            put(&path, &format!("{log:#}\n"))?;
        }
    }
    for judged in &rendered.judged {
        annotate(stage, &rendered, judged);
    }
    let done = Done { rows: rows(&rendered.judged), data: result(&rendered) };
    if let Some(failure) = failure(&rendered) {
        return Err(failure.after(done));
    }
    let number = counted(rendered.judged.len(), "file");
    stage.host.line(&format!("`{}`: {number} looked at, nothing to render", rendered.source));
    Ok(Outcome { rows: done.rows, data: done.data, ..Outcome::default() })
}

/// Shows a verdict at its file: an error for what fails, a notice for what passes and is worth knowing.
fn annotate(stage: Stage<'_>, rendered: &Rendered, judged: &Judged) {
    let level = match judged.verdict {
        Verdict::Current => return,
        Verdict::PinsAhead | Verdict::ToolNewer => Level::Notice,
        _ => Level::Error,
    };
    let file = rendered.shown(&judged.path);
    let mut message = judged.causes.join("; ");
    if judged.verdict == Verdict::PinsAhead {
        message = format!("{message}; {}", adoption(judged));
    }
    stage.host.annotate_at(level, Spot { file: &file, line: judged.line }, judged.verdict.word(), &message);
}

/// What the worst verdict makes of the check; nothing when all pass.
fn failure(rendered: &Rendered) -> Option<Failure> {
    let failed: Vec<&Judged> = rendered.judged.iter().filter(|judged| judged.verdict.code().is_some()).collect();
    let worst = failed.iter().map(|judged| judged.verdict).max()?;
    let (count, all) = (failed.len(), counted(rendered.judged.len(), "rendered file"));
    let what =
        format!("{count} of {all} {} not what `{}` says", if count == 1 { "is" } else { "are" }, rendered.source);
    let mut failure = Failure::new(worst.code()?, what);
    for judged in &failed {
        failure = failure.because(judged.told(&rendered.shown(&judged.path)));
    }
    let is = |verdict: Verdict| failed.iter().any(|judged| judged.verdict == verdict);
    if is(Verdict::NotOurs) {
        failure = failure.fix("move what siding did not write to another name, then render");
    }
    if is(Verdict::Edited) {
        failure =
            failure.fix("put the edits into the config, then render with `--force`, which loses those in the file");
    }
    if failed.iter().any(|judged| !judged.moves.is_empty()) {
        failure = failure.fix("put the pins that a bot has moved into the config, `siding render` tells the lines");
    }
    let config = Some(rendered.shown(&rendered.source)).filter(|path| path != NAME);
    let config = config.map(|path| format!(" {path}")).unwrap_or_default();
    Some(failure.fix("render, look at the difference, and commit it:").run(format!("siding render{config}")))
}

fn rows(judged: &[Judged]) -> Vec<(&'static str, String)> {
    let mut verdicts: Vec<Verdict> = judged.iter().map(|judged| judged.verdict).collect();
    verdicts.sort_unstable();
    verdicts.dedup();
    let paths = |verdict: Verdict| {
        let paths = judged.iter().filter(|judged| judged.verdict == verdict).map(|judged| judged.path.as_str());
        paths.collect::<Vec<_>>().join(", ")
    };
    verdicts.into_iter().map(|verdict| (verdict.word(), paths(verdict))).collect()
}

fn result(rendered: &Rendered) -> Value {
    let worst = rendered.judged.iter().map(|judged| judged.verdict).max().unwrap_or(Verdict::Current);
    let files: Vec<Value> = rendered.judged.iter().map(data).collect();
    json!({"config": rendered.source, "verdict": worst.word(), "files": files})
}
