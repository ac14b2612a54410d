//! An SCM site that takes tokens of its own audience only: it is asked once with ARM's, and gets the package once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use siding::azure::arm::Arm;
use siding::azure::cloud::Cloud;
use siding::azure::credential::{Credential, Identity, Proof};
use siding::azure::kudu::{Push, Pushed, Scm};
use siding::azure::site::Site;
use siding::report::Failure;
use siding::world::http::PollRule;
use siding::world::{Env, Masker, Secret, World};
use tempfile::TempDir;
use url::Url;

use crate::impostor::{Authority, Impostor, Reply, Request};

const TENANT: &str = "10000000-0000-4000-8000-000000000001";

/// A cloud whose first token, which is the one for ARM, its SCM sites refuse.
fn cloud(authority: &Authority) -> Impostor {
    let tokens = AtomicUsize::new(0);
    let answer = move |request: &Request| {
        if request.is("POST", "/oauth2/v2.0/token") {
            let number = tokens.fetch_add(1, Ordering::Relaxed) + 1;
            let token = format!("token-{number}");
            return Some(Reply::new(200, json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token})));
        }
        let refused = request.headers["authorization"] == "Bearer token-1";
        Some(match (refused, request.path.as_str()) {
            (true, _) => Reply::new(401, ""),
            (_, "/api/deployments") => Reply::new(200, "[]"),
            (_, path) if path.starts_with("/api/publish") => Reply::new(202, "").header("scm-deployment-id", "d1"),
            _ => Reply::new(200, json!({"id": "d1", "status": 4})),
        })
    };
    Impostor::start(authority, Arc::new(answer))
}

async fn use_it(world: &World, port: u16, package: Push, asks_first: bool) -> Result<(), Failure> {
    let base = format!("https://localhost:{port}");
    let cloud = Cloud {
        authority: base.clone(),
        arm: Url::parse(&base).unwrap(),
        arm_scope: "https://arm.example/.default".to_owned(),
        app_service_scope: Some("https://app-service.example/.default".to_owned()),
        vault_suffix: ".vault.example".to_owned(),
        federation_audience: "api://example",
        poll: PollRule::default(),
    };
    let identity = Identity {
        tenant: TENANT.to_owned(),
        client: TENANT.to_owned(),
        proof: Proof::Secret(Secret::new("a-secret")),
        audience: None,
    };
    let credential = Credential::new(world, &cloud, &identity)?;
    let arm = Arm { world, cloud: &cloud, credential: &credential, subscription: TENANT };
    let site: Site = serde_json::from_value(json!({"id": "/x", "properties": {"state": "Running",
        "defaultHostName": "a", "hostNameSslStates": [
            {"name": format!("a.scm.azurewebsites.localhost:{port}"), "hostType": "Repository"}]}}))
    .unwrap();
    let scm = Scm::of(&arm, &site)?;
    if asks_first {
        scm.recent().await?;
    }
    assert!(matches!(scm.push(&package).await?, Pushed::Accepted(Some(id)) if id == "d1"));
    for _ in 0..3 {
        assert!(scm.deployment("d1").await?.is_some());
    }
    Ok(())
}

#[test]
fn the_audience_that_was_accepted_is_remembered() {
    for asks_first in [true, false] {
        let folder = TempDir::new().unwrap();
        let authority = Authority::new(folder.path());
        let impostor = cloud(&authority);
        let path = folder.path().join("package.zip");
        std::fs::write(&path, "content").unwrap();
        let package = Push { path, bytes: 7, sha256: "0".repeat(64), clean: true, restart: true };
        let env = Env::default().with([("SSL_CERT_FILE", authority.file.display().to_string())]);
        let world = World::new(env, "test", Masker::new(|_| {})).map_err(|failure| failure.what).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let done = runtime.block_on(use_it(&world, impostor.port, package, asks_first));
        done.map_err(|failure| failure.what).unwrap();
        let requests = impostor.requests();
        let count = |condition: fn(&Request) -> bool| requests.iter().filter(|request| condition(request)).count();
        assert_eq!(count(|request| request.headers.get("authorization").is_some_and(|value| value.ends_with("-1"))), 1);
        assert_eq!(count(|request| request.path.starts_with("/api/publish")), 1, "{requests:#?}");
    }
}
