//! The check behind each [`Kind`]: what is wrong with a value, in words that give the allowed form.

use std::time::Duration;

use url::Url;

use super::{Kind, nearest};

/// The clouds by name, as `az cloud list` spells them.
const CLOUDS: [&str; 3] = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"];
/// No wait is longer: hosted jobs end after six hours.
const LONGEST_DURATION: Duration = Duration::from_hours(6);

/// The form of a time.
const DURATION: &str = "a time such as `90s`, `10m` or `500ms`";

/// `None` when the value is good, else what it should be.
pub(super) fn trouble(kind: Kind, value: &str) -> Option<String> {
    let expected = |good: bool, form: &str| (!good).then(|| form.to_owned());
    match kind {
        Kind::Text | Kind::Command => expected(!value.contains(['\n', '\r', '\0']), "a text of one line"),
        Kind::Lines | Kind::Secret => None,
        Kind::Flag => expected(flag(value).is_some(), "`true` or `false`"),
        Kind::Choice(choices) => one_of(value, choices),
        Kind::Guid => expected(is_guid(value), "a GUID such as `00000000-0000-0000-0000-000000000000`, without quotes"),
        Kind::AppName => {
            expected(is_name(value, 2, 60, "-"), "2 to 60 letters, digits and hyphens, no hyphen at the ends")
        }
        Kind::SlotName => {
            expected(is_name(value, 2, 59, "-"), "2 to 59 letters, digits and hyphens, no hyphen at the ends")
        }
        Kind::ResourceGroup => {
            expected(is_group(value), "1 to 90 letters, digits and `-_.()`, no full stop at the end")
        }
        Kind::Vault => vault(value),
        Kind::Url => url_trouble(value),
        Kind::Cloud if CLOUDS.contains(&value) => None,
        Kind::Cloud if value.contains("://") => url_trouble(value),
        Kind::Cloud => one_of(value, &CLOUDS),
        Kind::UrlPath => {
            let other_host = value.starts_with("//") || value.contains('\\');
            let good = value.starts_with('/') && !other_host && is_visible(value);
            expected(good, "a path that begins with one `/`, such as `/health`")
        }
        Kind::Path => expected(!value.contains(['\n', '\0']), "a path"),
        Kind::Duration(least) => match parse_duration(value) {
            Ok(time) if time < least => Some(format!("{DURATION}, at least {} ms", least.as_millis())),
            parsed => parsed.err(),
        },
        Kind::Count(least, most) => {
            let good = value.parse().is_ok_and(|number: u64| (least..=most).contains(&number));
            expected(good, &format!("a whole number from {least} to {most}"))
        }
    }
}

/// The YAML 1.2 core booleans, which GitHub uses as well.
pub(super) fn flag(value: &str) -> Option<bool> {
    match value {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// `500ms`, `90s`, `10m`, `1h`; a bare number is seconds.
///
/// # Errors
/// The allowed form, for a message.
pub fn parse_duration(value: &str) -> Result<Duration, String> {
    let form = || format!("{DURATION}, at most 6 hours");
    let digits = value.find(|character: char| !character.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let number: u64 = number.parse().map_err(|_| form())?;
    let duration = match unit {
        "ms" => Duration::from_millis(number),
        "" | "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60).ok_or_else(form)?),
        "h" => Duration::from_secs(number.checked_mul(3600).ok_or_else(form)?),
        _ => return Err(form()),
    };
    if duration <= LONGEST_DURATION { Ok(duration) } else { Err(form()) }
}

fn one_of(value: &str, choices: &[&str]) -> Option<String> {
    if choices.contains(&value) {
        return None;
    }
    let list = choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
    let hint =
        nearest(value, choices.iter().copied()).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Some(format!("one of {list}{hint}"))
}

fn is_guid(value: &str) -> bool {
    let lengths = value.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && value.chars().all(|character| character == '-' || character.is_ascii_hexdigit())
}

fn is_name(value: &str, least: usize, most: usize, inner: &str) -> bool {
    let edge = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
    (least..=most).contains(&value.len())
        && edge(value.chars().next())
        && edge(value.chars().last())
        && value.chars().all(|character| character.is_ascii_alphanumeric() || inner.contains(character))
}

fn is_group(value: &str) -> bool {
    let known = |character: char| character.is_alphanumeric() || "-_.()".contains(character);
    (1..=90).contains(&value.chars().count()) && value.chars().all(known) && !value.ends_with('.')
}

fn vault(value: &str) -> Option<String> {
    if value.contains("://") {
        // A vault has no plain http, not even on loopback: a token goes there.
        let https = Url::parse(value).is_ok_and(|url| url.scheme() == "https");
        let form = || "an https URL such as `https://kv1.vault.azure.net`, without user or password".to_owned();
        return (!https || url_trouble(value).is_some()).then(form);
    }
    let good = is_name(value, 3, 24, "-") && value.starts_with(|first: char| first.is_ascii_alphabetic());
    (!good).then(|| {
        "the name of a vault (3 to 24 letters, digits and hyphens, a letter first) or its https URL".to_owned()
    })
}

fn url_trouble(value: &str) -> Option<String> {
    let form = "an https URL such as `https://app.example.com` (http only on localhost), without user or password";
    let good = Url::parse(value).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        let loopback = host == "127.0.0.1" || host == "[::1]" || host == "localhost" || host.ends_with(".localhost");
        (url.scheme() == "https" || url.scheme() == "http" && loopback)
            && !host.is_empty()
            && url.username().is_empty()
            && url.password().is_none()
    });
    (!good).then(|| form.to_owned())
}

fn is_visible(value: &str) -> bool {
    value.chars().all(|character| character.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{Duration, Kind, parse_duration, trouble};

    #[test]
    fn good_values_pass() {
        for (kind, value) in [
            (Kind::Guid, "11111111-2222-4333-8444-55555555555A"),
            (Kind::AppName, "inventory-api"),
            (Kind::SlotName, "production"),
            (Kind::ResourceGroup, "rg_weu.(prod)"),
            (Kind::Vault, "kv1"),
            (Kind::Vault, "https://kv1.vault.azure.net"),
            (Kind::Url, "http://127.0.0.1:8000/x"),
            (Kind::Cloud, "https://localhost:8443"),
            (Kind::UrlPath, "/health?x=1"),
            (Kind::WAIT, "100ms"),
            (Kind::ANY_TIME, "0"),
            (Kind::Count(1, 5), "5"),
        ] {
            assert_eq!(trouble(kind, value), None, "{kind:?} {value}");
        }
    }

    #[test]
    fn bad_values_are_told_their_form() {
        for (kind, value) in [
            (Kind::Guid, "{11111111-2222-4333-8444-555555555555}"),
            (Kind::Guid, "11111111-2222-4333-8444-55555555555"),
            (Kind::AppName, "-app"),
            (Kind::AppName, "my_app"),
            (Kind::SlotName, "a/b"),
            (Kind::ResourceGroup, "rg."),
            (Kind::Vault, "1vault"),
            (Kind::Vault, "http://127.0.0.1:8443"),
            (Kind::Vault, "https://user:pass@kv1.vault.azure.net"),
            (Kind::Url, "http://example.com"),
            (Kind::Url, "https://user:pass@example.com"),
            (Kind::Url, "example.com"),
            (Kind::Cloud, "AzurePublic"),
            (Kind::UrlPath, "health"),
            (Kind::UrlPath, "//example.com/health"),
            (Kind::UrlPath, "/\\example.com/health"),
            (Kind::ANY_TIME, "soon"),
            (Kind::WAIT, "0s"),
            (Kind::WAIT, "99ms"),
            (Kind::ANY_TIME, "7h"),
            (Kind::ANY_TIME, "99999999999999999999s"),
            (Kind::Count(1, 5), "6"),
            (Kind::Flag, "yes"),
            (Kind::Text, "a\nb"),
        ] {
            assert!(trouble(kind, value).is_some(), "{kind:?} {value}");
        }
    }

    #[test]
    fn a_bare_number_is_seconds() {
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
    }

    #[test]
    fn a_wrong_choice_names_the_nearest() {
        assert!(
            trouble(Kind::Cloud, "AzureUsGoverment")
                .is_some_and(|form| form.contains("did you mean `AzureUSGovernment`"))
        );
    }
}
