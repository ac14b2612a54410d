//! The inputs of an identity, and the session that they open. Every tool mints its own assertion from the environment.

use crate::azure::arm::Arm;
use crate::azure::assertion::{Source, connection_key};
use crate::azure::cloud::{self, Cloud};
use crate::azure::credential::{Credential, Identity, Proof};
use crate::ci::{self, Fork};
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Problems};
use crate::world::{Secret, World};

/// The tenant.
pub const TENANT: Input = Input::optional("tenant-id", Kind::Guid, "The Entra tenant").or_from(&[
    "AZURE_TENANT_ID",
    "AZURESUBSCRIPTION_TENANT_ID",
    "ARM_TENANT_ID",
]);
/// The application or managed identity.
pub const CLIENT: Input =
    Input::optional("client-id", Kind::Guid, "The client id of the application or managed identity").or_from(&[
        "AZURE_CLIENT_ID",
        "AZURESUBSCRIPTION_CLIENT_ID",
        "ARM_CLIENT_ID",
    ]);
/// The subscription.
pub const SUBSCRIPTION: Input = Input::optional("subscription-id", Kind::Guid, "The Azure subscription").or_from(&[
    "AZURE_SUBSCRIPTION_ID",
    "AZURESUBSCRIPTION_SUBSCRIPTION_ID",
    "ARM_SUBSCRIPTION_ID",
]);
/// Which Azure.
pub const CLOUD: Input = Input::with_default(
    "cloud",
    Kind::Cloud,
    "AzureCloud",
    "AzureCloud, AzureUSGovernment, AzureChinaCloud, or the URL of an ARM endpoint",
)
.or_from(&["AZURE_CLOUD"]);
/// The audience of assertions.
pub const AUDIENCE: Input =
    Input::optional("audience", Kind::Text, "The audience of the assertion, where it is not the cloud's own");
/// The connection of Azure Pipelines.
pub const CONNECTION: Input =
    Input::optional("service-connection-id", Kind::Guid, "The service connection, on Azure Pipelines")
        .or_from(&["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]);
/// The input of our tasks for Azure Pipelines that names the connection.
pub const TASK_INPUT: &str = "azureSubscription";
/// The secret, for those who have no federation yet.
pub const CLIENT_SECRET: Input =
    Input::optional("client-secret", Kind::Secret, "A client secret, where there is no federated credential")
        .or_from(&["AZURE_CLIENT_SECRET"]);

/// What it takes to sign in for somebody else's repository.
pub const ALLOW_FORKS: Input = Input::with_default(
    "allow-forks",
    Kind::Flag,
    "false",
    "Sign in although the run comes from a fork; only where nothing of the fork is checked out or run in the job",
);

/// The inputs of an identity that acts in a subscription.
pub static INPUTS: [Input; 8] = [TENANT, CLIENT, SUBSCRIPTION, CLOUD, AUDIENCE, CONNECTION, CLIENT_SECRET, ALLOW_FORKS];
/// The same for what needs no subscription, such as reading a vault.
pub static IDENTITY: [Input; 7] = [TENANT, CLIENT, CLOUD, AUDIENCE, CONNECTION, CLIENT_SECRET, ALLOW_FORKS];

/// The identity, as it was given.
pub struct SignIn {
    tenant: String,
    client: String,
    subscription: String,
    cloud: String,
    audience: Option<String>,
    connection: Option<String>,
    secret: Option<Secret>,
    secret_is_meant: bool,
    forks: Forks,
}

/// What becomes of a run that comes from a fork.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Forks {
    Refused,
    Allowed,
}

/// Adds a problem for each part of the identity that is missing.
pub fn check(inputs: &Inputs, problems: &mut Problems) {
    check_identity(inputs, problems);
    if !is_anonymous_task(inputs) {
        require(&SUBSCRIPTION, inputs, problems);
    }
}

/// The same for what needs no subscription, such as reading a vault.
pub fn check_identity(inputs: &Inputs, problems: &mut Problems) {
    if is_anonymous_task(inputs) {
        return problems.add(without_identity(inputs));
    }
    require(&TENANT, inputs, problems);
    require(&CLIENT, inputs, problems);
}

/// A task gets its identity from the service connection, as a whole or not at all.
fn is_anonymous_task(inputs: &Inputs) -> bool {
    inputs.is_task() && [&TENANT, &CLIENT].iter().any(|input| inputs.given(input.name).is_none())
}

fn without_identity(inputs: &Inputs) -> String {
    match inputs.given(CONNECTION.name) {
        None => format!(
            "`{TASK_INPUT}` is required and was not given: name a service connection for Azure Resource Manager, best one with workload identity federation (Project settings > Service connections)"
        ),
        Some(connection) => format!(
            "`{TASK_INPUT}` is the service connection `{connection}`, which gives the task no tenant and no client: take one with workload identity federation or a service principal, not one of a managed identity or a publish profile"
        ),
    }
}

fn require(input: &Input, inputs: &Inputs, problems: &mut Problems) {
    if inputs.given(input.name).is_none() && inputs.is_task() {
        problems.add(format!(
            "`{TASK_INPUT}` is a service connection without a subscription, such as one for a management group: take one for the subscription"
        ));
    } else if inputs.given(input.name).is_none() {
        let variable = input.variables.first().copied().unwrap_or_default();
        problems.add(format!("`{0}` is required and was not given: pass `--{0}`, or set `{variable}`", input.name));
    }
}

impl SignIn {
    /// From checked inputs.
    pub fn read(inputs: &Inputs) -> Self {
        let given = |input: &Input| inputs.given(input.name).map(str::to_owned);
        Self {
            tenant: inputs.text(TENANT.name).to_owned(),
            client: inputs.text(CLIENT.name).to_owned(),
            subscription: inputs.text(SUBSCRIPTION.name).to_owned(),
            cloud: inputs.text(CLOUD.name).to_owned(),
            audience: given(&AUDIENCE),
            connection: given(&CONNECTION),
            secret: given(&CLIENT_SECRET).map(Secret::new),
            secret_is_meant: inputs.is_explicit(CLIENT_SECRET.name),
            forks: if inputs.flag(ALLOW_FORKS.name) { Forks::Allowed } else { Forks::Refused },
        }
    }

    /// Opens the session. The first token is asked for by the first call.
    ///
    /// # Errors
    /// `SID0108` in a run that comes from a fork, `SID0101` when nothing in the environment proves an identity.
    pub async fn open(&self, world: &World) -> Result<Session, Failure> {
        if let Some(fork) = ci::fork(&world.env, &world.files).filter(|_| self.forks == Forks::Refused) {
            return Err(refused(&fork));
        }
        let identity = self.identity(world)?;
        let cloud = cloud::resolve(world, &self.cloud).await?;
        let credential = Credential::new(world, &cloud, &identity)?;
        let proof = identity.proof_name();
        Ok(Session { cloud, credential, proof, tenant: self.tenant.clone(), subscription: self.subscription.clone() })
    }

    /// A secret that was given as an input is meant, and so is the key of the service connection. One that lies in the
    /// environment is what is left when there is no federated assertion, so that a forgotten `AZURE_CLIENT_SECRET` hides
    /// nothing.
    fn identity(&self, world: &World) -> Result<Identity, Failure> {
        let key = self.connection.as_deref().and_then(|id| connection_key(&world.env, id, &self.client));
        for secret in self.secret.iter().chain(&key) {
            world.masker.mask(secret);
        }
        let given = self.secret.clone().filter(|_| self.secret_is_meant).or(key);
        let proof = match given {
            Some(secret) => Proof::Secret(secret),
            None => match (Source::detect(&world.env, self.connection.as_deref())?, &self.secret) {
                (Some(source), _) => Proof::Assertion(source),
                (None, Some(secret)) => Proof::Secret(secret.clone()),
                (None, None) => return Err(no_identity(world)),
            },
        };
        Ok(Identity {
            tenant: self.tenant.clone(),
            client: self.client.clone(),
            proof,
            audience: self.audience.clone(),
        })
    }
}

/// A signed-in identity in one cloud, for one subscription.
pub struct Session {
    /// Which Azure.
    pub cloud: Cloud,
    /// Tokens.
    pub credential: Credential,
    /// Which proof was taken, in words.
    pub proof: &'static str,
    /// The tenant's GUID.
    pub tenant: String,
    /// The subscription's GUID.
    pub subscription: String,
}

impl Session {
    /// The way to ARM.
    pub fn arm<'a>(&'a self, world: &'a World) -> Arm<'a> {
        Arm { world, cloud: &self.cloud, credential: &self.credential, subscription: &self.subscription }
    }
}

fn refused(fork: &Fork) -> Failure {
    let Fork { repository, event } = fork;
    Failure::new(&code::FORK, format!("this run comes from {repository}, so it does not sign in to Azure"))
        .because(format!("`{event}` gives this repository's rights to a run that somebody outside of it has started"))
        .fix("deploy from a branch of this repository, after somebody has reviewed the change")
        .fix("where the job neither checks out nor runs anything of the fork, say so with `allow-forks: true`")
}

fn no_identity(world: &World) -> Failure {
    let failure = Failure::new(&code::NO_IDENTITY, "nothing in this environment proves an identity to Azure");
    if world.env.is_true("GITHUB_ACTIONS") {
        failure
            .because("this is a GitHub Actions job without `ACTIONS_ID_TOKEN_REQUEST_URL`: it has no right to ask for an id token")
            .fix("give the job `permissions: id-token: write` and `contents: read`; a caller of a reusable workflow must grant it too")
            .fix("pull requests from forks never get an id token: do not deploy from them")
    } else if world.env.is_true("TF_BUILD") {
        failure
            .because("this is an Azure Pipelines job without `SYSTEM_OIDCREQUESTURI` or a token file")
            .fix("name a service connection with workload identity federation, and map `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`")
    } else {
        failure
            .because("neither GitHub's nor Azure Pipelines' variables are set, and no client secret is given")
            .fix("on a machine of your own, set `AZURE_CLIENT_SECRET`, or try it without Azure:")
            .run("siding rehearse examples/inventory-api")
    }
}
