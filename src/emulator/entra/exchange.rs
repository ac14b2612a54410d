//! The exchange itself: who asks, with which proof, for which resource; and the access token.

use serde_json::{Value, json};

use super::errors::Refusal;
use super::federation::check_assertion;
use super::missing;
use crate::emulator::cloud::Cloud;
use crate::emulator::config::Application;
use crate::emulator::encode::{base64_url, epoch, random};
use crate::emulator::endpoints::Endpoints;
use crate::emulator::keys::Signer;
use crate::emulator::message::Incoming;

/// How long an access token lives, in seconds.
const LIFETIME: u64 = 3_599;

/// The `client_assertion_type` of RFC 7523.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a form says; a field that is sent empty counts as missing.
struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Answers a request for a token with the body of a success.
pub(super) fn exchange(cloud: &Cloud, incoming: &Incoming, tenant: &str, is_v2: bool) -> Result<Value, Refusal> {
    let form = Form(incoming.form());
    let grant = form.get("grant_type").ok_or_else(|| missing("grant_type"))?;
    if grant != "client_credentials" {
        let message = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(Refusal::new(70_003, message));
    }
    let client_id = form.get("client_id").ok_or_else(|| missing("client_id"))?;
    let application = application(cloud, tenant, client_id)?;
    let resource = resource(cloud, &form, is_v2)?;
    let proof = prove(cloud, &form, application)?;
    let now = epoch(cloud.clock.now());
    let claims = json!({
        "aud": resource, "iss": cloud.directory.issuer(tenant), "iat": now, "nbf": now, "exp": now + LIFETIME,
        "aio": base64_url(&random::<24>()), "appid": application.client_id, "appidacr": proof,
        "idp": cloud.directory.issuer(tenant), "idtyp": "app", "oid": application.object_id,
        "rh": base64_url(&random::<18>()), "sub": application.object_id, "tid": tenant,
        "uti": base64_url(&random::<16>()), "ver": "1.0", "xms_tcdt": 1_600_000_000,
    });
    let access_token = cloud.keys.sign(Signer::Entra, &claims);
    if is_v2 {
        return Ok(json!({"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME,
            "access_token": access_token}));
    }
    // The first version writes its numbers as text.
    Ok(json!({"token_type": "Bearer", "expires_in": LIFETIME.to_string(), "ext_expires_in": LIFETIME.to_string(),
        "expires_on": (now + LIFETIME).to_string(), "not_before": now.to_string(), "resource": resource,
        "access_token": access_token}))
}

fn application<'a>(cloud: &'a Cloud, tenant: &str, client_id: &str) -> Result<&'a Application, Refusal> {
    let tenant = cloud.directory.tenant(tenant).unwrap_or_else(|| cloud.directory.home());
    let same = |application: &&Application| application.client_id.eq_ignore_ascii_case(client_id);
    tenant.applications.iter().find(same).ok_or_else(|| {
        let message = format!(
            "Application with identifier '{client_id}' was not found in the directory '{}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You may have sent your authentication request to the wrong tenant.",
            tenant.domain
        );
        Refusal::new(700_016, message)
    })
}

/// The one resource that the token is for.
fn resource(cloud: &Cloud, form: &Form, is_v2: bool) -> Result<String, Refusal> {
    let resource = if is_v2 {
        if form.get("resource").is_some() {
            let message = "The 'resource' request parameter isn't supported.";
            return Err(Refusal::new(901_002, message));
        }
        let scope = form.get("scope").ok_or_else(|| missing("scope"))?;
        from_scope(scope)?
    } else {
        form.get("resource").ok_or_else(|| missing("resource"))?.to_owned()
    };
    if is_known(&cloud.endpoints, &resource) {
        return Ok(resource);
    }
    let tenant = &cloud.directory.home().domain;
    let message = format!(
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You might have sent your authentication request to the wrong tenant."
    );
    Err(Refusal::new(500_011, message))
}

fn from_scope(scope: &str) -> Result<String, Refusal> {
    let mut wanted = scope.split_whitespace().filter(|scope| !["openid", "profile", "offline_access"].contains(scope));
    let (Some(first), None) = (wanted.next(), wanted.next()) else {
        let message = format!(
            "The provided value for the input parameter 'scope' is not valid. The scope {scope} is \
             not valid."
        );
        return Err(Refusal::new(70_011, message));
    };
    first.strip_suffix("/.default").map(str::to_owned).ok_or_else(|| {
        let message = format!(
            "The provided value for scope {first} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        Refusal::new(1_002_012, message)
    })
}

fn is_known(endpoints: &Endpoints, resource: &str) -> bool {
    const OTHERS: [&str; 3] =
        ["https://graph.microsoft.com", "api://AzureADTokenExchange", "499b84ac-1321-427f-aa17-267ca6975798"];
    endpoints.is_app_service(resource)
        || endpoints.is_vault(resource)
        || OTHERS.contains(&resource.trim_end_matches('/'))
}

/// Checks the proof of identity; the answer is `appidacr`: 1 for a secret, 2 for an assertion.
fn prove(cloud: &Cloud, form: &Form, application: &Application) -> Result<&'static str, Refusal> {
    if let Some(assertion) = form.get("client_assertion") {
        if form.get("client_assertion_type") != Some(JWT_BEARER) {
            return Err(missing("client_assertion_type"));
        }
        return check_assertion(cloud, assertion, application).map(|()| "2");
    }
    let Some(secret) = form.get("client_secret") else {
        let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(Refusal::new(7_000_218, message));
    };
    match application.secrets.iter().find(|known| known.value == secret) {
        Some(known) if !known.expired => Ok("1"),
        Some(_) => Err(Refusal::new(
            7_000_222,
            format!(
                "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys \
                 for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added \
                 security: https://aka.ms/certCreds.",
                application.client_id
            ),
        )),
        None => Err(Refusal::new(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{}'.",
                application.client_id
            ),
        )),
    }
}
