//! A repository with its config, and what became of the files that the config renders: what `render` and `check` share.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::generate::drift::{self, FOLDERS, Judged, OnDisk};
use crate::generate::rendering;
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind};
use crate::tools::Stage;
use crate::world::{Change, Found, Tree, nearest_above};

/// The config's usual name.
pub(super) const NAME: &str = "siding.yml";

/// The input that names the config.
pub(super) const CONFIG: Input = Input::optional(
    "config",
    Kind::Path,
    "The config, whose folder is the top of the repository; the nearest `siding.yml` here or above, by default",
);

/// A repository and its rendered files.
pub(super) struct Rendered {
    /// The repository.
    pub(super) tree: Tree,
    /// Where it is, from the current folder.
    folder: PathBuf,
    /// The name of the config.
    pub(super) source: String,
    /// Every file that is rendered, and every one that is no more.
    pub(super) judged: Vec<Judged>,
}

impl Rendered {
    /// Reads the config, renders, and looks at the disk.
    pub(super) fn look(inputs: &Inputs, stage: Stage<'_>) -> Result<Self, Failure> {
        let path = find(inputs.path("config"), stage)?;
        let source = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = stage.world.files.bytes(&path)?;
        let rendering = rendering(&source, &bytes)?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let tree = Tree::open(&folder)?;
        let others: Vec<String> = FOLDERS.iter().flat_map(|folder| tree.files(folder, &[".yml", ".yaml"])).collect();
        let judged = drift::judge(rendering, &source, &others, |path| match tree.find(path) {
            Found::Nothing => OnDisk::Absent,
            Found::Text(text) => OnDisk::Text(text),
            Found::Blocked(why) => OnDisk::Blocked(why),
        });
        Ok(Self { tree, folder, source, judged })
    }

    /// A file's path from the current folder, as CI hosts want it.
    pub(super) fn shown(&self, path: &str) -> String {
        self.folder.join(path).display().to_string().replace('\\', "/")
    }
}

/// The config that is given, or the nearest.
pub(super) fn find(given: Option<PathBuf>, stage: Stage<'_>) -> Result<PathBuf, Failure> {
    let files = &stage.world.files;
    let Some(path) = given else {
        return nearest_above(NAME).ok_or_else(|| {
            Failure::new(&code::BAD_INPUT, format!("there is no `{NAME}` here or in a folder above"))
                .fix("name the config, `--config path/to/siding.yml`, or write a first one:")
                .run("siding init")
        });
    };
    let path = if files.is_directory(&path) { path.join(NAME) } else { path };
    if files.exists(&path) {
        return Ok(path);
    }
    let what = format!("`config`: `{}` does not exist", path.display());
    Err(Failure::new(&code::BAD_INPUT, what).fix("check the path, or write a first config:").run("siding init"))
}

/// Writes one file, in one step.
pub(super) fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Tree::open(path.parent().unwrap_or(Path::new("")))?.change(&[Change::Put(&name, text)])
}

/// A file and what became of it, as data.
pub(super) fn data(judged: &Judged) -> Value {
    let pins = judged
        .moves
        .iter()
        .map(|moved| json!({"action": moved.action, "from": moved.from, "to": moved.to, "commit": moved.commit}));
    json!({
        "path": judged.path, "verdict": judged.verdict.word(), "causes": judged.causes, "line": judged.line,
        "difference": judged.difference, "pins": pins.collect::<Vec<_>>(),
    })
}

/// What to do so that the pins of a bot stay.
pub(super) fn adoption(judged: &Judged) -> String {
    let lines: Vec<String> = drift::adopted(&judged.moves).iter().map(|line| format!("`{line}`")).collect();
    format!("they stay; to make them siding's own, put into the config: {}", lines.join(", "))
}
