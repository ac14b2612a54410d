//! The rules for the words of a `siding.yml`, by the `format` that the schema gives them.

use schemars::JsonSchema;
use serde::Deserialize;

/// A text that follows the rule of its `format`.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident, $format:literal;)*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
        #[serde(transparent)]
        #[schemars(inline, extend("format" = $format))]
        pub struct $name(String);

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

words! {
    /// A command of one line, run by bash.
    Command, "command";
    /// A path inside the repository.
    RepositoryPath, "path";
    /// A path of a URL.
    UrlPath, "url-path";
    /// A branch, or a pattern that ends with `/*`.
    Branch, "branch";
    /// A name in the config.
    Name, "name";
    /// The name of an app setting.
    SettingName, "setting";
    /// The name of an output of Terraform or Bicep.
    OutputName, "output";
}

/// One text, or a list of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One
    One(T),
    /// Several
    Many(Vec<T>),
}

impl<T: AsRef<str>> OneOrMany<T> {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let all = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        };
        all.iter().map(AsRef::as_ref)
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// Words that readers of YAML 1.1 take for something else than text, and names that the CI systems keep for themselves.
const TRAPS: &[&str] = &["on", "off", "yes", "no", "y", "n", "true", "false", "null", "none", "default", "self"];

/// What is wrong with `text` where the schema says `format`; nothing when it is right.
pub fn check(format: &str, text: &str) -> Option<String> {
    let rule = RULES.iter().find(|(name, _)| *name == format).map(|(_, rule)| rule)?;
    rule(text)
}

type Rule = fn(&str) -> Option<String>;

/// The rules. Names of Azure's own things follow learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules (2026-08).
const RULES: &[(&str, Rule)] = &[
    ("name", name),
    ("app-service", |text| word(text, 2, 60, "-").err()),
    ("resource-group", |text| word(text, 1, 90, "-_.()").err()),
    ("cluster", |text| word(text, 1, 63, "-_").err()),
    ("registry", |text| word(text, 5, 50, "").err()),
    ("vault", |text| word(text, 3, 24, "-").err()),
    ("secret", |text| word(text, 1, 127, "-").err()),
    // App Service on Linux takes these; a `:` is for Windows alone.
    ("setting", |text| word(text, 1, 128, "_.-").err()),
    ("output", |text| word(text, 1, 64, "-_").err()),
    ("hour", |text| {
        let number = |text: &str, most: u8| text.len() == 2 && text.parse::<u8>().is_ok_and(|number| number <= most);
        let fine = text.split_once(':').is_some_and(|(hour, minute)| number(hour, 23) && number(minute, 59));
        (!fine).then(|| "must be a time of day, such as `\"09:00\"`".to_owned())
    }),
    ("time-zone", |text| {
        let fine = text.chars().all(|letter| letter.is_ascii_alphanumeric() || " .+-()".contains(letter));
        (!fine || text.is_empty()).then(|| "must be Windows' name of a time zone: `tzutil /l` lists them".to_owned())
    }),
    ("suffix", |text| if text.is_empty() { None } else { word(text, 1, 30, "-").err() }),
    ("plan", |text| word(text, 2, 6, "").err()),
    ("runner", |text| word(text, 1, 64, "-_.").err()),
    ("branch", branch),
    ("commit", |text| {
        let hex = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!hex).then(|| "must be the 40 hex digits of a commit: `git rev-parse HEAD` prints them".to_owned())
    }),
    ("version", |text| {
        let numbers = text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        (!numbers || text.split('.').count() != 3)
            .then(|| "must be a version with three numbers, such as `1.4.0`".to_owned())
    }),
    ("language-version", |text| {
        let numbers = text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        (!numbers || text.split('.').count() > 3).then(|| "must be a version, such as `\"3.12\"`".to_owned())
    }),
    ("duration", |text| {
        crate::spec::parse_duration(text).err().map(|_| "must be a time, such as `90s` or `10m`".to_owned())
    }),
    ("percent", |text| percent(text).is_none().then(|| "must be a share, such as `5%`".to_owned())),
    ("path", path),
    ("url-path", |text| {
        let fine = text.starts_with('/') && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
        if fine { expression(text) } else { Some("must be a path that begins with `/`".to_owned()) }
    }),
    ("url", |text| match url::Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.username().is_empty() => expression(text),
        _ => Some("must be an https URL without a user".to_owned()),
    }),
    ("command", command),
    ("variable", |text| {
        let fine = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
        (!fine).then(|| "must be a variable's name in upper case, such as `DATABASE_URL`".to_owned())
    }),
    ("state", |text| match text.split_once('/') {
        Some((account, container)) => word(account, 3, 24, "").and_then(|()| word(container, 3, 63, "-")).err(),
        None => Some("must name the storage account and the container: `ACCOUNT/CONTAINER`".to_owned()),
    }),
    ("insights", |text| {
        let (group, name) = text.split_once('/').unwrap_or(("rg", text));
        word(group, 1, 90, "-_.()").and_then(|()| word(name, 1, 260, "-_.()")).err()
    }),
    ("deploy", |text| super::Deploy::parse(text).err()),
];

/// A name of ours: it becomes part of ids in both systems.
fn name(text: &str) -> Option<String> {
    if TRAPS.contains(&text.to_ascii_lowercase().as_str()) {
        return Some(format!("`{text}` means something else to readers of YAML or to a CI system; take another name"));
    }
    let fine = text.len() <= 40
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (!fine).then(|| {
        "a name has lower-case letters, digits and single hyphens, begins with a letter and has up to 40 characters"
            .to_owned()
    })
}

/// Letters, digits and these others, within these lengths.
fn word(text: &str, least: usize, most: usize, others: &str) -> Result<(), String> {
    let fine = (least..=most).contains(&text.len())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || others.contains(letter))
        && text.bytes().next().is_none_or(|byte| byte.is_ascii_alphanumeric() || others.contains(byte as char));
    let spelled: Vec<String> = others.chars().map(|letter| format!("`{letter}`")).collect();
    let and = if spelled.is_empty() { String::new() } else { format!(" and {}", spelled.join(" ")) };
    if fine { Ok(()) } else { Err(format!("must have {least} to {most} letters, digits{and}")) }
}

pub(super) fn is_slot(text: &str) -> bool {
    word(text, 2, 59, "-").is_ok() && !text.eq_ignore_ascii_case("production")
}

fn branch(text: &str) -> Option<String> {
    let fine = !text.is_empty()
        && !text.starts_with(['/', '-'])
        && !text.contains("..")
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./*".contains(letter))
        && text.trim_end_matches("/*").chars().all(|letter| letter != '*');
    (!fine).then(|| "must be a branch, such as `main`, or a pattern that ends with `/*`".to_owned())
}

fn path(text: &str) -> Option<String> {
    if text.is_empty() || text.starts_with(['/', '~', '-']) || text.split('/').any(|part| part == "..") {
        return Some("must be a path inside the repository".to_owned());
    }
    if text.chars().any(|letter| letter.is_control() || "\\\"'`;|&<>".contains(letter)) {
        return Some("must be a path without quotes, backslashes and signs of the shell".to_owned());
    }
    expression(text)
}

fn command(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("must be a command".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Some("must be one line; put more into a script in the repository and call it".to_owned());
    }
    expression(text)
}

/// What one of the CI systems would expand before a shell sees it.
fn expression(text: &str) -> Option<String> {
    let found = ["${{", "$[", "$("].into_iter().find(|opening| text.contains(opening))?;
    Some(format!(
        "holds `{found}`, which a CI system would expand; put it into a script in the repository and call that"
    ))
}

/// `5%` as 5.0.
pub fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_that_mean_something_else_are_refused() {
        for trap in ["on", "yes", "null", "3.10", "No", "a--b", "-a", "a_b", "Ä", ""] {
            assert!(check("name", trap).is_some(), "{trap}");
        }
        for fine in ["production", "qa", "eu-west-1", "a1"] {
            assert_eq!(check("name", fine), None, "{fine}");
        }
    }

    #[test]
    fn nothing_that_a_ci_system_expands_gets_into_a_command() {
        for bad in ["echo ${{ secrets.X }}", "echo $(Build.Id)", "echo $[x]", "a\nb", " "] {
            assert!(check("command", bad).is_some(), "{bad}");
        }
        assert_eq!(check("command", r#"pytest -m "not integration" --x=${HOME}"#), None);
    }

    #[test]
    fn words_of_azure_follow_its_rules() {
        for (format, fine, bad) in [
            ("app-service", "icarus-web", "a"),
            ("vault", "icarus-kv-stg", "kv.stg"),
            ("resource-group", "rg-prod_(eu)", "rg prod"),
            ("registry", "icarusacr", "icarus-acr"),
            ("duration", "10m", "soon"),
            ("percent", "0.5%", "5"),
            ("path", "src/app", "../x"),
            ("url", "https://chat.icarus.com", "http://chat.icarus.com"),
            ("url-path", "/health", "health"),
            ("version", "1.9.0", "1.9"),
            ("language-version", "3.12", "latest"),
            ("output", "app_name", "app name"),
            ("hour", "09:30", "9:30"),
            ("time-zone", "W. Europe Standard Time", "Europe/Berlin"),
            ("setting", "ConnectionStrings__Main", "A=1"),
            ("variable", "DATABASE_URL", "database-url"),
            ("state", "account/container", "account"),
            ("insights", "rg-shop/appi-shop", "a/b/c"),
            ("branch", "release/*", "rel*ase"),
            ("deploy", "swap/staging", "swop/staging"),
            ("commit", "0123456789012345678901234567890123456789", "main"),
        ] {
            assert_eq!(check(format, fine), None, "{format}: {fine}");
            assert!(check(format, bad).is_some(), "{format}: {bad}");
        }
    }
}
