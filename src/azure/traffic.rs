//! Traffic routing: which share of production's requests goes to a slot.
//!
//! The rules are `experiments.rampUpRules` of production's `config/web`, one array that is written as a whole. The host of a rule
//! is the one that ARM names, never one that is built. Source: `contracts/slots-and-vault.md` §1.7.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::arm::{Arm, WEB};
use super::site::{App, Slot, path};
use crate::report::Failure;
use crate::world::http::{Answer, Method};

/// A rule. Fields that we do not know are written back as they were read.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RampUpRule {
    /// Its name: what the routing cookie of a visitor carries.
    pub name: String,
    /// The host of the slot.
    pub action_host_name: String,
    /// The share in percent, 0 to 100.
    #[serde(default)]
    pub reroute_percentage: f64,
    /// The rest.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// The part of `config/web` that is about traffic and swaps.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebConfig {
    /// Into which slot this one is swapped after each deployment.
    pub auto_swap_slot_name: Option<String>,
    experiments: Option<Experiments>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Experiments {
    ramp_up_rules: Option<Vec<RampUpRule>>,
}

#[derive(Deserialize)]
struct Envelope {
    properties: WebConfig,
}

impl RampUpRule {
    /// A rule that sends this share to the slot.
    pub fn new(slot: &Slot, host: &str, percentage: u64) -> Self {
        let percentage = u32::try_from(percentage).unwrap_or(100);
        Self {
            name: slot.name().to_owned(),
            action_host_name: host.to_owned(),
            reroute_percentage: percentage.into(),
            other: serde_json::Map::new(),
        }
    }

    /// Whether it leads to this host.
    pub fn leads_to(&self, host: &str) -> bool {
        self.action_host_name.eq_ignore_ascii_case(host)
    }

    /// Whether it routes the same, whatever else ARM shows of it.
    fn routes_as(&self, other: &Self) -> bool {
        let unchanged = (self.reroute_percentage - other.reroute_percentage).abs() < 0.01;
        unchanged && self.name == other.name && self.leads_to(&other.action_host_name)
    }
}

impl WebConfig {
    /// The rules, none of which may matter.
    pub fn rules(&self) -> &[RampUpRule] {
        self.experiments.as_ref().and_then(|experiments| experiments.ramp_up_rules.as_deref()).unwrap_or_default()
    }

    /// Whether exactly these rules are in force.
    pub fn routes(&self, rules: &[RampUpRule]) -> bool {
        let own = self.rules();
        own.len() == rules.len() && rules.iter().all(|rule| own.iter().any(|other| rule.routes_as(other)))
    }
}

impl Arm<'_> {
    /// The configuration of a slot.
    pub async fn web_config(&self, app: &App, slot: &Slot) -> Result<WebConfig, Failure> {
        let doing = format!("read the configuration of slot `{slot}`");
        read(&self.get(&format!("{}/config/web", path(app, slot)), WEB, &doing).await?)
    }

    /// Writes production's rules, and returns what is in force then.
    pub async fn route_traffic(&self, app: &App, rules: &[RampUpRule]) -> Result<WebConfig, Failure> {
        let doing = format!("route the traffic of `{}`", app.name);
        let path = format!("{}/config/web", path(app, &Slot::production()));
        let body = json!({"properties": {"experiments": {"rampUpRules": rules}}});
        read(&self.write(Method::PATCH, &path, body, &doing).await?)
    }
}

fn read(answer: &Answer) -> Result<WebConfig, Failure> {
    Ok(answer.json::<Envelope>("a site configuration")?.properties)
}
