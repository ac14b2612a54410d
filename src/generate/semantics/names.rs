//! Names of what others made, and what belongs to the system as a whole.

use super::Complaints;
use crate::generate::catalog::{self, Catalog};
use crate::generate::config::{Ci, Config, Infra, Language, Repository, RunnerKind, Scan, Select, System};
use crate::generate::planner::{service_name, service_names};
use crate::spec::nearest;

pub(super) fn check(config: &Config, catalog: &Catalog, complaints: &mut Complaints) {
    purpose(config, complaints);
    pins(config, complaints);
    images(config, complaints);
    language("language", config.language.as_ref(), complaints);
    ci("ci", &config.ci, catalog, complaints);
    for (name, app) in &config.apps {
        language(&format!("apps.{name}.language"), app.language.as_ref(), complaints);
        if let Some(own) = &app.ci {
            ci(&format!("apps.{name}.ci"), own, catalog, complaints);
            of_the_whole(&format!("apps.{name}.ci"), own, complaints);
        }
    }
    if config.release.notes && !config.release.tag {
        complaints.add("release.notes", "notes are those of a tag", "add `tag: true`");
    }
    if let Some(own) = &config.infra {
        infra(config, own, complaints);
    }
    if config.sign.is_some() && config.apps.values().all(|app| app.aks.is_none()) {
        complaints.add("sign", "there are no images to sign", "leave `sign` out; packages are attested on GitHub");
    }
    let environments =
        config.environments.iter().map(|(name, one)| (format!("environments.{name}.runner"), one.runner));
    let infra = config.infra.iter().map(|infra| ("infra.runner".to_owned(), infra.runner));
    let mut private = environments.chain(infra).filter(|(_, kind)| *kind == RunnerKind::Private);
    if let (Some((path, _)), None) = (private.next(), &config.runners.private) {
        let cure = "add `runners: { private: NAME }` with the runner group (GitHub) and pool (Azure Pipelines) of your own machines";
        complaints.add(path, "`runner: private` is used, and no private runner is named", cure);
    }
    if config.repository == Repository::AzureRepos && config.render == [System::GithubActions] {
        complaints.add("repository", "GitHub Actions do not run for Azure Repos", "add `azure-pipelines` to `render`");
    }
}

/// Apps and environments come together, or there is only something to check.
fn purpose(config: &Config, complaints: &mut Complaints) {
    match (config.apps.is_empty(), config.environments.is_empty()) {
        (false, true) => complaints.add(
            "apps",
            "there is no environment that they are deployed to",
            "add `environments:` with one, such as `production: { deploy: swap/staging, group: GROUP }`",
        ),
        (true, false) => complaints.add(
            "environments",
            "there is no app that is deployed there",
            "add `apps:` with one, such as `web: { app-service: NAME, health: /health }`",
        ),
        (true, true) if config.infra.is_none() && config.ci.is_empty() => complaints.add(
            "name",
            "there is nothing to do: no apps, no checks, no infrastructure",
            "add `apps:` and `environments:`, or `ci:` for a repository that is only checked",
        ),
        _ => {}
    }
}

fn pins(config: &Config, complaints: &mut Complaints) {
    for (name, pin) in &config.pins {
        let path = format!("pins.{name}");
        if !catalog::actions().any(|action| action == name) {
            let near =
                nearest(name, catalog::actions()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            complaints.add(&path, format!("no pipeline uses the action `{name}`"), format!("{near}Leave the line out"));
        }
        let fine = pin.split_once('@').is_some_and(|(tag, sha)| {
            tag.starts_with('v') && sha.len() == 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if !fine {
            complaints.add(
                &path,
                format!("`{pin}` is no pin"),
                "write the release and its commit: `v7.0.1@<40 hex digits>`",
            );
        }
    }
}

fn images(config: &Config, complaints: &mut Complaints) {
    for (name, digest) in &config.images {
        let hex = digest
            .strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if !hex {
            let cure = format!("`docker buildx imagetools inspect {name}` prints it: `sha256:<64 hex digits>`");
            complaints.add(format!("images.{name}"), format!("`{digest}` is no digest"), cure);
        }
    }
}

fn language(path: &str, language: Option<&Language>, complaints: &mut Complaints) {
    let Some(language) = language else { return };
    match language.given().as_slice() {
        [] => complaints.add(path, "no language is named", "name one: `python`, `node`, `dotnet`, `java` or `go`"),
        [("python", _)] if language.locks.is_empty() => {
            let cure =
                "add `locks: [requirements.lock]`, made by `uv pip compile --generate-hashes`, or `locks: [uv.lock]`";
            complaints.add(path, "Python's dependencies are not locked", cure);
        }
        [_] => {}
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            let message = format!("{} languages are named: {}", several.len(), names.join(", "));
            complaints.add(path, message, "keep one; an app may have a `language` of its own");
        }
    }
}

fn ci(path: &str, ci: &Ci, catalog: &Catalog, complaints: &mut Complaints) {
    for image in ci.integration.iter().flat_map(|integration| integration.services.iter()) {
        let path = format!("{path}.integration.services");
        if !service_names().any(|known| known == service_name(image)) {
            let known: Vec<&str> = service_names().collect();
            complaints.add(
                &path,
                format!("nothing is known about the service `{image}`"),
                format!("there are {}", known.join(", ")),
            );
        } else if catalog.image(image).is_none() {
            let near = nearest(image, catalog::images()).map(|near| format!("; known is `{near}`")).unwrap_or_default();
            let cure = format!("add it under `images`: `docker buildx imagetools inspect {image}` prints it{near}");
            complaints.add(&path, format!("the digest of `{image}` is not known"), cure);
        }
    }
    if !ci.migrations.is_empty() && ci.integration.is_none() {
        complaints.add(
            format!("{path}.migrations"),
            "there is no database to migrate",
            "add `integration` with its `services`",
        );
    }
}

/// What is decided once for all apps.
fn of_the_whole(path: &str, ci: &Ci, complaints: &mut Complaints) {
    let given =
        [("scan", !ci.scan.is_empty()), ("select", ci.select != Select::default()), ("shared", !ci.shared.is_empty())];
    for (key, _) in given.iter().filter(|(_, given)| *given) {
        let message = format!("`{key}` is about the whole repository");
        complaints.add(format!("{path}.{key}"), message, format!("put it into `ci.{key}` at the top"));
    }
}

fn infra(config: &Config, infra: &Infra, complaints: &mut Complaints) {
    match (&infra.terraform, &infra.bicep) {
        (Some(_), Some(_)) => complaints.add("infra", "both Terraform and Bicep are named", "keep one"),
        (None, None) => {
            complaints.add("infra", "neither Terraform nor Bicep is named", "add `terraform: FOLDER` or `bicep: FILE`");
        }
        (Some(_), None) if infra.state.is_none() => {
            let cure = "add `state: STORAGE-ACCOUNT/CONTAINER`: without one, every run has a state of its own";
            complaints.add("infra", "nothing says where Terraform's state is", cure);
        }
        (Some(_), None) if infra.destroy => {
            let cure = "leave `destroy` out; `terraform destroy` is run by hand, by who may delete all of it";
            complaints.add("infra.destroy", "only what Bicep deployed as a stack is deleted by a run", cure);
        }
        _ if infra.destroy_approve.is_some() && !infra.destroy => {
            let cure = "add `destroy: true`, or leave it out";
            complaints.add("infra.destroy-approve", "nothing is deleted by a run", cure);
        }
        (None, Some(_)) if infra.group.is_none() => {
            complaints.add("infra", "Bicep needs a resource group", "add `group`");
        }
        _ => {}
    }
    for name in &infra.environments {
        let name = name.as_ref();
        if !config.environments.contains_key(name) {
            let near = nearest(name, config.environments.keys().map(String::as_str));
            let cure =
                near.map_or_else(|| "add it under `environments`".to_owned(), |near| format!("did you mean `{near}`?"));
            complaints.add("infra.environments", format!("there is no environment `{name}`"), cure);
        }
    }
    if infra.environments.len() > 1 && infra.variables.as_ref().is_none_or(|file| !file.contains("{environment}")) {
        let cure = "add `variables: environments/{environment}.tfvars`, or keep one environment";
        complaints.add("infra.environments", "all environments would get the same variables", cure);
    }
    if config.ci.scan.contains(&Scan::Code)
        && config.language.is_none()
        && config.apps.values().all(|app| app.language.is_none())
    {
        complaints.add("ci.scan", "`code` needs to know the language", "add `language`");
    }
}
