//! The blocks of YAML in the pages: of which kind each is, whether it is right, and how it becomes a whole file.

use std::path::{Path, PathBuf};

use serde_yaml::Value as Yaml;
use siding::emulator::Config;

use super::uses;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A whole workflow of GitHub Actions.
    Workflow,
    /// Its jobs, its steps, or what goes into a job.
    Jobs,
    Steps,
    StepsOfList,
    OfJob,
    /// A pipeline of Azure Pipelines, or its steps, which are a whole one.
    Pipeline,
    /// `siding.yml`.
    Config,
    /// The emulator's world.
    World,
    /// `.github/dependabot.yml`.
    Dependabot,
    /// Comments alone.
    Comment,
}

/// A block of a page.
pub(super) struct Block {
    page: PathBuf,
    number: usize,
    text: String,
}

impl Block {
    /// All blocks of a page. Those inside a list are moved to the left.
    pub(super) fn all(page: &Path, text: &str) -> Vec<Self> {
        let mut blocks = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let indent = line.len() - line.trim_start().len();
            if !["```yaml", "```yml"].contains(&line.trim()) {
                continue;
            }
            let inside = lines.by_ref().take_while(|line| line.trim() != "```");
            let inside: Vec<&str> = inside.map(|line| line.get(indent..).unwrap_or_default()).collect();
            blocks.push(Self { page: page.to_owned(), number: blocks.len() + 1, text: inside.join("\n") + "\n" });
        }
        blocks
    }

    fn kind(&self) -> Result<Kind, String> {
        let value: Yaml = serde_yaml::from_str(&self.text).map_err(|error| error.to_string())?;
        let has = |name: &str| value.get(name).is_some();
        let is_github = |steps: &Yaml| {
            let steps = steps.as_sequence().into_iter().flatten();
            steps.into_iter().any(|step| step.get("uses").is_some() || step.get("run").is_some())
        };
        Ok(match &value {
            Yaml::Null => Kind::Comment,
            Yaml::Sequence(_) if is_github(&value) => Kind::StepsOfList,
            Yaml::Mapping(_) if has("on") && has("jobs") => Kind::Workflow,
            Yaml::Mapping(_) if has("tenants") => Kind::World,
            Yaml::Mapping(_) if has("apps") && has("environments") => Kind::Config,
            Yaml::Mapping(_) if has("version") && has("updates") => Kind::Dependabot,
            Yaml::Mapping(_) if has("trigger") || has("pool") => Kind::Pipeline,
            Yaml::Mapping(_) if value.get("jobs").is_some_and(Yaml::is_mapping) => Kind::Jobs,
            Yaml::Mapping(_) if has("steps") && is_github(&value["steps"]) => Kind::Steps,
            Yaml::Mapping(_) if has("steps") => Kind::Pipeline,
            Yaml::Mapping(_)
                if ["permissions", "strategy", "concurrency", "environment"].iter().any(|name| has(name)) =>
            {
                Kind::OfJob
            }
            _ => return Err("it is no kind of YAML that a page shows: say of which kind it is in blocks.rs".to_owned()),
        })
    }

    /// What is wrong with it, with its place.
    pub(super) fn trouble(&self) -> Option<String> {
        let found = self.kind().and_then(|kind| self.check(kind)).err()?;
        Some(format!("{}, block {} of YAML: {found}\n{}", self.page.display(), self.number, self.text))
    }

    fn check(&self, kind: Kind) -> Result<(), String> {
        match kind {
            Kind::Config => config(&self.text),
            Kind::World => Config::from_yaml(&self.text).map(drop),
            Kind::Workflow | Kind::Jobs | Kind::Steps | Kind::StepsOfList | Kind::Pipeline => {
                let value: Yaml = serde_yaml::from_str(&self.text).map_err(|error| error.to_string())?;
                uses::check(&value, &self.text)
            }
            Kind::OfJob | Kind::Dependabot | Kind::Comment => Ok(()),
        }
    }

    /// Where judges find it, and as what: a part is put into a file around it.
    pub(super) fn file(&self) -> Option<(PathBuf, String)> {
        let indented = |width| indented(&self.text, width);
        let job = |content: String| {
            format!("{HEAD}jobs:\n  example:\n    name: Example\n    runs-on: ubuntu-24.04\n{content}")
        };
        let (folder, text) = match self.kind().ok()? {
            Kind::Workflow | Kind::Pipeline => ("whole", self.text.clone()),
            Kind::Jobs => ("part", format!("{HEAD}{}", self.text)),
            Kind::Steps => ("part", job(indented(4))),
            Kind::StepsOfList => ("part", job(format!("    steps:\n{}", indented(6)))),
            Kind::OfJob => {
                ("part", job(format!("{}    steps:\n      - name: Nothing\n        run: 'true'\n", indented(4))))
            }
            Kind::Config | Kind::World | Kind::Dependabot | Kind::Comment => return None,
        };
        let page = self.page.with_extension("").to_string_lossy().replace(['/', '\\'], "-");
        Some((Path::new(folder).join(format!("{page}-{}.yml", self.number)), text))
    }
}

fn indented(text: &str, width: usize) -> String {
    let pad = " ".repeat(width);
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// What stands before the jobs of a workflow.
const HEAD: &str = "name: Example\non: workflow_dispatch\npermissions: {}\n";

#[cfg(feature = "generator")]
fn config(text: &str) -> Result<(), String> {
    let rendered = siding::generate::rendering("siding.yml", text.as_bytes());
    rendered.map(drop).map_err(|failure| format!("{}: {}", failure.what, failure.causes.join("; ")))
}

#[cfg(not(feature = "generator"))]
fn config(_: &str) -> Result<(), String> {
    Ok(())
}

#[test]
fn a_block_is_what_it_looks_like() {
    let table = [
        ("on: push\njobs: {}\n", Kind::Workflow),
        ("jobs: { a: { runs-on: x } }\n", Kind::Jobs),
        ("steps: [{ uses: a@b }]\n", Kind::Steps),
        ("- run: ls\n", Kind::StepsOfList),
        ("steps: [{ task: A@1 }]\n", Kind::Pipeline),
        ("trigger: none\njobs: []\n", Kind::Pipeline),
        ("permissions: {}\n", Kind::OfJob),
        ("# nothing\n", Kind::Comment),
    ];
    for (text, kind) in table {
        let page = format!("text\n\n  ```yaml\n{}  ```\n", indented(text, 2));
        let blocks = Block::all(Path::new("docs/x.md"), &page);
        assert_eq!(blocks.iter().map(Block::kind).collect::<Vec<_>>(), [Ok(kind)], "{text}");
    }
    for bad in ["colour: red\n", "a: [\n", "apps: {}\nenvironments: {}\n"] {
        let block = Block { page: PathBuf::from("docs/x.md"), number: 1, text: bad.to_owned() };
        assert!(block.trouble().is_some_and(|trouble| trouble.contains("docs/x.md, block 1")), "{bad}");
    }
}
