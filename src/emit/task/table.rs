//! What a task of Azure Pipelines has beside the declaration of its command: its id, its names, and the order of its form.

use crate::release;
use crate::spec::{ToolSpec, pascal_case};
use crate::tools::{kv_sync, oidc_login, slot_swap, smoke_test, zip_deploy};

/// A task that we publish.
#[derive(Debug)]
pub struct Task {
    /// The declaration of its command.
    pub spec: &'static ToolSpec,
    /// Its program, which is also the name of its folder.
    pub program: &'static str,
    /// Its id. It must never change, and no other task may ever have it: the server and the agents know tasks by it.
    pub id: &'static str,
    /// Its name for people, at most 40 letters.
    pub(super) title: &'static str,
    /// The name of a step that has none; `$(input)` is the input's value.
    pub(super) step: &'static str,
    pub(super) category: &'static str,
    /// When its service connection shows; always when it is empty, and then it is required.
    pub(super) connection_shows: &'static str,
    /// The inputs that always show, in the order of the form.
    pub(super) inputs: &'static [&'static str],
    /// The others; those that no group names are in the last one.
    pub(super) groups: &'static [Group],
    /// Inputs that show under a condition.
    pub(super) rules: &'static [(&'static str, &'static str)],
    pub(super) sets: Sets,
    /// The page about it.
    pub(super) page: &'static str,
}

/// Inputs under a heading that is folded at first.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// When it shows; always when it is empty.
    pub(super) shows: &'static str,
    pub(super) inputs: &'static [&'static str],
}

/// The variables that the agent lets a task set.
#[derive(Debug)]
pub(super) enum Sets {
    /// Its outputs and these.
    Only(&'static [&'static str]),
    /// Any, because the user names them; the program refuses names that steer other programs.
    NamedByTheUser,
}

impl Task {
    /// Its name in pipelines.
    pub fn name(&self) -> String {
        pascal_case(self.program)
    }
}

const fn group(name: &'static str, title: &'static str, inputs: &'static [&'static str]) -> Group {
    Group { name, title, shows: "", inputs }
}

/// What `zip-deploy` and a release have in common.
const CONTENTS: Group =
    group("contents", "What is in the package", &["exclude", "clean", "build-info", "release-version", "commit"]);

/// Every task, in the order of a release.
pub static TASKS: [Task; 6] = [
    Task {
        spec: &oidc_login::SPEC,
        program: "oidc-login",
        id: "ba272925-9759-4f48-b6c9-d8b6492f4261",
        title: "Siding: sign in to Azure",
        step: "Sign in to Azure",
        category: "Utility",
        connection_shows: "",
        inputs: &["export"],
        groups: &[],
        rules: &[],
        sets: Sets::Only(&["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_SUBSCRIPTION_ID", "AZURE_CLOUD"]),
        page: "docs/tools/oidc-login.md",
    },
    Task {
        spec: &kv_sync::SPEC,
        program: "kv-sync",
        id: "4126ccfa-e12b-48a2-aee3-b51374379735",
        title: "Siding: secrets from Key Vault",
        step: "Take secrets from $(vault)",
        category: "Utility",
        connection_shows: "",
        inputs: &["vault", "secrets", "to", "expired"],
        groups: &[],
        rules: &[],
        sets: Sets::NamedByTheUser,
        page: "docs/tools/kv-sync.md",
    },
    Task {
        spec: &zip_deploy::SPEC,
        program: "zip-deploy",
        id: "6e0edee1-ac3a-4b6d-95c1-d114440838d2",
        title: "Siding: deploy to App Service",
        step: "Deploy to $(appName)",
        category: "Deploy",
        connection_shows: "",
        inputs: &["app-name", "resource-group", "slot-name", "package"],
        groups: &[CONTENTS, group("waiting", "Limits and more", &["restart", "timeout", "queue-timeout", "dry-run"])],
        rules: &[],
        sets: Sets::Only(&[]),
        page: "docs/tools/zip-deploy.md",
    },
    Task {
        spec: &smoke_test::SPEC,
        program: "smoke-test",
        id: "c40333dc-c352-45ed-aee0-3d42b306094c",
        title: "Siding: prove that an app is healthy",
        step: "Test $(appName)$(url)",
        category: "Test",
        connection_shows: "url = \"\"",
        inputs: &["url", "app-name", "resource-group", "slot-name", "checks"],
        groups: &[
            group("patience", "Rounds and limits", &["timeout", "successes", "interval"]),
            group("watching", "Watch once it has passed", &["watch", "failures"]),
        ],
        rules: &[("app-name", "url = \"\""), ("resource-group", "url = \"\""), ("slot-name", "url = \"\"")],
        sets: Sets::Only(&[]),
        page: "docs/tools/smoke-test.md",
    },
    Task {
        spec: &slot_swap::SPEC,
        program: "slot-swap",
        id: "583958e0-7cd8-4edc-bc84-2a0723b77796",
        title: "Siding: swap slots, watch, swap back",
        step: "Swap $(slotName) of $(appName)",
        category: "Deploy",
        connection_shows: "",
        inputs: &[
            "app-name",
            "resource-group",
            "action",
            "slot-name",
            "target-slot",
            "swapped-at",
            "swapped-after",
            "checks",
        ],
        groups: &[
            Group {
                name: "ramping",
                title: "A share of the traffic before the swap",
                shows: "action = swap",
                inputs: &["ramp", "pause"],
            },
            group("watching", "Watch after the swap", &["watch", "interval", "failures", "settle", "max-error-rate"]),
            group("waiting", "Limits and more", &["timeout", "dry-run"]),
        ],
        rules: &[("swapped-at", "action = rollback"), ("swapped-after", "action = rollback")],
        sets: Sets::Only(&[]),
        page: "docs/tools/slot-swap.md",
    },
    Task {
        spec: &release::SPEC,
        program: "siding-release",
        id: "18ebfc3e-3aac-4811-9877-de199d221720",
        title: "Siding: one whole release",
        step: "Release to $(appName)",
        category: "Deploy",
        connection_shows: "",
        inputs: &["app-name", "resource-group", "slot-name", "target-slot", "package", "checks", "version-path"],
        groups: &[
            CONTENTS,
            group("secrets", "Secrets from a Key Vault", &["vault", "secrets"]),
            group("watching", "Watch after the swap", &["watch", "interval", "failures", "settle"]),
            group(
                "waiting",
                "Limits and more",
                &["prove", "successes", "deploy-timeout", "queue-timeout", "swap-timeout", "journal", "dry-run"],
            ),
        ],
        rules: &[],
        sets: Sets::NamedByTheUser,
        page: "docs/azure-devops.md",
    },
];

#[cfg(test)]
mod tests {
    use super::TASKS;

    #[test]
    fn the_table_names_inputs_that_there_are_and_each_once() {
        for task in &TASKS {
            let groups = task.groups.iter().flat_map(|group| group.inputs);
            let mut named: Vec<&str> = task.inputs.iter().chain(groups).copied().collect();
            let rules = task.rules.iter().map(|(name, _)| *name);
            let unknown: Vec<&str> =
                named.iter().copied().chain(rules).filter(|name| task.spec.input(name).is_none()).collect();
            assert!(unknown.is_empty(), "{}: {unknown:?}", task.program);
            named.sort_unstable();
            assert!(named.is_sorted_by(|one, next| one < next), "{}: one is named twice", task.program);
        }
    }
}
