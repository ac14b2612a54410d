//! Calls to Azure Resource Manager, and what its refusals mean.

use serde::Deserialize;
use url::Url;

use super::az;
use super::cloud::Cloud;
use super::credential::Credential;
use super::shell_quoted;
use crate::report::{Failure, code};
use crate::world::World;
use crate::world::http::{Answer, Body, Call, Method, Repeat};

/// The version of `Microsoft.Web` that we speak; the bodies we use are the same from 2022 on (`contracts/slots-and-vault.md` §1.0).
pub const WEB: &str = "2024-11-01";
/// The version for subscriptions.
pub const SUBSCRIPTIONS: &str = "2022-12-01";

/// A signed-in way to one subscription.
pub struct Arm<'a> {
    /// The outside world.
    pub world: &'a World,
    /// Which Azure.
    pub cloud: &'a Cloud,
    /// Who asks.
    pub credential: &'a Credential,
    /// The subscription's GUID.
    pub subscription: &'a str,
}

/// A subscription, as far as it is shown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its name for people.
    pub display_name: String,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled`.
    pub state: String,
}

impl Arm<'_> {
    /// The subscription itself: the one read that proves the sign-in (lists come back empty at times).
    pub async fn subscription(&self) -> Result<Subscription, Failure> {
        let doing = format!("see subscription `{}`", self.subscription);
        self.get("", SUBSCRIPTIONS, &doing).await?.json("a subscription")
    }

    /// The URL of a path below the subscription.
    pub fn url(&self, path: &str, api_version: &str) -> Url {
        let mut url = self.cloud.arm.clone();
        url.set_path(&format!("/subscriptions/{}{path}", self.subscription));
        url.query_pairs_mut().append_pair("api-version", api_version);
        url
    }

    /// Reads; anything but 2xx is explained. `doing` completes "this identity may not ...".
    pub async fn get(&self, path: &str, api_version: &str, doing: &str) -> Result<Answer, Failure> {
        self.accepted(Call::get(self.url(path, api_version)), doing).await
    }

    /// A `POST` that only reads or does the same twice.
    pub async fn post(&self, path: &str, body: Body, doing: &str) -> Result<Answer, Failure> {
        self.accepted(Call::post(self.url(path, WEB)).repeat(Repeat::Safe).body(body), doing).await
    }

    /// A `PUT` or `PATCH`: the same twice.
    pub async fn write(
        &self,
        method: Method,
        path: &str,
        body: serde_json::Value,
        doing: &str,
    ) -> Result<Answer, Failure> {
        self.accepted(Call::new(method, self.url(path, WEB), Repeat::Safe).body(Body::Json(body)), doing).await
    }

    /// Sends a call with the ARM token; the caller looks at the status.
    pub async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let token = self.credential.token(self.world, &self.cloud.arm_scope).await?;
        Ok(self.world.http.send(&call.bearer(&token)).await?)
    }

    /// Sends a call and explains anything but 2xx.
    pub async fn accepted(&self, call: Call, doing: &str) -> Result<Answer, Failure> {
        let answer = self.send(call).await?;
        if answer.is_success() { Ok(answer) } else { Err(self.refusal(&answer, doing)) }
    }

    /// What a refusal means.
    pub fn refusal(&self, answer: &Answer, doing: &str) -> Failure {
        let Some(refusal) = Refusal::of(answer) else {
            return answer.unexpected("JSON from Azure Resource Manager");
        };
        let failure = match answer.status {
            401 => Failure::new(&code::UNAUTHORIZED, format!("Azure did not accept the token to {doing}")),
            403 => Failure::new(&code::FORBIDDEN, format!("this identity may not {doing}")),
            404 => Failure::new(
                &code::NOT_FOUND,
                format!("cannot {doing}: it does not exist, or this identity cannot see it"),
            ),
            409 | 412 | 423 => {
                Failure::new(&code::CONFLICT, format!("cannot {doing} now: something else is in the way"))
            }
            429 => Failure::new(&code::THROTTLED, format!("Azure is throttling this identity; it could not {doing}")),
            500.. => Failure::new(&code::SERVER_ERROR, format!("Azure failed to {doing}")),
            _ => Failure::new(&code::REFUSED, format!("Azure refused to {doing}")),
        };
        let failure = failure.because(refusal.to_string());
        self.advise(answer.with_ids(failure), answer.status, &refusal)
    }

    fn advise(&self, failure: Failure, status: u16, refusal: &Refusal) -> Failure {
        let client = shell_quoted(self.credential.client());
        let scope =
            refusal.quoted_after("over scope ").unwrap_or_else(|| format!("/subscriptions/{}", self.subscription));
        let assign = format!(
            "az role assignment create --assignee {client} --role 'Website Contributor' --scope {}",
            shell_quoted(&scope)
        );
        match status {
            401 if refusal.code == "InvalidAuthenticationTokenTenant" => failure.fix("set `tenant-id` to the tenant of the subscription"),
            401 => failure.fix("sign in again; check `tenant-id` and `cloud`"),
            403 => failure.run(assign).fix("a role assigned in the last minutes may not be in force yet; run the job again then"),
            404 if refusal.code == "SubscriptionNotFound" => failure
                .fix("check `subscription-id`, `tenant-id` and `cloud`; a subscription without any role for this identity looks the same")
                .run(assign),
            404 => failure.fix("check the names and the resource group").run(az::apps(self.subscription)),
            409 | 412 | 423 => failure.fix("wait until the other operation has ended, or remove the lock it names, then run again"),
            429 => failure.fix("wait a few minutes; spread jobs of a matrix, or give them identities of their own"),
            500.. => failure.fix("run again; if it stays, give the request id to Azure support, and see https://status.azure.com"),
            _ => failure.fix("the reason above is Azure's own; give the request id to Azure support if it does not help"),
        }
    }
}

/// ARM's error in both of its forms: `{"error":{…}}` and the older flat one with capitals.
#[derive(Debug, Default)]
pub struct Refusal {
    /// The code, such as `AuthorizationFailed`.
    pub code: String,
    /// The longest message in it.
    pub message: String,
}

impl Refusal {
    /// Reads an answer's body; `None` when it is neither form.
    pub fn of(answer: &Answer) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        let error = value.get("error").filter(|error| error.is_object()).unwrap_or(&value);
        let text = |value: &serde_json::Value, names: [&str; 2]| {
            names.iter().find_map(|name| value.get(*name)).and_then(serde_json::Value::as_str).map(str::to_owned)
        };
        let code = text(error, ["code", "Code"]);
        let mut messages: Vec<String> = text(error, ["message", "Message"]).into_iter().collect();
        for details in ["details", "Details"] {
            let details = error.get(details).and_then(serde_json::Value::as_array).into_iter().flatten();
            messages.extend(details.filter_map(|detail| text(detail, ["message", "Message"])));
        }
        let message = messages.into_iter().max_by_key(String::len);
        if code.is_none() && message.is_none() {
            return None;
        }
        Some(Self { code: code.unwrap_or_default(), message: message.unwrap_or_default() })
    }

    fn quoted_after(&self, marker: &str) -> Option<String> {
        let (_, rest) = self.message.split_once(marker)?;
        let rest = rest.trim_start().strip_prefix('\'')?;
        rest.split('\'').next().map(str::to_owned)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", message) => formatter.write_str(message),
            (code, "") => formatter.write_str(code),
            (code, message) => write!(formatter, "{code}: {message}"),
        }
    }
}
