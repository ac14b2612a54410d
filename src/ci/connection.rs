//! A service connection of Azure Pipelines as the variables that the tools read.
//!
//! The agent writes the connection that a task input names into `ENDPOINT_*_<id>_<KEY>` (`contracts/identity.md` §1b).

use crate::world::Env;

/// Where the id of the connection goes, and where steps of other tasks leave one.
const CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
/// The inputs of tasks that name a connection.
const INPUTS: [&str; 2] = ["INPUT_AZURESUBSCRIPTION", "INPUT_CONNECTEDSERVICENAMEARM"];
/// What an earlier step may have left of another identity, beside the variables that a connection fills.
const LEFT_BY_OTHERS: [&str; 7] = [
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURESUBSCRIPTION_TENANT_ID",
    "AZURESUBSCRIPTION_CLIENT_ID",
    "AZURESUBSCRIPTION_SUBSCRIPTION_ID",
    "ARM_TENANT_ID",
    "ARM_CLIENT_ID",
    "ARM_SUBSCRIPTION_ID",
];

/// The variables with what is known of the service connection.
///
/// A connection that the task's input names is meant, so it is taken as a whole: what it lacks is not filled from `AZURE_*`,
/// which an earlier step may have exported of another connection. Of one that merely lies in the environment only the gaps
/// are filled. The cloud is the exception, because a connection that names none works in the cloud that is chosen.
pub fn with_service_connection(env: Env) -> Env {
    let meant = INPUTS.iter().find_map(|name| env.get(name));
    let Some(id) = meant.or_else(|| env.get(CONNECTION)).map(str::to_owned) else { return env };
    let parameter = |key: &str| env.get(&format!("ENDPOINT_AUTH_PARAMETER_{id}_{key}")).map(str::to_owned);
    let identity = [
        ("AZURE_TENANT_ID", parameter("TENANTID")),
        ("AZURE_CLIENT_ID", parameter("SERVICEPRINCIPALID")),
        ("AZURE_CLIENT_SECRET", parameter("SERVICEPRINCIPALKEY")),
        ("AZURE_SUBSCRIPTION_ID", env.get(&format!("ENDPOINT_DATA_{id}_SUBSCRIPTIONID")).map(str::to_owned)),
    ];
    let whole = meant.is_some() && identity[..2].iter().all(|(_, value)| value.is_some());
    let mut found = vec![(CONNECTION, id.clone())];
    for (name, value) in identity {
        match value {
            Some(value) if whole || env.get(name).is_none() => found.push((name, value)),
            // An empty variable counts as absent.
            None if whole => found.push((name, String::new())),
            _ => {}
        }
    }
    if whole {
        found.extend(LEFT_BY_OTHERS.map(|name| (name, String::new())));
    }
    if let Some(cloud) = cloud(&env, &id).filter(|_| whole || env.get("AZURE_CLOUD").is_none()) {
        found.push(("AZURE_CLOUD", cloud));
    }
    env.with(found)
}

/// The cloud of the connection: its name, or the ARM endpoint of an Azure Stack, which has none.
fn cloud(env: &Env, id: &str) -> Option<String> {
    let name = env.get(&format!("ENDPOINT_DATA_{id}_ENVIRONMENT"))?;
    let endpoint = env.get(&format!("ENDPOINT_URL_{id}")).filter(|_| name.eq_ignore_ascii_case("AzureStack"));
    Some(endpoint.unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Env, with_service_connection};

    const ID: &str = "5c000000-0000-4000-8000-000000000005";

    fn connection() -> Env {
        let parameter = |key: &str| format!("ENDPOINT_AUTH_PARAMETER_{ID}_{key}");
        Env::default().with([
            (parameter("TENANTID"), "its tenant"),
            (parameter("SERVICEPRINCIPALID"), "its client"),
            (format!("ENDPOINT_DATA_{ID}_SUBSCRIPTIONID"), "its subscription"),
            (format!("ENDPOINT_DATA_{ID}_ENVIRONMENT"), "AzureUSGovernment"),
        ])
    }

    const AMBIENT: [(&str, &str); 7] = [
        ("AZURE_TENANT_ID", "another tenant"),
        ("AZURE_CLIENT_ID", "another client"),
        ("AZURE_CLIENT_SECRET", "another secret"),
        ("AZURE_SUBSCRIPTION_ID", "another subscription"),
        ("AZURE_CLOUD", "AzureCloud"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/another/token"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "another connection"),
    ];

    #[test]
    fn a_connection_that_the_input_names_wins_as_a_whole() {
        for input in super::INPUTS {
            let env = with_service_connection(connection().with(AMBIENT).with([(input, ID)]));
            let expected = [
                ("AZURE_TENANT_ID", Some("its tenant")),
                ("AZURE_CLIENT_ID", Some("its client")),
                ("AZURE_CLIENT_SECRET", None),
                ("AZURE_SUBSCRIPTION_ID", Some("its subscription")),
                ("AZURE_CLOUD", Some("AzureUSGovernment")),
                ("AZURE_FEDERATED_TOKEN_FILE", None),
                ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", Some(ID)),
            ];
            for (name, value) in expected {
                assert_eq!(env.get(name), value, "{input}: {name}");
            }
        }
    }

    #[test]
    fn a_connection_that_lies_in_the_environment_fills_gaps_only() {
        let ambient = AMBIENT.into_iter().filter(|(name, _)| *name != "AZURE_CLIENT_ID");
        let env = connection().with(ambient).with([("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", ID)]);
        let env = with_service_connection(env);
        assert_eq!(env.get("AZURE_CLIENT_ID"), Some("its client"));
        for name in ["AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID", "AZURE_CLIENT_SECRET"] {
            assert!(env.get(name).is_some_and(|value| value.starts_with("another")), "{name}");
        }
    }

    #[test]
    fn an_input_whose_connection_is_hidden_takes_nothing_away() {
        let env = with_service_connection(Env::default().with(AMBIENT).with([("INPUT_AZURESUBSCRIPTION", ID)]));
        assert_eq!(env.get("AZURE_CLIENT_ID"), Some("another client"));
        assert_eq!(env.get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"), Some(ID));
    }

    #[test]
    fn an_azure_stack_is_named_by_its_endpoint() {
        let stack = [(format!("ENDPOINT_DATA_{ID}_ENVIRONMENT"), "AzureStack")];
        let url = [(format!("ENDPOINT_URL_{ID}"), "https://management.local.azurestack.external/")];
        let env = connection().with(stack).with(url).with([("INPUT_AZURESUBSCRIPTION", ID)]);
        assert_eq!(
            with_service_connection(env).get("AZURE_CLOUD"),
            Some("https://management.local.azurestack.external/")
        );
    }
}
