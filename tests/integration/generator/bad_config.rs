//! Configs that cannot be meant, and files that cannot be read or written: what is told, where, with which cure, and that
//! nothing is lost.

use std::fmt::Write as _;
use std::fs;

use crate::repository::{CONFIG, Repository, Run, WORKFLOW};

/// What stands before apps and environments.
const HEAD: &str = "name: shop
toolkit: {version: 0.1.0, commit: 0123456789abcdef0123456789abcdef01234567}
language: {python: \"3.12\", locks: [requirements.txt]}
";
const WEB: &str = "apps:\n  web: {app-service: shop-web, include: [app], health: /health}\n";
const PRODUCTION: &str = "environments:\n  production: {deploy: direct, group: rg-shop}\n";

/// Renders a config, in a folder where nothing is but it.
fn render(text: &str) -> (Repository, Run) {
    let repository = Repository::empty();
    repository.write("siding.yml", text);
    let run = repository.run(&["render"]);
    (repository, run)
}

/// Apps or environments under [`HEAD`], the place, and what is told of it.
type Row = (&'static str, &'static str, &'static [&'static str]);

#[track_caller]
fn assert_told(body: &str, place: &str, says: &[&str]) {
    let (repository, run) = render(&format!("{HEAD}{body}"));
    run.exits(2).says(&["SID0701", &format!("siding.yml:{place}:")]).says(says);
    assert_eq!(repository.all().len(), 1, "something was written");
}

#[test]
fn apps_that_cannot_be_meant_are_told() {
    let rows: &[Row] = &[
        (
            "apps:\n  a: {app-service: shop-a, same-as: b, health: /h}\n  b: {app-service: shop-b, include: [x], after: a, health: /h}\n",
            "5:3",
            &["a circle: `a` follows `b` follows `a`", "one of them must go first"],
        ),
        (
            "apps:\n  web: {app-service: shop-web, aks: shop-web, include: [app], health: /health}\nregistry: shopregistry\n",
            "5:3",
            &["it has 2 targets: app-service and aks", "keep one; what is deployed twice is two apps"],
        ),
        (
            "apps:\n  web: {app-service: shop-web, include: [app]}\n",
            "5:3",
            &["nothing says where it tells that it is healthy", "add `health: /health`"],
        ),
        ("apps:\n  web: {include: [app], health: /h}\n", "5:3", &["it has no target", "add `app-service: NAME`"]),
        (
            "sign: {vault: kv-shop, certificate: images}\napps:\n  w: {app-service: shop-w, include: [a], health: /h}\n",
            "4:1",
            &["there are no images to sign", "leave `sign` out"],
        ),
        (
            "apps:\n  w: {app-service: shop-w, include: [a], health: /h, ci: {shared: [lib]}}\n",
            "5:59",
            &["`shared` is about the whole repository", "put it into `ci.shared` at the top"],
        ),
        (
            "apps:\n  c: {app-service: shop-c, include: [a], health: /h}\n  c-tests: {app-service: shop-d, include: [a], health: /h}\n",
            "6:3",
            &["the release of `c-tests` to `production` and that of `c` to `production` have one name"],
        ),
    ];
    for (apps, place, says) in rows {
        assert_told(&format!("{apps}{PRODUCTION}"), place, says);
    }
}

#[test]
fn environments_that_cannot_be_meant_are_told() {
    let rows: &[Row] = &[
        (
            "environments:\n  staging: {deploy: direct, group: rg-shop, from: develop}\n  production: {deploy: direct, group: rg-shop, from: main}\nbranches: {integrate: develop}\n",
            "8:3",
            &["nothing promotes to `production`: staging is reached from other branches", "the same `from`"],
        ),
        (
            "environments:\n  production: {deploy: swap/staging, group: rg-shop, plan: B1}\n",
            "7:24",
            &["a plan of size B1 has no slots", "write `deploy: direct`", "az appservice plan update --sku S1"],
        ),
        (
            "environments:\n  production: {deploy: canary, group: rg-shop}\n",
            "7:24",
            &["a canary on App Service needs a slot", "write `canary/staging`"],
        ),
        (
            "environments:\n  production: {deploy: direct, group: rg-shop, runner: private}\n",
            "7:56",
            &["`runner: private` is used, and no private runner is named", "runners: { private: NAME }"],
        ),
        (
            "environments:\n  production: {deploy: direct, group: rg-shop}\nrunners: {default: ubuntu-latest}\n",
            "8:20",
            &["ubuntu-latest", "ubuntu-24.04"],
        ),
        (
            "environments:\n  rollback: {deploy: direct, group: rg-shop}\n",
            "7:3",
            &["`rollback` is a stage or a gate of the rendered pipelines themselves", "take another name"],
        ),
        (
            "environments:\n  production: {deploy: direct, group: rg-shop}\ninfra: {terraform: infra, state: account/state, destroy: true}\n",
            "8:58",
            &["only what Bicep deployed as a stack is deleted by a run", "leave `destroy` out"],
        ),
    ];
    for (environments, place, says) in rows {
        assert_told(&format!("{WEB}{environments}"), place, says);
    }
}

#[test]
fn watches_that_would_watch_nothing_are_told() {
    let on_aks = "registry: shopregistry\napps:\n  web: {aks: shop-web, health: /h}\nenvironments:\n  production: \
                  {group: rg, cluster: c, namespace: shop, manifests: k, deploy: rolling, watch: {WATCH}}\n";
    let rows: &[Row] = &[
        ("errors: 5%", "8:87", &["errors on AKS are counted by Application Insights", "`insights: COMPONENT`"]),
        ("insights: appi", "8:87", &["against a limit", "give both"]),
        ("errors: 100%, insights: appi", "8:103", &["a limit of `100%` can never be passed"]),
    ];
    for (watch, place, says) in rows {
        assert_told(&on_aks.replace("WATCH", watch), place, says);
    }
    let rows: &[Row] = &[
        (
            "environments:\n  production: {deploy: swap/xy, group: rg-shop, watch: {errors: 5%, insights: appi}}\n",
            "7:79",
            &["Azure Monitor counts the errors of an App Service", "leave `insights` out"],
        ),
        (
            "environments:\n  production: {deploy: direct, group: rg-shop, watch: {errors: 5%}}\n",
            "7:64",
            &["errors are counted after a swap, and nothing is swapped here"],
        ),
    ];
    for (environments, place, says) in rows {
        assert_told(&format!("{WEB}{environments}"), place, says);
    }
}

#[test]
fn names_that_readers_of_yaml_take_for_something_else_are_refused() {
    for name in ["on", "yes", "null", "3.10", "No", "~", "1e3", "0x1f", "true"] {
        for (body, place) in [
            (format!("apps:\n  {name}: {{app-service: shop-web, include: [app], health: /h}}\n{PRODUCTION}"), "5:3"),
            (format!("{WEB}environments:\n  {name}: {{deploy: direct, group: rg-shop}}\n"), "7:3"),
        ] {
            assert_told(&body, place, &[name]);
        }
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let body = "apps:\n  on: {app-service: x, helth: /h}\nenvironments:\n  production: {deploy: swop/x, group: rg-shop}\ncolour: red\n";
    let (_, run) = render(&format!("{HEAD}{body}"));
    run.exits(2).says(&[
        "siding.yml:5:3",
        "siding.yml:5:",
        "did you mean `health`?",
        "siding.yml:7:24",
        "siding.yml:8:1",
    ]);
    // Contradictions are looked for when every word is right; they are told together, too.
    let body = "apps:\n  web: {app-service: shop-web}\nenvironments:\n  production: {deploy: swap/blue, plan: b2}\n";
    let (_, run) = render(&format!("{HEAD}{body}"));
    run.exits(2).says(&["has 4 problems", "it is healthy", "what is shipped", "no resource group", "B2 has no slots"]);
}

#[test]
fn files_that_no_person_writes_are_refused_quickly() {
    let ten_megabytes = format!("{CONFIG}#{}\n", "x".repeat(10 * 1024 * 1024));
    render(&ten_megabytes).1.exits(2).says(&["SID0701", "`siding.yml` is too large", "the limit is 1048576 (1 MiB)"]);
    let mut bomb = "a: &a [x, x]\n".to_owned();
    for (name, before) in ('b'..='z').zip('a'..) {
        writeln!(bomb, "{name}: &{name} [*{before}, *{before}]").unwrap();
    }
    render(&bomb).1.exits(2).says(&["SID0701", "siding.yml:1:4", "anchor"]);
    let deep = format!("name: {}\n", "[".repeat(100_000));
    render(&deep).1.exits(2).says(&["SID0701", "siding.yml:1:"]);

    let repository = Repository::empty();
    fs::write(repository.path("siding.yml"), b"name: shop\nlanguage: \xff\n").unwrap();
    repository.run(&["render"]).exits(2).says(&["SID0701", "siding.yml:2:11", "UTF-8"]);
}

#[test]
fn what_others_wrote_is_kept_and_said_so() {
    let repository = Repository::new();
    repository.write(WORKFLOW, "name: mine\n");
    repository.run(&["render"]).exits(14).says(&[
        "SID0715",
        "nothing was written",
        WORKFLOW,
        "`siding render --force`",
    ]);
    assert_eq!((repository.read(WORKFLOW).as_str(), repository.all().len()), ("name: mine\n", 2));
}

#[test]
fn an_interrupted_write_leaves_no_half_file() {
    let repository = Repository::rendered();
    let before = repository.read(WORKFLOW);
    // What a run that was killed leaves is a draft beside the file, which stays whole.
    repository.write(&format!("{WORKFLOW}.siding-draft"), &before[..100]);
    repository.run(&["check"]).exits(0);
    repository.edit("siding.yml", "name: shop", "name: store");
    repository.run(&["render"]).exits(0);
    assert!(!repository.path(&format!("{WORKFLOW}.siding-draft")).exists());
    assert_ne!(repository.read(WORKFLOW), before);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_told_and_nothing_changes() {
    use std::os::unix::fs::PermissionsExt as _;

    let repository = Repository::rendered();
    let folder = repository.path(".github/workflows");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let may_write = fs::write(folder.join("x"), "").is_ok();
    repository.edit("siding.yml", "name: shop", "name: store");
    let before = repository.all();
    let run = repository.run(&["render"]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    // Permissions do not hold back the administrator.
    if !may_write {
        run.exits(1).says(&["SID0005", "cannot write", ".github/workflows", "nothing was changed"]);
        assert_eq!(repository.all(), before);
    }
}

#[test]
fn a_thousand_services_are_rendered() {
    let mut text = format!("{HEAD}registry: shopregistry\nrender: [github-actions]\napps:\n");
    for service in 0..1000 {
        writeln!(text, "  s{service}: {{aks: shop-s{service}, path: services/s{service}, health: /health}}").unwrap();
    }
    text += "environments:\n  production: {deploy: rolling, group: rg, cluster: c, namespace: shop, manifests: k8s}\n";
    let files = siding::generate::rendering("siding.yml", text.as_bytes()).unwrap().files;
    let delivery = files.iter().find(|file| file.path == WORKFLOW).unwrap();
    let built = delivery.body.lines().filter(|line| line.starts_with("  build-s") && line.ends_with(':'));
    assert_eq!(built.count(), 1000);
}
