//! Environments: ways to deploy that fit the apps, and a promotion that leads to each.

use super::Complaints;
use crate::generate::config::{Config, Deploy, Environment, Flow, Promote, Role, percent};
use crate::generate::planner::{System, groups};

/// Names of our own stages, and of the environments that hold the identities of our own jobs.
const RESERVED: [&str; 8] = ["build", "contract", "housekeeping", "images", "infra", "registry", "rollback", "tag"];

pub(super) fn check(config: &Config, complaints: &mut Complaints) {
    for (name, environment) in &config.environments {
        let path = format!("environments.{name}");
        if RESERVED.contains(&name.as_str()) || name.starts_with("infra-") {
            let message = format!("`{name}` is a stage or a gate of the rendered pipelines themselves");
            complaints.add(&path, message, "take another name, such as `staging` or `production`");
        }
        ways(config, &path, environment, complaints);
        aks(config, &path, environment, complaints);
        branches(config, &path, environment, complaints);
        swaps(&path, environment, complaints);
        tests(config, &path, environment, complaints);
        canary(&path, environment, complaints);
        watch(config, &path, environment, complaints);
        if let Some(limit) =
            environment.load.as_ref().map(|load| &load.failures).filter(|text| percent(text) == Some(100.0))
        {
            complaints.add(
                format!("{path}.load.failures"),
                format!("`{limit}` can never fail"),
                "write a limit such as `1%`",
            );
        }
    }
    promotion(config, complaints);
}

fn ways(config: &Config, path: &str, environment: &Environment, complaints: &mut Complaints) {
    let deploy = format!("{path}.deploy");
    let sites = config.apps.values().any(|app| app.app_service.is_some());
    let statics = config.apps.values().any(|app| app.static_web_app.is_some());
    let images = config.apps.values().any(|app| app.aks.is_some());
    if images && (sites || statics) {
        let message = "the system has apps on AKS and on App Service, and an environment has one way to deploy";
        complaints.add(&deploy, message, "make two systems of it, each with its own file");
    } else if environment.deploy == Deploy::Canary && sites {
        complaints.add(&deploy, "a canary on App Service needs a slot", "write `canary/staging`");
    } else if environment.deploy.is_aks() && !images {
        complaints.add(
            &deploy,
            "this is a way to deploy to AKS, and no app has `aks`",
            "write `direct`, `slot/NAME`, `swap/NAME` or `canary/NAME`",
        );
    } else if !environment.deploy.is_aks() && images {
        complaints.add(
            &deploy,
            "this is a way to deploy to App Service, and the apps are on AKS",
            "write `rolling`, `canary`, `blue-green` or `ephemeral`",
        );
    }
    if !environment.deploy.is_aks() && environment.group.is_none() {
        complaints.add(path, "it has no resource group", "add `group: NAME`");
    }
    let sku = environment.plan.as_deref().unwrap_or_default().to_ascii_uppercase();
    if environment.deploy.slot().is_some() && ["F1", "D1", "B1", "B2", "B3"].contains(&sku.as_str()) {
        let cure = "write `deploy: direct`, or move the plan up: `az appservice plan update --sku S1`";
        complaints.add(&deploy, format!("a plan of size {sku} has no slots"), cure);
    }
}

fn aks(config: &Config, path: &str, environment: &Environment, complaints: &mut Complaints) {
    if environment.deploy.is_aks() {
        on_cluster(config, path, environment, complaints);
        let needed = [
            ("group", environment.group.is_some()),
            ("cluster", environment.cluster.is_some()),
            ("namespace", environment.namespace.is_some()),
            ("manifests", environment.manifests.is_some()),
        ];
        for (key, _) in needed.iter().filter(|(_, given)| !given) {
            complaints.add(path, format!("a deployment to AKS needs `{key}`"), format!("add `{key}: …`"));
        }
    }
    if environment.deploy == Deploy::Ephemeral && environment.approve.is_some() {
        let cure =
            "leave it out here and put it on the environment after it: otherwise the clean-up would wait for it too";
        complaints.add(format!("{path}.approve"), "a temporary environment cannot ask for approval", cure);
    }
    if environment.ttl.is_some() && environment.deploy != Deploy::Ephemeral {
        complaints.add(
            format!("{path}.ttl"),
            "only a temporary environment has a time to live",
            "write `deploy: ephemeral`, or leave `ttl` out",
        );
    }
}

/// What a cluster cannot tell by itself, or do for several apps at once.
fn on_cluster(config: &Config, path: &str, environment: &Environment, complaints: &mut Complaints) {
    if environment.url.is_none() && (!environment.smoke.is_empty() || environment.load.is_some()) {
        let message = "its tests are not told where it answers, which Azure does not know of a cluster";
        complaints.add(path, message, "add `url: https://…`, or leave `smoke` and `load` out");
    }
    let web = config.apps.values().filter(|app| app.aks.is_some() && app.role == Role::Web).count();
    if environment.deploy == Deploy::BlueGreen && web != 1 {
        let message = format!("one Service is turned at once, and {web} apps answer requests");
        complaints.add(format!("{path}.deploy"), message, "write `rolling` or `canary`");
    }
    let last = config.environments.values().last().is_some_and(|last| std::ptr::eq(last, environment));
    if environment.deploy == Deploy::Ephemeral && last {
        let message = "production would be gone after its tests";
        complaints.add(format!("{path}.deploy"), message, "add an environment that stays after it");
    }
}

/// Branches that nothing builds lead nowhere.
fn branches(config: &Config, path: &str, environment: &Environment, complaints: &mut Complaints) {
    let known = &config.branches;
    let gitflow = known.flow == Flow::Gitflow;
    for branch in environment.from.iter().flat_map(crate::generate::config::OneOrMany::iter) {
        let main = branch == known.release || Some(branch) == known.integrate.as_deref();
        let flow = gitflow && (branch.starts_with("release/") || branch.starts_with("hotfix/"));
        if !main && !flow {
            let mut names: Vec<&str> =
                [Some(known.release.as_str()), known.integrate.as_deref()].into_iter().flatten().collect();
            names.extend(gitflow.then_some(["release/*", "hotfix/*"]).into_iter().flatten());
            let message = format!("`{branch}` is none of the branches that are built");
            complaints.add(
                format!("{path}.from"),
                message,
                format!("there are {}; `branches` names them", names.join(", ")),
            );
        }
    }
}

/// Tests of what answers no requests have nobody to ask.
fn tests(config: &Config, path: &str, environment: &Environment, complaints: &mut Complaints) {
    let tested = !environment.smoke.is_empty() || environment.load.is_some();
    let groups = groups(config);
    let silent = groups.iter().all(|group| group.apps[0].1.role != Role::Web);
    if tested && environment.url.is_none() && !groups.is_empty() && silent {
        let message = "its tests are not told where it answers: the apps that lead answer no requests";
        complaints.add(path, message, "add `url: https://…`, or leave `smoke` and `load` out");
    }
}

fn swaps(path: &str, environment: &Environment, complaints: &mut Complaints) {
    if environment.deploy.swaps() && (!environment.smoke.is_empty() || environment.load.is_some()) {
        let cure = "put `smoke` and `load` on an environment before it that fills the slot (`deploy: slot/NAME`)";
        complaints.add(path, "tests after the swap come too late to keep users from a bad build", cure);
    }
    if environment.preview && !matches!(environment.deploy, Deploy::Swap(_)) {
        let cure = "write `deploy: swap/NAME`, or leave `preview` out";
        complaints.add(format!("{path}.preview"), "only a swap can be previewed", cure);
    }
}

/// Azure Monitor counts the answers of an App Service, and knows of none on a cluster.
fn watch(config: &Config, path: &str, environment: &Environment, complaints: &mut Complaints) {
    let Some(watch) = &environment.watch else { return };
    let is_aks = environment.deploy.is_aks();
    if environment.deploy == Deploy::Ephemeral {
        let cure = "leave `watch` out, or put it on an environment that stays";
        complaints.add(format!("{path}.watch"), "a temporary environment is gone after its tests", cure);
    } else if is_aks && watch.insights.is_some() != watch.errors.is_some() {
        let message = "errors on AKS are counted by Application Insights, against a limit";
        complaints.add(
            format!("{path}.watch"),
            message,
            "give both: `errors: 5%` and `insights: COMPONENT`, or neither",
        );
    } else if !is_aks && watch.insights.is_some() {
        let message = "Azure Monitor counts the errors of an App Service";
        complaints.add(format!("{path}.watch.insights"), message, "leave `insights` out; `errors: 5%` is enough");
    }
    let slots = environment.deploy.swaps() || is_aks;
    if watch.errors.is_some() && !slots && config.apps.values().any(|app| app.app_service.is_some()) {
        let message = "errors are counted after a swap, and nothing is swapped here";
        complaints.add(format!("{path}.watch.errors"), message, "write `deploy: swap/NAME`, or leave `errors` out");
    }
    if watch.p95.is_some() && !environment.deploy.swaps() {
        let message = "the times of probes are judged after a swap, and nothing is swapped here";
        complaints.add(format!("{path}.watch.p95"), message, "write `deploy: swap/NAME`, or leave `p95` out");
    }
    if watch.errors.as_deref().and_then(percent) == Some(100.0) {
        let message = "a limit of `100%` can never be passed";
        complaints.add(format!("{path}.watch.errors"), message, "write a limit such as `5%`");
    }
}

fn canary(path: &str, environment: &Environment, complaints: &mut Complaints) {
    let Some(canary) = &environment.canary else { return };
    let path = format!("{path}.canary");
    if !matches!(environment.deploy, Deploy::Canary | Deploy::CanarySlot(_)) {
        complaints.add(
            &path,
            "its `deploy` is no canary",
            "write `deploy: canary/NAME` (App Service) or `deploy: canary` (AKS)",
        );
    }
    if !canary.steps.is_sorted_by(|one, next| one < next) {
        complaints.add(
            format!("{path}.steps"),
            "the shares do not rise",
            "write them in rising order, such as `[10, 25, 50]`",
        );
    }
}

/// Production is reached only by what passed an environment before it.
fn promotion(config: &Config, complaints: &mut Complaints) {
    let catalog = crate::generate::catalog::Catalog::new(config);
    let system = System { config, catalog: &catalog };
    for (place, (name, environment)) in config.environments.iter().enumerate() {
        let path = format!("environments.{name}");
        if environment.promote == Promote::Tested {
            let tested = config.environments.iter().take(place).any(|(_, before)| before.promote == Promote::Build);
            if !tested {
                let cure = "put an environment without `promote` before it, or leave `promote` out";
                complaints.add(format!("{path}.promote"), "no environment before it tests images", cure);
            }
        } else if place > 0 && place + 1 == config.environments.len() && system.before(name).is_none() {
            let others: Vec<&str> = config.environments.keys().take(place).map(String::as_str).collect();
            let message = format!(
                "nothing promotes to `{name}`: {} {} reached from other branches",
                others.join(", "),
                if others.len() == 1 { "is" } else { "are" }
            );
            complaints.add(path, message, "give it and the environment before it the same `from`");
        }
    }
}
