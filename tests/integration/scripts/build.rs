//! What comes before a package: installing from lock files, services, pinned tools, scans.

use std::net::TcpListener;

use super::{HOSTS, Host, Sandbox};

/// A Python whose environments hold a pip, and a uv once it was installed.
const PYTHON: &str = r#"[ "$1 $2" = "-m venv" ] || exit 0
mkdir -p "$3/bin" && cp "$HERE/../bin/pip" "$HERE/../bin/uv" "$3/bin/""#;

#[test]
fn python_packages_come_from_lock_files_with_hashes() {
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("pip", "").fake("uv", "").fake("python3", PYTHON);
        let sandbox =
            sandbox.file("api/a.txt", "a==1 --hash=sha256:00\n").file("api/dev.txt", "b==1 --hash=sha256:00\n");
        let sandbox = sandbox.env("DIRECTORY", "api").env("LOCKS", "a.txt dev.txt");
        let ran = sandbox.run("install-python").well();
        assert_eq!(ran.calls_of("python3"), ["-m venv .venv"]);
        let each = |name: &str| format!("install --quiet --disable-pip-version-check --require-hashes -r {name}");
        assert_eq!(ran.calls_of("pip"), [each("a.txt"), each("dev.txt")]);

        let ran = sandbox.file("api/bare.txt", "a==1\n").env("LOCKS", "a.txt bare.txt").run("install-python");
        assert!(ran.fails("'bare.txt' holds no hashes: write it with 'pip-compile").calls.is_empty());
    }
}

#[test]
fn uv_is_installed_by_its_hash_before_it_installs() {
    let sandbox = Sandbox::new(Host::GitHub).fake("pip", "").fake("uv", "").fake("python3", PYTHON).file("uv.lock", "");
    let sandbox = sandbox.env("LOCKS", "uv.lock");
    sandbox.run("install-python").fails("UV_REQUIREMENT");
    let sandbox = sandbox.env("UV_REQUIREMENT", "uv==0.9.1 --hash=sha256:11");
    let ran = sandbox.run("install-python").well();
    assert_eq!(ran.calls_of("uv"), ["sync --locked --directory ."]);
    assert!(ran.calls_of("pip")[0].contains("--require-hashes -r "), "{ran:?}");
    assert_eq!(sandbox.read("../temp/siding-tools/uv/requirements.txt"), "uv==0.9.1 --hash=sha256:11\n");
    sandbox.env("LOCKS", "uv.lock gone.txt").run("install-python").fails("the lock file 'gone.txt' is not in");
}

#[test]
fn other_languages_install_from_their_lock_files_too() {
    let of = |script: &str, file: &str, program: &str| {
        let sandbox = Sandbox::new(Host::Azure).fake(program, "");
        let error = sandbox.run(script);
        assert!(error.stdout.starts_with("##vso[task.logissue type=error]"), "{error:?}");
        sandbox.file(file, "").run(script).well().calls_of(program)
    };
    assert_eq!(of("install-node", "package-lock.json", "npm"), ["ci --no-audit --no-fund"]);
    assert_eq!(of("install-dotnet", "src/a/packages.lock.json", "dotnet"), ["restore --locked-mode"]);
    assert_eq!(of("install-go", "go.mod", "go"), ["mod download", "mod verify"]);
    assert_eq!(of("install-java", "pom.xml", "mvn"), ["--batch-mode --no-transfer-progress dependency:go-offline"]);
    let gradle = Sandbox::new(Host::GitHub).file("gradlew", "echo \"gradle $*\"\n").run("install-java").well();
    assert_eq!(gradle.stdout, "gradle --no-daemon --console=plain dependencies\n");
}

#[test]
fn services_are_waited_for_and_the_one_that_is_missing_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap().port().to_string();
    let closed = {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap();
        gone.local_addr().unwrap().port().to_string()
    };
    let asks = "[ -e \"$HERE/asked\" ] || { touch \"$HERE/asked\"; exit 2; }";
    let sandbox = Sandbox::new(Host::GitHub).fake("pg_isready", asks).fake("sleep", "");
    let services = format!("postgres 127.0.0.1 {open}\nredis 127.0.0.1 {open}\n");
    let sandbox = sandbox.env("SERVICES", &services).env("LIMIT", "20");
    let ran = sandbox.run("wait-for-services").well();
    assert_eq!(ran.calls_of("pg_isready").len(), 2);
    assert!(ran.stdout.contains(&format!("waiting for postgres at 127.0.0.1:{open}, ")), "{ran:?}");
    assert!(ran.stdout.ends_with(&format!("redis is ready at 127.0.0.1:{open}\n")), "{ran:?}");

    let services = format!("redis 127.0.0.1 {open}\nqueue 127.0.0.1 {closed}");
    let sandbox = sandbox.env("SERVICES", &services).env("LIMIT", "0");
    sandbox
        .run("wait-for-services")
        .fails(&format!("the service 'queue' does not answer at 127.0.0.1:{closed} after 0 s"));
}

/// A curl that saves `release` from beside the script's folder.
const CURL: &str = "while [ \"$1\" != --output ]; do shift; done\ncp \"$HERE/release\" \"$2\"";

#[test]
fn a_tool_is_what_was_pinned_or_it_is_not_used() {
    for (host, url, pack) in [
        (Host::GitHub, "https://example.org/tool.tar.gz", "tar -czf release x/tool"),
        (Host::Azure, "https://example.org/tool.zip", "zip -q release.zip x/tool && mv release.zip release"),
        (Host::GitHub, "https://example.org/tool-linux", "cp x/tool release"),
    ] {
        let sandbox = Sandbox::new(host).fake("curl", CURL).file("x/tool", "#!/bin/sh\necho it runs\n");
        let hash = sandbox.bash(&format!("{pack}\nsha256sum release")).well().stdout[..64].to_owned();
        let sandbox = sandbox.env("NAME", "tool").env("VERSION", "1.2").env("URL", url).env("MEMBER", "x/tool");
        let sandbox = sandbox.env("SHA256", &hash);
        let ran = sandbox.run("fetch-tool").well();
        assert!(
            ran.calls_of("curl")[0].contains("--location --proto =https --proto-redir =https --retry 4"),
            "{ran:?}"
        );
        assert_eq!(sandbox.bash("../temp/siding-tools/tool").well().stdout, "it runs\n");

        let wrong = "0".repeat(64);
        let sandbox = sandbox.env("SHA256", &wrong);
        let ran = sandbox.run("fetch-tool").fails(&format!("(expected {wrong}, found {hash}): find out"));
        assert!(ran.stdout.contains(&format!("expected {wrong}\nfound    {hash}\n")), "{ran:?}");
    }
}

/// A trivy that reports what is in `found.json`.
const TRIVY: &str = r#"while [ $# -gt 1 ]; do
  [ "$1" != --output ] || cp "$HERE/found.json" "$2"
  shift
done
echo "a table""#;

#[test]
fn a_scan_reports_and_fails_by_its_findings() {
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("trivy", TRIVY).env("NAME", "dependencies").env("TARGET", "src");
        let found = r#"{"Results":[{"Vulnerabilities":[{},{}]},{"Secrets":[{}]},{"Target":"x"}]}"#;
        let sandbox = sandbox.env("SEVERITY", "CRITICAL").file("found.json", found).file(".trivyignore", "");
        let ran = sandbox.run("scan").fails("3 findings of CRITICAL in 'src'");
        let calls = ran.calls_of("trivy");
        let report = "fs --quiet --exit-code 0 --format json --output reports/dependencies.json --scanners vuln,secret \
                      --severity CRITICAL";
        assert!(calls[0].starts_with(report) && calls[0].ends_with("--ignore-unfixed --ignorefile .trivyignore src"));
        assert!(calls[1].contains("--output reports/dependencies.sarif reports/dependencies.json"), "{calls:?}");
        assert!(ran.stdout.contains("a table\n"), "{ran:?}");
        let sandbox = sandbox.env("LOCKS", "requirements.lock a/requirements-dev.lock uv.lock");
        let sandbox = sandbox.file("found.json", r#"{"Results":[]}"#);
        let ran = sandbox.run("scan").well();
        let patterns = r"--file-patterns pip:(^|/)requirements\.lock$ --file-patterns pip:(^|/)requirements-dev\.lock$ --skip-dirs";
        assert!(ran.calls_of("trivy")[0].contains(patterns), "{ran:?}");
        let ran = sandbox.env("KIND", "rootfs").run("scan").well();
        assert!(ran.calls_of("trivy")[0].starts_with("rootfs ") && !ran.calls_of("trivy")[0].contains("--skip-dirs"));
    }
    let broken = Sandbox::new(Host::GitHub).fake("trivy", "exit 1").env("NAME", "x");
    broken.run("scan").fails("trivy could not scan '.'");
}

#[test]
fn an_inventory_of_components_is_written() {
    let sandbox = Sandbox::new(Host::GitHub).fake("trivy", TRIVY).file("found.json", r#"{"components":[1,2]}"#);
    let sandbox = sandbox.env("KIND", "image").env("TARGET", "app@sha256:1").env("FILE", "reports/sbom.json");
    let ran = sandbox.run("sbom").well();
    assert_eq!(ran.calls_of("trivy"), ["image --quiet --format cyclonedx --output reports/sbom.json app@sha256:1"]);
    assert!(ran.stdout.ends_with("reports/sbom.json: 2 components\n"), "{ran:?}");
    let sandbox = sandbox.env("KIND", "fs").env("TARGET", ".").env("LOCKS", "requirements.lock");
    let call =
        r"fs --quiet --format cyclonedx --output reports/sbom.json --file-patterns pip:(^|/)requirements\.lock$ .";
    assert_eq!(sandbox.run("sbom").well().calls_of("trivy"), [call]);
    sandbox.env("KIND", "vm").run("sbom").fails("KIND is 'vm'");
}

#[test]
fn severe_findings_in_the_code_fail_and_others_do_not() {
    let sarif = |score: &str, level: &str| {
        format!(
            r#"{{"runs": [{{"tool": {{"driver": {{"rules": []}}, "extensions": [{{"rules": [
              {{"id": "sql", "properties": {{"security-severity": "{score}"}}}}]}}]}},
              "results": [{{"ruleId": "sql", "level": "{level}", "message": {{"text": "::error::a query from outside"}},
              "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "app.py"}}, "region": {{"startLine": 7}}}}}}]}}]}}]}}"#
        )
    };
    let run = |text: &str| {
        Sandbox::new(Host::GitHub).env("DIRECTORY", "reports").file("reports/a.sarif", text).run("code-verdict")
    };
    run(&sarif("4.3", "warning")).well();
    run(r#"{"runs": [{"tool": {"driver": {}}, "results": []}]}"#).well();
    let ran = run(&sarif("9.8", "warning")).fails("found 1 severe weaknesses");
    assert!(ran.stdout.contains("app.py:7: "), "{ran:?}");
    run(&sarif("1.0", "error")).fails("severe");
    Sandbox::new(Host::GitHub).env("DIRECTORY", "reports").run("code-verdict").fails("left no SARIF file");
}

#[test]
fn one_verdict_needs_every_check_to_have_passed() {
    for host in super::HOSTS {
        let run = |results: &str| Sandbox::new(host).env("RESULTS", results).run("all-passed");
        run("lint - success\nunit - Succeeded\nscan - SucceededWithIssues").well();
        for bad in ["failure", "skipped", "Canceled"] {
            run(&format!("lint - success\nunit - {bad}")).fails(&format!("not passed: unit ({bad})"));
        }
        run("lint - success\nunit -").fails("not passed: unit (no result)");
        run("").fails("nothing is proven");
    }
}

#[test]
fn only_checks_of_services_that_are_as_they_were_may_be_skipped() {
    for host in super::HOSTS {
        let run = |changed: &str, results: &str| {
            Sandbox::new(host).env("CHANGED", changed).env("RESULTS", results).run("all-passed")
        };
        run(",order,", "changes - success\norder-unit order success\nproduct-unit product Skipped").well();
        run(",", "changes - success\nproduct-unit product skipped").well();
        run(",order,", "order-unit order skipped").fails("not passed: order-unit (skipped)");
        run(",order,", "product-unit product failure").fails("not passed: product-unit (failure)");
        run(",order,", "lint - skipped").fails("not passed: lint (skipped)");
        // What was changed could not be found out.
        let said = "not passed: changes (failure) product-unit (skipped)";
        run("", "changes - failure\nproduct-unit product skipped").fails(said);
    }
}

#[test]
fn a_scheduler_runs_on_one_instance() {
    let az = |count: &str| format!("case \"$*\" in *appservice*) echo {count} ;; *) echo /plan ;; esac");
    let run = |count: &str| {
        Sandbox::new(Host::Azure).fake("az", &az(count)).env("APP", "a").env("GROUP", "g").run("single-instance")
    };
    run("1").well();
    let ran = run("2").fails("must run on exactly one instance");
    assert!(ran.stdout.contains("--number-of-workers 1"), "{ran:?}");
}
