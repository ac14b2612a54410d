//! Which release is gone back to: the newest good one that nobody took back.

use super::{HOSTS, Host, Ran, Sandbox};

/// What runs kept is in `kept/RUN/NAME/`. The runs are in `runs`, as lines of: run branch result end, where the end is given in
/// minutes. GitHub tells of the newest runs first, 100 at once, and of an artifact that was kept twice twice.
const GH: &str = r#"branch= page=1
for word in "$@"; do case "$word" in branch=*) branch="${word#branch=}" ;; page=*) page="${word#page=}" ;; esac; done
case "$1 $2" in
  "api --method") [ "$4" = repos/o/r/actions/workflows/cd.yml/runs ] || exit 2
    sort -rn "$HERE/runs" | jq -Rn --arg branch "$branch" --argjson page "$page" '[inputs | split(" ") | {
      id: (.[0] | tonumber), head_branch: .[1], conclusion: .[2], updated_at: (.[3] | tonumber * 60 + 1767225600 | todate), event: "push"
    } | select($branch == "" or .head_branch == $branch)] | {workflow_runs: .[($page - 1) * 100:$page * 100]}' | jq -r "${@: -1}" ;;
  "run download") mkdir -p "$7" && cp "$HERE/kept/$3/$5"/* "$7" ;;
  "api --paginate") run="${3#repos/o/r/actions/runs/}"; if [ -d "$HERE/kept/${run%%/*}" ]; then ls "$HERE/kept/${run%%/*}"; fi |
    jq -Rn '{artifacts: [inputs | {name: ., expired: false} | ., .]}' | jq -r "${@: -1}" ;;
esac"#;

/// The same, asked as Azure Pipelines are, which tell of the runs first that ended last.
const CURL: &str = r#"cat >"$HERE/config"
for word in "$@"; do case "$word" in https://*) url="$word" ;; esac; done
run="${url#*/builds/}" && run="${run%%/*}"
branch= && [[ $url != *branchName=* ]] || branch="${url#*branchName=}" && branch="${branch%%&*}" && branch=$(printf '%b' "${branch//%/\\x}")
case "$url" in
  *definitions=3*) top="${url#*%24top=}"; jq -Rn --arg branch "$branch" --argjson top "${top%%&*}" '[inputs | split(" ") | {
      id: (.[0] | tonumber), sourceBranch: ("refs/heads/" + .[1]), result: .[2],
      finishTime: (.[3] | tonumber * 60 + 1767225600 | todate | sub("Z"; ".1234567Z"))
    } | select($branch == "" or .sourceBranch == $branch)] | {value: (sort_by(.finishTime) | reverse)[:$top]}' "$HERE/runs" ;;
  *artifactName=*) name="${url#*artifactName=}"; printf '{"resource": {"downloadUrl": "https://dev.azure.com/drop/%s/%s"}}' "$run" "${name%%&*}" ;;
  *artifacts*) if [ -d "$HERE/kept/$run" ]; then ls "$HERE/kept/$run"; fi | jq -Rn '{value: [inputs | {name: .}]}' ;;
  */drop/*) place="${url#*/drop/}"; (cd "$HERE/kept/${place%/*}" && zip -q -r "$HERE/drop.zip" "${place#*/}") && mv "$HERE/drop.zip" "${@: -1}" ;;
  *) exit 22 ;;
esac"#;

/// Runs 10 (whose release failed), 9 (which released nothing), 8, 7 and 6 of main, 5 of another branch.
fn runs(host: Host) -> Sandbox {
    let mut sandbox = Sandbox::new(host).fake("gh", GH).fake("curl", CURL).file("runs", "");
    for (run, branch) in [(10, "main"), (9, "main"), (7, "main"), (8, "main"), (6, "main"), (5, "develop")] {
        sandbox = run_of(sandbox, run, branch, run != 10);
    }
    sandbox = sandbox.file("kept/9/package-web/web.zip", "9").file("kept/9/package-web-2/web.zip", "9");
    for run in [10, 8, 7, 6, 5] {
        let result = if run == 10 { "failure" } else { "success" };
        sandbox = sandbox.file(&format!("kept/{run}/package-web/web.zip"), &run.to_string());
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

/// With one more run, which ended well or not, a few minutes after it released.
fn run_of(sandbox: Sandbox, run: u32, branch: &str, well: bool) -> Sandbox {
    let result = match (sandbox.host, well) {
        (Host::GitHub, true) => "success",
        (Host::GitHub, false) => "failure",
        (Host::Azure, true) => "succeeded",
        (Host::Azure, false) => "failed",
    };
    let lines = sandbox.read("runs");
    sandbox.file("runs", &format!("{lines}{run} {branch} {result} {}\n", run * 10 + 5))
}

/// With the run that ended at the first of these minutes ended at the second.
fn ended(sandbox: Sandbox, before: u32, after: u32) -> Sandbox {
    let lines = sandbox.read("runs").replace(&format!(" {before}\n"), &format!(" {after}\n"));
    sandbox.file("runs", &lines)
}

/// With the record of a job of a run, as its second attempt wrote it.
fn record(sandbox: Sandbox, run: u32, job: &str, text: &str) -> Sandbox {
    record_at(sandbox, &format!("{run}/record-{job}-2"), run * 10, text)
}

/// With a record in this place among what runs kept, written at this minute.
fn record_at(sandbox: Sandbox, place: &str, minute: u32, text: &str) -> Sandbox {
    let mut record: serde_json::Value = serde_json::from_str(text).unwrap();
    record["deployed_at"] = format!("2026-01-01T{:02}:{:02}:00Z", minute / 60, minute % 60).into();
    sandbox.file(&format!("kept/{place}/deployment-record.json"), &record.to_string())
}

/// With a run 11 that went back.
fn taken_back(sandbox: Sandbox, text: &str) -> Sandbox {
    record(run_of(sandbox, 11, "main", true), 11, "rollback-web", text)
}

/// With many runs of the branch of development, all newer.
fn busy(sandbox: Sandbox) -> Sandbox {
    (100..350).fold(sandbox, |sandbox, run| run_of(sandbox, run, "develop", true))
}

fn warned(ran: &Ran, text: &str) {
    let told = ran.stdout.lines().chain(ran.stderr.lines()).filter(|line| line.contains("warning"));
    assert!(told.clone().any(|line| line.contains(text)), "{ran:#?}");
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
        let sandbox = run_of(sandbox, 12, "main", true);
        let sandbox =
            record(sandbox, 12, "production-web", r#"{"result": "success"}"#).file("kept/12/package-web/web.zip", "12");
        assert_eq!(previous(&sandbox), found("12"), "what was released after the roll-back is live");
    }
}

#[test]
fn a_run_that_is_started_again_counts_from_then() {
    for host in HOSTS {
        let again = record_at(runs(host), "6/record-production-web-3", 90, r#"{"result": "success"}"#);
        let again = ended(again, 65, 91);
        assert_eq!(previous(&again), found("6"), "{host:?}");
        let ran = again.run("allowed-run").well();
        assert_eq!((ran.outputs["run"].as_str(), ran.outputs["taken-back"].as_str()), ("8", "6"));
        // It released first, and ended last: a person let it wait.
        let late = runs(host);
        let late = ended(late, 65, 99);
        assert_eq!(previous(&late), found("8"));
        // What came between a roll-back and the run that it went back to is taken back, though that run has been started again.
        let text = r#"{"result": "success", "restored_run": "6"}"#;
        let both = taken_back(again, text);
        let both = record_at(both, "6/record-production-web-3", 120, r#"{"result": "success"}"#);
        let both = ended(both, 91, 121);
        assert_eq!(previous(&both), found("6"));
        both.run("allowed-run").fails("there is no release before the one that is live, which is of run 6");
    }
}

#[test]
fn one_record_that_nobody_can_read_stops_no_release() {
    for host in HOSTS {
        let release = "kept/8/record-production-web-2/deployment-record.json";
        let rollback = "kept/11/record-rollback-web-2/deployment-record.json";
        for (file, text, run, said) in [
            (release, "no JSON", "7", "the record 'record-production-web-2' of run 8 cannot be read"),
            (release, r#"{"result": "success", "deployed_at": null}"#, "7", "that release is left out"),
            (rollback, "[]", "8", "that roll-back is left out"),
        ] {
            let ran = taken_back(runs(host), "{}").file(file, text).run("previous-package").well();
            assert_eq!(ran.outputs["run"], run, "{host:?} {text}");
            warned(&ran, said);
        }
        // As it was kept before its name told the attempt.
        let older = run_of(runs(host), 12, "main", true).file("kept/12/package-web/web.zip", "12");
        let older = record_at(older, "12/record-production-web", 120, r#"{"result": "success"}"#);
        assert_eq!(previous(&older), found("12"));
        let ran = older.env("RUN", "12").run("allowed-run").well();
        assert_eq!(ran.outputs["run"], "12");
    }
}

#[test]
fn a_busy_branch_hides_no_release_of_another() {
    for host in HOSTS {
        assert_eq!(previous(&busy(runs(host))), found("8"), "{host:?}");
        let sandbox = run_of(busy(runs(host)), 12, "release/1", true).file("kept/12/package-web/web.zip", "12");
        let sandbox = record(sandbox, 12, "production-web", r#"{"result": "success"}"#);
        assert_eq!(previous(&sandbox), found("8"));
        assert_eq!(previous(&sandbox.env("BRANCHES", "release/*\nhotfix/*")), found("12"));
    }
}

#[test]
fn the_figures_of_the_last_good_run_are_fetched() {
    for host in HOSTS {
        let mut sandbox = runs(host).env("ARTIFACT", "load-staging").file("earlier/old", "");
        for (kept, text) in [
            ("10/load-staging-1", "its run failed"),
            ("9/load-staging-web-1", "of another job"),
            ("8/load-staging-2", "an earlier attempt"),
            ("8/load-staging-10", "the last attempt"),
            ("7/load-staging", "an earlier run"),
            ("5/load-staging-1", "another branch"),
        ] {
            sandbox = sandbox.file(&format!("kept/{kept}/figures.json"), text);
        }
        let figures = |sandbox: &Sandbox| {
            sandbox.run("load-previous").well().hides("s3cret");
            sandbox.read("earlier/figures.json")
        };
        assert_eq!(figures(&sandbox), "the last attempt", "{host:?}");
        assert!(!sandbox.here().join("earlier/old").exists());
        assert_eq!(figures(&busy(sandbox)), "the last attempt");
        let ran = runs(host).env("ARTIFACT", "load-staging").run("load-previous").well();
        assert!(ran.stdout.contains("none of the last good runs on main keeps load-staging"), "{ran:?}");
        let silent = runs(host).fake("gh", "exit 4").fake("curl", "exit 22").run("load-previous");
        silent.fails(if host == Host::Azure {
            "let its build service read builds"
        } else {
            "'permissions: actions: read'"
        });
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
        assert!(sandbox.read("earlier/deployment-record.json").contains("T01:10:00Z"));
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
        let live = record(runs(host), 10, "production-web", r#"{"result": "success"}"#);
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
