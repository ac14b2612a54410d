//! Terraform: checked, planned, applied only as approved, and watched for drift.

use super::{HOSTS, Host, Sandbox};

/// A Terraform whose plan is what `plan.json` holds; it ends with the code in `code`.
const TERRAFORM: &str = r#"env | grep ^ARM_ | sort >"$HERE/identity" || true
case "$1" in
  plan) for word in "$@"; do [ "${word#-out=}" = "$word" ] || echo "$word" >>"$HERE/kept"; done; exit "$(cat "$HERE/code")" ;;
  show) if [ "$2" = -json ]; then cat "$HERE/plan.json"; else echo '# module.a will be destroyed'; fi ;;
  output) cat "$HERE/outputs.json" ;;
esac"#;

const PLAN: &str = r#"{"timestamp":"@","resource_changes":[
  {"address":"b","change":{"actions":["delete","create"],"after":1}},
  {"address":"a","change":{"actions":["no-op"]}}],"output_changes":{"c":{"actions":["update"]}}}"#;

/// The values that name the state and the identity of each host.
const VALUES: [(&str, &str); 13] = [
    ("DIRECTORY", "infra"),
    ("STATE_ACCOUNT", "account"),
    ("STATE_CONTAINER", "tfstate"),
    ("STATE_KEY", "dev.tfstate"),
    ("AZURE_CLIENT_ID", "client"),
    ("AZURE_TENANT_ID", "tenant"),
    ("AZURE_SUBSCRIPTION_ID", "subscription"),
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example.org"),
    ("AZURESUBSCRIPTION_CLIENT_ID", "client"),
    ("AZURESUBSCRIPTION_TENANT_ID", "tenant"),
    ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection"),
    ("SYSTEM_ACCESSTOKEN", "s3cret"),
    ("SYSTEM_OIDCREQUESTURI", "https://oidc.example.org"),
];

fn sandbox(host: Host, code: &str) -> Sandbox {
    let sandbox = Sandbox::new(host).fake("terraform", TERRAFORM).file("infra/.terraform.lock.hcl", "");
    // The task signs the Azure CLI in, and does not tell the subscription.
    let sandbox = sandbox.fake("az", r#"[ "$1 $2" = "account show" ] && echo subscription"#);
    let sandbox = sandbox.file("code", code).file("plan.json", PLAN).file("kept", "");
    VALUES.iter().fold(sandbox, |sandbox, (name, value)| sandbox.env(name, value))
}

#[test]
fn a_plan_is_shown_and_told_but_not_kept() {
    for host in HOSTS {
        let sandbox = sandbox(host, "2").env("STATE_GROUP", "rg-state").env("VAR_FILE", "dev.tfvars");
        let ran = sandbox.run("terraform-plan").well().hides("s3cret");
        let calls = ran.calls_of("terraform");
        assert_eq!(
            calls[0],
            "init -input=false -no-color -lockfile=readonly -backend-config=storage_account_name=account \
             -backend-config=container_name=tfstate -backend-config=key=dev.tfstate -backend-config=use_azuread_auth=true \
             -backend-config=resource_group_name=rg-state"
        );
        assert!(
            calls[1].starts_with("plan -input=false -no-color -lock-timeout=5m -detailed-exitcode -out="),
            "{calls:?}"
        );
        assert!(calls[1].ends_with(" -var-file=dev.tfvars"), "{calls:?}");
        assert_eq!((ran.outputs["changes"].as_str(), ran.outputs["deletes"].as_str()), ("true", "1"));
        assert!(ran.summary.contains("resources deleted 1\n~~~\n# module.a will be destroyed\n~~~\n"), "{ran:?}");
        let page = sandbox.env("PAGE", "page/plan.md");
        page.run("terraform-plan").well();
        let heading = "### Plan of infra for dev: changes true, resources deleted 1";
        assert_eq!(page.read("page/plan.md"), format!("{heading}\n\n    # module.a will be destroyed\n"));
        let sandbox = page;
        let kept = sandbox.read("kept");
        let plan = std::path::PathBuf::from(kept.lines().next().unwrap().trim_start_matches("-out="));
        assert!(plan.is_absolute() && !plan.parent().unwrap().exists(), "{}", plan.display());
    }
}

#[test]
fn terraform_signs_in_by_the_token_of_the_job() {
    let common = "ARM_CLIENT_ID=client\nARM_SUBSCRIPTION_ID=subscription\nARM_TENANT_ID=tenant\nARM_USE_AZUREAD=true\n\
                  ARM_USE_CLI=false\nARM_USE_OIDC=true";
    let github = sandbox(Host::GitHub, "0");
    github.run("terraform-plan").well();
    assert_eq!(github.read("identity").trim(), common);
    github.env("ACTIONS_ID_TOKEN_REQUEST_URL", "").run("terraform-plan").fails("'permissions: id-token: write'");

    let azure = sandbox(Host::Azure, "0");
    azure.run("terraform-plan").well();
    let identity = azure.read("identity");
    for line in common.lines().chain([
        "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID=connection",
        "ARM_OIDC_REQUEST_TOKEN=s3cret",
        "ARM_OIDC_REQUEST_URL=https://oidc.example.org",
    ]) {
        assert!(identity.lines().any(|found| found == line), "{identity}");
    }
    let azure = azure.env("SYSTEM_ACCESSTOKEN", "");
    azure.run("terraform-plan").fails("this step lacks SYSTEM_ACCESSTOKEN");
    azure.env("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "").run("terraform-plan").fails("AzureCLI@2");
}

#[test]
fn every_code_of_a_plan_has_its_meaning() {
    let same = sandbox(Host::Azure, "0").run("terraform-plan").well();
    assert_eq!(same.outputs["changes"], "false");
    let failed = sandbox(Host::GitHub, "1").run("terraform-plan").fails("terraform plan failed in 'infra'");
    assert!(failed.outputs.is_empty(), "{failed:?}");
    let sandbox = sandbox(Host::GitHub, "0").env("DIRECTORY", ".");
    sandbox.run("terraform-plan").fails("terraform providers lock -platform=linux_amd64");
}

#[test]
fn only_the_plan_that_was_approved_is_applied() {
    for host in HOSTS {
        let sandbox = sandbox(host, "2");
        let digest = sandbox.run("terraform-plan").well().outputs["digest"].clone();
        let later = PLAN.replace('@', "a later time");
        let sandbox = sandbox.file("plan.json", &later).env("EXPECTED", &digest).env("OUTPUTS", "url sizes");
        let outputs = r#"{"url":{"sensitive":false,"value":"https://a"},"sizes":{"sensitive":false,"value":[1,2]},
                          "password":{"sensitive":true,"value":"hunter2"}}"#;
        let sandbox = sandbox.file("outputs.json", outputs);
        let ran = sandbox.run("terraform-apply").well();
        assert!(ran.calls_of("terraform").iter().any(|call| call.starts_with("apply -input=false")), "{ran:?}");
        assert_eq!((ran.outputs["url"].as_str(), ran.outputs["sizes"].as_str()), ("https://a", "[1,2]"));
        assert!(ran.summary.contains("### Outputs\n\n    url=https://a\n    sizes=[1,2]\n"), "{ran:?}");

        let sandbox = sandbox.env("OUTPUTS", "password");
        sandbox.run("terraform-apply").fails("the output 'password' is sensitive").hides("hunter2");
        let sandbox = sandbox.env("OUTPUTS", "gone");
        sandbox.run("terraform-apply").fails("has no output 'gone'");

        let sandbox = sandbox.file("plan.json", &PLAN.replace("\"after\":1", "\"after\":2"));
        let ran = sandbox.run("terraform-apply").fails("the plan changed since it was approved");
        assert!(!ran.calls_of("terraform").iter().any(|call| call.starts_with("apply")), "{ran:?}");
        assert!(ran.summary.contains("that nobody approved"), "{ran:?}");
        sandbox.env("EXPECTED", "").run("terraform-apply").fails("(approved none, now ");
    }
}

#[test]
fn drift_fails_and_shows_itself() {
    for host in HOSTS {
        sandbox(host, "0").run("terraform-drift").well();
        let ran = sandbox(host, "2").run("terraform-drift").fails("differs from the code in 'infra'");
        assert!(ran.summary.starts_with("### Drift of infra: resources deleted 1\n"), "{ran:?}");
    }
}

#[test]
fn code_is_checked_without_an_identity() {
    let of = |broken: &str| {
        let body = format!("[ \"$1\" != {broken} ]");
        let sandbox = Sandbox::new(Host::GitHub).fake("terraform", &body).env("DIRECTORY", "infra");
        sandbox.file("infra/.terraform.lock.hcl", "").run("terraform-check")
    };
    assert_eq!(
        of("none").well().calls_of("terraform"),
        [
            "fmt -check -diff -recursive -no-color",
            "init -backend=false -input=false -no-color -lockfile=readonly",
            "validate -no-color"
        ]
    );
    of("fmt").fails("run 'terraform fmt -recursive' there");
    of("init").fails("terraform init failed in 'infra'");
    of("validate").fails("the code in 'infra' is not valid");
}
