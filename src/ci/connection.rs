//! A service connection of Azure Pipelines as the variables that the tools read.
//!
//! The agent writes the connection that a task input names into `ENDPOINT_*_<id>_<KEY>` (`contracts/identity.md` §1b).

use crate::world::Env;

/// The variables, with the ids of the service connection added where nothing else gives them.
pub fn with_service_connection(env: Env) -> Env {
    let named = ["INPUT_AZURESUBSCRIPTION", "INPUT_CONNECTEDSERVICENAMEARM", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"];
    let Some(id) = named.iter().find_map(|name| env.get(name)).map(str::to_owned) else { return env };
    let mut found = vec![("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID".to_owned(), id.clone())];
    for (name, variable) in [
        ("AZURE_TENANT_ID", format!("ENDPOINT_AUTH_PARAMETER_{id}_TENANTID")),
        ("AZURE_CLIENT_ID", format!("ENDPOINT_AUTH_PARAMETER_{id}_SERVICEPRINCIPALID")),
        ("AZURE_CLIENT_SECRET", format!("ENDPOINT_AUTH_PARAMETER_{id}_SERVICEPRINCIPALKEY")),
        ("AZURE_SUBSCRIPTION_ID", format!("ENDPOINT_DATA_{id}_SUBSCRIPTIONID")),
        ("AZURE_CLOUD", format!("ENDPOINT_DATA_{id}_ENVIRONMENT")),
    ] {
        if let Some(value) = env.get(&variable).filter(|_| env.get(name).is_none()) {
            found.push((name.to_owned(), value.to_owned()));
        }
    }
    env.with(found)
}
