//! Which apps are released together: one after the other in one job, behind one approval.

use indexmap::IndexMap;

use crate::generate::config::{App, Config};

/// An app and those that follow it (`same-as`, `after`).
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The name of the app that leads.
    pub id: &'a str,
    /// The app that leads first, then the others in the order of the config.
    pub apps: Vec<(&'a str, &'a App)>,
}

/// The groups of apps on App Service and Static Web Apps, in the order of the config. Apps on AKS go together.
pub fn groups(config: &Config) -> Vec<Group<'_>> {
    let mut groups: IndexMap<&str, Vec<(&str, &App)>> = IndexMap::new();
    for (id, app) in config.apps.iter().filter(|(_, app)| app.aks.is_none() && leader(app).is_none()) {
        groups.insert(id, vec![(id, app)]);
    }
    for (name, app) in config.apps.iter().filter(|(_, app)| leader(app).is_some()) {
        groups.entry(root(config, name)).and_modify(|apps| apps.push((name, app)));
    }
    groups.into_iter().map(|(id, apps)| Group { id, apps }).collect()
}

/// The apps that are images on AKS.
pub(super) fn images(config: &Config) -> Vec<(&str, &App)> {
    config.apps.iter().filter(|(_, app)| app.aks.is_some()).map(|(name, app)| (name.as_str(), app)).collect()
}

/// The app that this one follows directly.
pub(super) fn leader(app: &App) -> Option<&str> {
    app.same_as.as_deref().or(app.after.as_deref())
}

/// The app at the head of the chain. `semantics` has refused circles; the count keeps this from running on in one.
fn root<'a>(config: &'a Config, name: &'a str) -> &'a str {
    let mut at = name;
    for _ in 0..config.apps.len() {
        match config.apps.get(at).and_then(leader) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

impl<'a> Group<'a> {
    /// The apps that have a package of their own.
    pub fn built(&self) -> impl Iterator<Item = (&'a str, &'a App)> {
        self.apps.iter().copied().filter(|(_, app)| app.same_as.is_none())
    }
}
