//! What a code means, from the same text as `docs/errors.md`.

use crate::azure::aadsts;
use crate::report::{ALL, Failure, code};
use crate::spec::nearest;

/// The documentation of every code, compiled in.
static ERRORS: &str = include_str!("../../../docs/errors.md");

/// The lines that explain a code such as `SID0104` or `AADSTS700213`.
pub(super) fn explain(text: &str) -> Result<Vec<String>, Failure> {
    let wanted = text.trim().to_ascii_uppercase();
    if let Some(number) = wanted.strip_prefix("AADSTS").and_then(|digits| digits.parse().ok()) {
        return Ok(aadsts_lines(number));
    }
    if let Some(lines) = section(&wanted) {
        return Ok(lines);
    }
    let known = ALL.iter().map(|code| code.id);
    let failure = Failure::new(&code::BAD_INPUT, format!("there is no code `{text}`"));
    Err(match nearest(&wanted, known) {
        Some(near) => failure.because(format!("did you mean `{near}`?")).run(format!("siding explain {near}")),
        None => failure.fix("codes look like `SID0104` or `AADSTS700213`"),
    })
}

/// The section of the documentation under `## ID`.
fn section(id: &str) -> Option<Vec<String>> {
    let heading = format!("## {id}");
    let mut lines = ERRORS.lines().skip_while(|line| *line != heading);
    let first = lines.next()?.to_owned();
    Some(std::iter::once(first).chain(lines.take_while(|line| !line.starts_with("## ")).map(str::to_owned)).collect())
}

fn aadsts_lines(number: u32) -> Vec<String> {
    let mut lines = vec![format!("AADSTS{number}")];
    match aadsts::ROWS.iter().find(|row| row.number == number) {
        Some(row) => {
            lines.push(format!("  {}", row.meaning));
            lines.extend(row.fixes.iter().map(|fix| format!("  fix: {fix}")));
            lines.push("  $C is the client id, $F the wanted federated credential as JSON; a failing sign-in prints both filled in".to_owned());
            lines.push(format!("  siding reports it as {}: siding explain {}", row.code.id, row.code.id));
        }
        None => lines.push("  siding has no words of its own for it".to_owned()),
    }
    lines.push(format!("  Microsoft's: https://login.microsoftonline.com/error?code={number}"));
    lines
}
