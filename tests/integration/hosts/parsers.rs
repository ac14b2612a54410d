//! The parsers of both CI hosts, ported from `contracts/ci-hosts.md` §1.1, §1.2 and §2.1: what a host reads in what we
//! write. They share no code with `siding::ci`, so that a wrong belief cannot agree with itself.

use std::collections::BTreeMap;

/// The commands that GitHub's runner has registered; every other name is text.
const REGISTERED: [&str; 15] = [
    "set-env",
    "add-path",
    "set-output",
    "save-state",
    "add-mask",
    "add-matcher",
    "remove-matcher",
    "debug",
    "notice",
    "warning",
    "error",
    "group",
    "endgroup",
    "echo",
    "stop-commands",
];

/// A command that a host carries out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) data: String,
}

impl Command {
    /// A property, or an empty text.
    pub(crate) fn property(&self, name: &str) -> &str {
        self.properties.get(name).map_or("", String::as_str)
    }
}

/// How the host compares strings. Both .NET hosts use the culture, which skips characters without weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    /// Letter for letter: for values.
    Ordinal,
    /// As if every character that might have no weight were not there: more than ICU skips, so that nothing escapes.
    Cultural,
}

impl Matching {
    fn view(self, line: &str) -> String {
        match self {
            Self::Ordinal => line.to_owned(),
            Self::Cultural => line.chars().filter(|&character| has_weight(character)).collect(),
        }
    }
}

fn has_weight(character: char) -> bool {
    character.is_whitespace() || character.is_ascii() && !character.is_ascii_control()
}

/// Lines as .NET's `ReadLine` splits them: at CR LF, LF, and a lone CR.
pub(crate) fn read_lines(stream: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        lines.push(line);
        rest = tail.strip_prefix("\r\n").or_else(|| tail.strip_prefix(['\r', '\n'])).unwrap_or(tail);
    }
    lines
}

/// What GitHub's runner carries out: the `::name::` form at the start of a line, else the `##[name]` form anywhere in it.
pub(crate) fn github(stream: &str, matching: Matching) -> Vec<Command> {
    let lines = read_lines(stream).into_iter().map(|line| matching.view(line));
    lines.filter_map(|line| github_second_form(&line).or_else(|| github_first_form(&line))).collect()
}

fn github_second_form(line: &str) -> Option<Command> {
    let (head, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let unescape =
        |text: &str| unescape(text, &[("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]);
    let data = unescape_data(data);
    Some(Command { name: registered(name)?, properties: properties_of(properties.trim(), ',', unescape), data })
}

fn unescape_data(text: &str) -> String {
    unescape(text, &[("%0D", "\r"), ("%0A", "\n"), ("%25", "%")])
}

fn github_first_form(line: &str) -> Option<Command> {
    let (_, rest) = line.split_once("##[")?;
    let (head, data) = rest.split_once(']')?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let unescape =
        |text: &str| unescape(text, &[("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")]);
    Some(Command {
        name: registered(name)?,
        properties: properties_of(properties.trim(), ';', unescape),
        data: unescape(data),
    })
}

fn registered(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    REGISTERED.contains(&name.as_str()).then_some(name)
}

/// What the agent of Azure Pipelines carries out: the first `##vso[area.event …]` of a line, wherever it stands.
pub(crate) fn azure_pipelines(stream: &str, matching: Matching) -> Vec<Command> {
    read_lines(stream).into_iter().filter_map(|line| azure_pipelines_line(&matching.view(line))).collect()
}

fn azure_pipelines_line(line: &str) -> Option<Command> {
    let start = line.to_ascii_lowercase().find("##vso[")?;
    let (head, data) = line[start + "##vso[".len()..].split_once(']')?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
    let [area, event] = parts[..] else { return None };
    let unescape =
        |text: &str| unescape(text, &[("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")]);
    let name = format!("{area}.{event}").to_ascii_lowercase();
    Some(Command { name, properties: properties_of(properties, ';', unescape), data: unescape(data) })
}

/// The formats of the log viewer of Azure Pipelines, such as `group` and `section`, at the start of a line.
pub(crate) fn azure_pipelines_formats(stream: &str, matching: Matching) -> Vec<String> {
    let lines = read_lines(stream).into_iter().map(|line| matching.view(line));
    lines.filter_map(|line| Some(line.trim_start().strip_prefix("##[")?.split_once(']')?.0.to_owned())).collect()
}

/// Properties without a value are dropped.
fn properties_of(text: &str, separator: char, unescape: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let pairs = text.split(separator).filter_map(|pair| pair.split_once('='));
    let given = pairs.filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.trim().to_ascii_lowercase(), unescape(value))).collect()
}

/// Both hosts replace one escape after the other in the whole text, the percent sign last.
fn unescape(text: &str, escapes: &[(&str, &str)]) -> String {
    escapes.iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

/// What ends a line in a file command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newline {
    /// LF alone, on Linux and macOS.
    Unix,
    /// LF, or CR LF.
    Windows,
}

/// The entries of `GITHUB_ENV` and `GITHUB_OUTPUT`. The error is why the runner would fail the step.
pub(crate) fn file_entries(text: &str, newline: Newline) -> Result<Vec<(String, String)>, String> {
    let mut lines = text.split_inclusive('\n').map(|line| ended(line, newline));
    let mut entries = Vec::new();
    while let Some((line, _)) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (Some(equals), heredoc) if heredoc.is_none_or(|place| equals < place) => {
                entries.push((line[..equals].to_owned(), line[equals + 1..].to_owned()));
            }
            (_, Some(place)) if place > 0 => {
                let value = heredoc_value(&mut lines, &line[place + 2..])?;
                entries.push((line[..place].to_owned(), value));
            }
            _ => return Err(format!("invalid format `{line}`")),
        }
    }
    Ok(entries)
}

fn heredoc_value<'a>(lines: &mut impl Iterator<Item = (&'a str, &'a str)>, delimiter: &str) -> Result<String, String> {
    let (mut value, mut end) = (String::new(), "");
    for (line, newline) in lines {
        if line == delimiter {
            value.truncate(value.len() - end.len());
            return Ok(value);
        }
        value.push_str(line);
        value.push_str(newline);
        end = newline;
    }
    Err(format!("no line is the delimiter `{delimiter}`"))
}

/// A line and what ends it.
fn ended(line: &str, newline: Newline) -> (&str, &str) {
    let end = if newline == Newline::Windows && line.ends_with("\r\n") { 2 } else { usize::from(line.ends_with('\n')) };
    line.split_at(line.len() - end)
}
