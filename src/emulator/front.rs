//! App Service's front end: traffic routing between slots, then the slot's own front end.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::Value;

use super::cloud::Cloud;
use super::encode::random;
use super::message::pairs;
use super::runtime::no_site;
use super::sites::PRODUCTION;

/// The cookie and the query parameter that pin a client to a slot.
const ROUTING_NAME: &str = "x-ms-routing-name";

/// A rule of `experiments.rampUpRules`.
struct Rule {
    /// Its name, which the cookie carries.
    name: String,
    /// The first label of the host that it routes to.
    label: String,
    /// The share of requests, in percent.
    percentage: f64,
}

/// Answers a request to a slot's host.
pub(crate) async fn serve(cloud: &Arc<Cloud>, app: &str, slot: &str, request: Request) -> Response {
    let rules = if slot == PRODUCTION { rules(cloud, app) } else { Vec::new() };
    if rules.is_empty() {
        return visit(cloud, app, slot, request).await;
    }
    let pinned = pinned(&request);
    let name = match pinned.as_deref() {
        Some("self") => "self",
        Some(name) => rules.iter().find(|rule| rule.name == name).map_or("self", |rule| rule.name.as_str()),
        None => draw(&rules),
    };
    let mut response = match rules.iter().find(|rule| rule.name == name) {
        None => visit(cloud, app, slot, request).await,
        Some(rule) => match cloud.estate.by_label(&rule.label) {
            Some((app, slot)) => visit(cloud, &app, &slot, request).await,
            None => no_site(),
        },
    };
    let cookie = format!("{ROUTING_NAME}={name}; path=/; HttpOnly; Secure; max-age=3600");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The slot's own front end; its metrics count the answer.
async fn visit(cloud: &Cloud, app: &str, slot: &str, request: Request) -> Response {
    let response = cloud.runtime.serve(app, slot, request).await;
    cloud.traffic.count(app, slot, cloud.clock.now(), response.status().as_u16());
    response
}

fn rules(cloud: &Cloud, app: &str) -> Vec<Rule> {
    let read = |rule: &Value| {
        let host = rule["actionHostName"].as_str()?;
        let label = host.split(['.', ':']).next()?.to_ascii_lowercase();
        let name = rule["name"].as_str()?.to_owned();
        Some(Rule { name, label, percentage: rule["reroutePercentage"].as_f64().unwrap_or_default() })
    };
    let found = cloud.estate.with(app, PRODUCTION, |site, slot| {
        let rules = site.slots[slot].web.get("experiments").and_then(|value| value["rampUpRules"].as_array());
        rules.map(|rules| rules.iter().filter_map(read).collect()).unwrap_or_default()
    });
    found.unwrap_or_default()
}

/// The query wins over the cookie.
fn pinned(request: &Request) -> Option<String> {
    let query = request.uri().query().map(pairs).unwrap_or_default();
    if let Some((_, value)) = query.into_iter().find(|(name, _)| name == ROUTING_NAME) {
        return Some(value);
    }
    let cookies = request.headers().get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == ROUTING_NAME).map(|(_, value)| value.to_owned())
}

fn draw(rules: &[Rule]) -> &str {
    let drawn = f64::from(u16::from_be_bytes(random::<2>())) / 65_536.0 * 100.0;
    let mut border = 0.0;
    for rule in rules {
        border += rule.percentage;
        if drawn < border {
            return &rule.name;
        }
    }
    "self"
}
