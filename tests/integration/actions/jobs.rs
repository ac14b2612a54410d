//! Whole jobs of our actions against the emulator: real action.yml, real launcher, real programs.

use std::fs;

use super::archive::{Member, archive, sha256};
use super::checkout::{VERSION, listing, target};
use super::fetched::Mirror;
use super::runner::{Job, Used};
use crate::context::{Context, binary};
use crate::impostor::Reply;
use crate::tidy::root;

/// The identity as inputs, and the variables that would give it otherwise taken away.
fn identity<'v>(context: &Context, job: &mut Job<'_>, values: &'v mut Vec<String>) -> Vec<(&'static str, &'v str)> {
    let names = [
        ("tenant-id", "AZURE_TENANT_ID"),
        ("client-id", "AZURE_CLIENT_ID"),
        ("subscription-id", "AZURE_SUBSCRIPTION_ID"),
    ];
    for (_, variable) in names {
        values.push(context.variable(variable));
        job.variables.insert(variable.to_owned(), String::new());
    }
    names.iter().zip(values).map(|((input, _), value)| (*input, value.as_str())).collect()
}

impl Used {
    #[track_caller]
    fn exits(&self, code: i32) -> &Self {
        self.ran.exits(code);
        self
    }
}

/// One job that signs in, takes a secret, deploys, proves, swaps and goes back, by our five actions.
#[test]
fn the_five_actions_release_an_app_and_hand_on_what_follows_needs() {
    let context = Context::github();
    let old = context.static_app("1.0");
    context.deploy(&old, "production");
    let new = context.static_app("2.0");
    let mut job = Job::new(&context);
    let mut values = Vec::new();
    let login = {
        let with = identity(&context, &mut job, &mut values);
        job.uses("actions/oidc-login", &with)
    };
    login.exits(0);
    assert_eq!(login.outputs["subscription-name"], "Siding emulator");
    // From here on the identity comes from what the sign-in has exported.
    assert_eq!(job.variables["AZURE_CLIENT_ID"], context.variable("AZURE_CLIENT_ID"));

    let secrets = job.uses("actions/kv-sync", &[("vault", "kv1"), ("secrets", "DATABASE=db-password\n")]);
    assert_eq!(
        (secrets.exits(0).outputs["count"].as_str(), job.variables["DATABASE"].as_str()),
        ("1", "correct-horse-battery-staple")
    );
    let one = job.uses("actions/kv-sync", &[("vault", "kv1"), ("secrets", "db-password"), ("to", "output")]);
    assert_eq!(one.exits(0).outputs["secret"], "correct-horse-battery-staple");

    let app = ("app-name", "app1");
    let deployed = job.uses("actions/zip-deploy", &[app, ("slot-name", "staging"), ("package", &new)]);
    assert!(deployed.exits(0).outputs["webapp-url"].starts_with("https://app1-staging."), "{deployed:#?}");
    assert_eq!(deployed.outputs["package-sha256"].len(), 64);

    let checks = "/version.json json:/version=2.0\n/ status=200\n";
    let proven = job.uses(
        "actions/smoke-test",
        &[("url", &deployed.outputs["webapp-url"]), ("checks", checks), ("interval", "100ms")],
    );
    assert!(proven.exits(0).outputs.contains_key("slowest-ms"), "{proven:#?}");

    let waits = [("watch", "200ms"), ("interval", "100ms"), ("settle", "100ms")];
    let swapped = job.uses("actions/slot-swap", &[&[app, ("slot-name", "staging")], waits.as_slice()].concat());
    swapped.exits(0);
    assert_eq!(context.version("production"), "2.0");
    assert!(swapped.outputs["swap-timestamp"].contains('T'), "{swapped:#?}");
    // As if no more had been told than what is told right before the swap.
    let told = [("swapped-at", ""), ("swapped-after", swapped.outputs["swap-before"].as_str())];
    let undo = [&[app, ("slot-name", "staging"), ("action", "rollback")], told.as_slice(), waits.as_slice()].concat();
    job.uses("actions/slot-swap", &undo).exits(0);
    assert_eq!(context.version("production"), "1.0");
}

#[test]
fn the_root_action_is_one_whole_release() {
    let context = Context::github();
    let old = context.static_app("1.0");
    context.deploy(&old, "production");
    let new = context.static_app("2.0");
    let mut job = Job::new(&context);
    let mut values = Vec::new();
    let mut with = identity(&context, &mut job, &mut values);
    with.extend([
        ("app-name", "app1"),
        ("package", new.as_str()),
        ("version-path", "/version.json"),
        ("release-version", "2.0"),
    ]);
    with.extend([
        ("vault", "kv1"),
        ("secrets", "db-password"),
        ("watch", "200ms"),
        ("interval", "100ms"),
        ("settle", "100ms"),
    ]);
    let released = job.uses("", &with);
    released.exits(0);
    assert_eq!(
        (context.version("production"), job.variables["DB_PASSWORD"].as_str()),
        ("2.0".to_owned(), "correct-horse-battery-staple")
    );
    let mut names: Vec<&str> = released.outputs.keys().map(String::as_str).collect();
    let told = ["deployment-id", "package-sha256", "swap-before", "swap-timestamp", "webapp-url"];
    names.retain(|name| told.contains(name));
    assert_eq!(names, told);
    assert!(released.ran.summary.contains("| to undo |"), "{}", released.ran.summary);
}

#[test]
fn a_failing_release_fails_the_step_with_its_exit_code_and_sets_no_outputs() {
    let context = Context::github();
    let old = context.static_app("1.0");
    context.deploy(&old, "production");
    let new = context.static_app("2.0");
    context.fault("app.fails-after-swap");
    let mut job = Job::new(&context);
    let with =
        [("app-name", "app1"), ("package", new.as_str()), ("watch", "1s"), ("interval", "100ms"), ("settle", "100ms")];
    let released = job.uses("", &with);
    released.exits(6);
    assert!(!released.outputs.contains_key("swap-timestamp"), "{:?}", released.outputs);
    assert_eq!(context.version("production"), "1.0");
}

#[test]
fn bad_and_missing_inputs_are_named_as_the_action_names_them() {
    let context = Context::github();
    let mut job = Job::new(&context);
    let used = job.uses("actions/slot-swap", &[("slot-name", "a slot"), ("watch", "soon")]);
    used.exits(2).ran.says([
        "`app-name` is required and was not given",
        "pass `app-name`",
        "fix: correct the inputs under `with:` of the step",
        "`slot-name` is `a slot`",
        "`watch` is `soon`",
    ]);
    used.ran.never_says("--");
    assert!(used.ran.requests.is_empty());
}

#[test]
fn a_secret_is_an_input_and_shows_up_nowhere() {
    let context = Context::github();
    let mut job = Job::new(&context);
    for name in ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"] {
        job.variables.insert(name.to_owned(), String::new());
    }
    // The runner masks it, being a secret of the repository; the run itself is searched for it.
    job.uses("actions/oidc-login", &[("client-secret", "a-client-secret-of-the-emulator")]).exits(0);
    job.uses("actions/oidc-login", &[]).exits(3).ran.says(["id-token: write"]);
}

/// A release as users get it: nothing on the machine, the archive on a mirror, then the tool cache.
#[test]
fn a_program_is_fetched_once_and_then_taken_from_the_tool_cache() {
    let context = Context::github();
    // The real program is some 60 MB here, which would be most of this test's time; what is packed leads to it.
    let program = format!("#!/bin/sh\nexec '{}' \"$@\"\n", binary("oidc-login"));
    let packed = archive(&[Member::File("oidc-login", program.as_bytes())]);
    let row = format!("oidc-login {} {} {}", target(), sha256(&packed), sha256(program.as_bytes()));
    let mirror = Mirror::start(move |_| Some(Reply::bytes(200, packed.clone())));
    let folder = tempfile::tempdir().unwrap();
    for path in listing(&root().join("actions")).into_keys() {
        let own = folder.path().join(path.strip_prefix(root()).unwrap());
        fs::create_dir_all(own.parent().unwrap()).unwrap();
        fs::copy(&path, own).unwrap();
    }
    fs::write(folder.path().join("actions/launch/release.lock"), format!("version {VERSION}\n{row}\n")).unwrap();
    let mut job = Job::new(&context);
    job.repository = folder.path().to_owned();
    let cache = folder.path().join("cache").display().to_string();
    for (name, value) in [("SIDING_BIN", ""), ("RUNNER_TOOL_CACHE", &cache), ("CURL_CA_BUNDLE", &mirror.ca())] {
        job.variables.insert(name.to_owned(), value.to_owned());
    }
    let base = mirror.base();
    let with = [("download-base", base.as_str())];
    job.uses("actions/oidc-login", &with)
        .exits(0)
        .ran
        .says(["fetched oidc-login 1.2.3 from https://localhost:", "signed in as"]);
    job.uses("actions/oidc-login", &with).exits(0).ran.never_says("fetched");
    assert_eq!(mirror.asked(), 1);
}
