//! Pitfalls 17 and 18: no publish profile is taken, and no package that is not the expected one is sent.

use siding::spec::ToolSpec;

use crate::context::Context;

#[test]
fn a_publish_profile_is_no_way_in() {
    let mut specs: Vec<&ToolSpec> = siding::tools::ALL.iter().map(|tool| tool.spec).collect();
    specs.push(&siding::release::SPEC);
    for spec in specs {
        for input in spec.inputs() {
            let other_way_in = ["profile", "password", "user"].iter().any(|word| input.name.contains(word));
            assert!(!other_way_in, "{}: `{}`", spec.name, input.name);
        }
    }
    let context = Context::github();
    let folder = context.static_app("1.0");
    let profile = "<publishData><publishProfile userName=\"$app1\" userPWD=\"canary-profile-91c2\" /></publishData>";
    let arguments = ["--app-name", "app1", "--package", &folder, "--publish-profile", profile];
    let ran = context.run("zip-deploy", &arguments);
    ran.exits(2).says(["`--publish-profile` does not exist"]).never_says("canary-profile-91c2");
    assert!(ran.requests.is_empty(), "{ran}");
    // Neither as an input of the task that used to take it: the deployment signs in as always.
    let ran = context.run_with("zip-deploy", &arguments[..4], &[("INPUT_PUBLISH_PROFILE", profile)]);
    ran.exits(0).never_says("canary-profile-91c2");
    assert_eq!(ran.asked("POST", "/publishxml"), 0, "{ran}");
}

#[test]
fn a_package_that_is_not_the_expected_one_is_never_sent() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let other = "0123456789abcdef".repeat(4);
    let deploy = ["--app-name", "app1", "--package", &folder, "--expected-sha256"];
    let release = [&["release"], &deploy[..]].concat();
    for (program, arguments) in [("zip-deploy", &deploy[..]), ("siding", &release)] {
        let ran = context.run(program, &[arguments, &[&other]].concat());
        ran.exits(1).says(["SID0007", &other, "its sha256 is ", "nothing was sent"]);
        assert!(ran.requests.is_empty(), "{ran}");
        let ran = context.run(program, &[arguments, &["abc"]].concat());
        ran.exits(2).says(["`expected-sha256` must be 64 hexadecimal digits"]);
    }
}

#[test]
fn the_expected_package_is_deployed() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let deploy = ["--app-name", "app1", "--package", &folder];
    let told = context.run("zip-deploy", &[&deploy[..], &["--dry-run"]].concat()).outputs["package-sha256"].clone();
    let expected = told.to_uppercase();
    let ran = context.run("zip-deploy", &[&deploy[..], &["--expected-sha256", &expected]].concat());
    assert_eq!(ran.exits(0).outputs["package-sha256"], told);
}
