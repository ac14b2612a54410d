//! GitHub as the emulator plays it: the rules of its own pages, seen with another client than ours.

use serde_json::{Value, json};
use siding::world::Secret;
use siding::world::http::{Body, Call, Method, Repeat};
use url::Url;

use crate::context::Context;

/// What a request to the deployments of the repository is answered.
fn ask(context: &Context, path: &str, body: Option<Value>) -> (u16, Value) {
    let token = context.variable("GITHUB_TOKEN");
    ask_with(context, &token, path, body)
}

fn ask_with(context: &Context, token: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = format!("{}/repos/{}", context.variable("GITHUB_API_URL"), context.variable("GITHUB_REPOSITORY"));
    let url = Url::parse(&format!("{url}/deployments{path}")).unwrap();
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let call = Call::new(method, url, Repeat::Never).bearer(&Secret::new(token));
    let seen = context.send(&call.body(body.map_or(Body::Empty, Body::Json)));
    (seen.status, serde_json::from_str(&seen.body).unwrap_or_default())
}

#[test]
fn a_deployment_that_leaves_the_checks_to_github_meets_the_job_that_has_not_ended() {
    let context = Context::github();
    let (status, body) = ask(&context, "", Some(json!({"ref": "main"})));
    assert_eq!((status, &body["message"]), (409, &"Conflict: Commit status checks failed for main.".into()));
    for (body, field) in [(json!({}), "ref"), (json!({"ref": "x", "environment": "e".repeat(256)}), "environment")] {
        let (status, answer) = ask(&context, "", Some(body));
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &field.into()), "{answer}");
    }
    assert!(context.emulator.deployments().is_empty());
}

#[test]
fn the_token_the_repository_and_the_right_are_looked_at() {
    let context = Context::github();
    assert_eq!(ask_with(&context, "ghs_wrong", "", None).0, 401);
    assert_eq!(ask(&context, "/1", None).0, 404);
    context.fault("github.no-permission");
    let (status, body) = ask(&context, "", None);
    assert_eq!((status, &body["message"]), (403, &"Resource not accessible by integration".into()));
}

#[test]
fn deployments_have_githubs_defaults_and_are_listed_newest_first() {
    let context = Context::github();
    let create = |more: Value| {
        let mut body = json!({"ref": "main", "required_contexts": []});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, made) = ask(&context, "", Some(body));
        assert_eq!(status, 201, "{made}");
        made
    };
    let first = create(json!({}));
    let shown = ["environment", "task", "original_environment"].map(|name| first[name].as_str().unwrap());
    assert_eq!(shown, ["production", "deploy", "production"]);
    assert_eq!((&first["production_environment"], &first["transient_environment"]), (&true.into(), &false.into()));
    let second = create(json!({"environment": "test", "payload": {"a": 1}}));
    assert_eq!((&second["production_environment"], &second["payload"]["a"]), (&false.into(), &1.into()));
    let ids = |query: &str| -> Vec<u64> {
        let (_, list) = ask(&context, query, None);
        list.as_array().unwrap().iter().map(|listed| listed["id"].as_u64().unwrap()).collect()
    };
    let (one, two) = (first["id"].as_u64().unwrap(), second["id"].as_u64().unwrap());
    assert_eq!(ids(""), [two, one]);
    assert_eq!((ids("?environment=test"), ids("?per_page=1&page=2"), ids("?task=x")), (vec![two], vec![one], vec![]));
    assert_eq!(ask(&context, &format!("/{one}"), None).1["sha"], first["sha"]);
}

#[test]
fn a_status_keeps_githubs_limits() {
    let context = Context::github();
    let (_, made) = ask(&context, "", Some(json!({"ref": "main", "required_contexts": []})));
    let path = format!("/{}/statuses", made["id"]);
    for (body, field) in [
        (json!({"state": "done"}), "state"),
        (json!({"state": "success", "description": "é".repeat(141)}), "description"),
    ] {
        let (status, answer) = ask(&context, &path, Some(body));
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &field.into()), "{answer}");
    }
    for state in ["queued", "in_progress", "success"] {
        assert_eq!(ask(&context, &path, Some(json!({"state": state}))).0, 201);
    }
    let (_, list) = ask(&context, &path, None);
    let states: Vec<&str> = list.as_array().unwrap().iter().map(|status| status["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["success", "in_progress", "queued"]);
}
