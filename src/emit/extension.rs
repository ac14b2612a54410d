//! The `vss-extension.json` of the extension that brings the tasks to an organisation of Azure DevOps.
//!
//! Source of the form: the packager (microsoft/tfs-cli, 2026-06; `contracts/ci-hosts.md` §2.6). Packaging puts one folder for
//! each task beside it.

use serde_json::{Value, json};

use super::TASKS;

/// Where the home of the project is, in one constant of `Cargo.toml`.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The publisher is the owner of the repository.
pub(super) fn publisher() -> &'static str {
    REPOSITORY.rsplit('/').nth(1).unwrap_or_default()
}

/// The manifest of the extension.
pub fn extension() -> Value {
    let folders = TASKS.iter().map(|task| json!({"path": task.program}));
    let contributions = TASKS.iter().map(|task| {
        json!({
            "id": task.program,
            "type": "ms.vss-distributed-task.task",
            "targets": ["ms.vss-distributed-task.tasks"],
            "properties": {"name": task.program},
        })
    });
    let page = |path: &str| json!({"uri": format!("{REPOSITORY}/blob/main/{path}")});
    json!({
        "manifestVersion": 1,
        "id": "siding",
        "publisher": publisher(),
        "version": env!("CARGO_PKG_VERSION"),
        "name": "Siding: releases that swap back",
        "description": env!("CARGO_PKG_DESCRIPTION"),
        "categories": ["Azure Pipelines"],
        "tags": ["App Service", "Azure", "deployment slots", "Key Vault", "OIDC", "roll back", "zip deploy"],
        "targets": [{"id": "Microsoft.VisualStudio.Services"}],
        // Before 1.0 an input may still change.
        "galleryFlags": ["Public", "Preview"],
        // None is needed, and adding one later would ask every organisation for its consent again.
        "scopes": [],
        "icons": {"default": "icon.png"},
        "branding": {"color": "#14324a", "theme": "dark"},
        "content": {"details": {"path": "overview.md"}, "license": {"path": "LICENSE.txt"}},
        "links": {
            "home": {"uri": REPOSITORY},
            "getstarted": page("docs/azure-devops.md"),
            "support": {"uri": format!("{REPOSITORY}/issues")},
            "issues": {"uri": format!("{REPOSITORY}/issues")},
        },
        "repository": {"type": "git", "uri": REPOSITORY},
        "files": folders.collect::<Vec<_>>(),
        "contributions": contributions.collect::<Vec<_>>(),
    })
}
