//! The declaration of `siding release`.

use super::{Plan, run};
use crate::report::code;
use crate::spec::{Input, Kind, Output, ToolSpec};
use crate::tools::{Tool, sign_in};

/// The declaration.
pub static SPEC: ToolSpec = ToolSpec {
    name: "release",
    about: "One whole release: sign in, secrets, deploy to the slot, prove it, swap, watch, swap back when it fails",
    inputs: &[
        Input::required("app-name", Kind::AppName, "The app"),
        Input::required("package", Kind::Path, "A folder, or a zip"),
        Input::with_default(
            "slot-name",
            Kind::SlotName,
            "staging",
            "The slot that the build is deployed to and swapped from",
        ),
        Input::with_default("target-slot", Kind::SlotName, "production", "The slot that it is swapped into"),
        Input::optional(
            "resource-group",
            Kind::ResourceGroup,
            "The app's resource group; looked up when it is not given",
        ),
        Input::optional("exclude", Kind::Lines, "What to leave out of the package, in the syntax of .gitignore"),
        Input::with_default("clean", Kind::Flag, "true", "Remove files from the slot that are not in the package"),
        Input::optional(
            "build-info",
            Kind::Text,
            "Add a JSON file of this name with version and commit to the package, such as build-info.json",
        ),
        Input::optional("release-version", Kind::Text, "The version that is released"),
        Input::optional("commit", Kind::Text, "The commit that is released")
            .or_from(&["GITHUB_SHA", "BUILD_SOURCEVERSION"]),
        Input::optional("vault", Kind::Vault, "A Key Vault to take secrets from, for the following steps of the job"),
        Input::optional("secrets", Kind::Lines, "Which ones, one a line: `secret-name` or `NAME=secret-name`"),
        Input::with_default(
            "checks",
            Kind::Lines,
            "/",
            "What must hold on the slot before and on the target after: `/path status=200 json:/pointer=value`",
        ),
        Input::optional(
            "version-path",
            Kind::UrlPath,
            "Where the app answers JSON with its `version`; the new one must show there",
        ),
        Input::with_default("prove", Kind::Duration, "5m", "The deadline for the checks on the slot"),
        Input::with_default("successes", Kind::Count(1, 100), "3", "How often they must pass in a row"),
        Input::with_default("watch", Kind::Duration, "60s", "How long to watch the target after the swap"),
        Input::with_default("interval", Kind::Duration, "2s", "The pause between two probes"),
        Input::with_default("failures", Kind::Count(1, 100), "3", "How many probes must fail in a row to swap back"),
        Input::with_default("settle", Kind::Duration, "30s", "How long failing probes are borne right after the swap"),
        Input::with_default("deploy-timeout", Kind::Duration, "20m", "The limit for the deployment on the server"),
        Input::with_default(
            "queue-timeout",
            Kind::Duration,
            "10m",
            "How long to wait while another deployment holds the lock",
        ),
        Input::with_default("swap-timeout", Kind::Duration, "30m", "The limit for the swap"),
        Input::optional("journal", Kind::Path, "A file that every event is appended to, as JSON lines without secrets"),
        Input::with_default("dry-run", Kind::Flag, "false", "Print the plan and change nothing"),
        sign_in::TENANT,
        sign_in::CLIENT,
        sign_in::SUBSCRIPTION,
        sign_in::CLOUD,
        sign_in::AUDIENCE,
        sign_in::CONNECTION,
        sign_in::CLIENT_SECRET,
    ],
    positional: Some("package"),
    outputs: &[
        Output { name: "webapp-url", help: "Where the target answers" },
        Output { name: "package-sha256", help: "The sha256 of the package" },
        Output { name: "deployment-id", help: "The id of the deployment on the SCM site" },
        Output { name: "swap-timestamp", help: "When Azure made the swap, its proof" },
    ],
    permissions: &["`Website Contributor` on the app", "`Key Vault Secrets User` on the vault, if there is one"],
    errors: &[&code::SWAPPED_BACK, &code::SWAP_BACK_FAILED],
};

/// The command.
pub static TOOL: Tool = Tool {
    spec: &SPEC,
    check: Plan::check,
    run: |inputs, stage| {
        Box::pin(async move {
            let plan = Plan::read(inputs)?;
            if inputs.flag("dry-run") {
                return plan.preview(stage);
            }
            let mut released = run(stage, &plan).await;
            match released.failure.take() {
                Some(failure) => Err(failure.after(released.done())),
                None => Ok(released.outcome()),
            }
        })
    },
};
