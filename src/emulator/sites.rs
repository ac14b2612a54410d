//! What Kudu and the app runtime need to know of a site, and nothing else of ARM's state.

use std::collections::BTreeMap;

/// The name of the slot that every site has.
pub const PRODUCTION: &str = "production";

/// How a slot's app is started: what ARM's configuration says for it at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// `appCommandLine` of the slot; `None` serves the folder as static files.
    pub command: Option<String>,
    /// App settings and connection strings as environment variables.
    pub settings: BTreeMap<String, String>,
}

/// The operating system of a plan; Kudu's answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// `reserved: true`.
    Linux,
    /// Everything else.
    Windows,
}

/// One slot as Kudu sees it.
#[derive(Clone, Debug)]
pub struct SlotView {
    /// The site's name, as configured.
    pub app: String,
    /// The slot's name, `production` included.
    pub slot: String,
    /// The plan's operating system.
    pub os: Os,
    /// Whether the slot runs; a stopped one answers 403.
    pub running: bool,
    /// How its app is started.
    pub launch: Launch,
    /// The SCM host with the port, for URLs that Kudu emits.
    pub scm_authority: String,
}

/// What ARM's state tells the rest of the emulator.
pub trait Sites: Send + Sync {
    /// The slot as it is now; `None` when it does not exist. Names compare without case.
    fn view(&self, app: &str, slot: &str) -> Option<SlotView>;

    /// Whether an `Authorization` header value opens this slot's SCM site. The error is the HTTP status to answer.
    fn authorize_scm(&self, app: &str, slot: &str, authorization: Option<&str>) -> Result<(), u16>;
}
