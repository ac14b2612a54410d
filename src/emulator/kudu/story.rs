//! The lines that a deployment's log tells, in the words of each operating system's Kudu (zip-deploy 1.6).

use std::time::SystemTime;

use super::log::{Kind, Log};
use super::plan::{Artifact, Endpoint, Plan, Rule};
use super::site::Site;
use crate::emulator::sites::Os;

/// Where Kudu extracts to, as its log calls it.
const EXTRACTED: &str = "/tmp/zipdeploy/extracted";

/// Everything before the copy.
pub(super) fn begin(log: &mut Log, site: &Site, plan: &Plan, id: &str, bytes: u64) {
    let now = site.clock.now();
    let mut say = |text: String| log.add(now, Kind::Message, text);
    say("Fetching changes.".to_owned());
    if matches!(plan.artifact, Artifact::Zip { .. }) {
        // Two decimals of a mebibyte, in whole numbers.
        let hundredths = bytes * 100 / (1024 * 1024);
        say(format!(
            "Cleaning up temp folders from previous zip deployments and extracting pushed zip file package.zip \
             ({}.{:02} MB) to {EXTRACTED}",
            hundredths / 100,
            hundredths % 100
        ));
    }
    say("Updating submodules.".to_owned());
    say(format!("Preparing deployment for commit id '{}'.", &id[..id.len().min(10)]));
    if plan.endpoint == Endpoint::OneDeploy {
        say("Running build. Project type: OneDeploy".to_owned());
        say("Copying the manifest".to_owned());
        if let Artifact::Zip { folder, rule } = &plan.artifact {
            let how = if *rule == Rule::Clean { "Clean" } else { "Incrementally" };
            say(format!("{how} deploying to /home/{}", folder.display()));
        }
    }
    let builds = site.setting("SCM_DO_BUILD_DURING_DEPLOYMENT").is_some_and(|value| value == "1" || value == "true");
    match site.view.os {
        Os::Windows => say("Generating deployment script.".to_owned()),
        Os::Linux => {
            say(format!("Repository path is {EXTRACTED}"));
            if builds {
                say("Running oryx build...".to_owned());
                let command = format!("Command: oryx build {EXTRACTED} -o /home/site/wwwroot\\nOperation performed");
                log.add_below(now, Kind::Message, command);
            }
        }
    }
}

/// The copy, and the error that ended it early.
pub(super) fn copied(log: &mut Log, now: SystemTime, lines: &[(Kind, String)], error: Option<&String>) {
    log.add(now, Kind::Message, "Running deployment command...");
    for (kind, line) in lines {
        log.add_below(now, *kind, line);
    }
    if let Some(error) = error {
        log.add_below(now, Kind::Error, error);
    }
}

/// A build that fails, by the fault `kudu.build-fails`.
pub(super) fn failed_build(log: &mut Log, now: SystemTime, os: Os) {
    let (command, lines) = match os {
        Os::Linux => (
            "Running oryx build...",
            [
                "Command: oryx build /tmp/zipdeploy/extracted -o /home/site/wwwroot",
                "ERROR: Could not find a version that satisfies the requirement no-such-package==9.9.9",
                "Error: Failed to build the app, exit code: 1",
            ],
        ),
        Os::Windows => (
            "Running deployment command...",
            [
                "Command: deploy.cmd",
                "error MSB4025: The project file could not be loaded.",
                "Failed exitCode=1, command=deploy.cmd",
            ],
        ),
    };
    log.add(now, Kind::Message, command);
    for (position, line) in lines.into_iter().enumerate() {
        log.add_below(now, if position == 0 { Kind::Message } else { Kind::Error }, line);
    }
}

/// After the copy.
pub(super) fn recycle(log: &mut Log, now: SystemTime, restarts: bool) {
    log.add(now, Kind::Message, "Running post deployment command(s)...");
    if restarts {
        log.add(now, Kind::Message, "Triggering recycle (preview mode disabled).");
    }
}

/// The last lines of a success.
pub(super) fn success(log: &mut Log, now: SystemTime, os: Os, plan: &Plan) {
    if plan.endpoint == Endpoint::OneDeploy {
        // The spelling is the service's.
        log.add(now, Kind::Message, "Build completed succesfully.");
    }
    let path = if plan.endpoint == Endpoint::OneDeploy { "OneDeploy" } else { "ZipDeploy" };
    log.add(
        now,
        Kind::Message,
        match os {
            Os::Windows => "Deployment successful.".to_owned(),
            Os::Linux => {
                format!("Deployment successful. deployer = {} deploymentPath = {path}", plan.origin.deployer)
            }
        },
    );
}
