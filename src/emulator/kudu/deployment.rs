//! One entry of the deployment history and its two wire shapes, Linux and Windows (zip-deploy 1.5 and A2-A5).

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::log::Log;
use crate::emulator::moment::Moment;
use crate::emulator::sites::{Os, SlotView};

/// The wire's `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Not begun; on Linux, everything before the end.
    Pending = 0,
    /// Windows, while it builds.
    Building = 1,
    /// Final.
    Failed = 3,
    /// Final.
    Success = 4,
}

impl Status {
    /// Whether it never changes again.
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Success)
    }
}

/// Who deployed and why, as the client or the endpoint says.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// The wire's `author`.
    pub(super) author: String,
    /// The wire's `author_email`.
    pub(super) author_email: String,
    /// The tool; also in the `Location` of the push.
    pub(super) deployer: String,
    /// What a person reads in the list.
    pub(super) message: String,
}

/// An entry of the history.
pub(super) struct Deployment {
    /// Its name in URLs; `temp-…` until the package is extracted.
    pub(super) id: String,
    /// Whether it still stands for the entry that is to come.
    pub(super) is_temp: bool,
    /// How far it is.
    pub(super) status: Status,
    /// The same for a person.
    pub(super) status_text: String,
    /// What is being done; empty at the end.
    pub(super) progress: String,
    /// Who deployed and why.
    pub(super) origin: Origin,
    /// When the package had arrived.
    pub(super) start: SystemTime,
    /// When the status became final.
    pub(super) end: Option<SystemTime>,
    /// When it last ended well.
    last_success: Option<SystemTime>,
    /// Whether its files are the ones that are there.
    pub(super) active: bool,
    /// What was done.
    pub(super) log: Log,
}

impl Deployment {
    /// An entry whose package has just arrived.
    pub(super) fn receiving(id: String, origin: Origin, start: SystemTime) -> Self {
        Self {
            id,
            is_temp: true,
            status: Status::Pending,
            status_text: "Receiving changes.".to_owned(),
            progress: "Fetching changes.".to_owned(),
            origin,
            start,
            end: None,
            last_success: None,
            active: false,
            log: Log::default(),
        }
    }

    /// Ends it, one way or the other.
    pub(super) fn finish(&mut self, status: Status, now: SystemTime) {
        self.status = status;
        self.status_text.clear();
        self.progress.clear();
        self.end = Some(now);
        self.last_success = (status == Status::Success).then_some(now).or(self.last_success);
    }

    /// The body of `GET …/deployments/{name}`, where `name` is what the client asked for.
    pub(super) fn json(&self, view: &SlotView, name: &str) -> Value {
        let is_done = self.status.is_final();
        // Linux names the entry itself, Windows what was asked for (A4, A5).
        let name = if view.os == Os::Linux { self.id.as_str() } else { name };
        let log_url = log_url(view, name);
        let url = log_url.trim_end_matches("/log");
        let mut body = Map::new();
        let time = |time: Option<SystemTime>| time.map_or(Value::Null, |time| json!(Moment::of(time).round_trip()));
        for (field, value) in [
            ("id", json!(self.id)),
            ("status", json!(self.status as u8)),
            ("status_text", json!(self.status_text)),
            ("author_email", json!(self.origin.author_email)),
            ("author", json!(self.origin.author)),
            ("deployer", json!(self.origin.deployer)),
            ("message", json!(self.origin.message)),
            ("progress", json!(self.progress)),
            ("received_time", json!(Moment::of(self.start).round_trip())),
            ("start_time", json!(Moment::of(self.start).round_trip())),
            ("end_time", time(self.end)),
            ("last_success_end_time", time(self.last_success)),
            ("complete", json!(is_done)),
            ("active", json!(self.active)),
            ("is_temp", json!(self.is_temp)),
            ("is_readonly", json!(!self.is_temp)),
            ("url", if is_done { json!(url) } else { Value::Null }),
            ("log_url", if is_done { json!(log_url) } else { Value::Null }),
            ("site_name", json!(view.app)),
        ] {
            body.insert(field.to_owned(), value);
        }
        match view.os {
            Os::Linux => body.insert("build_summary".to_owned(), json!({"errors": [], "warnings": []})),
            Os::Windows => body.insert("provisioningState".to_owned(), json!(self.provisioning_state())),
        };
        Value::Object(body)
    }

    fn provisioning_state(&self) -> &'static str {
        match self.status {
            Status::Pending | Status::Building => "InProgress",
            Status::Failed => "Failed",
            Status::Success => "Succeeded",
        }
    }
}

/// The URL of the log of the deployment that a client calls `name`.
pub(super) fn log_url(view: &SlotView, name: &str) -> String {
    format!("https://{}/api/deployments/{name}/log", view.scm_authority)
}
