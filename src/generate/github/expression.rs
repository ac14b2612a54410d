//! Values and conditions in the words of GitHub's expressions.

use std::collections::HashSet;

use crate::generate::plan::{Condition, Guard, Job, Pipeline, Stage, State, Value};

/// Where `if:` is folded into several lines.
const WIDTH: usize = 120;

/// What expressions of a pipeline are written with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expressions<'a> {
    /// The pipeline, whose parameters and jobs they name.
    pub pipeline: &'a Pipeline,
    /// See [`bearing`].
    pub bearing: &'a HashSet<&'a str>,
}

/// One condition of several that must all hold.
struct Clause {
    text: String,
    /// Whether it is an `||` of several, which needs brackets beside others.
    loose: bool,
}

impl Expressions<'_> {
    /// The value where a text is expected: in `with`, `env` and the URL of an environment.
    pub(super) fn text(self, value: &Value) -> String {
        match value {
            Value::Text(text) => text.replace("${{", "${{ '${{' }}"),
            Value::Joined(parts) => parts.iter().map(|part| self.text(part)).collect(),
            Value::RunUrl => RUN_URL.to_owned(),
            Value::Results(jobs) => {
                let line = |(job, text): &(String, String)| format!("{text} ${{{{ needs.{job}.result }}}}");
                jobs.iter().map(line).collect::<Vec<_>>().join("\n")
            }
            other => format!("${{{{ {} }}}}", self.term(other)),
        }
    }

    /// The value inside of an expression.
    pub(super) fn term(self, value: &Value) -> String {
        match value {
            Value::Text(text) => quoted(text),
            Value::Variable(name) => format!("vars.{name}"),
            Value::Secret(name) => format!("secrets.{}", secret(name)),
            Value::Parameter(id) => self.parameter(id),
            Value::Output { job: None, step, name } => format!("steps.{step}.outputs.{name}"),
            Value::Output { job: Some(job), step, name } => format!("needs.{job}.outputs.{}", output(step, name)),
            Value::Commit => "github.sha".to_owned(),
            Value::Branch => "github.ref_name".to_owned(),
            Value::Base => "github.event.pull_request.base.sha".to_owned(),
            Value::PullRequest => "github.event.pull_request.number".to_owned(),
            Value::RunId => "github.run_id".to_owned(),
            Value::RunUrl => {
                "format('{0}/{1}/actions/runs/{2}', github.server_url, github.repository, github.run_id)".to_owned()
            }
            Value::Actor => "github.actor".to_owned(),
            Value::Token => "github.token".to_owned(),
            Value::JobStatus => "job.status".to_owned(),
            Value::Results(jobs) => {
                let results: Vec<String> = jobs.iter().map(|(job, _)| format!("needs.{job}.result")).collect();
                let places: Vec<String> = (0..jobs.len()).map(|place| format!("{{{place}}}")).collect();
                format!("format('{}', {})", places.join(" "), results.join(", "))
            }
            Value::Joined(parts) => {
                let places: Vec<String> = (0..parts.len()).map(|place| format!("{{{place}}}")).collect();
                let terms: Vec<String> = parts.iter().map(|part| self.term(part)).collect();
                format!("format('{}', {})", places.concat(), terms.join(", "))
            }
        }
    }

    /// What a person chose, or what runs have that nobody started by hand.
    fn parameter(self, id: &str) -> String {
        match self.pipeline.parameters.iter().find(|parameter| parameter.id == id) {
            Some(parameter) if !parameter.default.is_empty() => {
                format!("inputs.{id} || {}", quoted(parameter.default))
            }
            _ => format!("inputs.{id}"),
        }
    }

    /// A step's `if:`, for a key at column `column`; nothing when it runs after success.
    pub(super) fn step(self, guard: &Guard, column: usize) -> Option<String> {
        let state = match guard.state {
            State::Succeeded => None,
            other => Some(other),
        };
        let own = |state| match state {
            // A run that is cancelled half-way must be taken back as well.
            State::Failed => Clause { text: "failure() || cancelled()".to_owned(), loose: true },
            other => status(other),
        };
        let clauses = state.into_iter().map(own).chain(guard.all.iter().map(|condition| self.clause(condition)));
        written(clauses.collect(), column)
    }

    /// A job's `if:`, for a key at column `column`: when its stage runs at all, and its own guard.
    ///
    /// Without a status function GitHub skips a job as soon as any job before it was skipped, however far away. So where
    /// that is borne, the results of the needed jobs are asked for one by one.
    pub(super) fn job(self, stage: &Stage, job: &Job, column: usize) -> Option<String> {
        let mut clauses = Vec::new();
        if job.guard.state != State::Succeeded {
            clauses.push(status(job.guard.state));
        } else if self.bearing.contains(job.id.as_str()) {
            clauses.push(status(State::Finished));
            let excused = |need: &&String| !job.guard.all.contains(&Condition::PassedOrSkipped((*need).clone()));
            clauses.extend(
                job.needs.iter().filter(excused).map(|need| tight(format!("needs.{need}.result == 'success'"))),
            );
        }
        clauses.extend(stage.only.iter().chain(&job.guard.all).map(|condition| self.clause(condition)));
        written(clauses, column)
    }

    fn clause(self, condition: &Condition) -> Clause {
        match condition {
            Condition::Is(value, text) => tight(format!("{} == {}", self.operand(value), quoted(text))),
            Condition::Given(value) => tight(format!("{} != ''", self.operand(value))),
            Condition::Lists(value, name) => {
                tight(format!("contains({}, {})", self.term(value), quoted(&format!(",{name},"))))
            }
            Condition::Branch(branches) => any(branches.iter().map(|branch| is_branch(branch))),
            Condition::Operation(names) => {
                let operation = self.operand(&Value::Parameter("operation"));
                any(names.iter().map(|name| format!("{operation} == {}", quoted(name))))
            }
            Condition::NotPullRequest => tight("github.event_name != 'pull_request'".to_owned()),
            Condition::NotFork => any([
                "github.event_name != 'pull_request'",
                "github.event.pull_request.head.repo.full_name == github.repository",
            ]
            .map(str::to_owned)),
            Condition::Ran(job) => tight(format!("needs.{job}.result != 'skipped'")),
            Condition::PassedOrSkipped(job) => {
                any(["success", "skipped"].map(|result| format!("needs.{job}.result == '{result}'")))
            }
            Condition::PassedIf(job, value) => {
                any([format!("{} != 'true'", self.operand(value)), format!("needs.{job}.result == 'success'")])
            }
        }
    }

    /// A term beside an operator.
    fn operand(self, value: &Value) -> String {
        let term = self.term(value);
        if term.contains(" || ") { format!("({term})") } else { term }
    }
}

/// The jobs that run although a job before them, near or far, did not.
pub(super) fn bearing(pipeline: &Pipeline) -> HashSet<&str> {
    let skipped = |condition: &Condition| matches!(condition, Condition::PassedOrSkipped(_));
    pipeline.following(|job| job.guard.state != State::Succeeded || job.guard.all.iter().any(skipped))
}

/// The page of a run.
const RUN_URL: &str = "${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}";

/// The name of a job's output for what one of its steps told.
pub(super) fn output(step: &str, name: &str) -> String {
    format!("{step}-{name}")
}

/// A secret's name on GitHub, where hyphens are not allowed and case does not count.
/// <https://docs.github.com/en/actions/reference/security/secrets> (2026-08)
fn secret(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn is_branch(branch: &str) -> String {
    match branch.strip_suffix('*') {
        Some(start) => format!("startsWith(github.ref, {})", quoted(&format!("refs/heads/{start}"))),
        None => format!("github.ref == {}", quoted(&format!("refs/heads/{branch}"))),
    }
}

fn status(state: State) -> Clause {
    let text = match state {
        State::Succeeded => "success()",
        State::Finished => "!cancelled()",
        State::Failed => "failure()",
        State::Always => "always()",
    };
    tight(text.to_owned())
}

fn tight(text: String) -> Clause {
    Clause { text, loose: false }
}

fn any(texts: impl IntoIterator<Item = String>) -> Clause {
    let texts: Vec<String> = texts.into_iter().collect();
    Clause { text: texts.join(" || "), loose: texts.len() > 1 }
}

/// All clauses as a YAML value: bare where it begins with a letter, wholly in `${{ }}` where YAML would take its first
/// sign for its own, folded where it is long. GitHub takes text that is partly in `${{ }}` for true.
fn written(clauses: Vec<Clause>, column: usize) -> Option<String> {
    let alone = clauses.len() == 1;
    let texts: Vec<String> = clauses
        .into_iter()
        .map(|Clause { text, loose }| if loose && !alone { format!("({text})") } else { text })
        .collect();
    if texts.is_empty() {
        return None;
    }
    let line = texts.join(" && ");
    if column + line.len() > WIDTH {
        let indent = " ".repeat(column + 2);
        return Some(format!(">-\n{indent}{}", texts.join(&format!(" &&\n{indent}"))));
    }
    let bare =
        line.starts_with(|first: char| first.is_ascii_alphabetic()) && !line.contains(": ") && !line.contains(" #");
    Some(if bare { line } else { format!("${{{{ {line} }}}}") })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Expressions, bearing};
    use crate::generate::plan::{
        Condition, Guard, Job, Overlap, Parameter, Pipeline, Stage, State, Step, Triggers, Value,
    };

    fn pipeline(jobs: Vec<Job>) -> Pipeline {
        let parameter = |id, default| Parameter { id, title: "What", choices: Vec::new(), default };
        Pipeline {
            id: "cd",
            title: "Deliver".to_owned(),
            triggers: Triggers::default(),
            parameters: vec![parameter("operation", "deploy"), parameter("run", "")],
            overlap: Overlap::Wait,
            stages: vec![Stage { id: "s".to_owned(), title: "S".to_owned(), only: Vec::new(), jobs }],
        }
    }

    fn job(id: &str, needs: &[&str], guard: Guard) -> Job {
        let mut job = Job::new(id, id, 15);
        job.needs = needs.iter().map(|need| (*need).to_owned()).collect();
        job.guard = guard;
        job.steps = vec![Step::script("s", "S", "commands")];
        job
    }

    fn written(pipeline: &Pipeline, id: &str) -> String {
        let (stage, job) = pipeline.job(id).unwrap();
        Expressions { pipeline, bearing: &bearing(pipeline) }.job(stage, job, 4).unwrap_or_default()
    }

    #[test]
    fn values_are_spelled_as_github_spells_them() {
        let pipeline = pipeline(Vec::new());
        let text = |value: &Value| Expressions { pipeline: &pipeline, bearing: &HashSet::new() }.text(value);
        for (value, expected) in [
            (Value::text("it's $x"), "it's $x"),
            (Value::text("a ${{ b }}"), "a ${{ '${{' }} b }}"),
            (Value::Variable("AZURE_CLIENT_ID"), "${{ vars.AZURE_CLIENT_ID }}"),
            (Value::Secret("release-webhook".to_owned()), "${{ secrets.RELEASE_WEBHOOK }}"),
            (Value::Parameter("operation"), "${{ inputs.operation || 'deploy' }}"),
            (Value::Parameter("run"), "${{ inputs.run }}"),
            (Value::here("a", "b"), "${{ steps.a.outputs.b }}"),
            (Value::of("j", "a", "b"), "${{ needs.j.outputs.a-b }}"),
            (Value::Results(vec![("unit".to_owned(), "the tests:".to_owned())]), "the tests: ${{ needs.unit.result }}"),
            (Value::Base, "${{ github.event.pull_request.base.sha }}"),
            (Value::Joined(vec![Value::text("x="), Value::Commit]), "x=${{ github.sha }}"),
        ] {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn conditions_are_never_partly_in_an_expression() {
        let pipeline = pipeline(Vec::new());
        let expressions = Expressions { pipeline: &pipeline, bearing: &HashSet::new() };
        let step = |guard: &Guard| expressions.step(guard, 2).unwrap_or_default();
        let operation = Condition::Operation(vec!["deploy", "rollback"]);
        let branches = Condition::Branch(vec!["main".to_owned()]);
        let (first, second) =
            ("(inputs.operation || 'deploy') == 'deploy'", "(inputs.operation || 'deploy') == 'rollback'");
        for (guard, expected) in [
            (Guard::default(), String::new()),
            (Guard::when(State::Finished), "${{ !cancelled() }}".to_owned()),
            (Guard::when(State::Failed), "failure() || cancelled()".to_owned()),
            (Guard::default().and(operation.clone()), format!("${{{{ {first} || {second} }}}}")),
            (
                Guard::when(State::Always).and(operation).and(branches),
                format!(">-\n    always() &&\n    ({first} || {second}) &&\n    github.ref == 'refs/heads/main'"),
            ),
            (
                Guard::default()
                    .and(Condition::Is(Value::Joined(vec![Value::text("it's"), Value::RunId]), "x".to_owned())),
                "format('{0}{1}', 'it''s', github.run_id) == 'x'".to_owned(),
            ),
            (
                Guard::default().and(Condition::Branch(vec!["release/*".to_owned()])),
                "startsWith(github.ref, 'refs/heads/release/')".to_owned(),
            ),
            (
                Guard::default().and(Condition::Lists(Value::of("j", "a", "b"), "api".to_owned())),
                "contains(needs.j.outputs.a-b, ',api,')".to_owned(),
            ),
        ] {
            assert_eq!(step(&guard), expected);
        }
    }

    #[test]
    fn a_job_after_a_skipped_one_asks_for_the_results_that_it_needs() {
        let optional = Guard::default().and(Condition::PassedOrSkipped("a".to_owned()));
        let pipeline = pipeline(vec![
            job("a", &[], Guard::default()),
            job("b", &["a"], Guard::default()),
            job("c", &["b", "a"], optional),
            job("d", &["c"], Guard::default()),
            job("e", &["d"], Guard::when(State::Always)),
        ]);
        assert_eq!(written(&pipeline, "b"), "");
        let either = "(needs.a.result == 'success' || needs.a.result == 'skipped')";
        let expected = format!("${{{{ !cancelled() && needs.b.result == 'success' && {either} }}}}");
        assert_eq!(written(&pipeline, "c"), expected);
        assert_eq!(written(&pipeline, "d"), "${{ !cancelled() && needs.c.result == 'success' }}");
        assert_eq!(written(&pipeline, "e"), "always()");
    }
}
