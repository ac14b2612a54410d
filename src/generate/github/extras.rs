//! The file beside the workflows: what Dependabot keeps fresh.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::generate::config::{App, Config, Language};
use crate::generate::render::{File, templates};
use crate::report::Failure;

/// Something that Dependabot keeps fresh.
#[derive(Debug, Eq, PartialEq, Serialize)]
struct Update<'a> {
    /// In Dependabot's words.
    ecosystem: &'a str,
    /// From the top of the repository, with a leading `/`.
    directories: Vec<String>,
}

/// `.github/dependabot.yml`.
pub fn extras(config: &Config) -> Result<Vec<File>, Failure> {
    Ok(vec![file("dependabot.yml", context! { updates => Value::from(Serde(updates(config))) })?])
}

fn file(name: &str, context: Value) -> Result<File, Failure> {
    let path = format!(".github/{name}");
    let body = templates()
        .get_template(&format!("github/{name}.j2"))
        .and_then(|template| template.render(context))
        .map_err(|error| Failure::bug(format!("the template of `{path}` failed")).because(format!("{error:#}")))?;
    Ok(File { path, body })
}

/// The actions of the workflows, Terraform's providers, and the dependencies and Dockerfiles of the apps.
fn updates(config: &Config) -> Vec<Update<'_>> {
    let mut all = vec![Update { ecosystem: "github-actions", directories: vec!["/".to_owned()] }];
    let infra = config.infra.as_ref().and_then(|infra| infra.terraform.as_ref());
    all.extend(infra.map(|folder| Update { ecosystem: "terraform", directories: vec![absolute(folder)] }));
    for app in config.apps.values().filter(|app| app.same_as.is_none()) {
        let language = app.language.as_ref().or(config.language.as_ref());
        let ecosystems = language.map(ecosystem).into_iter().chain(app.aks.as_ref().map(|_| "docker"));
        for ecosystem in ecosystems {
            add(&mut all, ecosystem, directory(app, ecosystem));
        }
    }
    for (ecosystem, folders) in &config.dependabot {
        folders.iter().for_each(|folder| add(&mut all, ecosystem, absolute(folder)));
    }
    all
}

fn add<'a>(all: &mut Vec<Update<'a>>, ecosystem: &'a str, directory: String) {
    match all.iter_mut().find(|update| update.ecosystem == ecosystem) {
        Some(update) if update.directories.contains(&directory) => {}
        Some(update) => update.directories.push(directory),
        None => all.push(Update { ecosystem, directories: vec![directory] }),
    }
}

/// The names are those of
/// <https://docs.github.com/en/code-security/reference/supply-chain-security/dependabot-options-reference> (2026-08).
fn ecosystem(language: &Language) -> &'static str {
    match language.name() {
        "python" => "pip",
        "node" => "npm",
        "dotnet" => "nuget",
        "java" => "maven",
        _ => "gomod",
    }
}

fn directory(app: &App, ecosystem: &str) -> String {
    let below = if ecosystem == "docker" { app.dockerfile.rsplit_once('/').map(|(folder, _)| folder) } else { None };
    absolute(&format!("{}/{}", app.path, below.unwrap_or_default()))
}

/// A path in the repository as Dependabot writes it: `.` is `/`.
fn absolute(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("/{}", parts.join("/"))
}
