//! What an AADSTS code means in CI, and the command that fixes it.
//!
//! Codes are help text, never control flow, but for the list of transient ones: Microsoft says that they may change.
//! Source of the rows: `contracts/identity.md` §2.1.

use serde::Deserialize;
use serde_json::json;

use super::assertion::Claims;
use super::shell_quoted;
use crate::report::{Code, Failure, code};
use crate::world::http::Answer;

/// The sign-in that failed.
pub struct Attempt<'a> {
    /// The tenant's GUID.
    pub tenant: &'a str,
    /// The client id.
    pub client: &'a str,
    /// The claims of the assertion, when there was one.
    pub claims: Option<Claims>,
}

/// A row of the catalogue.
pub struct Row {
    /// The number behind `AADSTS`.
    pub number: u32,
    /// Our code.
    pub code: &'static Code,
    /// What it means, and the usual cause in CI.
    pub meaning: &'static str,
    /// Commands and sentences; `$C` is the client id, `$T` the tenant, `$F` the wanted federated credential as JSON.
    pub fixes: &'static [&'static str],
}

/// Codes that pass by themselves.
const TRANSIENT: &[u32] = &[50_033, 50_166, 90_006, 90_012, 90_024, 90_033, 90_055, 90_090, 500_031];

const CREATE: &str = "az ad app federated-credential create --id $C --parameters $F";
const LIST: &str =
    "az ad app federated-credential list --id $C --query '[].{issuer:issuer,subject:subject,audiences:audiences}'";
const RESET: &str = "az ad app credential reset --id $C --append";

const fn row(number: u32, code: &'static Code, meaning: &'static str, fixes: &'static [&'static str]) -> Row {
    Row { number, code, meaning, fixes }
}

/// The catalogue, federation first.
pub static ROWS: &[Row] = &[
    row(
        70_021,
        &code::FEDERATION_MISMATCH,
        "no federated credential matches; one created minutes ago may not be in force yet",
        &[LIST, CREATE],
    ),
    row(700_211, &code::FEDERATION_MISMATCH, "the issuer matches no federated credential", &[LIST, CREATE]),
    row(
        700_212,
        &code::FEDERATION_MISMATCH,
        "the audience matches no federated credential; sovereign clouds have their own",
        &[LIST, CREATE],
    ),
    row(
        700_213,
        &code::FEDERATION_MISMATCH,
        "the subject matches no federated credential: another branch, environment or event, a renamed repository, or a subject with ids",
        &[LIST, CREATE],
    ),
    row(
        7_002_138,
        &code::FEDERATION_MISMATCH,
        "the subject differs from a federated credential only in upper and lower case; delete that one and create it anew, an edit was seen to stay stale",
        &[LIST, CREATE],
    ),
    row(
        7_002_137,
        &code::FEDERATION_MISMATCH,
        "the subject has not the form that its issuer gives; copy issuer and subject from the service connection's page",
        &[LIST, CREATE],
    ),
    row(70_025, &code::FEDERATION_MISMATCH, "the application has no federated credential at all", &[CREATE]),
    row(
        700_223,
        &code::FEDERATION_MISMATCH,
        "the tenant's policy does not allow this federation; a tenant administrator must allow the issuer",
        &[],
    ),
    row(
        700_238,
        &code::FEDERATION_MISMATCH,
        "the issuer is not on the tenant's allow list; a tenant administrator must add it",
        &[],
    ),
    row(
        700_222,
        &code::FEDERATION_MISMATCH,
        "a token issued by Entra was used as an assertion",
        &["federate with the CI host's own issuer"],
    ),
    row(
        700_231,
        &code::FEDERATION_MISMATCH,
        "a token that came from a federated credential cannot be an assertion itself",
        &["federate directly"],
    ),
    row(
        70_052,
        &code::FEDERATION_MISMATCH,
        "the Entra issuer needs a single-tenant application",
        &["az ad app update --id $C --sign-in-audience AzureADMyOrg"],
    ),
    row(
        700_024,
        &code::ASSERTION_EXPIRED,
        "the assertion is outside its validity: it was kept too long, or this machine's clock is wrong",
        &["do not hand assertions on; each tool mints its own", "timedatectl status"],
    ),
    row(
        500_133,
        &code::ASSERTION_EXPIRED,
        "the assertion has expired",
        &["do not hand assertions on; each tool mints its own"],
    ),
    row(
        50_027,
        &code::ENTRA_REFUSED,
        "the assertion is malformed: cut, masked as `***`, or not the JWT that was meant",
        &["check that nothing replaces the token on its way"],
    ),
    row(
        50_013,
        &code::ENTRA_REFUSED,
        "the assertion is invalid",
        &["check that nothing replaces the token on its way"],
    ),
    row(
        700_027,
        &code::ENTRA_REFUSED,
        "the assertion's signature is not valid for this application",
        &["az ad app credential list --id $C --cert"],
    ),
    row(
        50_166,
        &code::ENTRA_REFUSED,
        "Entra could not fetch the issuer's OpenID document",
        &[
            "run the job again; a GitHub Enterprise Server must publish `/_services/token/.well-known/openid-configuration`",
        ],
    ),
    row(
        500_031,
        &code::ENTRA_REFUSED,
        "Entra did not find the issuer's signing key",
        &["run the job again in a minute"],
    ),
    row(
        700_016,
        &code::APPLICATION_UNKNOWN,
        "the application is not in this tenant: an object id in place of the client id, another environment's id, or a deleted identity",
        &["az ad sp show --id $C --query appId", "az identity list --query '[].{name:name,clientId:clientId}'"],
    ),
    row(
        7_000_229,
        &code::APPLICATION_UNKNOWN,
        "the application has no service principal in this tenant",
        &["az ad sp create --id $C"],
    ),
    row(
        7_000_112,
        &code::APPLICATION_UNKNOWN,
        "the application is disabled",
        &["az ad sp update --id $C --set accountEnabled=true"],
    ),
    row(
        90_002,
        &code::APPLICATION_UNKNOWN,
        "the tenant is not known in this cloud: a typing error, or a tenant of another cloud",
        &["az account show --query tenantId", "check `tenant-id` and `cloud`"],
    ),
    row(900_023, &code::APPLICATION_UNKNOWN, "the tenant id is malformed", &["paste the bare GUID, without quotes"]),
    row(
        90_038,
        &code::APPLICATION_UNKNOWN,
        "the tenant lives in another national cloud",
        &["set `cloud` to the tenant's cloud"],
    ),
    row(
        900_382,
        &code::APPLICATION_UNKNOWN,
        "confidential clients may not sign in across clouds",
        &["set `cloud` to the tenant's cloud"],
    ),
    row(
        7_000_215,
        &code::CLIENT_SECRET_REFUSED,
        "the client secret is wrong: its id was pasted in place of its value, or it was rotated",
        &[RESET, "better: use a federated credential and keep no secret at all"],
    ),
    row(
        7_000_222,
        &code::CLIENT_SECRET_REFUSED,
        "the client secret has expired",
        &[RESET, "better: use a federated credential and keep no secret at all"],
    ),
    row(
        7_000_218,
        &code::CLIENT_SECRET_REFUSED,
        "neither an assertion nor a secret was sent: secrets are empty in pull requests from forks",
        &["check that the job may read the secret"],
    ),
    row(
        700_025,
        &code::ENTRA_REFUSED,
        "the application is a public client and must not send a credential",
        &["az ad app update --id $C --is-fallback-public-client false"],
    ),
    row(
        53_003,
        &code::ENTRA_REFUSED,
        "Conditional Access blocks this workload identity from this address",
        &["a tenant administrator finds the policy in the sign-in logs of the service principal"],
    ),
    row(500_011, &code::ENTRA_REFUSED, "the resource is not known in this tenant or cloud", &["check `cloud`"]),
    row(70_011, &code::ENTRA_REFUSED, "the scope is not valid", &["check `cloud`"]),
    row(1_002_012, &code::ENTRA_REFUSED, "the scope is not valid for this kind of sign-in", &["check `cloud`"]),
    row(
        900_144,
        &code::ENTRA_REFUSED,
        "the request lost a parameter on its way: a proxy rewrote it",
        &["exclude the login host from the proxy with `NO_PROXY`"],
    ),
    row(
        9_002_313,
        &code::ENTRA_REFUSED,
        "the request arrived malformed: a proxy rewrote it",
        &["exclude the login host from the proxy with `NO_PROXY`"],
    ),
];

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    correlation_id: String,
}

impl Refusal {
    fn of(answer: &Answer) -> Option<Self> {
        serde_json::from_slice(&answer.body).ok()
    }

    fn number(&self) -> Option<u32> {
        self.error_codes.first().copied().or_else(|| {
            let (_, rest) = self.error_description.split_once("AADSTS")?;
            rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
        })
    }
}

/// Whether Entra says that the trouble is its own.
pub fn is_transient(answer: &Answer) -> bool {
    Refusal::of(answer).and_then(|refusal| refusal.number()).is_some_and(|number| TRANSIENT.contains(&number))
}

/// The failure for an answer of the token endpoint that brought no token.
pub fn explain(answer: &Answer, attempt: &Attempt<'_>) -> Failure {
    let Some(refusal) = Refusal::of(answer).filter(|_| !answer.is_success()) else {
        return answer.unexpected("a token or an AADSTS error from Entra");
    };
    let number = refusal.number();
    let row = ROWS.iter().find(|row| Some(row.number) == number);
    let name = number.map_or_else(|| refusal.error.clone(), |number| format!("AADSTS{number}"));
    let what = format!("Entra refused to sign in `{}` with {name}", attempt.client);
    let mut failure = Failure::new(row.map_or(&code::ENTRA_REFUSED, |row| row.code), what);
    failure = match row {
        Some(row) => failure.because(row.meaning),
        None => failure.because(first_line(&refusal.error_description)),
    };
    if let Some(claims) = &attempt.claims {
        failure = failure.fact("iss", &claims.iss).fact("sub", &claims.sub).fact("aud", &claims.aud);
    }
    failure = failure.fact("tenant", attempt.tenant).fact("correlation id", refusal.correlation_id);
    for fix in row.map_or(&[][..], |row| row.fixes) {
        failure = remedy(failure, fix, attempt);
    }
    match number {
        Some(number) => {
            failure.fix(format!("https://login.microsoftonline.com/error?code={number} has Microsoft's own words"))
        }
        None => failure,
    }
}

/// A row's fixes name commands and sentences alike; those that begin with a program are commands.
fn remedy(failure: Failure, fix: &str, attempt: &Attempt<'_>) -> Failure {
    let is_command = fix.starts_with("az ") || fix.starts_with("timedatectl");
    if !is_command {
        return failure.fix(fix);
    }
    let wanted = attempt.claims.as_ref().map_or_else(String::new, |claims| {
        let credential = json!({"name": credential_name(claims), "issuer": claims.iss, "subject": claims.sub, "audiences": [claims.aud]});
        shell_quoted(&credential.to_string())
    });
    failure.run(fix.replace("$C", attempt.client).replace("$T", attempt.tenant).replace("$F", &wanted))
}

/// A name for the credential, 3 to 120 characters that Entra takes, made from the subject.
fn credential_name(claims: &Claims) -> String {
    let tail = claims.sub.rsplit('/').next().unwrap_or_default();
    let slug: String = tail
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '-' })
        .take(100)
        .collect();
    format!("ci-{}", slug.trim_matches('-'))
}

fn first_line(description: &str) -> String {
    description.lines().next().unwrap_or_default().split(" Trace ID").next().unwrap_or_default().to_owned()
}
