//! The declaration of `siding release`.

use super::{Plan, run};
use crate::report::code;
use crate::spec::{Input, Kind, Output, ToolSpec};
use crate::tools::{Reach, Tool, sign_in, slot_swap, zip_deploy};

/// The declaration.
pub static SPEC: ToolSpec = ToolSpec {
    name: "release",
    about: "One whole release: sign in, secrets, deploy to the slot, prove it, swap, watch, swap back when it fails",
    inputs: &[
        &zip_deploy::PACKAGE,
        &[
            Input::required("app-name", Kind::AppName, "The app"),
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
            Input::optional(
                "vault",
                Kind::Vault,
                "A Key Vault to take secrets from, for the following steps of the job",
            ),
            Input::optional("secrets", Kind::Lines, "Which ones, one a line: `secret-name` or `NAME=secret-name`"),
            Input::optional(
                "version-path",
                Kind::UrlPath,
                "Where the app answers JSON with its `version`; the new one must show there",
            ),
            Input::with_default("prove", Kind::WAIT, "5m", "The deadline for the checks on the slot"),
            Input::with_default("successes", Kind::Count(1, 100), "3", "How often they must pass in a row"),
            Input::with_default("deploy-timeout", Kind::WAIT, "20m", "The limit for the deployment on the server"),
            Input::with_default(
                "queue-timeout",
                Kind::ANY_TIME,
                "10m",
                "How long to wait while another deployment holds the lock",
            ),
            Input::with_default("swap-timeout", Kind::WAIT, "30m", "The limit for the swap"),
            Input::optional(
                "journal",
                Kind::Path,
                "A file that every event is appended to, as JSON lines without secrets",
            ),
            Input::optional(
                "environment",
                Kind::Text,
                "The name of the environment in deployment records; that of the target slot by default",
            ),
            Input::optional("record", Kind::Path, "A file for the record of this release, as JSON without secrets"),
            Input::optional(
                "github-token",
                Kind::Secret,
                "A token with `deployments: write`; with it, the release is a deployment on GitHub",
            ),
            Input::with_default("dry-run", Kind::Flag, "false", "Print the plan and change nothing"),
        ],
        &slot_swap::WATCH,
        &sign_in::INPUTS,
    ],
    positional: Some("package"),
    outputs: &[
        Output { name: "webapp-url", help: "Where the target answers" },
        Output { name: "package-sha256", help: "The sha256 of the package" },
        Output { name: "deployment-id", help: "The id of the deployment on the SCM site" },
        Output { name: "swap-timestamp", help: "When Azure made the swap, its proof. Empty when it was undone" },
        slot_swap::SWAP_BEFORE,
    ],
    permissions: &[
        "`Website Contributor` on the app",
        "`Key Vault Secrets User` on the vault, if there is one",
        "`deployments: write` on the repository, for a `github-token`",
    ],
    errors: &[&code::SWAPPED_BACK, &code::SWAP_BACK_FAILED],
};

/// The command.
pub static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Network,
    check: Plan::check,
    run: |inputs, stage| {
        Box::pin(async move {
            let plan = Plan::read(inputs)?;
            if inputs.flag("dry-run") {
                return plan.preview(stage);
            }
            let mut released = run(stage, &plan).await;
            released.tell(stage);
            match released.failure.take() {
                Some(failure) => Err(failure.after(released.done())),
                None => Ok(released.outcome()),
            }
        })
    },
};
