//! The actions of others: a tag for people, a commit for machines, and the inputs that there are.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::report::{Failure, code};
use crate::spec::nearest;

/// The pins, with those of the config in place of ours.
#[derive(Clone, Debug)]
pub struct Catalog {
    actions: BTreeMap<String, Pin>,
}

#[derive(Clone, Debug, Deserialize)]
struct Pin {
    tag: String,
    sha: String,
    inputs: Vec<String>,
}

impl Catalog {
    /// The catalog, where `pins` of the config (`actions/checkout: v7.0.1@<commit>`) come first. A pin of
    /// `github/codeql-action` is one of all actions in that repository. `SID0001` tells every pin that is none.
    pub fn new(pins: &IndexMap<String, String>) -> Result<Self, Failure> {
        let mut actions: BTreeMap<String, Pin> =
            serde_json::from_str(include_str!("actions.json")).expect("a test reads actions.json");
        let problems: Vec<String> =
            pins.iter().filter_map(|(name, pin)| replace(&mut actions, name, pin).err()).collect();
        if problems.is_empty() {
            return Ok(Self { actions });
        }
        let failure = Failure::new(&code::BAD_INPUT, "`pins` in siding.yml cannot be used");
        let failure = problems.into_iter().fold(failure, Failure::because);
        Err(failure.fix("write a pin as `OWNER/REPOSITORY: v1.2.3@COMMIT`, with all 40 digits of the commit"))
    }

    /// What stands behind `uses:`, such as `actions/checkout@3d3c… # v7.0.1`; nothing when we do not use that action.
    pub fn uses(&self, name: &str) -> Option<String> {
        self.actions.get(name).map(|pin| format!("{name}@{} # {}", pin.sha, pin.tag))
    }

    /// The names that may stand in `with:`.
    pub fn inputs(&self, name: &str) -> Option<&[String]> {
        self.actions.get(name).map(|pin| pin.inputs.as_slice())
    }

    /// The names of all actions.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.actions.keys().map(String::as_str)
    }
}

fn replace(actions: &mut BTreeMap<String, Pin>, name: &str, pin: &str) -> Result<(), String> {
    let within = format!("{name}/");
    let (tag, sha) = parse(pin).ok_or_else(|| format!("`{name}`: `{pin}` is no tag and commit"))?;
    let mut found = false;
    for (_, known) in actions.iter_mut().filter(|(key, _)| *key == name || key.starts_with(&within)) {
        tag.clone_into(&mut known.tag);
        sha.clone_into(&mut known.sha);
        found = true;
    }
    if found {
        return Ok(());
    }
    let hint = nearest(name, actions.keys().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
    Err(format!("`{name}` is no action that our pipelines use{}", hint.unwrap_or_default()))
}

/// `v7.0.1@<40 hex digits>`. The tag becomes a comment of the file, so it is a version and nothing else.
fn parse(pin: &str) -> Option<(&str, &str)> {
    let (tag, sha) = pin.split_once('@')?;
    let version = tag.strip_prefix('v').unwrap_or(tag);
    let is_version = version.starts_with(|first: char| first.is_ascii_digit())
        && version.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-+".contains(letter));
    let is_commit = sha.len() == 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_version && is_commit).then_some((tag, sha))
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::Catalog;

    const SHA: &str = "0123456789012345678901234567890123456789";

    #[test]
    fn every_pin_is_a_version_and_a_whole_commit() {
        let catalog = Catalog::new(&IndexMap::new()).unwrap();
        for name in catalog.actions() {
            let uses = catalog.uses(name).unwrap();
            let (action, tag) = uses.split_once(" # ").unwrap();
            let pin = format!("{tag}@{}", action.split_once('@').unwrap().1);
            assert!(super::parse(&pin).is_some(), "{uses}");
            assert!(!catalog.inputs(name).unwrap().is_empty(), "{name}");
        }
        assert_eq!(catalog.uses("actions/nothing"), None);
    }

    #[test]
    fn a_pin_of_the_config_replaces_ours_in_all_actions_of_its_repository() {
        let pins = IndexMap::from([("github/codeql-action".to_owned(), format!("v4.99.0@{SHA}"))]);
        let catalog = Catalog::new(&pins).unwrap();
        for name in ["init", "analyze", "upload-sarif"] {
            let name = format!("github/codeql-action/{name}");
            assert_eq!(catalog.uses(&name).unwrap(), format!("{name}@{SHA} # v4.99.0"));
        }
    }

    #[test]
    fn pins_that_are_none_are_all_told() {
        let pins = IndexMap::from([
            ("actions/checkout".to_owned(), "v7".to_owned()),
            ("actions/upload-artifact".to_owned(), format!("v1\n- run: x@{SHA}")),
            ("actions/chekout".to_owned(), format!("v7.0.1@{SHA}")),
        ]);
        let failure = Catalog::new(&pins).unwrap_err();
        assert_eq!(failure.causes.len(), 3);
        assert!(failure.causes[2].contains("did you mean `actions/checkout`?"), "{:?}", failure.causes);
    }
}
