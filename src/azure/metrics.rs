//! How many requests a site or slot answered, as Azure Monitor counts them. Its figures come some minutes late.
//!
//! Source: <https://learn.microsoft.com/rest/api/monitor/metrics/list> and
//! <https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-web-sites-metrics> (2026-06).

use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;

use super::arm::Arm;
use super::shell_quoted;
use super::site::{App, Slot, path};
use crate::report::{Failure, code};
use crate::world::http::{Answer, Call, Repeat};

/// The version that every cloud has.
const VERSION: &str = "2018-01-01";
/// All requests, whatever their status.
const REQUESTS: &str = "Requests";
/// Those with a status from 500 on.
const ERRORS: &str = "Http5xx";
/// The smallest grain.
const GRAIN: &str = "PT1M";
/// No figure is worth a longer wait.
const LIMIT: Duration = Duration::from_secs(15);

/// The figures of some minutes. They are whole numbers that the service writes as fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Requests {
    /// All requests.
    pub all: f64,
    /// Those with a status from 500 on.
    pub errors: f64,
}

impl Requests {
    /// The share of errors in percent; zero without any request.
    pub fn error_rate(&self) -> f64 {
        if self.all > 0.0 { self.errors / self.all * 100.0 } else { 0.0 }
    }
}

/// `0.4 % (5 of 1234 requests)`.
impl std::fmt::Display for Requests {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.1} % ({} of {} requests)", self.error_rate(), self.errors, self.all)
    }
}

#[derive(Deserialize)]
struct Metrics {
    value: Vec<Metric>,
}

#[derive(Deserialize)]
struct Metric {
    name: Name,
    #[serde(default)]
    timeseries: Vec<Series>,
}

#[derive(Deserialize)]
struct Name {
    value: String,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    data: Vec<Point>,
}

#[derive(Deserialize)]
struct Point {
    #[serde(default)]
    total: Option<f64>,
}

impl Arm<'_> {
    /// The requests of a slot in the minutes that this time touches, in seconds since 1970.
    ///
    /// # Errors
    /// `SID0204` with the role that is missing: `Website Contributor` may not read metrics.
    pub async fn requests(
        &self,
        app: &App,
        slot: &Slot,
        time: Range<u64>,
        repeat: Repeat,
    ) -> Result<Requests, Failure> {
        let site = path(app, slot);
        let mut url = self.url(&format!("{site}/providers/Microsoft.Insights/metrics"), VERSION);
        let clock = self.world.clock;
        url.query_pairs_mut()
            .append_pair("timespan", &format!("{}/{}", clock.timestamp_of(time.start), clock.timestamp_of(time.end)))
            .append_pair("interval", GRAIN)
            .append_pair("metricnames", &format!("{REQUESTS},{ERRORS}"))
            .append_pair("aggregation", "Total");
        let answer = self.send(Call::get(url).repeat(repeat).timeout(LIMIT)).await?;
        if answer.is_success() {
            return figures(&answer);
        }
        let failure = self.refusal(&answer, &format!("read the request metrics of `{}`, slot `{slot}`", app.name));
        if answer.status != 403 {
            return Err(failure);
        }
        let scope = shell_quoted(&format!("/subscriptions/{}{site}", self.subscription));
        let client = shell_quoted(self.credential.client());
        Err(Failure { fixes: Vec::new(), ..failure }
            .run(format!("az role assignment create --assignee {client} --role 'Monitoring Reader' --scope {scope}"))
            .fix("a role assigned in the last minutes may not be in force yet; run the job again then"))
    }
}

fn figures(answer: &Answer) -> Result<Requests, Failure> {
    let metrics: Metrics = answer.json("metrics")?;
    let total = |name: &str| {
        let metric = metrics.value.iter().find(|metric| metric.name.value.eq_ignore_ascii_case(name));
        let metric = metric.ok_or_else(|| {
            Failure::new(&code::UNEXPECTED_ANSWER, format!("Azure Monitor was asked for `{name}` and left it out"))
        })?;
        let points = metric.timeseries.iter().flat_map(|series| &series.data);
        Ok::<f64, Failure>(points.filter_map(|point| point.total).sum())
    };
    Ok(Requests { all: total(REQUESTS)?, errors: total(ERRORS)? })
}
