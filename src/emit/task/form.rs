//! The form of a task in the pipeline editor: its inputs, their order, groups and drop-downs.

use serde_json::{Value, json};

use super::table::{Group, Task};
use crate::spec::{Input, Kind, Need, camel_case};
use crate::tools::sign_in;

/// The template of the server's own tasks for the name of a slot, which is the last part of its resource id.
const SLOT: &str = "{\"Value\":\"{{{ #extractResource slots}}}\",\"DisplayValue\":\"{{{ #extractResource slots}}}\"}";
/// The same for a vault.
const VAULT: &str = "{\"Value\":\"{{{name}}}\",\"DisplayValue\":\"{{{name}}}\"}";

/// The form of a task.
pub(super) struct Form<'a> {
    pub(super) task: &'a Task,
}

impl Form<'_> {
    pub(super) fn groups(&self) -> Vec<Value> {
        let group = |group: &Group| {
            let mut value = json!({"name": group.name, "displayName": group.title, "isExpanded": false});
            if !group.shows.is_empty() {
                value["visibleRule"] = group.shows.into();
            }
            value
        };
        self.task.groups.iter().map(group).collect()
    }

    /// The service connection, then what the table names, group by group. What it does not name goes into the last group.
    pub(super) fn inputs(&self) -> Vec<Value> {
        let mut inputs = vec![self.connection()];
        let named = self.task.inputs.iter().map(|name| (*name, None));
        let grouped =
            self.task.groups.iter().flat_map(|group| group.inputs.iter().map(|name| (*name, Some(group.name))));
        let placed: Vec<(&str, Option<&str>)> = named.chain(grouped).collect();
        let forgotten = self.shown().filter(|input| !placed.iter().any(|(name, _)| *name == input.name));
        let last = self.task.groups.last().map(|group| group.name);
        let rest = forgotten.map(|input| (input.name, last)).collect::<Vec<_>>();
        let found = placed.iter().chain(&rest).filter_map(|(name, group)| Some((self.find(name)?, *group)));
        inputs.extend(found.map(|(input, group)| self.input(input, group)));
        inputs
    }

    /// The lists that the server fills with what the service connection can see.
    pub(super) fn drop_downs(&self) -> Vec<Value> {
        self.shown().filter_map(drop_down).collect()
    }

    /// A sentence with the names of inputs and outputs as Azure Pipelines spells them.
    pub(super) fn spelt(&self, sentence: &str) -> String {
        let outputs = self.task.spec.outputs.iter().map(|output| output.name);
        let names: Vec<&str> = self.task.spec.inputs().map(|input| input.name).chain(outputs).collect();
        let word = |(place, part): (usize, &str)| {
            if place % 2 == 1 && names.contains(&part) { camel_case(part) } else { part.to_owned() }
        };
        sentence.split('`').enumerate().map(word).collect::<Vec<_>>().join("`")
    }

    fn shown(&self) -> impl Iterator<Item = &'static Input> {
        self.task.spec.inputs().filter(|input| !is_hidden(input))
    }

    fn find(&self, name: &str) -> Option<&'static Input> {
        self.shown().find(|input| input.name == name)
    }

    fn connection(&self) -> Value {
        let always = self.task.connection_shows.is_empty();
        let mut value = json!({
            "name": sign_in::TASK_INPUT,
            "type": "connectedService:AzureRM",
            "label": "Service connection",
            "defaultValue": "",
            "required": always,
            "helpMarkDown": "The service connection that signs in to Azure; one with workload identity federation needs no secret",
        });
        if !always {
            value["visibleRule"] = self.task.connection_shows.into();
        }
        value
    }

    fn input(&self, input: &Input, group: Option<&str>) -> Value {
        let mut value = json!({
            "name": camel_case(input.name),
            "type": type_of(input.kind),
            "label": label(input.name),
            "defaultValue": sent_default(input),
            "required": input.need == Need::Required,
            "helpMarkDown": self.help(input),
        });
        if let Kind::Choice(choices) = input.kind {
            value["options"] = choices.iter().map(|choice| ((*choice).to_owned(), Value::from(*choice))).collect();
        }
        if drop_down(input).is_some() {
            // Without it neither a variable nor a name that the list lacks could be given.
            value["properties"] = json!({"EditableOptions": "True"});
        } else if input.kind == Kind::Lines {
            value["properties"] = json!({"resizable": true, "rows": "4"});
        }
        if let Some(group) = group {
            value["groupName"] = group.into();
        }
        if let Some((_, rule)) = self.task.rules.iter().find(|(name, _)| *name == input.name) {
            value["visibleRule"] = (*rule).into();
        }
        value
    }

    fn help(&self, input: &Input) -> String {
        let own = match input.need {
            Need::Default(value) if sent_default(input) != value => format!(" (default: `{value}`)"),
            _ => String::new(),
        };
        let variable = input.variables.iter().find(|name| !name.starts_with("GITHUB_"));
        let variable = variable.map(|name| format!(" (`{name}` when it is not given)")).unwrap_or_default();
        self.spelt(input.help) + &own + &variable
    }
}

/// What comes with the service connection.
const IDENTITY: [&Input; 7] = [
    &sign_in::TENANT,
    &sign_in::CLIENT,
    &sign_in::SUBSCRIPTION,
    &sign_in::CLOUD,
    &sign_in::AUDIENCE,
    &sign_in::CONNECTION,
    &sign_in::CLIENT_SECRET,
];

/// Secrets are no inputs, because they would stand in the pipeline's file.
fn is_hidden(input: &Input) -> bool {
    input.kind == Kind::Secret || IDENTITY.iter().any(|known| known.name == input.name)
}

/// The default that the agent sends when nothing is given. What is sent counts as given, so an input that the environment may
/// fill, and a list, whose absence may mean more than its default, have none.
fn sent_default(input: &Input) -> &'static str {
    match input.need {
        Need::Default(value) if input.kind != Kind::Lines && input.variables.is_empty() => value,
        _ => "",
    }
}

/// A path is text: the agent makes a `filePath` that is not given the folder of the sources, which would then be deployed.
fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Flag => "boolean",
        Kind::Choice(_) | Kind::AppName | Kind::SlotName | Kind::ResourceGroup | Kind::Vault => "pickList",
        Kind::Lines => "multiLine",
        _ => "string",
    }
}

fn drop_down(input: &Input) -> Option<Value> {
    let (source, parameters, template) = match input.kind {
        Kind::AppName => ("AzureRMWebAppNames", json!({}), ""),
        Kind::ResourceGroup => ("AzureRMWebAppResourceGroup", json!({"WebAppName": "$(appName)"}), ""),
        Kind::SlotName => {
            ("AzureRMWebAppSlotsId", json!({"WebAppName": "$(appName)", "ResourceGroupName": "$(resourceGroup)"}), SLOT)
        }
        Kind::Vault => ("AzureKeyVaultsListV2", json!({}), VAULT),
        _ => return None,
    };
    let mut value = json!({
        "target": camel_case(input.name),
        "endpointId": format!("$({})", sign_in::TASK_INPUT),
        "dataSourceName": source,
    });
    if parameters.as_object().is_some_and(|parameters| !parameters.is_empty()) {
        value["parameters"] = parameters;
    }
    if !template.is_empty() {
        value["resultTemplate"] = template.into();
    }
    Some(value)
}

/// `app-name` becomes `App name`.
fn label(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + &rest.replace('-', " ")
}
