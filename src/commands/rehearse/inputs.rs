//! The declaration of `siding rehearse`.

use crate::report::code;
use crate::spec::{Input, Kind, ToolSpec};

/// The declaration.
pub(super) static SPEC: ToolSpec = ToolSpec {
    name: "rehearse",
    about: "Rehearses a whole release of a folder on this machine, against a private emulator",
    inputs: &[&[
        Input::with_default("dir", Kind::Path, ".", "The app's folder"),
        #[cfg(feature = "generator")]
        Input::optional(
            "environment",
            Kind::Text,
            "The environment of `siding.yml` whose jobs are rehearsed as its pipelines run them; the release of `siding release` by default",
        ),
        #[cfg(feature = "generator")]
        crate::commands::rendered::CONFIG,
        #[cfg(feature = "generator")]
        Input::with_default(
            "with-commands",
            Kind::Flag,
            "false",
            "With `environment`: run the team's own commands in it as well, such as migrations, with what is on this machine",
        ),
        Input::optional(
            "fault",
            Kind::Lines,
            "Something that goes wrong during the release, such as `app.fails-after-swap` or `kudu.lock=30s`; with `environment` also at one step of it, `kudu.build-fails@worker-deploy`",
        ),
        Input::with_default("serve", Kind::Flag, "false", "Stay up afterwards and print the URLs"),
        Input::optional(
            "start-command",
            Kind::Command,
            "How the app is started, with `PORT` in its environment; found when it is not given",
        ),
        Input::optional(
            "setting",
            Kind::Lines,
            "App settings, `NAME=value`; `DB_PASSWORD` is a Key Vault reference unless it is given",
        ),
        Input::optional(
            "release-version",
            Kind::Text,
            "The version to release; the folder's `VERSION` file when it is not given",
        ),
        Input::optional(
            "checks",
            Kind::Lines,
            "What must hold: `/path status=200 json:/pointer=value`; found when it is not given",
        ),
        Input::with_default("watch", Kind::ANY_TIME, "2s", "How long to watch production after the swap"),
        Input::with_default(
            "speed",
            Kind::Count(1, 1_000),
            "60",
            "How many times faster than Azure the services work; with `environment`, how much faster watches pass as well, and 200 by default",
        ),
        Input::with_default("port", Kind::Count(0, 65_535), "0", "The emulator's port; 0 takes a free one"),
        Input::optional("journal", Kind::Path, "A file that every event of the release is appended to"),
    ]],
    positional: Some("dir"),
    outputs: &[],
    permissions: &[],
    errors: &[&code::CHECK_FAILED],
};
