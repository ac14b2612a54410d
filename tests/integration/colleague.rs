//! A colleague with rights of their own, who looks at Azure and changes things in it while a tool is at work.

use std::time::Duration;

use serde_json::Value;
use siding::world::http::{Body, Call, Method, Repeat};
use siding::world::{Env, Masker, Secret, World};
use url::Url;

use crate::context::Context;
use crate::started::until;

/// The version that the colleague's calls name.
const VERSION: &str = "api-version=2024-11-01";

/// Status and body of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Context {
    /// A call to ARM: the path below the site, such as `/slots/staging/stop`.
    pub(crate) fn arm(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}{}{path}?{VERSION}", self.emulator.base_url(), self.site_id("production"));
        let call = Call::new(method, Url::parse(&url).unwrap(), Repeat::Safe);
        let call = call.bearer(&Secret::new(self.token())).body(body.map_or(Body::Empty, Body::Json));
        let seen = self.send(&call);
        (seen.status, serde_json::from_str(&seen.body).unwrap_or_default())
    }

    /// What Azure Monitor says of production, or of a slot: the query holds the version and all else.
    pub(crate) fn metrics(&self, slot: &str, query: &str) -> (u16, Value) {
        let site = self.site_id(slot);
        let url = format!("{}{site}/providers/Microsoft.Insights/metrics?{query}", self.emulator.base_url());
        let seen = self.send(&Call::get(Url::parse(&url).unwrap()).bearer(&Secret::new(self.token())));
        (seen.status, serde_json::from_str(&seen.body).unwrap_or_default())
    }

    /// The id of production, or of a slot.
    fn site_id(&self, slot: &str) -> String {
        let (subscription, group) = (self.variable("AZURE_SUBSCRIPTION_ID"), self.variable("RG"));
        let slot = if slot == "production" { String::new() } else { format!("/slots/{slot}") };
        let site = format!("Microsoft.Web/sites/{}{slot}", self.variable("APP"));
        format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{site}")
    }

    /// The properties of production, or of a slot.
    pub(crate) fn site(&self, slot: &str) -> Value {
        let path = if slot == "production" { String::new() } else { format!("/slots/{slot}") };
        self.arm(Method::GET, &path, None).1["properties"].clone()
    }

    /// The app settings of production, or of a slot.
    pub(crate) fn settings(&self, slot: &str) -> Value {
        let path = if slot == "production" { String::new() } else { format!("/slots/{slot}") };
        self.arm(Method::POST, &format!("{path}/config/appsettings/list"), None).1["properties"].clone()
    }

    /// What a visitor of production, or of a slot, gets.
    pub(crate) fn visit(&self, slot: &str, path: &str) -> Seen {
        let url = format!("{}{path}", self.emulator.app_url(&self.variable("APP"), slot));
        self.send(&Call::get(Url::parse(&url).unwrap()))
    }

    /// Swaps the slot into production, and waits until that is over.
    pub(crate) fn swap_by_hand(&self) {
        let before = self.site("production")["slotSwapStatus"].clone();
        let body = serde_json::json!({"targetSlot": "production", "preserveVnet": true});
        let (status, _) = self.arm(Method::POST, "/slots/staging/slotsswap", Some(body));
        assert_eq!(status, 202);
        until("the colleague's swap is over", || {
            let site = self.site("production");
            site["slotSwapStatus"] != before && site["inProgressOperationId"].is_null()
        });
    }

    fn token(&self) -> String {
        let url = format!("{}/{}/oauth2/v2.0/token", self.emulator.base_url(), self.variable("AZURE_TENANT_ID"));
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret=a-client-secret-of-the-emulator&scope={}",
            self.variable("AZURE_CLIENT_ID"),
            "https%3A%2F%2Fmanagement.azure.com%2F.default"
        );
        let call = Call::post(Url::parse(&url).unwrap()).body(Body::Form(Secret::new(form)));
        let answer: Value = serde_json::from_str(&self.send(&call).body).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn send(&self, call: &Call) -> Seen {
        let ca = self.emulator.ca_file().display().to_string();
        let env = Env::default().with([("SSL_CERT_FILE", ca)]);
        let world = World::new(env, "colleague", Masker::new(|_| {})).map_err(|failure| failure.what).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(world.http.probe(call, Duration::from_secs(30)));
        let answer = answer.map_err(|trouble| trouble.brief()).unwrap();
        Seen { status: answer.status, body: answer.text() }
    }
}
