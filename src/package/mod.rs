//! A folder or a zip becomes a package: safe to deploy, and the same bytes for the same content on every machine.
//!
//! [`plan`] lists what would go in and finds everything that is wrong with it; [`write`] makes the file. The writer is
//! our own because packaging is most of a deployment's own time: two threads deflate whole files with libdeflate, one
//! writes them in order, with at most 8 MB of content in work. Files above 4 MB pass through in pieces (`squeeze`), so
//! that the size of a package does not decide how much memory is used.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use crate::report::{Failure, code};

mod archive;
mod given;
mod ignore;
mod lint;
mod names;
mod pack;
mod plan;
mod problems;
mod queue;
mod sink;
mod sniff;
mod squeeze;
#[cfg(test)]
mod tests;
mod walk;
mod zip;

pub use plan::{Entry, Options, Plan};
use plan::{Form, Kind};
use problems::{Problem, Problems};

/// A package that can be deployed.
#[derive(Clone, Debug)]
pub struct Package {
    /// Where the zip is.
    pub path: PathBuf,
    /// The sha256 of the zip in lower-case hex.
    pub sha256: String,
    /// The size of the zip in bytes.
    pub bytes: u64,
    /// How many files are in it; folders do not count.
    pub files: usize,
    /// The size of its content in bytes, before compression.
    pub content_bytes: u64,
    /// What a person should look at although it can be deployed.
    pub warnings: Vec<String>,
}

/// Lists what would go into a package, and why it may not be deployed.
///
/// A folder is walked: links are followed inside it, `.git` and what the ignore rules name stays out. A zip is checked and
/// used as it is. All problems are in the one failure: `PACKAGE_UNSAFE` when something must not be deployed,
/// `PACKAGE_MISSING` when there is nothing to deploy, `BAD_INPUT` for patterns and extra files, `FILE` when the source
/// cannot be read.
pub fn plan(source: &Path, options: &Options) -> Result<Plan, Failure> {
    match fs::metadata(source) {
        Ok(metadata) if metadata.is_dir() => plan_folder(source, options),
        Ok(metadata) if metadata.is_file() => given::plan(source, options),
        Ok(_) => Err(missing(source, "is neither a folder nor a zip")),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(missing(source, "does not exist")),
        Err(error) => {
            let text = format!("`{}` cannot be read: {error}", source.display());
            Err(Failure::new(&code::FILE, text).fix("make it accessible to the user that runs this, then try again"))
        }
    }
}

/// Makes the package. A folder's plan is written to `destination`, which must not exist yet; a given zip stays where it
/// is, and `destination` is not touched. The destination is never packed into itself.
///
/// Fails with `FILE` when a file cannot be read or written, and with `PACKAGE_UNSAFE` when a file has changed since the
/// plan was made or the package is larger than 2,048 MB; nothing is left behind then.
pub fn write(plan: &Plan, destination: &Path) -> Result<Package, Failure> {
    let (path, sha256, bytes, files, content_bytes) = match plan.form {
        Form::Zip => {
            let (sha256, bytes) = hash(&plan.source)?;
            (&*plan.source, sha256, bytes, plan.files(), plan.content_bytes())
        }
        Form::Folder => {
            let itself = inside(&plan.source, destination);
            let entries: Vec<&Entry> =
                plan.entries.iter().filter(|entry| itself.as_deref() != Some(&*entry.name)).collect();
            let packed = match pack::pack(plan, &entries, destination) {
                Ok(packed) => packed,
                Err(problems) => return Err(problems.into_failure(&plan.source)),
            };
            let files = entries.iter().filter(|entry| !entry.is_directory()).count();
            (destination, packed.sha256, packed.bytes, files, entries.iter().map(|entry| entry.bytes).sum())
        }
    };
    Ok(Package { path: path.to_path_buf(), sha256, bytes, files, content_bytes, warnings: plan.warnings.clone() })
}

fn plan_folder(source: &Path, options: &Options) -> Result<Plan, Failure> {
    let mut problems = Problems::default();
    let rules = ignore::Rules::of_folder(source, &options.exclude, &mut problems);
    let found = walk::walk(source, &rules, &mut problems);
    let mut plan = Plan {
        source: source.to_path_buf(),
        entries: found.entries,
        warnings: Vec::new(),
        left_out: found.left_out,
        form: Form::Folder,
        generated: Vec::new(),
    };
    if plan.files() == 0 && problems.is_empty() {
        problems.push(nothing_in(plan.left_out));
    }
    add_generated(&mut plan, &options.extra, &mut problems);
    plan.entries.sort_unstable_by(|one, two| one.name.cmp(&two.name));
    problems.check(source)?;
    plan.warnings = lint::lint(&plan.entries);
    Ok(plan)
}

fn nothing_in(left_out: usize) -> Problem {
    match left_out {
        0 => Problem::missing("the folder holds no files", "build the app before it is packaged"),
        left_out => Problem::missing(
            match left_out {
                1 => "nothing is left of the folder: the ignore rules leave out its one entry".to_owned(),
                more => format!("nothing is left of the folder: the ignore rules leave out all {more} entries"),
            },
            "correct `exclude` and the folder's `.webappignore` or `.funcignore`",
        ),
    }
}

/// Adds the generated files; one that the folder has as well takes its place.
fn add_generated(plan: &mut Plan, extra: &[(String, Vec<u8>)], problems: &mut Problems) {
    const FIX: &str = "give extra files short relative names with `/` between folders";
    for (name, content) in extra {
        let within = format!("{name}/");
        let above = |entry: &Entry| !entry.is_directory() && name.starts_with(&format!("{}/", entry.name));
        if let Some(fault) = names::fault_of_ours(name) {
            problems.push(Problem::danger(format!("the name of the extra file `{name}` {fault}"), FIX));
        } else if plan.entries.iter().any(|entry| entry.name.starts_with(&within) || above(entry)) {
            problems.push(Problem::danger(format!("the extra file `{name}` is in the way of a folder or file"), FIX));
        } else {
            plan.entries.retain(|entry| *entry.name != **name);
            let kind = Kind::Generated(u32::try_from(plan.generated.len()).expect("a handful of files"));
            plan.entries.push(Entry { name: name.as_str().into(), bytes: content.len() as u64, kind });
            plan.generated.push(content.clone());
        }
    }
}

/// The archive name that `destination` would have if it were packed.
fn inside(source: &Path, destination: &Path) -> Option<String> {
    let parent = match destination.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return None,
    };
    let (source, parent) = (fs::canonicalize(source).ok()?, fs::canonicalize(parent).ok()?);
    let place = parent.join(destination.file_name()?);
    let parts: Option<Vec<&str>> = place.strip_prefix(source).ok()?.iter().map(std::ffi::OsStr::to_str).collect();
    Some(parts?.join("/"))
}

fn hash(path: &Path) -> Result<(String, u64), Failure> {
    let (mut digest, mut bytes, mut buffer) = (Context::new(&SHA256), 0, Vec::new());
    squeeze::pieces(path, &mut buffer, |piece| {
        digest.update(piece);
        bytes += piece.len() as u64;
        Ok(())
    })
    .map_err(|problem| Problems::from(problem).into_failure(path))?;
    Ok((sink::hex(digest), bytes))
}

fn missing(source: &Path, why: &str) -> Failure {
    let failure = Failure::new(&code::PACKAGE_MISSING, format!("the package `{}` {why}", source.display()));
    let is_there = |folder: &&Path| folder.as_os_str().is_empty() || folder.is_dir();
    let failure = match source.ancestors().skip(1).find(is_there) {
        Some(folder) if !folder.as_os_str().is_empty() => {
            failure.because(format!("the nearest folder that exists is `{}`", folder.display()))
        }
        _ => failure.because("the path is relative to the working directory"),
    };
    failure
        .fix("give the folder that the build makes, or a zip of it; in CI, make sure that the artifact was downloaded")
}
