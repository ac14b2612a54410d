//! The upload of a built site, whose token is in no argument.

use super::{HOSTS, Host, Sandbox};

const AZ: &str = r#"case "$2" in
  secrets) echo s3cret ;;
  environment) echo a-preview.example.org ;;
  show) echo a.example.org ;;
esac"#;

fn site(host: Host) -> Sandbox {
    let sandbox = Sandbox::new(host).fake("az", AZ).fake("docker", r#"env | grep ^DEPLOYMENT >"$HERE/../seen""#);
    let sandbox = sandbox.file("dist/index.html", "").env("APP", "web").env("GROUP", "rg").env("FOLDER", "dist");
    sandbox.env("CLIENT_IMAGE", "client@sha256:11")
}

#[test]
fn a_site_is_uploaded_with_a_token_that_nobody_sees() {
    for host in HOSTS {
        let sandbox = site(host);
        let ran = sandbox.run("static-web-app").well().hides("s3cret");
        assert!(ran.stdout.starts_with(if host == Host::Azure {
            "##vso[task.setsecret]s3cret"
        } else {
            "::add-mask::s3cret"
        }));
        let call = &ran.calls_of("docker")[0];
        assert!(call.starts_with("run --rm -e DEPLOYMENT_TOKEN -e DEPLOYMENT_ACTION "), "{call}");
        assert!(call.ends_with("/work/dist:/site client@sha256:11 ./bin/staticsites/StaticSitesClient run"), "{call}");
        assert!(!call.contains("DEPLOYMENT_ENVIRONMENT"), "{call}");
        assert!(sandbox.read("../seen").lines().any(|line| line == "DEPLOYMENT_TOKEN=s3cret"));
        assert_eq!(ran.outputs["url"], "https://a.example.org");

        let ran = site(host).env("PREVIEW", "pr7").run("static-web-app").well().hides("s3cret");
        assert!(ran.calls_of("docker")[0].contains("-e DEPLOYMENT_ENVIRONMENT "), "{ran:?}");
        assert!(
            ran.calls_of("az")[1].contains("environment show --name web --resource-group rg --environment-name pr7")
        );
        assert_eq!(ran.outputs["url"], "https://a-preview.example.org");
    }
}

#[test]
fn a_site_is_not_uploaded_when_something_is_missing() {
    site(Host::GitHub).env("CLIENT_IMAGE", "client:stable").run("static-web-app").fails("names no digest");
    site(Host::GitHub).env("FOLDER", "build").run("static-web-app").fails("'build/index.html' is not there");
    site(Host::GitHub).fake("az", "exit 1").run("static-web-app").fails("the token of 'web' could not be read");
    site(Host::GitHub).fake("az", "").run("static-web-app").fails("'web' has no deployment token");
    site(Host::Azure).fake("docker", "exit 1").run("static-web-app").fails("the site could not be uploaded to 'web'");
}
