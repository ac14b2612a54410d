//! A text by its schema: what it means, and whether it may.

use serde_json::{Number, Value};

use super::schema::Schema;
use super::want::{literals, wanted};
use super::{At, Checker};
use crate::generate::source::problem::Problem;
use crate::generate::source::tree::Scalar;
use crate::generate::source::words::{counted, nearest, quoted};

/// Words that readers of YAML 1.1 take for `true` and `false` (yaml.org/type/bool.html, 2026-08).
const TRUE: &[&str] = &["true", "yes", "y", "on", "1"];
const FALSE: &[&str] = &["false", "no", "n", "off", "0"];

/// Why a text does not fit, and what to do.
type Complaint = (String, Option<String>);

impl<'a> Checker<'a> {
    pub(super) fn scalar(
        &self,
        at: &At<'_>,
        scalar: &Scalar,
        choices: &[Schema<'a>],
        problems: &mut Vec<Problem>,
    ) -> Value {
        if let Some(value) = literal(scalar, choices) {
            return value.clone();
        }
        if scalar.is_null() {
            if choices.iter().any(|schema| schema.takes("null")) {
                return Value::Null;
            }
            problems.push(empty(at, scalar, choices));
            return Value::Null;
        }
        let fits: Vec<&Schema<'a>> =
            choices.iter().filter(|schema| schema.takes_scalars() && schema.literals().is_none()).collect();
        // What the text can be read as decides, so that `5` is a number where a number or text may stand.
        let mut complaints = Vec::new();
        for read in [boolean, integer, number] {
            for schema in &fits {
                match read(scalar, schema) {
                    Some(Ok(value)) => return value,
                    Some(Err(why)) => complaints.push(why),
                    None => {}
                }
            }
        }
        for schema in fits.iter().filter(|schema| schema.takes("string")) {
            match self.string(&scalar.text, schema) {
                Ok(()) => return Value::String(scalar.text.clone()),
                // Text is what it is wherever text may stand.
                Err(why) => complaints = vec![why],
            }
        }
        // Of several ways to be wrong none is the one that was meant.
        let complaint = if complaints.len() == 1 { complaints.pop() } else { None };
        let (why, help) = near_literal(scalar, choices)
            .or(complaint)
            .unwrap_or_else(|| (format!("must be {}, and it is {}", wanted(choices), quoted(&scalar.text)), None));
        let help = help.or_else(|| choices.iter().find_map(Schema::cure)).or_else(|| shape(scalar, choices));
        problems.push(at.problem(told(&at.name(), &why), help));
        Value::Null
    }

    fn string(&self, text: &str, schema: &Schema<'a>) -> Result<(), Complaint> {
        let length = text.chars().count();
        let (least, most) = (schema.count("minLength").unwrap_or(0), schema.count("maxLength").unwrap_or(usize::MAX));
        if length == 0 && least > 0 {
            return Err(("must not be empty".to_owned(), None));
        }
        if length < least {
            return Err((format!("must have at least {}, and it has {length}", counted(least, "character")), None));
        }
        if length > most {
            return Err((format!("must have at most {}, and it has {length}", counted(most, "character")), None));
        }
        match schema.text("format").and_then(|format| (self.rule)(format, text)) {
            Some(complaint) => Err((complaint, None)),
            None => Ok(()),
        }
    }
}

/// A complaint as a sentence about the named thing.
pub(super) fn told(name: &str, complaint: &str) -> String {
    if complaint.starts_with("must ") || complaint.starts_with("holds ") {
        format!("{name} {complaint}")
    } else {
        format!("{name}: {complaint}")
    }
}

/// The only value of a schema that the text spells.
fn literal<'a>(scalar: &Scalar, choices: &[Schema<'a>]) -> Option<&'a Value> {
    choices.iter().filter_map(Schema::literals).flatten().find(|value| match value {
        Value::String(text) => *text == scalar.text,
        Value::Null => scalar.is_null(),
        Value::Bool(_) | Value::Number(_) => scalar.plain && value.to_string() == scalar.text,
        Value::Array(_) | Value::Object(_) => false,
    })
}

/// The complaint of a text that is none of the words that may stand here, when there are such words.
fn near_literal(scalar: &Scalar, choices: &[Schema<'_>]) -> Option<Complaint> {
    let near = nearest(&scalar.text, literals(choices)).map(|near| format!("did you mean `{near}`?"));
    let named = choices.iter().any(|schema| schema.literals().is_some());
    let open = choices.iter().any(|schema| schema.literals().is_none() && schema.takes_scalars());
    let all = || match wanted(choices) {
        // Values that are no text are rare; then they are written as JSON has them.
        words if words.is_empty() => choices
            .iter()
            .filter_map(Schema::literals)
            .flatten()
            .map(|value| format!("`{value}`"))
            .collect::<Vec<_>>()
            .join(" or "),
        words => words,
    };
    let fits = named && (near.is_some() || !open);
    fits.then(|| (format!("must be {}, and it is {}", all(), quoted(&scalar.text)), near))
}

/// The problem of a text that says nothing where something must stand.
fn empty(at: &At<'_>, scalar: &Scalar, choices: &[Schema<'_>]) -> Problem {
    if scalar.text.is_empty() {
        let message = format!("{} is empty, and it must be {}", at.name(), wanted(choices));
        let help = choices.iter().find_map(Schema::cure);
        return at.problem(message, help.or_else(|| Some("give it a value, or take the key out".to_owned())));
    }
    let message = format!("{} is {}, which is no value", at.name(), quoted(&scalar.text));
    let as_text = choices.iter().any(|schema| schema.takes("string") && schema.literals().is_none());
    let help = if as_text {
        format!("write \"{}\" if you mean the word", scalar.text)
    } else {
        format!("it must be {}", wanted(choices))
    };
    at.problem(message, Some(help))
}

fn boolean(scalar: &Scalar, schema: &Schema<'_>) -> Option<Result<Value, Complaint>> {
    if !schema.takes("boolean") {
        return None;
    }
    let means = |words: &[&str]| words.iter().any(|word| scalar.text.eq_ignore_ascii_case(word));
    let help = match (scalar.plain, scalar.text.as_str()) {
        (true, "true") => return Some(Ok(Value::Bool(true))),
        (true, "false") => return Some(Ok(Value::Bool(false))),
        (false, word @ ("true" | "false")) => Some(format!("write {word} without quotes")),
        _ if means(TRUE) => Some("write `true`".to_owned()),
        _ if means(FALSE) => Some("write `false`".to_owned()),
        _ => None,
    };
    Some(Err((format!("must be `true` or `false`, and it is {}", quoted(&scalar.text)), help)))
}

fn integer(scalar: &Scalar, schema: &Schema<'_>) -> Option<Result<Value, Complaint>> {
    // `number` alone takes whole numbers as well; it reads them itself.
    if !schema.takes("integer") || schema.get("type").is_none() && !scalar.plain {
        return None;
    }
    let digits = scalar.text.strip_prefix('-').unwrap_or(&scalar.text);
    let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let wrong =
        |help: Option<String>| Some(Err((format!("must be a whole number, and it is {}", quoted(&scalar.text)), help)));
    if !decimal {
        return wrong(None);
    }
    let short = digits.trim_start_matches('0');
    if short.len() < digits.len() && digits != "0" {
        let sign = if digits.len() < scalar.text.len() { "-" } else { "" };
        let short = if short.is_empty() { "0" } else { short };
        return wrong(Some(format!("write `{sign}{short}`: some readers take a leading 0 for octal")));
    }
    if !scalar.plain {
        return wrong(Some(format!("write {} without quotes", scalar.text)));
    }
    let signed = scalar.text.parse::<i64>().map(Number::from);
    match signed.or_else(|_| scalar.text.parse::<u64>().map(Number::from)) {
        Ok(number) => Some(in_range(number, schema)),
        Err(_) => Some(Err((format!("must be a smaller number than {}", quoted(&scalar.text)), None))),
    }
}

fn number(scalar: &Scalar, schema: &Schema<'_>) -> Option<Result<Value, Complaint>> {
    if !schema.takes("number") {
        return None;
    }
    let complaint = || (format!("must be a number, and it is {}", quoted(&scalar.text)), None);
    let numeric = scalar.text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let Some(read) = scalar.text.parse().ok().filter(|_| numeric).and_then(Number::from_f64) else {
        return Some(Err(complaint()));
    };
    if !scalar.plain {
        return Some(Err((complaint().0, Some(format!("write {} without quotes", scalar.text)))));
    }
    let whole = scalar.text.parse::<i64>().map(Number::from).ok();
    let read = whole.unwrap_or(read);
    if schema.takes("string") && read.to_string() != scalar.text {
        // `3.10` as a number would be `3.1`; where text may stand, nothing is lost.
        return None;
    }
    Some(in_range(read, schema))
}

/// The number, when it is within the limits of the schema and of the type that its `format` names.
fn in_range(number: Number, schema: &Schema<'_>) -> Result<Value, Complaint> {
    let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_number).cloned();
    let (format_least, format_most) = match schema.text("format") {
        Some("int32") => (Some(i32::MIN.into()), Some(i32::MAX.into())),
        Some("uint32") => (Some(0.into()), Some(u32::MAX.into())),
        Some("int64" | "int") => (None, Some(i64::MAX.into())),
        Some("uint64" | "uint") => (Some(0.into()), None),
        _ => (None, None),
    };
    let (least, most) = (limit("minimum").or(format_least), limit("maximum").or(format_most));
    let below = least.as_ref().is_some_and(|least| less(&number, least));
    let above = most.as_ref().is_some_and(|most| less(most, &number));
    let outside = limit("exclusiveMinimum").is_some_and(|least| !less(&least, &number))
        || limit("exclusiveMaximum").is_some_and(|most| !less(&number, &most));
    if !below && !above && !outside {
        return Ok(Value::Number(number));
    }
    let (over, under) = (limit("exclusiveMinimum"), limit("exclusiveMaximum"));
    let range = match (least, most) {
        (Some(least), Some(most)) => format!("from {least} to {most}"),
        (Some(least), None) if below => format!("at least {least}"),
        (None, Some(most)) if above => format!("at most {most}"),
        _ => match (over, under) {
            (Some(over), Some(under)) => format!("more than {over} and less than {under}"),
            (Some(over), None) => format!("more than {over}"),
            (None, Some(under)) => format!("less than {under}"),
            (None, None) => "in its range".to_owned(),
        },
    };
    Err((format!("must be {range}, and it is {number}"), None))
}

fn less(left: &Number, right: &Number) -> bool {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left < right,
        _ => left.as_f64() < right.as_f64(),
    }
}

/// How to write one text where a list is wanted.
fn shape(scalar: &Scalar, choices: &[Schema<'_>]) -> Option<String> {
    let list = choices.iter().any(|schema| schema.takes("array")) && !choices.iter().any(Schema::takes_scalars);
    list.then(|| format!("put `- ` in front of {}, on a line of its own", quoted(&scalar.text)))
}
