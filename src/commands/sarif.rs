//! Verdicts as SARIF 2.1.0, which code scanning on GitHub and the SARIF tab of Azure Pipelines read.
//!
//! Source: docs.oasis-open.org/sarif/sarif/v2.1.0 (errata 01), read 2026-08.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::generate::drift::{Judged, Verdict};
use crate::report::docs_url;

/// Every verdict that is a result, with a sentence for the list of rules.
const RULES: &[(Verdict, &str)] = &[
    (Verdict::PinsAhead, "The pins of a rendered file are ahead of those that are rendered."),
    (Verdict::ToolNewer, "Another version of siding wrote this file."),
    (Verdict::Missing, "A rendered file is missing."),
    (Verdict::Orphan, "A rendered file is rendered no more."),
    (Verdict::ConfigChanged, "A rendered file is not what its config says now."),
    (Verdict::Edited, "A rendered file was edited."),
    (Verdict::NotOurs, "A file that siding did not write is in the place of a rendered one."),
];

/// The log of one run. `shown` gives a file's path from the folder in which the run was.
pub(super) fn sarif(source: &str, judged: &[Judged], shown: impl Fn(&str) -> String) -> Value {
    let rules: Vec<Value> = RULES.iter().map(|(verdict, text)| rule(*verdict, text)).collect();
    let results: Vec<Value> = judged
        .iter()
        .filter(|judged| judged.verdict != Verdict::Current)
        .map(|judged| {
            // A file that is not there cannot be shown; the config can.
            let file = if judged.verdict == Verdict::Missing { source } else { &judged.path };
            json!({
                "ruleId": judged.verdict.word(),
                "ruleIndex": RULES.iter().position(|(verdict, _)| *verdict == judged.verdict),
                "level": level(judged.verdict),
                "message": {"text": format!("{} is {}: {}", judged.path, judged.verdict.word(), judged.causes.join("; "))},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&shown(file))},
                    "region": {"startLine": judged.line},
                }}],
                "partialFingerprints": {"drift/v1": format!("{} {}", judged.verdict.word(), judged.path)},
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "siding",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

fn rule(verdict: Verdict, text: &str) -> Value {
    let page = format!("{}/blob/main/docs/render.md#verdicts", env!("CARGO_PKG_REPOSITORY"));
    json!({
        "id": verdict.word(),
        "shortDescription": {"text": text},
        "helpUri": verdict.code().map_or(page, |code| docs_url(code.id)),
        "defaultConfiguration": {"level": level(verdict)},
    })
}

fn level(verdict: Verdict) -> &'static str {
    if verdict.code().is_some() { "error" } else { "note" }
}

/// A path as a relative reference, RFC 3986: what is not safe everywhere is percent-encoded.
fn uri(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a text takes all that is written to it");
        }
    }
    text
}
