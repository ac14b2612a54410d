//! `kv-sync`: takes named secrets from a Key Vault to masked variables of the job, on both hosts.

mod map;

use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::json;

use super::sign_in::{self, Session, SignIn};
use super::{Outcome, Reach, Stage, Tool};
use crate::azure::vault::{Found, Vault};
use crate::ci::Level;
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Output, Problems, ToolSpec};
use crate::world::human;
use map::Mapping;

/// Vaults are read by so many clients at once at most.
const LANES: usize = 8;
/// A second lane pays for its challenge from so many secrets on.
const SECRETS_A_LANE: usize = 4;
/// A value that expires sooner is worth a warning.
const EXPIRES_SOON: Duration = Duration::from_hours(14 * 24);
/// Shorter values cannot be masked safely on either host.
const SHORTEST_MASKED: usize = 6;

/// The declaration.
pub static SPEC: ToolSpec = ToolSpec {
    name: "kv-sync",
    about: "Takes named secrets from a Key Vault to masked variables of the job",
    inputs: &[
        &[
            Input::required("vault", Kind::Vault, "The vault's name, or its https URL"),
            Input::required(
                "secrets",
                Kind::Lines,
                "One a line: `secret-name` (becomes `SECRET_NAME`), `NAME=secret-name`, or `NAME=secret-name/version`",
            ),
            Input::with_default(
                "expired",
                Kind::Choice(&["fail", "warn"]),
                "fail",
                "What an expired or not yet valid secret leads to; the vault itself gives it out",
            ),
            Input::with_default(
                "to",
                Kind::Choice(&["environment", "output"]),
                "environment",
                "`environment` hands them to all following steps; `output` hands one secret to the steps that name the output `secret`",
            ),
        ],
        &sign_in::IDENTITY,
    ],
    positional: None,
    outputs: &[
        Output { name: "count", help: "How many secrets were handed on" },
        Output { name: "secret", help: "The secret, masked, with `to: output`" },
    ],
    permissions: &["`Key Vault Secrets User` on the vault"],
    errors: &[
        &code::VAULT_CHALLENGE,
        &code::SECRET_UNUSABLE,
        &code::SECRET_NOT_FOUND,
        &code::VAULT_FORBIDDEN,
        &code::SECRET_NAME_UNSAFE,
    ],
};

/// The tool.
pub static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Network,
    check,
    run: |inputs, stage| {
        Box::pin(async move {
            let parameters = Parameters::read(inputs)?;
            let session = SignIn::read(inputs).open(stage.world).await?;
            let synced = run(stage, &session, &parameters).await?;
            Ok(synced.outcome(&parameters))
        })
    },
};

/// What to take, and where from.
pub struct Parameters {
    vault: String,
    mappings: Vec<Mapping>,
    expired: Policy,
    to: Destination,
}

/// Who gets the secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    /// Every following step of the job.
    Environment,
    /// The steps that name the output.
    Output,
}

/// What an expired secret leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Fail,
    Warn,
}

/// Secrets that were handed on.
pub struct Synced {
    names: Vec<(String, String)>,
    took: Duration,
}

fn check(inputs: &Inputs, problems: &mut Problems) {
    sign_in::check_identity(inputs, problems);
    check_secrets(inputs, problems);
    let lines = inputs.lines("secrets").len();
    if inputs.text("to") == "output" && lines != 1 {
        problems.add(format!(
            "`to`: `output` hands on exactly one secret, and `secrets` names {lines}; take each in a step of its own"
        ));
    }
}

/// Checks the list of secrets.
pub fn check_secrets(inputs: &Inputs, problems: &mut Problems) {
    let (mappings, troubles) = map::read(&inputs.lines("secrets"));
    for trouble in troubles {
        problems.add(format!("`secrets`: {trouble}"));
    }
    if let Some(failure) = map::dangerous(&mappings) {
        problems.add_failure(failure);
    }
}

impl Parameters {
    /// From checked inputs.
    ///
    /// # Errors
    /// A bug, when the lines were not looked at: none may be left out, and none may steer the following steps.
    pub fn read(inputs: &Inputs) -> Result<Self, Failure> {
        let (mappings, troubles) = map::read(&inputs.lines("secrets"));
        if !troubles.is_empty() || map::dangerous(&mappings).is_some() {
            return Err(Failure::bug(format!("`secrets` was not looked at: {}", troubles.join(", "))));
        }
        let expired = if inputs.text("expired") == "warn" { Policy::Warn } else { Policy::Fail };
        let to = if inputs.given("to") == Some("output") { Destination::Output } else { Destination::Environment };
        Ok(Self { vault: inputs.text("vault").to_owned(), mappings, expired, to })
    }

    /// The variables that will be set, by name.
    pub fn variables(&self) -> Vec<&str> {
        self.mappings.iter().map(|mapping| mapping.variable.as_str()).collect()
    }

    fn url(&self, session: &Session) -> String {
        if self.vault.contains("://") {
            self.vault.clone()
        } else {
            format!("https://{}{}", self.vault, session.cloud.vault_suffix)
        }
    }
}

/// Reads every secret, judges all of them, then hands them on: either all or none.
pub async fn run(stage: Stage<'_>, session: &Session, parameters: &Parameters) -> Result<Synced, Failure> {
    let start = stage.world.clock.start();
    stage.host.status(Some(&match parameters.mappings.len() {
        1 => "reading 1 secret".to_owned(),
        more => format!("reading {more} secrets"),
    }));
    let fetched = fetch(stage, session, parameters).await?;
    let found = judge(stage, parameters, fetched)?;
    let pairs = || parameters.mappings.iter().zip(&found);
    for (mapping, secret) in pairs() {
        match parameters.to {
            Destination::Environment => stage.host.export_secret(&mapping.variable, &secret.value)?,
            Destination::Output => stage.host.set_secret_output("secret", &secret.value)?,
        }
    }
    stage.host.status(None);
    let names = pairs().map(|(mapping, secret)| (mapping.variable.clone(), secret.version.clone()));
    let synced = Synced { names: names.collect(), took: start.elapsed() };
    let list =
        parameters.mappings.iter().map(|mapping| format!("`{}`", mapping.variable)).collect::<Vec<_>>().join(", ");
    stage.host.line(&format!("took {list} from `{}` ({})", parameters.vault, human(synced.took)));
    Ok(synced)
}

/// Of each mapping its secret, or why this one cannot be had.
type Fetched = Vec<Result<Found, Failure>>;

async fn fetch(stage: Stage<'_>, session: &Session, parameters: &Parameters) -> Result<Fetched, Failure> {
    let url = parameters.url(session);
    let lanes = parameters.mappings.len().div_ceil(SECRETS_A_LANE).clamp(1, LANES);
    let share = parameters.mappings.len().div_ceil(lanes).max(1);
    let lanes = parameters.mappings.chunks(share).map(|mappings| {
        let url = &url;
        async move {
            let vault = Vault::new(stage.world, &session.credential, url)?;
            let mut found = Vec::with_capacity(mappings.len());
            for mapping in mappings {
                let secret = vault.secret(&mapping.secret, mapping.version.as_deref()).await;
                match secret {
                    Ok(secret) => {
                        stage.host.mask(&secret.value);
                        found.push(Ok(secret));
                    }
                    // The others are read all the same, so that everything is told at once.
                    Err(failure)
                        if [code::SECRET_NOT_FOUND.id, code::SECRET_UNUSABLE.id].contains(&failure.code.id) =>
                    {
                        found.push(Err(failure));
                    }
                    Err(failure) => return Err(failure),
                }
            }
            Ok::<_, Failure>(found)
        }
    });
    Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
}

/// Refuses secrets that are not there or must not be used, all in one failure, and says which cannot be hidden well.
fn judge(stage: Stage<'_>, parameters: &Parameters, fetched: Fetched) -> Result<Vec<Found>, Failure> {
    let (mut found, mut refused) = (Vec::with_capacity(fetched.len()), Vec::new());
    for (mapping, secret) in parameters.mappings.iter().zip(fetched) {
        match secret.and_then(|secret| judge_one(stage, parameters.expired, mapping, &secret).map(|()| secret)) {
            Ok(secret) => found.push(secret),
            Err(failure) => refused.push(failure),
        }
    }
    if refused.is_empty() {
        return Ok(found);
    }
    Err(refusal(refused, parameters.mappings.len()))
}

fn judge_one(stage: Stage<'_>, policy: Policy, mapping: &Mapping, secret: &Found) -> Result<(), Failure> {
    let now = i64::try_from(stage.world.clock.epoch_seconds()).unwrap_or(i64::MAX);
    let soon = now.saturating_add(i64::try_from(EXPIRES_SOON.as_secs()).unwrap_or(i64::MAX));
    let name = &mapping.secret;
    let warn = |message: String| stage.host.annotate(Level::Warning, "kv-sync", &message);
    let unusable = |what: String| {
        Failure::new(&code::SECRET_UNUSABLE, what)
            .fix("set a new value in the vault; `--expired warn` lets expired ones through")
    };
    let validity = match (secret.expires, secret.not_before) {
        (Some(expires), _) if expires <= now => Some(format!("secret `{name}` has expired")),
        (_, Some(not_before)) if not_before > now => Some(format!("secret `{name}` is not valid yet")),
        _ => None,
    };
    match validity {
        Some(trouble) if policy == Policy::Fail => return Err(unusable(trouble)),
        Some(trouble) => warn(trouble),
        None => {}
    }
    if secret.value.is_blank() {
        return Err(unusable(format!("secret `{name}` is empty")));
    }
    stage.host.check_secret(&mapping.variable, &secret.value)?;
    if secret.value.reveal().chars().count() < SHORTEST_MASKED {
        warn(format!(
            "secret `{name}` is shorter than {SHORTEST_MASKED} characters and cannot be hidden safely in the log"
        ));
    } else if !stage.host.can_hide(&secret.value) {
        warn(format!(
            "nothing of secret `{name}` can be hidden in the log: each of its lines is too short or mere punctuation"
        ));
    }
    if secret.expires.is_some_and(|expires| (now..soon).contains(&expires)) {
        warn(format!("secret `{name}` expires within 14 days"));
    }
    Ok(())
}

/// One failure for all, with the code of the first; what to do is told once.
fn refusal(refused: Vec<Failure>, of: usize) -> Failure {
    let code = refused.first().map_or(&code::SECRET_UNUSABLE, |first| first.code);
    let secrets = if of == 1 { "secret" } else { "secrets" };
    let what = format!("{} of {of} {secrets} cannot be used, so none was handed on", refused.len());
    let mut failure = refused.into_iter().fold(Failure::new(code, what), |mut failure, mut other| {
        failure.facts.append(&mut other.facts);
        failure.and(other)
    });
    let mut told = Vec::new();
    failure.fixes.retain(|fix| {
        let is_new = !told.contains(fix);
        told.push(fix.clone());
        is_new
    });
    failure
}

impl Synced {
    fn outcome(&self, parameters: &Parameters) -> Outcome {
        let secrets: Vec<_> =
            self.names.iter().map(|(name, version)| json!({"variable": name, "version": version})).collect();
        Outcome {
            outputs: vec![("count", self.names.len().to_string())],
            rows: vec![
                ("vault", parameters.vault.clone()),
                ("variables", self.names.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ")),
                ("took", human(self.took)),
            ],
            data: json!({"vault": parameters.vault, "secrets": secrets}),
            ..Outcome::default()
        }
    }
}
