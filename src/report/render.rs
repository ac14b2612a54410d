//! A [`Failure`] as plain lines. Colour, annotations and the neutralising of outside text belong to `ci`.

use super::codes::code;
use super::failure::{Failure, Fix};

/// A cause may be a whole log from outside; more lines of one help nobody.
const MOST_LINES: usize = 40;

/// Where a code is explained. One constant: `repository` in `Cargo.toml`.
pub fn docs_url(id: &str) -> String {
    format!("{}/blob/main/docs/errors.md#{}", env!("CARGO_PKG_REPOSITORY"), id.to_lowercase())
}

/// The failure as lines without colour: what, why, facts, fix, link.
pub fn plain(failure: &Failure) -> Vec<String> {
    let mut lines = vec![format!("error[{}]: {}", failure.code.id, failure.what)];
    for cause in &failure.causes {
        let mut parts = cause.lines();
        // Bad inputs are a list of equals, everything else is a chain. Below a problem of a file come its lines, which
        // carry their numbers and need no mark.
        let (link, mark) = match failure.code {
            listed if listed == &code::CONFIGURATION => ("-", "    "),
            listed if listed == &code::BAD_INPUT => ("-", "        | "),
            _ => ("because", "        | "),
        };
        lines.push(format!("  {link} {}", parts.next().unwrap_or_default()));
        lines.extend(parts.by_ref().take(MOST_LINES - 1).map(|part| format!("{mark}{part}")));
        if parts.next().is_some() {
            lines.push("        | (cut)".to_owned());
        }
    }
    for (name, value) in &failure.facts {
        lines.push(format!("  {name}: {value}"));
    }
    for fix in &failure.fixes {
        match fix {
            Fix::Say(sentence) => lines.push(format!("  fix: {sentence}")),
            Fix::Run(command) => lines.push(format!("  run: {command}")),
        }
    }
    lines.push(format!("  more: siding explain {}  ({})", failure.code.id, docs_url(failure.code.id)));
    lines
}

#[cfg(test)]
mod tests {
    use super::{Failure, MOST_LINES, code, plain};

    #[test]
    fn a_long_cause_is_cut() {
        for (given, shown) in
            [(1, 1), (MOST_LINES, MOST_LINES), (MOST_LINES + 1, MOST_LINES + 1), (5_000, MOST_LINES + 1)]
        {
            let lines = plain(&Failure::new(&code::BUILD_FAILED, "x").because("line\n".repeat(given)));
            assert_eq!(lines.len(), shown + 2, "{given}");
            assert_eq!(lines[lines.len() - 2].ends_with("| (cut)"), given > MOST_LINES, "{given}");
        }
    }
}
