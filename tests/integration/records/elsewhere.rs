//! Records where there is no GitHub: Azure Pipelines, and a shell.

use std::fs;

use serde_json::Value;

use super::{arguments, ready, record};
use crate::context::{Context, Kind};
use crate::ran::Ran;
use crate::started::at_once;

/// A release in a run of Azure Pipelines; the host type is `release` in a classic one.
fn release(context: &Context, folder: &str, host_type: &str, environment: &str) -> Ran {
    let variables = [
        ("SYSTEM_HOSTTYPE", host_type),
        ("BUILD_BUILDID", "42"),
        ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
        ("SYSTEM_TEAMPROJECT", "inventory"),
        ("BUILD_REPOSITORY_NAME", "inventory-api"),
        ("BUILD_SOURCEVERSION", "c0ffee"),
    ];
    context.run_with("siding", &arguments(folder, &["--environment", environment]), &variables)
}

/// The data of the commands of this name.
fn commands<'r>(ran: &'r Ran, name: &str) -> Vec<&'r str> {
    ran.commands.iter().filter(|command| command.name == name).map(|command| command.data.as_str()).collect()
}

#[test]
fn a_run_of_azure_pipelines_has_a_tag_and_the_record_as_an_attachment() {
    let (context, folder) = ready(Kind::AzurePipelines);
    let ran = release(&context, &folder, "build", "prod: EU/1");
    ran.exits(0).says(["run tag deployed-prod--EU-1", "attachment siding.release/record.json"]);
    assert_eq!(commands(&ran, "build.addbuildtag"), ["deployed-prod--EU-1"]);
    let attached = ran.commands.iter().find(|command| command.name == "task.addattachment").unwrap();
    assert_eq!((&*attached.properties["type"], &*attached.properties["name"]), ("siding.release", "record.json"));
    let attachment: Value = serde_json::from_str(&fs::read_to_string(&attached.data).unwrap()).unwrap();
    assert_eq!(attachment, record(&context));
    assert_eq!((&attachment["environment"], &attachment["commit"]), (&"prod: EU/1".into(), &"c0ffee".into()));
    assert_eq!(attachment["job"]["url"], "https://dev.azure.com/contoso/inventory/_build/results?buildId=42");
    assert_eq!((&attachment["job"]["repository"], &attachment["github"]), (&"inventory-api".into(), &Value::Null));
}

#[test]
fn only_a_release_that_holds_tags_its_run_and_only_a_run_that_has_tags() {
    let rows = [("app.fails-after-swap", "build", 6), ("", "release", 0)];
    at_once(&rows, |(fault, host_type, exit)| {
        let (context, folder) = ready(Kind::AzurePipelines);
        if !fault.is_empty() {
            context.fault(fault);
        }
        let ran = release(&context, &folder, host_type, "production");
        ran.exits(*exit);
        assert_eq!(commands(&ran, "build.addbuildtag"), [""; 0], "{ran}");
        assert_eq!(commands(&ran, "task.addattachment").len(), 1, "{ran}");
    });
}

#[test]
fn a_shell_has_the_file_alone() {
    let (context, folder) = ready(Kind::Shell);
    let ran = context.run("siding", &arguments(&folder, &[]));
    ran.exits(0).says(["record          record.json"]);
    let record = record(&context);
    assert_eq!((&record["result"], &record["job"]["system"]), (&"succeeded".into(), &"terminal".into()));
    assert_eq!((&record["job"]["url"], &record["github"]), (&Value::Null, &Value::Null));
}
