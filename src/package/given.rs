//! A zip that was made elsewhere: checked as closely as our own, and then used as it is.
#![expect(clippy::disallowed_methods, reason = "the package reads its own source; every error names the path")]

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use super::archive::{self, Broken, Listed};
use super::ignore::Rules;
use super::names;
use super::plan::{Entry, Form, Kind, MOST_ENTRIES, Options, Plan};
use super::problems::{Problem, Problems};
use super::sink::{LARGEST, LARGEST_FIX};
use super::sniff;
use crate::report::{Failure, code};

const FOLDER_FIX: &str = "give the folder instead of the zip: then the package is made here, safely";
const REPACK_FIX: &str = "make the zip again with relative names and `/` between folders, or give the folder instead";
const TYPE_MASK: u32 = 0o170_000;
const LINK: u32 = 0o120_000;
const SPECIAL: [u32; 4] = [0o010_000, 0o020_000, 0o060_000, 0o140_000];

/// Checks a zip and lists what is in it.
pub(super) fn plan(source: &Path, options: &Options) -> Result<Plan, Failure> {
    let mut problems = Problems::default();
    if let Some((name, _)) = options.extra.first() {
        problems.push(Problem {
            code: &code::BAD_INPUT,
            text: format!("`{name}` cannot be added: extra files need a folder, and a zip is used as it is"),
            fix: "give the folder instead of the zip, or do not ask for extra files",
        });
    }
    let mut file = match File::open(source) {
        Ok(file) => file,
        Err(error) => return Err(fail(Problem::file("read", source, &error), source)),
    };
    let listed = match archive::list(&mut file) {
        Ok(listed) => listed,
        Err(broken) => return Err(fail(unreadable(&mut file, source, broken), source)),
    };
    if file.metadata().is_ok_and(|metadata| metadata.len() > LARGEST) {
        problems.push(Problem::danger("the package is larger than 2048 MB, which App Service refuses", LARGEST_FIX));
    }
    let rules = Rules::of_zip(&options.exclude, &mut problems);
    let mut check = Check { file, rules, problems, links: 0, entries: Vec::with_capacity(listed.len()) };
    for entry in &listed {
        check.entry(entry);
    }
    check.finish(source)
}

fn fail(problem: Problem, source: &Path) -> Failure {
    Problems::from(problem).into_failure(source)
}

fn unreadable(file: &mut File, source: &Path, broken: Broken) -> Problem {
    const FIX: &str = "give a zip or a folder; when the file was downloaded, download it again";
    match broken {
        Broken::NoEnd => match sniff::what_is(file) {
            Ok(what) => Problem::missing(format!("it is not a zip but {what}"), FIX),
            Err(error) => Problem::file("read", source, &error),
        },
        Broken::Damaged(why) => Problem::missing(format!("it is a damaged zip: {why}"), FIX),
        Broken::TooMany => Problem::danger(
            format!("it holds more than {MOST_ENTRIES} files"),
            "bundle the app or prune development dependencies",
        ),
        Broken::Io(error) => Problem::file("read", source, &error),
    }
}

struct Check {
    file: File,
    rules: Rules,
    problems: Problems,
    entries: Vec<Entry>,
    links: usize,
}

impl Check {
    fn entry(&mut self, listed: &Listed) {
        let Ok(name) = std::str::from_utf8(&listed.name) else {
            let shown = String::from_utf8_lossy(&listed.name);
            return self.danger(format!("the name of `{shown}` is not UTF-8: a site could not read it"), REPACK_FIX);
        };
        if let Some(fault) = names::fault(name) {
            self.danger(format!("the name `{name}` {fault}"), REPACK_FIX);
        }
        if self.rules.match_anywhere(name) {
            self.danger(format!("`{name}` matches `exclude`, but a zip is used as it is"), FOLDER_FIX);
        }
        if listed.encrypted {
            self.danger(format!("`{name}` is encrypted: a site cannot unpack it"), "make the zip without a password");
        } else if !matches!(listed.method, 0 | 8) {
            let text = format!("`{name}` is compressed with method {}, which a site cannot unpack", listed.method);
            self.danger(text, "make the zip with the methods `store` and `deflate` only");
        }
        match listed.mode & TYPE_MASK {
            LINK => self.link(name, listed),
            kind if SPECIAL.contains(&kind) => {
                self.danger(format!("`{name}` is a device, a pipe or a socket"), FOLDER_FIX);
            }
            _ => {}
        }
        let kind = if name.ends_with('/') { Kind::Directory } else { Kind::File };
        self.entries.push(Entry { name: name.into(), bytes: listed.size, kind });
    }

    fn link(&mut self, name: &str, listed: &Listed) {
        self.links += 1;
        match archive::link_target(&mut self.file, listed) {
            Ok(target) if names::stays_inside(name, &target) => {}
            Ok(target) => self.danger(format!("the link `{name}` -> `{target}` leads out of the package"), FOLDER_FIX),
            Err(Broken::Damaged(why)) => self.danger(format!("the link `{name}` cannot be read: {why}"), FOLDER_FIX),
            Err(_) => self.danger(format!("the link `{name}` cannot be read"), FOLDER_FIX),
        }
    }

    fn danger(&mut self, text: String, fix: &'static str) {
        self.problems.push(Problem::danger(text, fix));
    }

    fn finish(mut self, source: &Path) -> Result<Plan, Failure> {
        self.entries.sort_unstable_by(|one, two| one.name.cmp(&two.name));
        let mut seen = HashSet::new();
        for pair in self.entries.windows(2) {
            if pair[0].name == pair[1].name && seen.insert(&pair[0].name) {
                let text = format!("`{}` is in the zip more than once", pair[0].name);
                self.problems.push(Problem::danger(text, REPACK_FIX));
            }
        }
        if self.entries.iter().all(Entry::is_directory) {
            self.problems.push(Problem::missing("the zip holds no files", "build the app before it is packaged"));
        }
        self.problems.check(source)?;
        let mut warnings = super::lint::lint(&self.entries);
        if self.links > 0 {
            warnings.push(format!("{} symbolic links in the zip become text files on most sites", self.links));
        }
        let entries = self.entries;
        Ok(Plan {
            source: source.to_path_buf(),
            entries,
            warnings,
            left_out: 0,
            form: Form::Zip,
            generated: Vec::new(),
        })
    }
}
