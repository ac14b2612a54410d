//! `siding check`: every verdict with its causes, its exit code, and what CI hosts and code scanning are told.

use std::fs;

use serde_json::{Value, json};

use crate::context::Kind;
use crate::repository::{Repository, Run, WORKFLOW};
use crate::stream::command;

/// The verdict of a file in the result, whether the check failed or not.
fn verdict(run: &Run, path: &str) -> Value {
    let json = run.json();
    let result = if json["result"].is_null() { &json } else { &json["result"] };
    let files = result["files"].as_array().unwrap_or_else(|| panic!("{json}"));
    files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("{json}")).clone()
}

/// The line of the workflow's name.
fn line_of_name(repository: &Repository) -> u64 {
    let line = repository.read(WORKFLOW).lines().position(|line| line.starts_with("name: ")).unwrap();
    u64::try_from(line).unwrap() + 1
}

/// The same file after a bot has moved all its pins.
pub(crate) fn with_pins_ahead(text: &str) -> String {
    let mut moved = 0;
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line.split_once("uses: ").and_then(|(before, pin)| Some((before, pin.split_once('@')?.0))) {
            Some((before, action)) => {
                moved += 1;
                format!("{before}uses: {action}@{} # v99.0.0", "a".repeat(40))
            }
            None => line.to_owned(),
        })
        .collect();
    assert!(moved > 0, "{text}");
    lines.join("\n") + "\n"
}

/// The same file as another version of the program would have written it.
fn by_another_version(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut lines = text.splitn(3, '\n');
    let (first, second, body) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
    let body = change(body);
    let hash = &siding::generate::header::sha256(body.as_bytes())[..16];
    let first = first.replace(&format!("siding {} ", env!("CARGO_PKG_VERSION")), "siding 0.0.9 ");
    let second = second.rsplit_once(':').unwrap().0;
    format!("{first}\n{second}:{hash}\n{body}")
}

#[test]
fn what_is_current_passes_whatever_its_line_ends() {
    let repository = Repository::rendered();
    let run = repository.run(&["check", "--json"]);
    run.exits(0).says(&["looked at, nothing to render"]);
    assert_eq!(run.json()["verdict"], "current");
    for (path, text) in repository.all() {
        repository.write(&path, &format!("\u{feff}{}", text.replace('\n', "\r\n")));
    }
    repository.write("siding.yml", &crate::repository::CONFIG.replace('\n', "\r\n"));
    assert_eq!(verdict(repository.run(&["check", "--json"]).exits(0), WORKFLOW)["verdict"], "current");
    // A comment in the config changes its hash and nothing that runs.
    repository.write("siding.yml", &format!("# ours\n{}", crate::repository::CONFIG));
    repository.run(&["check"]).exits(0);
}

#[test]
fn a_file_that_is_missing_is_told() {
    let repository = Repository::rendered();
    fs::remove_file(repository.path(WORKFLOW)).unwrap();
    let run = repository.run(&["check", "--json"]);
    run.exits(10).says(&["SID0711", "`.github/workflows/cd.yml` is missing", "run: siding render"]);
    assert_eq!(verdict(&run, WORKFLOW)["verdict"], "missing");
    assert_eq!(verdict(&run, ".azuredevops/cd.yml")["verdict"], "current");
}

#[test]
fn a_file_that_is_rendered_no_more_is_told() {
    let repository = Repository::rendered();
    repository.edit("siding.yml", "name: shop", "name: shop\nrender: [azure-pipelines]");
    let run = repository.run(&["check", "--json"]);
    run.exits(11).says(&["SID0712", "`siding.yml` renders no such file any more"]);
    assert_eq!(verdict(&run, WORKFLOW)["verdict"], "orphan");
}

#[test]
fn a_config_that_has_moved_on_is_told_with_the_difference() {
    let repository = Repository::rendered();
    repository.edit("siding.yml", "name: shop", "name: store");
    let run = repository.run(&["check", "--json"]);
    run.exits(12).says(&["SID0713", "`siding.yml` has changed since it was rendered", "| -name: ", "| +name: "]);
    let file = verdict(&run, WORKFLOW);
    assert_eq!(
        (file["verdict"].as_str(), file["line"].as_u64()),
        (Some("config-changed"), Some(line_of_name(&repository))),
        "{file}"
    );
}

#[test]
fn an_edit_is_told_with_its_place_and_the_difference() {
    type Edit = fn(&str) -> String;
    let edits: [(Edit, u64, &str); 5] = [
        (|text| text.replacen("\nname: ", "\nname: My ", 1), 0, "its text is not the one"),
        (|text| format!("{text}# mine\n"), 0, "its text is not the one"),
        (|text| format!("# mine\n{text}"), 1, "there are lines above its header"),
        (|text| text.replacen("# config sha256:", "# sha256:", 1), 2, "the second line of its header is damaged"),
        (|text| with_pins_ahead(text).replacen("aaaa", "v1 #", 1), 0, "its text is not the one"),
    ];
    for (edit, line, cause) in edits {
        let repository = Repository::rendered();
        repository.write(WORKFLOW, &edit(&repository.read(WORKFLOW)));
        let run = repository.run(&["check", "--json"]);
        run.exits(13).says(&["SID0714", "put the edits into the config", cause]);
        let file = verdict(&run, WORKFLOW);
        assert_eq!(file["verdict"], "edited");
        assert!(line == 0 || file["line"] == line, "{file}");
        assert!(!file["difference"].as_array().unwrap().is_empty(), "{file}");
    }
}

#[test]
fn a_long_difference_is_cut() {
    let repository = Repository::rendered();
    let text = repository.read(WORKFLOW) + &"# mine\n".repeat(500);
    repository.write(WORKFLOW, &text);
    let run = repository.run(&["check", "--json"]);
    assert_eq!(verdict(run.exits(13), WORKFLOW)["difference"].as_array().unwrap().len(), 21);
    run.says(&["more lines)"]);
}

#[test]
fn pins_that_are_ahead_pass_with_a_notice() {
    let repository = Repository::rendered();
    repository.write(WORKFLOW, &with_pins_ahead(&repository.read(WORKFLOW)));
    let run = repository.run(&["check", "--json"]);
    run.exits(0).says(&["note: pins-ahead", "`actions/checkout` is at v99.0.0", "actions/checkout: v99.0.0@aaaa"]);
    let file = verdict(&run, WORKFLOW);
    assert_eq!((&file["verdict"], &file["pins"][0]["to"]), (&json!("pins-ahead"), &json!("v99.0.0")), "{file}");
    // Rendering anew for a new config would lose them.
    repository.edit("siding.yml", "name: shop", "name: store");
    repository.run(&["check"]).exits(12).says(&["`actions/checkout` is at v99.0.0", "`siding.yml` has changed"]);
    let moved = repository.read(WORKFLOW);
    let refused = repository.run(&["render"]);
    refused.exits(13).says(&["to keep the pins of a bot, put into the config: `pins: {actions/attest: v99.0.0@aaaa"]);
    assert_eq!(repository.read(WORKFLOW), moved);
    repository.edit("siding.yml", "name: store", "name: shop");
    // Back to an older release is no bot's doing.
    repository.edit(WORKFLOW, "v99.0.0", "v0.0.1");
    repository.run(&["check"]).exits(13);
}

#[test]
fn a_file_of_another_version_passes_with_a_notice_until_the_config_changes() {
    let repository = Repository::rendered();
    let old = by_another_version(&repository.read(WORKFLOW), |body| body.replace("name: ", "name:  "));
    repository.write(WORKFLOW, &old);
    let run = repository.run(&["check", "--json"]);
    run.exits(0).says(&["note: tool-newer", "siding 0.0.9 wrote it"]);
    assert_eq!(verdict(&run, WORKFLOW)["verdict"], "tool-newer");
    repository.edit("siding.yml", "name: shop", "name: store");
    repository.run(&["check"]).exits(12).says(&["siding 0.0.9 wrote it"]);
    repository.run(&["render"]).exits(0).says(&["replace .github/workflows/cd.yml"]);
}

#[test]
fn another_build_of_the_same_version_is_no_excuse() {
    let repository = Repository::rendered();
    let other = by_another_version(&repository.read(WORKFLOW), |body| body.replace("name: ", "name:  "));
    repository.write(WORKFLOW, &other.replace("siding 0.0.9 ", &format!("siding {} ", env!("CARGO_PKG_VERSION"))));
    repository.run(&["check"]).exits(12).says(&["another build of siding"]);
}

#[test]
fn what_siding_did_not_write_is_told_and_the_worst_decides() {
    let repository = Repository::rendered();
    repository.write(WORKFLOW, "name: mine\n");
    fs::remove_file(repository.path(".azuredevops/cd.yml")).unwrap();
    repository.write(".azuredevops/cd.yml/x", "");
    repository.edit(".azuredevops/ci.yml", "name: ", "name: My ");
    fs::remove_file(repository.path(".github/workflows/ci.yml")).unwrap();
    let run = repository.run(&["check", "--json"]);
    run.exits(14).says(&["SID0715", "4 of ", " are not what ", "a folder is in its place", "is edited", "is missing"]);
    assert_eq!(run.json()["result"]["verdict"], "not-ours");
    assert_eq!(run.json()["failure"]["exit"], 14);
}

#[test]
fn hosts_are_told_the_place_of_every_verdict() {
    let repository = Repository::rendered();
    repository.write("service/siding.yml", crate::repository::CONFIG);
    repository.run(&["render", "service"]).exits(0);
    let line = line_of_name(&repository).to_string();
    let path = format!("service/{WORKFLOW}");
    repository.edit(&path, "\nname: ", "\nname: My ");
    let github = repository.run_in("", &["check", "service"], &[("GITHUB_ACTIONS", "true")]);
    let commands: Vec<_> = github.stderr.lines().filter_map(|line| command(Kind::GitHub, line)).collect();
    let told = commands.iter().find(|command| command.properties.contains_key("file")).unwrap();
    assert_eq!(
        (told.name.as_str(), &*told.properties["file"], &*told.properties["line"], &*told.properties["title"]),
        ("error", path.as_str(), line.as_str(), "edited")
    );
    let azure = repository.run_in("", &["check", "service"], &[("TF_BUILD", "True")]);
    let commands: Vec<_> = azure.stderr.lines().filter_map(|line| command(Kind::AzurePipelines, line)).collect();
    let told = commands.iter().find(|command| command.properties.contains_key("sourcepath")).unwrap();
    assert_eq!((&*told.properties["sourcepath"], &*told.properties["linenumber"]), (path.as_str(), line.as_str()));
}

#[test]
fn code_scanning_is_told_the_place_of_every_verdict() {
    let repository = Repository::rendered();
    repository.edit(WORKFLOW, "\nname: ", "\nname: My ");
    fs::remove_file(repository.path(".azuredevops/cd.yml")).unwrap();
    repository.run(&["check", "--sarif", "drift.sarif"]).exits(13);
    let log: Value = serde_json::from_str(&repository.read("drift.sarif")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2, "{log:#}");
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!((&rules[rule]["id"], &result["level"]), (&result["ruleId"], &json!("error")));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    let place = |index: usize| &results[index]["locations"][0]["physicalLocation"];
    let edited = results.iter().position(|result| result["ruleId"] == "edited").unwrap();
    assert_eq!(place(edited)["artifactLocation"]["uri"], WORKFLOW);
    assert_eq!(place(edited)["region"]["startLine"], line_of_name(&repository));
    assert_eq!(place(1 - edited)["artifactLocation"]["uri"], "siding.yml");

    let printed = repository.run(&["check", "--sarif", "-"]);
    assert_eq!(printed.exits(13).json(), log);
    repository.run(&["check", "--sarif", "no/such/drift.sarif"]).exits(1).says(&["SID0005", "no/such"]);
}

#[test]
fn a_config_that_cannot_be_used_is_bad_input_and_nothing_is_judged() {
    let repository = Repository::rendered();
    let before = repository.all();
    for text in ["name: [", "nam: shop\n"] {
        repository.write("siding.yml", text);
        for command in ["check", "render"] {
            repository.run(&[command]).exits(2).says(&["`siding.yml`"]);
        }
    }
    fs::write(repository.path("siding.yml"), b"name: \xff\n").unwrap();
    repository.run(&["check"]).exits(2);
    repository.write("siding.yml", crate::repository::CONFIG);
    assert_eq!(repository.all(), before);
}
