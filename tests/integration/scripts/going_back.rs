//! Which release is gone back to: the newest good one that nobody took back.

use super::{HOSTS, Host, Sandbox};

/// What runs kept is in `kept/RUN/NAME/`, the runs are in `runs`.
const GH: &str = r#"case "$1 $2" in
  "run list") cat "$HERE/runs" ;;
  "run download") mkdir -p "$7" && cp "$HERE/kept/$3/$5"/* "$7" ;;
  "api --paginate") run="${3#repos/o/r/actions/runs/}"; if [ -d "$HERE/kept/${run%%/*}" ]; then ls "$HERE/kept/${run%%/*}"; fi ;;
esac"#;

/// The same, asked as Azure Pipelines are.
const CURL: &str = r#"cat >"$HERE/config"
for word in "$@"; do case "$word" in https://*) url="$word" ;; esac; done
run="${url#*/builds/}" && run="${run%%/*}"
case "$url" in
  *definitions=3*) jq -Rn '{value: [inputs | split(" ") | {id: (.[0] | tonumber), sourceBranch: ("refs/heads/" + .[1]), result: .[2]}]}' "$HERE/runs" ;;
  *artifactName=*) name="${url#*artifactName=}"; printf '{"resource": {"downloadUrl": "https://dev.azure.com/drop/%s/%s"}}' "$run" "${name%%&*}" ;;
  *artifacts*) if [ -d "$HERE/kept/$run" ]; then ls "$HERE/kept/$run"; fi | jq -Rn '{value: [inputs | {name: .}]}' ;;
  */drop/*) place="${url#*/drop/}"; (cd "$HERE/kept/${place%/*}" && zip -q -r "$HERE/drop.zip" "${place#*/}") && mv "$HERE/drop.zip" "${@: -1}" ;;
  *) exit 22 ;;
esac"#;

/// Runs 10 (whose release failed), 9 (which released nothing), 8, 7 and 6 of main, 5 of another branch.
fn runs(host: Host) -> Sandbox {
    let good = if host == Host::Azure { "succeeded" } else { "success" };
    let lines =
        format!("10 main failed\n9 main {good}\n7 main {good}\n8 main {good}\n6 main {good}\n5 develop {good}\n");
    let mut sandbox = Sandbox::new(host).fake("gh", GH).fake("curl", CURL).file("runs", &lines);
    sandbox = sandbox.file("kept/9/package-web/web.zip", "9").file("kept/9/package-web-2/web.zip", "9");
    for run in ["10", "8", "7", "6", "5"] {
        let result = if run == "10" { "failure" } else { "success" };
        sandbox = sandbox.file(&format!("kept/{run}/package-web/web.zip"), run);
        sandbox = record(sandbox, run, "production-web", &format!(r#"{{"result": "{result}"}}"#));
    }
    for (name, value) in [
        ("GITHUB_REPOSITORY", "o/r"),
        ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/o/"),
        ("SYSTEM_TEAMPROJECTID", "p"),
        ("SYSTEM_DEFINITIONID", "3"),
        ("TOKEN", "s3cret"),
        ("WORKFLOW", "cd.yml"),
        ("RELEASE", "production-web"),
        ("ROLLBACK", "rollback-web"),
        ("ARTIFACT", "package-web"),
        ("DIRECTORY", "earlier"),
        ("FILES", "dist"),
        ("BRANCH", "main"),
    ] {
        sandbox = sandbox.env(name, value);
    }
    sandbox
}

/// With the record of a job of a run. On Azure Pipelines its name has the attempt.
fn record(sandbox: Sandbox, run: &str, job: &str, text: &str) -> Sandbox {
    let attempt = if sandbox.host == Host::Azure { "-2" } else { "" };
    sandbox.file(&format!("kept/{run}/record-{job}{attempt}/deployment-record.json"), text)
}

/// With a run 11 that went back.
fn taken_back(sandbox: Sandbox, text: &str) -> Sandbox {
    let lines = sandbox.read("runs");
    let sandbox = sandbox.file("runs", &format!("11 main success\n{lines}"));
    record(sandbox, "11", "rollback-web", text)
}

fn previous(sandbox: &Sandbox) -> (String, String) {
    let ran = sandbox.run("previous-package").well().hides("s3cret");
    let run = ran.outputs.get("run").cloned().unwrap_or_default();
    if !run.is_empty() {
        assert_eq!(sandbox.read("earlier/web.zip"), run, "the file is of another run");
    }
    (ran.outputs["found"].clone(), run)
}

fn found(run: &str) -> (String, String) {
    ((!run.is_empty()).to_string(), run.to_owned())
}

#[test]
fn the_package_of_the_last_good_release_is_fetched() {
    for host in HOSTS {
        let sandbox = runs(host);
        assert_eq!(previous(&sandbox), found("8"), "{host:?}");
        if host == Host::Azure {
            assert!(sandbox.read("config").contains("Bearer s3cret"), "the token reaches curl by its input");
        }
        let sandbox = sandbox.env("BRANCHES", "release/*\ndevelop");
        assert_eq!(previous(&sandbox), found("5"));
        let sandbox = sandbox.env("BRANCHES", "dev*");
        assert_eq!(previous(&sandbox), found("5"));
        let sandbox = sandbox.env("BRANCHES", "develop2");
        assert_eq!(previous(&sandbox), found(""));
        let sandbox = sandbox.fake("gh", "exit 4").fake("curl", "exit 22");
        sandbox.run("previous-package").fails("could not be listed: ");
    }
}

#[test]
fn a_release_that_was_taken_back_is_not_gone_back_to() {
    for host in HOSTS {
        for (text, expected) in [
            (r#"{"result": "success", "restored_run": "7"}"#, "7"),
            (r#"{"result": "success", "restored_run": "6"}"#, "6"),
            (r#"{"result": "success", "restored_run": ""}"#, ""),
            (r#"{"result": "failure", "restored_run": "6"}"#, "8"),
        ] {
            let sandbox = taken_back(runs(host), text);
            assert_eq!(previous(&sandbox), found(expected), "{host:?} {text}");
        }
        let sandbox = taken_back(runs(host), r#"{"result": "success", "restored_run": "6"}"#).env("ROLLBACK", "");
        assert_eq!(previous(&sandbox), found("8"), "what production went back to says nothing of other environments");
        let sandbox = sandbox.env("ROLLBACK", "rollback-web");
        let lines = sandbox.read("runs");
        let sandbox = sandbox.file("runs", &format!("{lines}12 main success\n"));
        let sandbox = record(sandbox, "12", "production-web", "{}").file("kept/12/package-web/web.zip", "12");
        assert_eq!(previous(&sandbox), found("12"), "what was released after the roll-back is live");
    }
}

#[test]
fn a_roll_back_goes_to_the_release_before_or_to_the_one_that_is_named() {
    for host in HOSTS {
        let told = |sandbox: &Sandbox| {
            let ran = sandbox.run("allowed-run").well().hides("s3cret");
            (ran.outputs["run"].clone(), ran.outputs["taken-back"].clone())
        };
        let pair = |run: &str, live: &str| (run.to_owned(), live.to_owned());
        let sandbox = runs(host);
        assert_eq!(told(&sandbox), pair("7", "8"), "{host:?}");
        assert_eq!(sandbox.run("allowed-run").outputs["right-before"], "true");
        assert_eq!(sandbox.read("earlier/deployment-record.json"), r#"{"result": "success"}"#);
        let sandbox = sandbox.env("RUN", "6");
        assert_eq!(told(&sandbox), pair("6", "8"));
        assert_eq!(sandbox.run("allowed-run").outputs["right-before"], "false");
        for refused in ["9", "5", "10"] {
            let ran = runs(host).env("RUN", refused).run("allowed-run");
            ran.fails(&format!(
                "run {refused} is none of the last 20 good releases that were not taken back: choose one of 8 7 6"
            ));
        }
        // Its release went well, and is live, though tests after it failed.
        let live = record(runs(host), "10", "production-web", r#"{"result": "success"}"#);
        assert_eq!(told(&live), pair("8", "10"));
        let sandbox = taken_back(runs(host), r#"{"result": "success", "restored_run": "7"}"#);
        assert_eq!(told(&sandbox), pair("6", "7"));
        sandbox.env("RUN", "8").run("allowed-run").fails("choose one of 7 6");
    }
}

#[test]
fn a_roll_back_gets_what_else_the_earlier_run_kept() {
    for host in HOSTS {
        let sandbox = runs(host).env("FILES", "dist").file("dist/stale", "of a run before");
        let ran = sandbox.run("allowed-run").well();
        assert_eq!((ran.outputs["kept"].as_str(), sandbox.read("dist/web.zip").as_str()), ("true", "7"), "{ran:?}");
        assert!(!sandbox.here().join("dist/stale").exists());
        let ran = runs(host).env("FILES", "dist").env("ARTIFACT", "package-other").run("allowed-run").well();
        assert_eq!(ran.outputs["kept"], "false");
        assert!(ran.stdout.contains("run 7 no longer keeps 'package-other': only the images go back"), "{ran:?}");
        assert!(!runs(host).env("ARTIFACT", "").run("allowed-run").well().outputs.contains_key("kept"));
    }
}

#[test]
fn a_roll_back_that_can_do_without_a_run_is_not_stopped() {
    for host in HOSTS {
        let gone = || taken_back(runs(host), r#"{"result": "success", "restored_run": "6"}"#);
        gone().run("allowed-run").fails("there is no release before the one that is live, which is of run 6");
        let ran = gone().env("NEEDED", "false").run("allowed-run").well();
        assert_eq!((ran.outputs["run"].as_str(), ran.outputs["taken-back"].as_str()), ("", "6"));
        let silent = || runs(host).fake("gh", "exit 4").fake("curl", "exit 22");
        silent().env("NEEDED", "false").env("RUN", "7").run("allowed-run").fails("could not be listed");
        let ran = silent().env("NEEDED", "false").run("allowed-run").well();
        assert!(ran.stdout.contains("could not be listed") && ran.outputs["run"].is_empty(), "{ran:?}");
        silent().run("allowed-run").fails("could not be listed");
        runs(host)
            .env("BRANCH", "develop")
            .run("allowed-run")
            .fails("start the roll-back on the branch of the releases: main");
        for bad in ["latest", "8; rm -rf /"] {
            runs(host).env("RUN", bad).run("allowed-run").fails("'run' is the number in a run's address");
        }
    }
}
