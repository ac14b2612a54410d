//! Where a system is deployed, and how.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Branch, Command, OneOrMany};

/// An environment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Environment {
    /// How: `direct`, `slot/NAME`, `swap/NAME`, `canary/NAME` on App Service; `rolling`, `canary`, `blue-green`,
    /// `ephemeral` on AKS
    pub deploy: Deploy,
    /// The branches that reach it; those of the environment before it, by default
    pub from: Option<OneOrMany<Branch>>,
    /// Where the build comes from: `build` (this run's) or `tested` (the images that were tested for the same tree)
    #[serde(default)]
    pub promote: Promote,
    /// The resource group
    #[schemars(extend("format" = "resource-group"))]
    pub group: Option<String>,
    /// The size of the App Service plan, when it is known: `B1` has no slots
    #[schemars(extend("format" = "plan"))]
    pub plan: Option<String>,
    /// What is added to the names of the apps here
    #[serde(default)]
    #[schemars(extend("format" = "suffix"))]
    pub suffix: String,
    /// The Key Vault
    #[schemars(extend("format" = "vault"))]
    pub vault: Option<String>,
    /// `private` runs its jobs where private endpoints are reached
    #[serde(default)]
    pub runner: RunnerKind,
    /// The AKS cluster
    #[schemars(extend("format" = "cluster"))]
    pub cluster: Option<String>,
    /// The namespace, on AKS
    #[schemars(extend("format" = "name"))]
    pub namespace: Option<String>,
    /// The folder of the Kustomize overlay, on AKS
    #[schemars(extend("format" = "path"))]
    pub manifests: Option<String>,
    /// How long a temporary namespace may live
    #[schemars(extend("format" = "duration"))]
    pub ttl: Option<String>,
    /// Where it answers; asked from Azure by default
    #[schemars(extend("format" = "url"))]
    pub url: Option<String>,
    /// The team's own commands against what was deployed; `URL` says where
    #[serde(default)]
    pub smoke: Vec<Command>,
    /// A load test with limits
    pub load: Option<Load>,
    /// Who approves
    pub approve: Option<Approve>,
    /// What a change ticket looks like, as an extended regular expression; without one nothing is deployed here
    pub change_ticket: Option<String>,
    /// Whether the slot runs with production's own settings first, and is swapped only if it is healthy with them, for
    /// `swap/NAME`
    #[serde(default)]
    pub preview: bool,
    /// How traffic moves, for `canary`
    pub canary: Option<Canary>,
    /// How it is watched after it went live
    pub watch: Option<Watch>,
}

/// How an environment is deployed to.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("format" = "deploy"))]
pub enum Deploy {
    /// In place
    Direct,
    /// Into this slot, which stays there
    Slot(String),
    /// Into this slot, and then the slot is swapped with production
    Swap(String),
    /// Into this slot, traffic moves there in steps, and then it is swapped
    CanarySlot(String),
    /// A rolling update on AKS
    Rolling,
    /// A share of the replicas at first, on AKS
    Canary,
    /// The other colour, on AKS
    BlueGreen,
    /// A temporary namespace on AKS
    Ephemeral,
}

impl fmt::Display for Deploy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => formatter.write_str("direct"),
            Self::Slot(slot) => write!(formatter, "slot/{slot}"),
            Self::Swap(slot) => write!(formatter, "swap/{slot}"),
            Self::CanarySlot(slot) => write!(formatter, "canary/{slot}"),
            Self::Rolling => formatter.write_str("rolling"),
            Self::Canary => formatter.write_str("canary"),
            Self::BlueGreen => formatter.write_str("blue-green"),
            Self::Ephemeral => formatter.write_str("ephemeral"),
        }
    }
}

impl TryFrom<String> for Deploy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl Deploy {
    /// The words, for messages.
    pub const WORDS: [&'static str; 8] =
        ["direct", "slot/NAME", "swap/NAME", "canary/NAME", "rolling", "canary", "blue-green", "ephemeral"];

    /// Reads it; the error says what there is.
    pub fn parse(text: &str) -> Result<Self, String> {
        let slot = |name: &str| name.to_owned();
        match text.split_once('/') {
            None => match text {
                "direct" => Ok(Self::Direct),
                "rolling" => Ok(Self::Rolling),
                "canary" => Ok(Self::Canary),
                "blue-green" => Ok(Self::BlueGreen),
                "ephemeral" => Ok(Self::Ephemeral),
                "slot" | "swap" => Err(format!("`{text}` needs the slot's name: `{text}/staging`")),
                _ => Err(unknown(text)),
            },
            Some((_, name)) if !super::words::is_slot(name) => {
                Err(format!("`{name}` is no slot's name: 2 to 59 letters, digits and hyphens, and not `production`"))
            }
            Some(("slot", name)) => Ok(Self::Slot(slot(name))),
            Some(("swap", name)) => Ok(Self::Swap(slot(name))),
            Some(("canary", name)) => Ok(Self::CanarySlot(slot(name))),
            Some(_) => Err(unknown(text)),
        }
    }

    /// Whether it is a way to deploy to AKS.
    pub fn is_aks(&self) -> bool {
        matches!(self, Self::Rolling | Self::Canary | Self::BlueGreen | Self::Ephemeral)
    }

    /// The slot that the build goes into first.
    pub fn slot(&self) -> Option<&str> {
        match self {
            Self::Slot(slot) | Self::Swap(slot) | Self::CanarySlot(slot) => Some(slot),
            _ => None,
        }
    }

    /// Whether it ends with a swap.
    pub fn swaps(&self) -> bool {
        matches!(self, Self::Swap(_) | Self::CanarySlot(_))
    }
}

fn unknown(text: &str) -> String {
    let near = crate::spec::nearest(
        text.split('/').next().unwrap_or(text),
        ["direct", "slot", "swap", "canary", "rolling", "blue-green", "ephemeral"],
    );
    let hint = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    format!("{hint}there are {}", Deploy::WORDS.map(|word| format!("`{word}`")).join(", "))
}

/// Where the build comes from.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Promote {
    /// This run's
    #[default]
    Build,
    /// The images that passed the tests for the same tree, found in the registry
    Tested,
}

/// Which runner.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum RunnerKind {
    /// The hosted one
    #[default]
    Default,
    /// The one that reaches private endpoints
    Private,
}

/// A load test.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Load {
    /// The Locust file
    #[schemars(extend("format" = "path"))]
    pub locust: String,
    /// How many users
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 100_000))]
    pub users: u32,
    /// How long
    #[serde(default = "one_minute", rename = "for")]
    #[schemars(extend("format" = "duration"))]
    pub time: String,
    /// The slowest 95th percentile that is good enough
    #[schemars(extend("format" = "duration"))]
    pub p95: String,
    /// How much slower than that of the last good run the 95th percentile may be; the first run has nothing to compare with
    #[schemars(extend("format" = "percent"))]
    pub baseline: Option<String>,
    /// The share of failed requests that is borne
    #[serde(default = "one_percent")]
    #[schemars(extend("format" = "percent"))]
    pub failures: String,
}

fn hundred() -> u32 {
    100
}

fn one_minute() -> String {
    "60s".to_owned()
}

fn one_percent() -> String {
    "1%".to_owned()
}

/// An approval. It lives in the CI system, not in YAML: `siding explain` says where it must be set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Approve {
    /// Who approves: teams or people
    #[schemars(length(min = 1))]
    pub by: Vec<String>,
    /// Whether the author of the change may not
    #[serde(default = "yes")]
    pub not_author: bool,
    /// How many of them must approve, on Azure Pipelines; on GitHub any one is enough
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    pub minimum: u8,
    /// On which hours of working days, on Azure Pipelines
    pub hours: Option<Hours>,
    /// Whether one run at a time may be here, on Azure Pipelines
    #[serde(default = "yes")]
    pub lock: bool,
}

fn one() -> u8 {
    1
}

/// Hours from Monday to Friday.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Hours {
    /// From when, such as `"09:00"`
    #[schemars(extend("format" = "hour"))]
    pub from: String,
    /// Until when, such as `"16:30"`
    #[schemars(extend("format" = "hour"))]
    pub to: String,
    /// The time zone, by Windows' name for it, such as `W. Europe Standard Time`
    #[serde(default = "utc")]
    #[schemars(extend("format" = "time-zone"))]
    pub zone: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn yes() -> bool {
    true
}

/// How traffic moves to the new build.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Canary {
    /// The shares in percent, ascending, below 100
    #[serde(default = "shares")]
    #[schemars(length(min = 1), inner(range(min = 1, max = 99)))]
    pub steps: Vec<u8>,
    /// How long each share is watched
    #[serde(default = "five_minutes")]
    #[schemars(extend("format" = "duration"))]
    pub pause: String,
}

fn shares() -> Vec<u8> {
    vec![10, 25, 50]
}

fn five_minutes() -> String {
    "5m".to_owned()
}

impl Default for Canary {
    fn default() -> Self {
        Self { steps: shares(), pause: five_minutes() }
    }
}

/// How a release is watched. A breach takes it back.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Watch {
    /// How long
    #[serde(rename = "for", default = "ten")]
    #[schemars(extend("format" = "duration"))]
    pub time: String,
    /// The share of answers that may be errors (5xx): from Azure Monitor's figures of an App Service, and from those of
    /// `insights` on AKS
    #[schemars(extend("format" = "percent"))]
    pub errors: Option<String>,
    /// The component of Application Insights that the apps on AKS tell of their requests: its name in the environment's
    /// group, or `GROUP/NAME`
    #[schemars(extend("format" = "insights"))]
    pub insights: Option<String>,
    /// How long 95 % of the watch's own probes may take, measured where the job runs
    #[schemars(extend("format" = "duration"))]
    pub p95: Option<String>,
}

fn ten() -> String {
    "10m".to_owned()
}

impl Watch {
    /// Who counts the errors on AKS, and the share that is borne, in percent; `semantics` demands both or neither.
    pub fn counted(&self) -> Option<(&str, f64)> {
        let errors = super::percent(self.errors.as_deref()?)?;
        Some((self.insights.as_deref()?, errors))
    }
}
