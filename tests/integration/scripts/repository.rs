//! A small git repository in a sandbox.

use super::Sandbox;

/// Makes the sandbox's folder a repository on `main`, with one commit of what lies there, and then runs this bash.
pub(crate) fn repository(sandbox: Sandbox, then: &str) -> Sandbox {
    let names = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
    let sandbox = names.iter().fold(sandbox, |sandbox, name| sandbox.env(name, "dev@example.org"));
    let dates = ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"];
    let sandbox = dates.iter().fold(sandbox, |sandbox, name| sandbox.env(name, "2026-03-01T12:00:00+02:00"));
    let start = "set -euo pipefail\ngit init --quiet --initial-branch=main\ngit add --all --force\n\
                 git commit --quiet --allow-empty --message=first\n";
    sandbox.bash(&format!("{start}{then}\n")).well();
    sandbox
}
