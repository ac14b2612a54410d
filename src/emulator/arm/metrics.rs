//! `Microsoft.Insights/metrics` of a site or slot: what its front end counted.
//!
//! Source of the shape: <https://learn.microsoft.com/rest/api/monitor/metrics/list> (2026-06); the phrases of the refusals
//! are those that clients have reported. Azure's figures come minutes late, these come at once.

use std::ops::Range;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::authorize;
use super::call::{Call, Place};
use super::error::ArmError;
use crate::emulator::message::json as json_answer;
use crate::emulator::moment::Moment;
use crate::emulator::traffic::seconds;

/// The versions of `Microsoft.Insights/metrics` that take the parameters of this form.
pub(super) const VERSIONS: &[&str] =
    &["2017-05-01-preview", "2018-01-01", "2019-07-01", "2021-05-01", "2023-10-01", "2024-02-01"];

/// The grains, with their length in seconds.
const GRAINS: [(&str, u64); 8] = [
    ("PT1M", 60),
    ("PT5M", 300),
    ("PT15M", 900),
    ("PT30M", 1_800),
    ("PT1H", 3_600),
    ("PT6H", 21_600),
    ("PT12H", 43_200),
    ("P1D", 86_400),
];

/// One point for the whole time.
const FULL: &str = "FULL";

/// Nothing is kept longer: 93 days.
const KEPT: u64 = 93 * 86_400;

/// A metric: its name, its name for people, and the first digit of the statuses that it counts.
type Metric = (&'static str, &'static str, Option<usize>);

/// The metrics that the front end can count.
const METRICS: [Metric; 5] = [
    ("Requests", "Requests", None),
    ("Http2xx", "Http 2xx", Some(2)),
    ("Http3xx", "Http 3xx", Some(3)),
    ("Http4xx", "Http 4xx", Some(4)),
    ("Http5xx", "Http Server Errors", Some(5)),
];

/// `GET …/providers/Microsoft.Insights/metrics`.
pub(super) fn list(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    authorize::require(&call.caller, "Microsoft.Insights/metrics/read", &place.id)?;
    let metrics = asked(call, place)?;
    let now = seconds(call.cloud.clock.now());
    let span = timespan(call.incoming.query("timespan").unwrap_or("PT1H"), now)?;
    let interval = call.incoming.query("interval").unwrap_or("PT1M");
    let grain = Grain::of(interval, &span)?;
    let shown = format!("{}/{}", Moment::of_epoch(span.start).seconds(), Moment::of_epoch(span.end).seconds());
    let totals = call
        .incoming
        .query("aggregation")
        .is_none_or(|list| list.split(',').any(|aggregation| aggregation.trim().eq_ignore_ascii_case("total")));
    let value: Vec<Value> = metrics
        .iter()
        .map(|(name, title, digit)| {
            let data = grain.points(span.end, now).map(|point| {
                let mut row = json!({"timeStamp": Moment::of_epoch(point.start).seconds()});
                if totals {
                    let total = call.cloud.traffic.total(&place.app, &place.slot, point, *digit);
                    row["total"] = f64::from(u32::try_from(total).unwrap_or(u32::MAX)).into();
                }
                row
            });
            json!({"id": format!("{}/providers/Microsoft.Insights/metrics/{name}", place.id),
                "type": "Microsoft.Insights/metrics", "name": {"value": name, "localizedValue": title},
                "displayDescription": title, "unit": "Count",
                "timeseries": [{"metadatavalues": [], "data": data.collect::<Vec<_>>()}], "errorCode": "Success"})
        })
        .collect();
    let region = call.location().to_lowercase().replace(' ', "");
    let body = json!({"cost": 0, "timespan": shown, "interval": interval, "value": value, "namespace": place.kind(),
        "resourceregion": region});
    Ok(json_answer(StatusCode::OK, &body))
}

/// The metrics that the query names; without names, the first one.
fn asked(call: &Call<'_>, place: &Place) -> Result<Vec<Metric>, ArmError> {
    let names = call.incoming.query("metricnames").unwrap_or(METRICS[0].0).split(',').map(str::trim);
    let known = |name: &str| METRICS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)).copied();
    let valid = || METRICS.map(|(name, ..)| name).join(",");
    names
        .map(|name| {
            known(name).ok_or_else(|| {
                let kind = place.kind().trim_start_matches("Microsoft.Web/");
                refused(format!(
                    "Failed to find metric configuration for provider: Microsoft.Web, resource Type: {kind}, metric: {name}, \
                     Valid metrics: {}",
                    valid()
                ))
            })
        })
        .collect()
}

/// `Datetime/Datetime`, `Datetime/Duration`, `Duration/Datetime`, or a `Duration` until now; seconds since 1970.
fn timespan(text: &str, now: u64) -> Result<Range<u64>, ArmError> {
    let parsed = match text.split_once('/') {
        None => duration(text).map(|length| now.saturating_sub(length)..now),
        Some((start, end)) => match (datetime(start), datetime(end)) {
            (Some(start), Some(end)) => Some(start..end),
            (Some(start), None) => duration(end).map(|length| start..start.saturating_add(length)),
            (None, Some(end)) => duration(start).map(|length| end.saturating_sub(length)..end),
            (None, None) => None,
        },
    };
    parsed.filter(|span| span.start < span.end && span.end - span.start <= KEPT).ok_or_else(|| {
        refused(format!(
            "Detected invalid time interval input: {text}, supported Iso 8601 time interval format: \
             (Datetime/Datetime, Datetime/Duration, Duration/Datetime, Duration)"
        ))
    })
}

fn datetime(text: &str) -> Option<u64> {
    let parsed = OffsetDateTime::parse(text.trim(), &Rfc3339).ok()?;
    u64::try_from(parsed.unix_timestamp()).ok()
}

/// A duration of one unit, such as `PT90M` or `P1D`.
fn duration(text: &str) -> Option<u64> {
    let (rest, units) = match text.trim().strip_prefix("PT") {
        Some(rest) => (rest, [("S", 1), ("M", 60), ("H", 3_600)].as_slice()),
        None => (text.trim().strip_prefix('P')?, [("D", 86_400)].as_slice()),
    };
    let (number, length) = units.iter().find_map(|(unit, length)| Some((rest.strip_suffix(unit)?, length)))?;
    number.parse::<u64>().ok()?.checked_mul(*length)
}

/// How long a point is, and where the first one begins; seconds.
struct Grain {
    first: u64,
    length: u64,
}

impl Grain {
    /// Points begin at multiples of their length; the one of `FULL` begins with a minute.
    fn of(interval: &str, span: &Range<u64>) -> Result<Self, ArmError> {
        if interval.eq_ignore_ascii_case(FULL) {
            let first = span.start / 60 * 60;
            return Ok(Self { first, length: span.end.next_multiple_of(60) - first });
        }
        let found = GRAINS.iter().find(|(name, _)| *name == interval).map(|(_, length)| *length);
        let length = found.ok_or_else(|| {
            refused(format!(
                "Invalid time grain duration: {interval}, supported ones are: \
                 00:01:00,00:05:00,00:15:00,00:30:00,01:00:00,06:00:00,12:00:00,1.00:00:00"
            ))
        })?;
        Ok(Self { first: span.start / length * length, length })
    }

    /// The points before the end; none lies ahead of us.
    fn points(&self, end: u64, now: u64) -> impl Iterator<Item = Range<u64>> + use<> {
        let (length, end) = (self.length, end.min(now + 1));
        std::iter::successors(Some(self.first), move |start| Some(start + length))
            .take_while(move |start| *start < end)
            .map(move |start| start..start + length)
    }
}

/// 400 as this provider writes it: without an envelope.
fn refused(message: String) -> ArmError {
    ArmError::bare(StatusCode::BAD_REQUEST, "BadRequest", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_forms_of_a_time_are_read() {
        let now = 100_000_000;
        let span = |text: &str| timespan(text, now).ok();
        assert_eq!(span("1970-01-01T00:01:00Z/1970-01-01T00:03:00Z"), Some(60..180));
        assert_eq!(span("1970-01-01T00:01:00.5Z/PT2M"), Some(60..180));
        assert_eq!(span("PT1H/1970-01-01T02:00:00+00:00"), Some(3_600..7_200));
        assert_eq!(span("P1D"), Some(99_913_600..100_000_000));
        for wrong in ["", "x", "PT1H/PT1H", "1970-01-01T00:03:00Z/1970-01-01T00:01:00Z", "P94D", "PTM"] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn points_begin_at_multiples_of_the_grain_and_none_lies_ahead() {
        let points = |span: Range<u64>, interval: &str| {
            let points = Grain::of(interval, &span).ok().map(|grain| grain.points(span.end, 200));
            points.into_iter().flatten().map(|point| (point.start, point.end)).collect::<Vec<_>>()
        };
        assert_eq!(points(61..190, "PT1M"), [(60, 120), (120, 180), (180, 240)]);
        assert_eq!(points(61..1_000, "PT1M"), [(60, 120), (120, 180), (180, 240)]);
        assert_eq!(points(61..180, "PT5M"), [(0, 300)]);
        assert_eq!(points(400..500, "PT1M"), []);
        assert_eq!(points(61..190, "FULL"), [(60, 240)]);
        assert!(Grain::of("PT2M", &(61..190)).is_err());
    }
}
