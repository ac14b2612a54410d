//! What a CI host reads in the output of a step: commands on the log and entries of its files.

use std::collections::BTreeMap;

use crate::context::Kind;

/// A command on the log, as its host would act on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// `group`, `error`, `task.setvariable`, …
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) data: String,
}

/// The command in a line, on this host.
pub(crate) fn command(kind: Kind, line: &str) -> Option<Command> {
    match kind {
        Kind::GitHub => github(line),
        Kind::AzurePipelines => azure_pipelines(line),
        Kind::Shell => None,
    }
}

fn github(line: &str) -> Option<Command> {
    let (head, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let unescape = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let property = |text: &str| unescape(text).replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
    let pairs = properties.split(',').filter_map(|pair| pair.trim().split_once('='));
    let properties = pairs.map(|(name, value)| (name.to_owned(), property(value))).collect();
    Some(Command { name: name.to_owned(), properties, data: unescape(data).replace("%25", "%") })
}

fn azure_pipelines(line: &str) -> Option<Command> {
    let (_, rest) = line.split_once("##vso[")?;
    let (head, data) = rest.split_once(']')?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let unescape = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%5D", "]").replace("%3B", ";");
        text.replace("%AZP25", "%")
    };
    let pairs = properties.split(';').filter_map(|pair| pair.trim().split_once('='));
    let properties = pairs.map(|(name, value)| (name.to_owned(), unescape(value))).collect();
    Some(Command { name: name.to_owned(), properties, data: unescape(data) })
}

/// The entries of `GITHUB_OUTPUT` and `GITHUB_ENV`, as the runner reads them.
pub(crate) fn entries(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.split('\n');
    while let Some(line) = lines.next() {
        let heredoc = line.find("<<").filter(|at| line.find('=').is_none_or(|equals| *at < equals));
        if let Some(at) = heredoc {
            let (name, delimiter) = (&line[..at], &line[at + 2..]);
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            found.insert(name.to_owned(), value.join("\n"));
        } else if let Some((name, value)) = line.split_once('=') {
            found.insert(name.to_owned(), value.to_owned());
        } else {
            assert!(line.is_empty(), "the runner would refuse the line `{line}`");
        }
    }
    found
}

#[test]
fn the_runners_rules_are_kept() {
    let read = entries("A<<x\n1\nB=2\nx\nC=a<<b\n");
    assert_eq!(read, [("A", "1\nB=2"), ("C", "a<<b")].map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let error = command(Kind::GitHub, " ::error title=a%3Ab::50%25%0Ac").unwrap();
    assert_eq!(
        (error.name.as_str(), error.properties["title"].as_str(), error.data.as_str()),
        ("error", "a:b", "50%\nc")
    );
    let variable = command(Kind::AzurePipelines, "x ##vso[task.setvariable variable=A;issecret=true]a%5D").unwrap();
    assert_eq!((variable.properties["variable"].as_str(), variable.data.as_str()), ("A", "a]"));
}
