//! `oidc-login`: proves the job's identity to Azure, checks that it can see the subscription, hands the ids to what follows.

use serde_json::json;

use super::sign_in::{self, Session, SignIn};
use super::{Outcome, Reach, Stage, Tool};
use crate::ci::Level;
use crate::report::{Failure, code};
use crate::spec::{Input, Kind, Output, ToolSpec};
use crate::world::human;

/// The declaration.
pub static SPEC: ToolSpec = ToolSpec {
    name: "oidc-login",
    about: "Signs the job in to Azure and checks that it can see the subscription",
    inputs: &[
        &sign_in::INPUTS,
        &[Input::with_default(
            "export",
            Kind::Flag,
            "true",
            "Export the ids as AZURE_* variables for the following steps",
        )],
    ],
    positional: None,
    outputs: &[
        Output { name: "tenant-id", help: "The tenant" },
        Output { name: "client-id", help: "The client" },
        Output { name: "subscription-id", help: "The subscription" },
        Output { name: "subscription-name", help: "The subscription's name" },
    ],
    permissions: &["any role in the subscription, such as `Reader`"],
    errors: &[
        &code::NO_IDENTITY,
        &code::ID_TOKEN_REFUSED,
        &code::ENTRA_REFUSED,
        &code::FEDERATION_MISMATCH,
        &code::APPLICATION_UNKNOWN,
        &code::CLIENT_SECRET_REFUSED,
        &code::ASSERTION_EXPIRED,
        &code::FORK,
    ],
};

/// The tool.
pub static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Network,
    check: sign_in::check,
    run: |inputs, stage| {
        Box::pin(async move {
            let sign_in = SignIn::read(inputs);
            let login = run(stage, &sign_in).await?;
            if inputs.flag("export") {
                export(stage, &login, inputs.text(sign_in::CLOUD.name))?;
            }
            Ok(login.outcome())
        })
    },
};

/// A sign-in that was proven by a read.
pub struct Login {
    /// The session, for the tools that follow in the same run.
    pub session: Session,
    /// The subscription's name.
    pub subscription_name: String,
}

/// Signs in and reads the subscription.
pub async fn run(stage: Stage<'_>, sign_in: &SignIn) -> Result<Login, Failure> {
    let start = stage.world.clock.start();
    stage.host.status(Some("signing in"));
    let session = sign_in.open(stage.world).await?;
    let subscription = session.arm(stage.world).subscription().await?;
    stage.host.status(None);
    let login = Login { session, subscription_name: subscription.display_name };
    let client = login.session.credential.client();
    stage.host.line(&format!(
        "signed in as `{client}` with {}, subscription `{}` ({})",
        login.session.proof,
        login.subscription_name,
        human(start.elapsed())
    ));
    if let Some(claims) = login.session.credential.claims() {
        stage.host.line(&format!("  subject `{}`", claims.sub));
    }
    if subscription.state != "Enabled" {
        let message = format!("the subscription's state is `{}`: writes may be refused", subscription.state);
        stage.host.annotate(Level::Warning, "subscription", &message);
    }
    Ok(login)
}

fn export(stage: Stage<'_>, login: &Login, cloud: &str) -> Result<(), Failure> {
    let session = &login.session;
    stage.host.export("AZURE_TENANT_ID", &session.tenant)?;
    stage.host.export("AZURE_CLIENT_ID", session.credential.client())?;
    stage.host.export("AZURE_SUBSCRIPTION_ID", &session.subscription)?;
    stage.host.export("AZURE_CLOUD", cloud)
}

impl Login {
    fn outcome(&self) -> Outcome {
        let session = &self.session;
        let client = session.credential.client().to_owned();
        let subject = session.credential.claims().map(|claims| claims.sub);
        Outcome {
            outputs: vec![
                ("tenant-id", session.tenant.clone()),
                ("client-id", client.clone()),
                ("subscription-id", session.subscription.clone()),
                ("subscription-name", self.subscription_name.clone()),
            ],
            rows: vec![
                ("client", client.clone()),
                ("proof", session.proof.to_owned()),
                ("subject", subject.clone().unwrap_or_default()),
                ("subscription", format!("{} ({})", self.subscription_name, session.subscription)),
            ],
            data: json!({
                "tenantId": session.tenant, "clientId": client, "subscriptionId": session.subscription,
                "subscriptionName": self.subscription_name, "proof": session.proof, "subject": subject,
            }),
            ..Outcome::default()
        }
    }
}
