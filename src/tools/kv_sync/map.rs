//! Which secret becomes which variable.

use crate::ci::{NameTrouble, check_exported_name, variable_name};
use crate::report::{Failure, code};

/// One line of `secrets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    /// The variable's name.
    pub(super) variable: String,
    /// The secret's name in the vault.
    pub(super) secret: String,
    /// The version, if not the newest.
    pub(super) version: Option<String>,
}

/// The lines that can be read, and what is wrong with the others.
pub(super) fn read(lines: &[&str]) -> (Vec<Mapping>, Vec<String>) {
    let mut mappings: Vec<Mapping> = Vec::new();
    let mut troubles = Vec::new();
    for line in lines {
        match parse(line) {
            Err(trouble) => troubles.push(format!("`{line}`: {trouble}")),
            // Names that differ in case alone are one variable on Windows.
            Ok(mapping) => match mappings.iter().find(|other| other.variable.eq_ignore_ascii_case(&mapping.variable)) {
                Some(other) => troubles.push(format!(
                    "`{}` and `{}` both become `{}`; name one of them with `NAME=secret-name`",
                    other.secret, mapping.secret, mapping.variable
                )),
                None => mappings.push(mapping),
            },
        }
    }
    (mappings, troubles)
}

/// `SID0505` naming every variable that would act on the following steps.
pub(super) fn dangerous(mappings: &[Mapping]) -> Option<Failure> {
    let is_dangerous = |mapping: &&Mapping| check_exported_name(&mapping.variable) == Err(NameTrouble::Dangerous);
    let dangerous: Vec<&Mapping> = mappings.iter().filter(is_dangerous).collect();
    let named: Vec<String> =
        dangerous.iter().map(|mapping| format!("`{}` (from secret `{}`)", mapping.variable, mapping.secret)).collect();
    if named.is_empty() {
        return None;
    }
    let what = format!("`secrets`: these variables would steer the following steps: {}", named.join(", "));
    let failure = Failure::new(&code::SECRET_NAME_UNSAFE, what)
        .because("whoever may write to the vault could run code in this job through them")
        .fix(format!(
            "give each a name of its own: {}",
            dangerous.iter().map(|mapping| renamed(mapping)).collect::<Vec<_>>().join(", ")
        ));
    Some(failure)
}

/// The same line with a name that steers nothing.
fn renamed(mapping: &Mapping) -> String {
    let name = format!("APP_{}", mapping.variable);
    // Some names are known by their end, such as `HTTPS_PROXY`.
    let end = if check_exported_name(&name).is_ok() { "" } else { "_VALUE" };
    let version = mapping.version.as_ref().map(|version| format!("/{version}")).unwrap_or_default();
    format!("`{name}{end}={}{version}`", mapping.secret)
}

fn parse(line: &str) -> Result<Mapping, String> {
    let (variable, source) = match line.split_once('=') {
        Some((variable, source)) => (Some(variable.trim()), source.trim()),
        None => (None, line.trim()),
    };
    let (secret, version) = source.split_once('/').map_or((source, None), |(secret, version)| (secret, Some(version)));
    let good_name = (1..=127).contains(&secret.len())
        && secret.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    if !good_name {
        return Err(format!("`{secret}` is not the name of a secret: 1 to 127 letters, digits and hyphens"));
    }
    if version
        .is_some_and(|version| version.len() != 32 || !version.chars().all(|character| character.is_ascii_hexdigit()))
    {
        return Err("a version has 32 hexadecimal digits".to_owned());
    }
    let variable = variable.map_or_else(|| variable_name(secret), str::to_owned);
    if check_exported_name(&variable) == Err(NameTrouble::Shape) {
        return Err(format!(
            "`{variable}` is not the name of a variable: letters, digits and underscores, no digit first"
        ));
    }
    Ok(Mapping { variable, secret: secret.to_owned(), version: version.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::{dangerous, read};

    #[test]
    fn lines_become_variables() {
        let (mappings, troubles) =
            read(&["db-password", "KEY=api-key", "OLD=api-key/0123456789abcdef0123456789abcdef"]);
        assert!(troubles.is_empty(), "{troubles:?}");
        let names: Vec<&str> = mappings.iter().map(|mapping| mapping.variable.as_str()).collect();
        assert_eq!(names, ["DB_PASSWORD", "KEY", "OLD"]);
        assert!(mappings[2].version.is_some());
    }

    #[test]
    fn collisions_and_bad_names_are_told() {
        let (_, troubles) = read(&["a-b", "A_B=c", "1x", "under_score", "X=y/12", "A B=c"]);
        assert_eq!(troubles.len(), 5, "{troubles:?}");
    }

    #[test]
    fn a_secret_never_becomes_a_variable_that_runs_code() {
        let (mappings, _) = read(&["LD-PRELOAD", "path", "fine"]);
        let failure = dangerous(&mappings).unwrap();
        assert!(
            failure.what.contains("`LD_PRELOAD`") && failure.what.contains("`PATH`") && !failure.what.contains("fine")
        );
        let (mappings, _) = read(&["PATH=x", "https-proxy"]);
        let told = "give each a name of its own: `APP_PATH=x`, `APP_HTTPS_PROXY_VALUE=https-proxy`";
        assert_eq!(dangerous(&mappings).unwrap().fixes, [crate::report::Fix::Say(told.to_owned())]);
    }
}
