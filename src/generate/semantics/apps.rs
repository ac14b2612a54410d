//! Apps: one target each, and who follows whom.

use std::collections::HashMap;

use super::Complaints;
use crate::generate::config::{App, Config, Role};
use crate::spec::nearest;

pub(super) fn check(config: &Config, complaints: &mut Complaints) {
    for (name, app) in &config.apps {
        let path = format!("apps.{name}");
        target(&path, app, complaints);
        leaders(config, name, app, complaints);
        circle(config, name, complaints);
        health(&path, app, complaints);
        content(config, &path, app, complaints);
    }
    twice(config, complaints);
    same_ids(config, complaints);
}

fn target(path: &str, app: &App, complaints: &mut Complaints) {
    let all = [("app-service", &app.app_service), ("static-web-app", &app.static_web_app), ("aks", &app.aks)];
    let given: Vec<&str> = all.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name).collect();
    match given.as_slice() {
        [_] => {}
        [] => {
            complaints.add(path, "it has no target", "add `app-service: NAME`, `static-web-app: NAME` or `aks: IMAGE`");
        }
        several => {
            let message = format!("it has {} targets: {}", several.len(), several.join(" and "));
            complaints.add(path, message, "keep one; what is deployed twice is two apps, the second with `same-as`");
        }
    }
}

fn leaders(config: &Config, name: &str, app: &App, complaints: &mut Complaints) {
    for (key, leader) in [("same-as", &app.same_as), ("after", &app.after)] {
        let Some(leader) = leader else { continue };
        let path = format!("apps.{name}.{key}");
        let Some(first) = config.apps.get(leader) else {
            let others = config.apps.keys().map(String::as_str).filter(|other| *other != name);
            let cure = nearest(leader, others)
                .map_or_else(|| "name another app".to_owned(), |near| format!("did you mean `{near}`?"));
            complaints.add(path, format!("there is no app `{leader}`"), cure);
            continue;
        };
        if key == "same-as" && first.same_as.is_some() {
            complaints.add(&path, format!("`{leader}` has no package of its own"), "name the app that is built");
        }
        if app.aks.is_some() {
            complaints.add(&path, "images on AKS are released together", format!("leave `{key}` out"));
        }
    }
    if app.same_as.is_some() && (!app.build.is_empty() || app.output.is_some() || !app.include.is_empty()) {
        let cure = "leave `build`, `output` and `include` out, or leave `same-as` out";
        complaints.add(
            format!("apps.{name}.same-as"),
            "it has the package of another app and says how to build its own",
            cure,
        );
    }
}

/// Told once for each circle, at its first app.
fn circle(config: &Config, name: &str, complaints: &mut Complaints) {
    let next = |name: &str| config.apps.get(name).and_then(|app| app.same_as.as_deref().or(app.after.as_deref()));
    let mut seen = vec![name];
    while let Some(follows) = seen.last().copied().and_then(next) {
        if follows == name {
            let first = config.apps.keys().position(|key| key == name);
            let least = seen.iter().filter_map(|one| config.apps.keys().position(|key| key == one)).min();
            if first == least {
                let round =
                    seen.iter().chain([&name]).map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" follows ");
                complaints.add(format!("apps.{name}"), format!("a circle: {round}"), "one of them must go first");
            }
            return;
        }
        if seen.contains(&follows) {
            return;
        }
        seen.push(follows);
    }
}

fn health(path: &str, app: &App, complaints: &mut Complaints) {
    if app.role == Role::Web && app.static_web_app.is_none() && app.health_paths().is_empty() {
        let cure = "add `health: /health`; a worker has `role: worker`, and a scheduler `role: scheduler`";
        complaints.add(path, "nothing says where it tells that it is healthy", cure);
    }
    if app.role != Role::Web && (app.health.is_some() || app.commit_at.is_some()) {
        complaints.add(path, "a worker or scheduler answers no requests", "leave `health` and `commit-at` out");
    }
}

fn content(config: &Config, path: &str, app: &App, complaints: &mut Complaints) {
    if app.aks.is_some() && config.registry.is_none() {
        complaints.add(path, "its image has no registry", "add `registry: NAME` at the top");
    }
    if app.same_as.is_none() && app.aks.is_none() && app.include.is_empty() && app.output.is_none() {
        let cure = "add `include: [FOLDER]`, or `build` and the `output` that it leaves";
        complaints.add(path, "nothing says what is shipped", cure);
    }
    if app.output.is_some() && app.build.is_empty() {
        complaints.add(path, "nothing builds its `output`", "add `build: [COMMAND]`");
    }
    if app.app_service.is_none() && !app.settings.is_empty() {
        let cure = "leave `settings` out: manifests and static sites have no app settings to look at";
        complaints.add(format!("{path}.settings"), "only an app on App Service has app settings", cure);
    }
    if app.static_web_app.is_some() && app.migrate.is_some() {
        complaints.add(format!("{path}.migrate"), "a static site has no database", "migrate with the app that uses it");
    }
    let vaultless = config.environments.iter().find(|(_, environment)| environment.vault.is_none());
    if let (Some(_), Some((name, _))) = (&app.migrate, vaultless) {
        let message = format!("its connection string is in a vault, and `{name}` has none");
        complaints.add(format!("environments.{name}"), message, "add `vault: NAME`");
    }
}

/// Two apps that would be deployed to the same place.
fn twice(config: &Config, complaints: &mut Complaints) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (name, app) in &config.apps {
        let Some(target) = app.app_service.as_deref().or(app.static_web_app.as_deref()).or(app.aks.as_deref()) else {
            continue;
        };
        match seen.iter().find(|(_, other)| *other == target) {
            Some((first, _)) => {
                let message = format!("`{target}` is the target of `{first}` already");
                complaints.add(format!("apps.{name}"), message, "give each app a target of its own");
            }
            None => seen.push((name, target)),
        }
    }
}

/// Releases whose jobs would have one id: environments and apps are joined by a hyphen, which names may hold too.
fn same_ids(config: &Config, complaints: &mut Complaints) {
    let mut seen: HashMap<String, (&str, &str)> = HashMap::new();
    let mut told: Vec<&str> = Vec::new();
    for environment in config.environments.keys() {
        for app in config.apps.keys() {
            for id in [format!("{environment}-{app}"), format!("{environment}-{app}-tests")] {
                if let Some((other, first)) = seen.insert(id, (environment, app))
                    && !told.contains(&app.as_str())
                {
                    told.push(app);
                    let message = format!(
                        "the release of `{app}` to `{environment}` and that of `{first}` to `{other}` have one name"
                    );
                    complaints.add(format!("apps.{app}"), message, "take another name for one of them");
                }
            }
        }
    }
    if config.apps.get("manifests").is_some_and(|app| app.aks.is_some()) {
        let message = "`manifests` is what the packed manifests are called";
        complaints.add("apps.manifests", message, "take another name");
    }
}
