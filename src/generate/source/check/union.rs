//! Which of several schemas a list or a map is meant for, so that the problems told are those of that one.

use super::schema::Schema;
use super::want::{found, wanted};
use super::{At, Checker};
use crate::generate::source::place::join;
use crate::generate::source::problem::Problem;
use crate::generate::source::tree::{Content, Key, Node};
use crate::generate::source::words::{listed, nearest, quoted};

impl<'a> Checker<'a> {
    /// The schema that a list or map is meant for; without one, the problem is told.
    pub(super) fn choose<'s>(
        &self,
        at: &At<'_>,
        choices: &'s [Schema<'a>],
        problems: &mut Vec<Problem>,
    ) -> Option<&'s Schema<'a>> {
        let kind = if matches!(at.node.content, Content::List(_)) { "array" } else { "object" };
        let fits: Vec<&Schema<'a>> = choices.iter().filter(|schema| schema.takes(kind)).collect();
        if fits.is_empty() {
            let message = format!("{} must be {}, and it is {}", at.name(), wanted(choices), found(at.node));
            let help = choices.iter().find_map(Schema::cure).or_else(|| only_item(at, choices));
            problems.push(at.problem(message, help));
            return None;
        }
        if let [only] = fits.as_slice() {
            return Some(only);
        }
        match &at.node.content {
            Content::Map(entries) => self.choose_map(at, entries, &fits, problems),
            _ => self.fewest(at, &fits),
        }
    }

    /// By the value of the key that tells the schemas apart, else by the keys.
    fn choose_map<'s>(
        &self,
        at: &At<'_>,
        entries: &[(Key, Node)],
        fits: &[&'s Schema<'a>],
        problems: &mut Vec<Problem>,
    ) -> Option<&'s Schema<'a>> {
        if let Some((tag, names)) = tag(fits) {
            let given = entries.iter().find(|(key, _)| key.text == tag);
            let said = given.and_then(|(_, node)| match &node.content {
                Content::Scalar(scalar) => Some(scalar.text.as_str()),
                _ => None,
            });
            if let Some(index) = names.iter().position(|name| Some(*name) == said) {
                return Some(fits[index]);
            }
            let name = quoted(&join(&at.path, tag));
            let near = said.and_then(|said| nearest(said, names.iter().copied()));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            problems.push(match given {
                Some((key, node)) => {
                    let inner = At { node, key: Some(key), path: at.path.clone() };
                    let message = format!("{name} must be {}, and it is {}", listed(names), found(node));
                    inner.problem(message, help)
                }
                None => at.problem(format!("{name} is missing; it must be {}", listed(names)), None),
            });
            return None;
        }
        let known = |schema: &Schema<'a>| {
            entries.iter().filter(|(key, _)| schema.properties().any(|(name, _)| *name == key.text)).count()
        };
        let most = fits.iter().map(|schema| known(schema)).max().unwrap_or(0);
        let open =
            fits.iter().any(|schema| schema.get("additionalProperties").is_some_and(serde_json::Value::is_object));
        if most == 0 && !open {
            problems.push(unknown(at, entries, fits));
            return None;
        }
        let best: Vec<&'s Schema<'a>> = fits.iter().filter(|schema| known(schema) == most).copied().collect();
        self.fewest(at, &best)
    }

    /// The schema by which the least is wrong; the first of several.
    fn fewest<'s>(&self, at: &At<'_>, fits: &[&'s Schema<'a>]) -> Option<&'s Schema<'a>> {
        let wrong = |schema: &Schema<'a>| {
            let mut problems = Vec::new();
            self.collection(at, schema, &mut problems);
            problems.len()
        };
        fits.iter().min_by_key(|schema| wrong(schema)).copied()
    }
}

/// The key that every schema has as a required text of its own, and that text in each.
fn tag<'a>(fits: &[&Schema<'a>]) -> Option<(&'a str, Vec<&'a str>)> {
    let own = |schema: &Schema<'a>, tag: &str| {
        let (_, value) = schema.properties().find(|(name, _)| *name == tag)?;
        value.get("const").and_then(serde_json::Value::as_str)
    };
    fits.first()?.required().into_iter().find_map(|tag| {
        let names: Option<Vec<&str>> = fits.iter().map(|schema| own(schema, tag)).collect();
        names.map(|names| (tag, names))
    })
}

/// No schema knows any of the keys.
fn unknown(at: &At<'_>, entries: &[(Key, Node)], fits: &[&Schema<'_>]) -> Problem {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in fits.iter().flat_map(|schema| schema.properties()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let listed = listed(names.iter().copied());
    let Some((key, _)) = entries.first() else {
        return at.problem(format!("{} is empty; it must have the key {listed}", at.name()), None);
    };
    let message = format!("{} has no key {}", at.name(), quoted(&key.text));
    let help = match nearest(&key.text, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it takes {listed}"),
    };
    Problem::new(&at.path, key.span, message).help(help)
}

/// A list with one text, where that text alone is wanted.
fn only_item(at: &At<'_>, choices: &[Schema<'_>]) -> Option<String> {
    let Content::List(items) = &at.node.content else { return None };
    let [Node { content: Content::Scalar(scalar), .. }] = items.as_slice() else { return None };
    choices.iter().any(Schema::takes_scalars).then(|| format!("write {} without the list", quoted(&scalar.text)))
}
