//! `siding emulator`: the embedded Azure alone, for shells, SDKs and `az`.

use std::path::Path;

use crate::ci;
use crate::emulator::{Config, Emulator, Options, faults};
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Problems, ToolSpec};
use crate::tools::{Outcome, Reach, Stage, Tool};
use crate::world::PrivateDirectory;

static SPEC: ToolSpec = ToolSpec {
    name: "emulator",
    about: "Runs the embedded Azure alone and prints the variables that point a shell at it",
    inputs: &[&[
        Input::with_default("port", Kind::Count(0, 65_535), "8443", "The port on loopback; 0 takes a free one"),
        Input::optional("config", Kind::Path, "A YAML file that declares tenants, sites, vaults and secrets"),
        Input::with_default("speed", Kind::Count(1, 1_000), "20", "How many times faster than Azure the services work"),
        Input::optional("fault", Kind::Lines, "A fault that is on from the start, such as `kudu.lock=30s`"),
        Input::with_default("format", Kind::Choice(&["shell", "json"]), "shell", "How the variables are printed"),
    ]],
    positional: None,
    outputs: &[],
    permissions: &[],
    errors: &[&code::PORT_IN_USE],
};

pub(super) static TOOL: Tool =
    Tool { spec: &SPEC, reach: Reach::Itself, check, run: |inputs, stage| Box::pin(run(inputs, stage)) };

fn check(inputs: &Inputs, problems: &mut Problems) {
    if let Some(path) = inputs.path("config").filter(|path| !path.exists() || path.is_dir()) {
        problems.add(format!("`config`: `{}` is not a file", path.display()));
    }
    problems.extend(inputs.lines("fault").into_iter().filter_map(faults::trouble));
}

/// Serves until it is told to stop.
async fn run(inputs: &Inputs, stage: Stage<'_>) -> Result<Outcome, Failure> {
    let config = inputs.path("config").map_or_else(|| Ok(Config::ready()), |path| read(stage, &path))?;
    let (emulator, _home) = start(stage, inputs, config)?;
    for line in variables(&emulator, inputs.text("format")) {
        ci::data(&line);
    }
    stage.host.line(&format!("serving {} until Ctrl+C; faults: `PUT {0}/_emulator/faults/NAME`", emulator.base_url()));
    std::future::pending().await
}

fn start(stage: Stage<'_>, inputs: &Inputs, config: Config) -> Result<(Emulator, PrivateDirectory), Failure> {
    let home = stage.world.files.private_directory("emulator")?;
    let options = Options {
        port: u16::try_from(inputs.count("port")).unwrap_or_default(),
        speed: u32::try_from(inputs.count("speed")).map_or(1.0, f64::from),
        faults: inputs.lines("fault").into_iter().map(str::to_owned).collect(),
        config,
        home: home.path().to_owned(),
    };
    Ok((Emulator::start(options)?, home))
}

fn read(stage: Stage<'_>, path: &Path) -> Result<Config, Failure> {
    let text = stage.world.files.read(path).map_err(|failure| Failure { code: &code::BAD_INPUT, ..failure })?;
    Config::from_yaml(&text).map_err(|trouble| {
        Failure::new(&code::BAD_INPUT, format!("`{}` is not a configuration of the emulator", path.display()))
            .because(trouble)
            .fix("`docs/emulator.md` has the form")
    })
}

fn variables(emulator: &Emulator, format: &str) -> Vec<String> {
    let variables = emulator.variables();
    if format == "json" {
        let object: serde_json::Map<String, serde_json::Value> =
            variables.into_iter().map(|(name, value)| (name, value.into())).collect();
        return vec![serde_json::Value::from(object).to_string()];
    }
    variables.into_iter().map(|(name, value)| format!("export {name}={}", crate::azure::shell_quoted(&value))).collect()
}
