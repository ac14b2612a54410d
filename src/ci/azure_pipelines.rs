//! Azure Pipelines: logging commands on the log.
//!
//! Source: `contracts/ci-hosts.md` §2, read in azure-pipelines-agent on 2026-08-21.

use std::sync::atomic::{AtomicBool, Ordering};

use super::github::{guarded, several_lines, without_nul};
use super::masks;
use super::summary::Hidden;
use super::untrusted::inline;
use super::{Host, Level, Sink, Spot};
use crate::report::{Failure, code};
use crate::spec::camel_case;
use crate::world::{Env, Files, Secret};

/// Organisations may leave shorter secrets unmasked (`AZP_IGNORE_SECRETS_SHORTER_THAN` is at most 6).
const SHORTEST_MASK: usize = 6;

pub(super) struct AzurePipelines {
    talk: Sink,
    files: Files,
    hidden: Hidden,
    group_is_open: AtomicBool,
    /// Only a step with a name can have outputs; without one the agent fails the task.
    step_has_a_name: bool,
    multi_line_secrets: bool,
    /// A classic release has no run to tag, and the agent fails a step that tries.
    run_has_tags: bool,
}

impl AzurePipelines {
    pub(super) fn new(env: &Env, talk: Sink) -> Self {
        Self {
            talk,
            files: Files::new(env),
            hidden: Hidden::default(),
            group_is_open: AtomicBool::new(false),
            step_has_a_name: env.get("SYSTEM_TASKINSTANCENAME").is_some(),
            multi_line_secrets: env.is_true("SYSTEM_UNSAFEALLOWMULTILINESECRET"),
            run_has_tags: env.get("SYSTEM_HOSTTYPE") == Some("build") && env.get("BUILD_BUILDID").is_some(),
        }
    }
}

impl AzurePipelines {
    /// The agent puts the place before the message. It knows no notice: that becomes a line of talk.
    fn issue(&self, level: Level, spot: Option<Spot<'_>>, message: &str) {
        let kind = match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => {
                let place = spot.map(|spot| format!("{}:{}: ", spot.file, spot.line)).unwrap_or_default();
                return (self.talk)(&guarded(&format!("{place}{message}")));
            }
        };
        let place = spot
            .map(|spot| format!(";sourcepath={};linenumber={};columnnumber=1", escape(&inline(spot.file)), spot.line));
        let text = escape(&several_lines(message));
        (self.talk)(&format!("##vso[task.logissue type={kind}{}]{text}", place.unwrap_or_default()));
    }
}

impl Host for AzurePipelines {
    fn name(&self) -> &'static str {
        "Azure Pipelines"
    }

    fn line(&self, text: &str) {
        (self.talk)(&guarded(text));
    }

    fn open_group(&self, title: &str) {
        self.close_group();
        self.group_is_open.store(true, Ordering::Relaxed);
        (self.talk)(&format!("##[group]{}", inline(title)));
    }

    fn close_group(&self) {
        if self.group_is_open.swap(false, Ordering::Relaxed) {
            (self.talk)("##[endgroup]");
        }
    }

    fn annotate(&self, level: Level, title: &str, message: &str) {
        self.issue(level, None, &format!("{title}: {message}"));
    }

    fn annotate_at(&self, level: Level, spot: Spot<'_>, title: &str, message: &str) {
        self.issue(level, Some(spot), &format!("{title}: {message}"));
    }

    fn mask(&self, secret: &Secret) {
        self.hidden.keep(secret, SHORTEST_MASK);
        // The agent encodes what it was given at the start of the job, and not what a step gives it.
        let encoded = masks::encoded(secret, SHORTEST_MASK);
        for text in masks::texts(secret, SHORTEST_MASK).into_iter().chain(encoded.iter().map(Secret::reveal)) {
            (self.talk)(&format!("##vso[task.setsecret]{}", escape(text)));
        }
    }

    fn can_hide(&self, secret: &Secret) -> bool {
        !masks::texts(secret, SHORTEST_MASK).is_empty()
    }

    fn set_output(&self, name: &str, value: &str) -> Result<(), Failure> {
        let output = if self.step_has_a_name { ";isoutput=true" } else { "" };
        (self.talk)(&format!(
            "##vso[task.setvariable variable={}{output}]{}",
            escape(&camel_case(name)),
            escape(value)
        ));
        Ok(())
    }

    fn export(&self, name: &str, value: &str) -> Result<(), Failure> {
        (self.talk)(&format!("##vso[task.setvariable variable={}]{}", escape(name), escape(value)));
        Ok(())
    }

    fn check_secret(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        without_nul(name, secret.reveal())?;
        if secret.reveal().contains(['\r', '\n']) && !self.multi_line_secrets {
            return Err(Failure::new(
                &code::SECRET_UNUSABLE,
                format!("the secret for `{name}` has several lines, which the agent refuses"),
            )
            .because("Azure Pipelines masks a secret variable only as a whole, so it does not take line breaks in one")
            .fix("store the value base64-encoded and decode it where it is used")
            .fix("or allow it for the job: set the variable `SYSTEM_UNSAFEALLOWMULTILINESECRET` to `true`"));
        }
        Ok(())
    }

    fn export_secret(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        self.mask(secret);
        self.check_secret(name, secret)?;
        (self.talk)(&format!(
            "##vso[task.setvariable variable={};issecret=true]{}",
            escape(name),
            escape(secret.reveal())
        ));
        Ok(())
    }

    fn set_secret_output(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        self.mask(secret);
        self.check_secret(name, secret)?;
        let output = if self.step_has_a_name { ";isoutput=true" } else { "" };
        (self.talk)(&format!(
            "##vso[task.setvariable variable={}{output};issecret=true]{}",
            escape(&camel_case(name)),
            escape(secret.reveal())
        ));
        Ok(())
    }

    fn summary(&self, markdown: &str) -> Result<(), Failure> {
        // The agent uploads the file later, under its own name, so it must stay and must not collide.
        let path = self.files.private_file("summary.md", &self.hidden.redact(markdown))?;
        (self.talk)(&format!("##vso[task.uploadsummary]{}", escape(&path.display().to_string())));
        Ok(())
    }

    fn attach(&self, kind: &str, name: &str, text: &str) -> Result<bool, Failure> {
        // Uploaded later as well.
        let path = self.files.private_file(name, &self.hidden.redact(text))?;
        let path = escape(&path.display().to_string());
        (self.talk)(&format!("##vso[task.addattachment type={};name={}]{path}", escape(kind), escape(name)));
        Ok(true)
    }

    fn tag_run(&self, tag: &str) -> Option<String> {
        let tag = self.run_has_tags.then(|| plain_tag(tag))?;
        (self.talk)(&format!("##vso[build.addbuildtag]{}", escape(&tag)));
        Some(tag)
    }
}

/// Agents up to 2026 put the tag into a URL, and fail the step when the server has it otherwise than they sent it
/// (microsoft/azure-pipelines-task-lib#1072).
fn plain_tag(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    text.chars().map(|character| if is_plain(character) { character } else { '-' }).collect()
}

/// The agent unescapes properties and data with one map; `;` and `]` are escaped in data as well, which does no harm.
fn escape(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A").replace(']', "%5D").replace(';', "%3B")
}

#[cfg(test)]
mod tests {
    use super::{escape, plain_tag};

    #[test]
    fn everything_that_could_end_a_command_is_escaped() {
        assert_eq!(escape("50%;a]\r\nb"), "50%AZP25%3Ba%5D%0D%0Ab");
    }

    #[test]
    fn a_tag_is_what_any_agent_can_put_into_a_url() {
        assert_eq!(plain_tag("deployed-prod_eu.1"), "deployed-prod_eu.1");
        assert_eq!(plain_tag("deployed-EU/prod: 1;é%"), "deployed-EU-prod--1---");
    }
}
