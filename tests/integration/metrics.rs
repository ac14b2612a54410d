//! Azure Monitor's metrics, as a colleague reads them.

use serde_json::{Value, json};
use siding::world::http::Method;

use crate::context::Context;

const VERSION: &str = "api-version=2024-02-01";

/// The sum of a metric over all points.
fn sum(answer: &Value, name: &str) -> String {
    let metrics = answer["value"].as_array().unwrap();
    let metric = metrics.iter().find(|metric| metric["name"]["value"] == name).unwrap();
    let points = metric["timeseries"][0]["data"].as_array().unwrap();
    points.iter().map(|point| point["total"].as_f64().unwrap_or_default()).sum::<f64>().to_string()
}

#[test]
fn visits_are_counted_for_the_slot_that_served_them() {
    let context = Context::shell();
    let folder = context.static_app("1.0");
    context.deploy(&folder, "production");
    for path in ["/", "/version.json", "/nothing"] {
        context.visit("production", path);
    }
    let query = format!("{VERSION}&metricnames=requests,Http4xx,Http5xx&interval=PT1M&aggregation=Total");
    let (status, answer) = context.metrics("production", &query);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(["Requests", "Http4xx", "Http5xx"].map(|name| sum(&answer, name)), ["3", "1", "0"], "{answer}");
    assert_eq!((&answer["namespace"], &answer["interval"]), (&"Microsoft.Web/sites".into(), &"PT1M".into()));
    let point = &answer["value"][0]["timeseries"][0]["data"][0];
    assert!(point["timeStamp"].as_str().unwrap().ends_with(":00Z"), "{point}");
    let (_, answer) = context.metrics("staging", &query);
    assert_eq!((sum(&answer, "Requests"), &answer["namespace"]), ("0".to_owned(), &"Microsoft.Web/sites/slots".into()));
}

#[test]
fn a_visit_that_is_routed_to_a_slot_counts_there() {
    let context = Context::shell();
    let host = context.emulator.app_url("app1", "staging").replace("https://", "");
    let rule = json!({"name": "staging", "actionHostName": host, "reroutePercentage": 100.0});
    let body = json!({"properties": {"experiments": {"rampUpRules": [rule]}}});
    assert_eq!(context.arm(Method::PATCH, "/config/web", Some(body)).0, 200);
    context.visit("production", "/");
    let query = format!("{VERSION}&metricnames=Requests&interval=FULL");
    let seen = ["production", "staging"].map(|slot| sum(&context.metrics(slot, &query).1, "Requests"));
    assert_eq!(seen, ["0", "1"]);
}

#[test]
fn a_query_that_azure_would_refuse_is_refused_in_its_words() {
    let context = Context::shell();
    for (query, code, phrase) in [
        ("api-version=2024-11-01&metricnames=Requests".to_owned(), "NoRegisteredProviderFound", "for type 'metrics'"),
        ("metricnames=Requests".to_owned(), "MissingApiVersionParameter", "api-version"),
        (format!("{VERSION}&metricnames=Http6xx"), "BadRequest", "Valid metrics: Requests,"),
        (format!("{VERSION}&metricnames=Requests&interval=PT2M"), "BadRequest", "Invalid time grain duration: PT2M"),
        (format!("{VERSION}&metricnames=Requests&timespan=soon"), "BadRequest", "Detected invalid time interval input"),
    ] {
        let (status, answer) = context.metrics("production", &query);
        assert_eq!(status, 400, "{query}\n{answer}");
        let error = answer.get("error").unwrap_or(&answer);
        assert_eq!(error["code"], code, "{answer}");
        assert!(error["message"].as_str().unwrap().contains(phrase), "{answer}");
    }
}
