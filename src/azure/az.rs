//! Lines of the Azure CLI that a person can paste, with every name quoted. They are printed and never run.
//!
//! Source: <https://learn.microsoft.com/cli/azure/webapp>.

use super::shell_quoted;
use super::site::{App, Slot};

/// The log of a slot's app, as it grows.
pub fn log_tail(app: &App, slot: &Slot) -> String {
    line("log tail", app, slot, "")
}

/// The log of a deployment.
pub fn deployment_log(app: &App, slot: &Slot, id: &str) -> String {
    line("log deployment show", app, slot, &format!(" --deployment-id {}", shell_quoted(id)))
}

/// The deployments that the SCM site remembers.
pub fn deployments(app: &App, slot: &Slot) -> String {
    line("log deployment list", app, slot, "")
}

/// The last swap that touched a slot.
pub fn swap_status(app: &App, slot: &Slot) -> String {
    line("show", app, slot, " --query slotSwapStatus")
}

/// Cancels a swap that was prepared and not completed; `slot` is the one that would have been swapped away.
pub fn reset_swap(app: &App, slot: &Slot) -> String {
    line("deployment slot swap --action reset", app, slot, "")
}

/// Stops a slot from being swapped by itself after each deployment.
pub fn disable_auto_swap(app: &App, slot: &Slot) -> String {
    line("deployment slot auto-swap --disable", app, slot, "")
}

/// Takes all traffic back to production.
pub fn clear_traffic(app: &App) -> String {
    line("traffic-routing clear", app, &Slot::production(), "")
}

/// Which slots get a share of production's traffic.
pub fn show_traffic(app: &App) -> String {
    line("traffic-routing show", app, &Slot::production(), "")
}

/// The slots of an app.
pub fn slots(app: &App) -> String {
    line("deployment slot list", app, &Slot::production(), " --query '[].name' --output tsv")
}

/// Starts a slot's app.
pub fn start(app: &App, slot: &Slot) -> String {
    line("start", app, slot, "")
}

/// The apps of a subscription, with their resource groups.
pub fn apps(subscription: &str) -> String {
    format!(
        "az webapp list --subscription {} --query '[].{{app:name,group:resourceGroup}}' --output table",
        shell_quoted(subscription)
    )
}

/// The CLI means production when it is given no slot.
fn line(verb: &str, app: &App, slot: &Slot, rest: &str) -> String {
    let (group, name) = (shell_quoted(&app.group), shell_quoted(&app.name));
    let slot = if slot.is_production() { String::new() } else { format!(" --slot {}", shell_quoted(slot.name())) };
    format!("az webapp {verb} --resource-group {group} --name {name}{slot}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_can_be_pasted_whatever_the_names_are() {
        let app = App { group: "my group's".to_owned(), name: "app1".to_owned() };
        let (slot, production) = (Slot::new("$(id)"), Slot::production());
        let place = r"--resource-group 'my group'\''s' --name app1";
        let table = [
            (log_tail(&app, &production), format!("az webapp log tail {place}")),
            (log_tail(&app, &slot), format!("az webapp log tail {place} --slot '$(id)'")),
            (
                deployment_log(&app, &slot, "a;b"),
                format!("az webapp log deployment show {place} --slot '$(id)' --deployment-id 'a;b'"),
            ),
            (deployments(&app, &production), format!("az webapp log deployment list {place}")),
            (swap_status(&app, &production), format!("az webapp show {place} --query slotSwapStatus")),
            (reset_swap(&app, &slot), format!("az webapp deployment slot swap --action reset {place} --slot '$(id)'")),
            (
                disable_auto_swap(&app, &slot),
                format!("az webapp deployment slot auto-swap --disable {place} --slot '$(id)'"),
            ),
            (slots(&app), format!("az webapp deployment slot list {place} --query '[].name' --output tsv")),
            (clear_traffic(&app), format!("az webapp traffic-routing clear {place}")),
            (show_traffic(&app), format!("az webapp traffic-routing show {place}")),
            (start(&app, &production), format!("az webapp start {place}")),
            (
                apps("s 1"),
                "az webapp list --subscription 's 1' --query '[].{app:name,group:resourceGroup}' --output table"
                    .to_owned(),
            ),
        ];
        for (line, expected) in table {
            assert_eq!(line, expected);
        }
    }
}
