//! Bicep: checked, previewed, deployed as a stack that deletes nothing unasked, and destroyed with what is left told.

use super::{HOSTS, Host, Sandbox};

/// An az that answers from files named after its command.
const AZ: &str = r#"case "$1 $2 $3" in
  "deployment group what-if") cat "$HERE/what-if.json" ;;
  "stack group list") cat "$HERE/stack" ;;
  "stack group show") cat "$HERE/owned.json" ;;
  "stack group create") cat "$HERE/created.json" ;;
  "resource list --resource-group") cat "$HERE/left" ;;
esac"#;

const PREVIEW: &str = r#"{"changes":[
  {"changeType":"Create","resourceId":"/rg/NEW"},{"changeType":"NoChange","resourceId":"/rg/same"},
  {"changeType":"Ignore","resourceId":"/rg/old"}],"status":"Succeeded"}"#;

fn sandbox(host: Host) -> Sandbox {
    let sandbox = Sandbox::new(host).fake("az", AZ).file("what-if.json", PREVIEW).file("stack", "").file("left", "");
    let sandbox = sandbox.file("owned.json", r#"["/rg/new","/RG/Same","/rg/old"]"#).file("main.bicep", "");
    let created = r#"{"outputs":{"url":{"type":"String","value":"https://a"},"n":{"type":"Int","value":1},
                                "key":{"type":"SecureString"}}}"#;
    let sandbox = sandbox.file("created.json", created).env("NAME", "app").env("GROUP", "rg-dev");
    sandbox.env("TEMPLATE", "main.bicep")
}

#[test]
fn a_template_is_built_and_linted() {
    let ran = sandbox(Host::GitHub).run("bicep-check").well();
    assert_eq!(ran.calls_of("az"), ["bicep build --file main.bicep --stdout", "bicep lint --file main.bicep"]);
    let broken = |part: &str| sandbox(Host::Azure).fake("az", &format!("[ $2 != {part} ]")).run("bicep-check");
    broken("build").fails("'main.bicep' does not build");
    broken("lint").fails("the linter refuses 'main.bicep'");
    sandbox(Host::Azure).env("TEMPLATE", "x.bicep").run("bicep-check").fails("'x.bicep' is not in");
}

#[test]
fn a_preview_tells_of_changes_and_of_what_the_stack_would_delete() {
    for host in HOSTS {
        let ran = sandbox(host).env("PARAMETERS", "dev.bicepparam").run("bicep-what-if").well();
        assert_eq!(
            ran.calls_of("az"),
            [
                "deployment group what-if --resource-group rg-dev --template-file main.bicep --parameters dev.bicepparam \
              --no-pretty-print --result-format ResourceIdOnly --output json"
            ]
        );
        assert_eq!((ran.outputs["changes"].as_str(), ran.outputs["deletes"].as_str()), ("true", "0"));
        assert!(ran.summary.contains("~~~\nCreate /rg/NEW\n~~~\n"), "{ran:?}");

        let ran = sandbox(host).env("STACK", "app").file("stack", "/stack/app\n").run("bicep-what-if").well();
        assert_eq!((ran.outputs["changes"].as_str(), ran.outputs["deletes"].as_str()), ("true", "1"));
        assert!(ran.summary.contains("Create /rg/NEW\nDelete /rg/old\n"), "{ran:?}");

        let page = sandbox(host).env("STACK", "app").file("stack", "/stack/app\n").env("PAGE", "page/plan.md");
        page.run("bicep-what-if").well();
        assert!(page.read("page/plan.md").ends_with("deleted 1\n\n    Create /rg/NEW\n    Delete /rg/old\n"));

        let nothing = sandbox(host).file("what-if.json", r#"{"changes":[]}"#).run("bicep-what-if").well();
        assert_eq!(nothing.outputs["changes"], "false");
    }
    sandbox(Host::GitHub)
        .fake("az", "exit 1")
        .run("bicep-what-if")
        .fails("Azure could not preview 'main.bicep' in 'rg-dev'");
}

#[test]
fn a_stack_deletes_only_when_it_may() {
    for host in HOSTS {
        let ran = sandbox(host).run("bicep-deploy").well();
        let create = "stack group create --name app --resource-group rg-dev --template-file main.bicep \
                      --action-on-unmanage deleteResources --deny-settings-mode none --yes --output json";
        assert_eq!(ran.calls_of("az").last().unwrap(), create);
        assert_eq!(
            ran.outputs.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>(),
            ["url https://a"]
        );
        let told = sandbox(host).env("OUTPUTS", "url n");
        let ran = told.run("bicep-deploy").well();
        assert!(ran.summary.contains("### Outputs\n\n    url=https://a\n    n=1\n"), "{ran:?}");
        told.env("OUTPUTS", "key").run("bicep-deploy").fails("'main.bicep' has no plain output 'key'");

        let sandbox = sandbox(host).file("stack", "/stack/app\n");
        let ran = sandbox.run("bicep-deploy").fails("this deployment would delete 1 resources");
        assert!(ran.stdout.contains("/rg/old\n") && !ran.calls_of("az").iter().any(|call| call.contains("create")));
        sandbox.env("ALLOW_DELETES", "true").run("bicep-deploy").well();
    }
}

#[test]
fn what_no_stack_owns_is_told_after_a_destroy() {
    for host in HOSTS {
        let sandbox = sandbox(host).file("stack", "/stack/app\n").file("left", "/rg/x\n/rg/y\n");
        let ran = sandbox.run("bicep-destroy").well();
        let delete = "stack group delete --name app --resource-group rg-dev --action-on-unmanage deleteAll --yes";
        assert!(ran.calls_of("az").contains(&delete.to_owned()), "{ran:?}");
        assert!(
            ran.stdout.contains("/rg/x\n/rg/y\n") && ran.stdout.contains("2 resources are left in 'rg-dev'"),
            "{ran:?}"
        );
        let ran = sandbox.file("stack", "").file("left", "").run("bicep-destroy").well();
        assert_eq!(ran.stdout, "there is no stack app in rg-dev\n");
    }
}
