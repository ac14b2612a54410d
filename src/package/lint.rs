//! What a person should look at before a package is deployed. These are warnings: each of them can be meant so.

use std::collections::BTreeMap;

use super::plan::Entry;

/// From here on unpacking on a site takes minutes: its home is a network share.
const MANY_FILES: usize = 20_000;
/// How many names a warning spells out.
const SHOWN: usize = 5;

/// Everything that is odd about the entries, which are sorted by name.
pub(super) fn lint(entries: &[Entry]) -> Vec<String> {
    let checks = [single_folder, nested_zip, local_venv, secrets, git, offline, many_files, same_but_for_case];
    checks.iter().filter_map(|check| check(entries)).collect()
}

fn single_folder(entries: &[Entry]) -> Option<String> {
    let (top, _) = entries.first()?.name.split_once('/')?;
    let all = entries.iter().all(|entry| entry.name.split_once('/').is_some_and(|(first, _)| first == top));
    // A folder of this name at the root is what some stacks are served from.
    let meant = matches!(top, "wwwroot" | "public" | "App_Data" | "WEB-INF" | "META-INF");
    (all && !meant).then(|| {
        format!(
            "everything is inside the one folder `{top}`, so the root of the site stays empty: deploy `{top}` itself"
        )
    })
}

fn nested_zip(entries: &[Entry]) -> Option<String> {
    let names = names(entries, |entry| ends_with(&entry.name, ".zip"))?;
    Some(format!("a zip inside the package is not unpacked: {names}; leave it out unless the app reads it"))
}

fn local_venv(entries: &[Entry]) -> Option<String> {
    let is_marker = |entry: &&Entry| last(&entry.name) == "pyvenv.cfg";
    let folders: Vec<&str> = entries.iter().filter(is_marker).map(|entry| parent(&entry.name)).collect();
    let shown = quote(folders.into_iter())?;
    Some(format!(
        "a local virtual environment does not run on a site (its paths are absolute): {shown}; exclude it and deploy \
         `requirements.txt` with a build on the server, or `.python_packages`"
    ))
}

fn secrets(entries: &[Entry]) -> Option<String> {
    let names = names(entries, |entry| is_secret(last(&entry.name)))?;
    Some(format!("secrets look to be inside the package: {names}; exclude them and use app settings or Key Vault"))
}

fn git(entries: &[Entry]) -> Option<String> {
    let names = names(entries, |entry| entry.name.starts_with(".git/config") || entry.name.contains("/.git/config"))?;
    Some(format!("a Git repository is inside the package, with its history and perhaps a token: {names}"))
}

fn offline(entries: &[Entry]) -> Option<String> {
    let found = entries.iter().any(|entry| entry.name.eq_ignore_ascii_case("app_offline.htm"));
    found.then(|| "`app_offline.htm` keeps an ASP.NET site offline for as long as it is there; exclude it".to_owned())
}

fn many_files(entries: &[Entry]) -> Option<String> {
    if entries.len() <= MANY_FILES {
        return None;
    }
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries {
        *folders.entry(entry.name.split_once('/').map_or("the root", |(top, _)| top)).or_default() += 1;
    }
    let mut folders: Vec<(&str, usize)> = folders.into_iter().collect();
    folders.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
    let most: Vec<String> = folders.iter().take(3).map(|(name, count)| format!("`{name}` ({count})")).collect();
    Some(format!(
        "{} files take a site minutes to unpack, most of them in {}; prune development dependencies, bundle, or run \
         from the package",
        entries.len(),
        most.join(", ")
    ))
}

/// Names that are one on a site whose file system ignores case.
fn same_but_for_case(entries: &[Entry]) -> Option<String> {
    let mut folded: Vec<(u32, usize)> =
        entries.iter().enumerate().map(|(at, entry)| (crc32fast::hash(fold(entry).as_bytes()), at)).collect();
    folded.sort_unstable();
    let mut pairs = Vec::new();
    for pair in folded.windows(2) {
        let (one, two) = (&entries[pair[0].1], &entries[pair[1].1]);
        if pair[0].0 == pair[1].0 && fold(one) == fold(two) {
            pairs.push(format!("`{}` and `{}`", one.name, two.name));
        }
    }
    if pairs.is_empty() {
        return None;
    }
    let more = pairs.len().saturating_sub(SHOWN);
    pairs.truncate(SHOWN);
    let more = if more > 0 { format!(", and {more} more pairs") } else { String::new() };
    Some(format!("names that differ only in case are one file on a Windows site: {}{more}", pairs.join(", ")))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|end| name.ends_with(end));
    let environment = name == ".env" || name.starts_with(".env.");
    let key = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "local.settings.json"].contains(&name.as_str())
        || ends(&[".key", ".pfx", ".p12", ".ppk"])
        || ends(&[".pem"]) && (name.contains("key") || name.contains("private"));
    let sample = ends(&[".example", ".sample", ".template", ".dist"]);
    !sample && (environment || key)
}

fn names(entries: &[Entry], odd: impl Fn(&Entry) -> bool) -> Option<String> {
    quote(entries.iter().filter(|entry| !entry.is_directory() && odd(entry)).map(|entry| &*entry.name))
}

fn quote<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        _ if names.is_empty() => None,
        0 => Some(shown.join(", ")),
        more => Some(format!("{} and {more} more", shown.join(", "))),
    }
}

fn fold(entry: &Entry) -> String {
    entry.name.to_lowercase()
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn ends_with(name: &str, end: &str) -> bool {
    name.to_ascii_lowercase().ends_with(end)
}
