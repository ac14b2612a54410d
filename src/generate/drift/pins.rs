//! Lines that name an action, and how a bot moves their pins.

use std::collections::{BTreeMap, BTreeSet};

/// A pin that is ahead of the one that we render.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Move {
    /// The action, such as `actions/checkout`.
    pub action: String,
    /// The release that we render.
    pub from: String,
    /// The release in the file.
    pub to: String,
    /// Its commit.
    pub commit: String,
}

/// The lines of `siding.yml` that make these pins ours, one for all actions of others and one for our own.
pub fn adopted<'a>(moves: impl IntoIterator<Item = &'a Move>) -> Vec<String> {
    let moves: BTreeSet<&Move> = moves.into_iter().collect();
    let own = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    let (ours, others): (Vec<&Move>, Vec<&Move>) = moves.into_iter().partition(|moved| moved.action.starts_with(own));
    let others = others.iter().map(|moved| format!("{}: {}@{}", moved.action, moved.to, moved.commit));
    let others = others.collect::<Vec<_>>().join(", ");
    let pins = (!others.is_empty()).then(|| format!("pins: {{{others}}}"));
    let toolkit = ours
        .last()
        .map(|moved| format!("toolkit: {{version: {}, commit: {}}}", moved.to.trim_start_matches('v'), moved.commit));
    pins.into_iter().chain(toolkit).collect()
}

/// What moved, when pins are all that differs between a file and its rendering and each has moved forward.
pub(super) fn moves(found: &str, rendered: &str) -> Option<Vec<Move>> {
    let (found, rendered): (Vec<&str>, Vec<&str>) = (found.lines().collect(), rendered.lines().collect());
    if found.len() != rendered.len() {
        return None;
    }
    let mut moves = Vec::new();
    for (found, rendered) in found.iter().zip(&rendered).filter(|(found, rendered)| found != rendered) {
        let (new, old) = (uses(found)?, uses(rendered)?);
        moves.push(forward(&new, &old).filter(|_| new.before == old.before)?);
    }
    moves.sort();
    moves.dedup();
    Some(moves)
}

/// A text as it was before a bot moved its pins, and what moved: every pin that is ahead of the rendering's pin of the
/// same action is put back. The rest may differ in any way.
pub(super) fn put_back(found: &str, rendered: &str) -> (String, Vec<Move>) {
    let ours: BTreeMap<&str, Uses<'_>> = rendered.lines().filter_map(uses).map(|uses| (uses.action, uses)).collect();
    let mut moves = Vec::new();
    let lines = found.split_inclusive('\n').map(|line| {
        let ahead = uses(line).and_then(|new| Some((forward(&new, ours.get(new.action)?)?, new)));
        let Some((ahead, new)) = ahead else { return line.to_owned() };
        let old = &ours[new.action];
        moves.push(ahead);
        format!("{}uses: {}@{} # {}\n", new.before, old.action, old.commit, old.tag)
    });
    let text = lines.collect();
    moves.sort();
    moves.dedup();
    (text, moves)
}

/// The move from an older pin of an action to a newer one; nothing when it is none.
fn forward(new: &Uses<'_>, old: &Uses<'_>) -> Option<Move> {
    let ahead = new.action == old.action && is_commit(new.commit) && release(new.tag)? > release(old.tag)?;
    ahead.then(|| Move {
        action: new.action.to_owned(),
        from: old.tag.to_owned(),
        to: new.tag.to_owned(),
        commit: new.commit.to_owned(),
    })
}

/// A line such as `  - uses: actions/checkout@3d3c… # v7.0.1`.
struct Uses<'a> {
    before: &'a str,
    action: &'a str,
    commit: &'a str,
    tag: &'a str,
}

fn uses(line: &str) -> Option<Uses<'_>> {
    let (before, value) = line.split_once("uses: ")?;
    let (pin, tag) = value.split_once(" # ")?;
    let (action, commit) = pin.trim_end().split_once('@')?;
    before.trim().trim_start_matches('-').is_empty().then_some(Uses { before, action, commit, tag: tag.trim() })
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
}

/// The numbers of a release such as `v7.0.1`.
fn release(tag: &str) -> Option<Vec<u64>> {
    let numbers = tag.strip_prefix('v').unwrap_or(tag);
    numbers.split('.').map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Move, adopted, moves, put_back};

    const OLD: &str = "steps:\n  - uses: a/b@0000000000000000000000000000000000000000 # v1.2.0\n";

    #[test]
    fn pins_that_moved_forward_are_told() {
        let new = OLD.replace('0', "1").replace("v1.2.1", "v1.10.0");
        let moved = moves(&new, OLD).unwrap();
        assert_eq!((moved[0].from.as_str(), moved[0].to.as_str()), ("v1.2.0", "v1.10.0"));
        assert_eq!(moves(OLD, OLD), Some(Vec::new()));
        let named = |action: &str| Move { action: action.to_owned(), ..moved[0].clone() };
        let all = [named("siding-dev/siding/actions/zip-deploy"), named("a/b"), named("a/c"), named("a/b")];
        let commit = "1".repeat(40);
        assert_eq!(
            adopted(&all),
            [
                format!("pins: {{a/b: v1.10.0@{commit}, a/c: v1.10.0@{commit}}}"),
                format!("toolkit: {{version: 1.10.0, commit: {commit}}}")
            ]
        );
    }

    #[test]
    fn pins_are_put_back_whatever_else_has_changed() {
        let ours = format!("name: x\n{OLD}");
        let new = OLD.replace("@0000", "@1111").replace("v1.2.0", "v2.0.0");
        let (text, moves) = put_back(&new, &ours);
        assert_eq!((text.as_str(), moves.len()), (OLD, 1));
        let back = OLD.replace("v1.2.0", "v1.1.0");
        assert_eq!(put_back(&back, &ours), (back.clone(), Vec::new()));
    }

    #[test]
    fn what_a_bot_would_not_do_is_an_edit() {
        let forward = OLD.replace("@0000", "@1111").replace("v1.2.0", "v1.3.0");
        assert!(moves(&forward, OLD).is_some());
        for new in [
            forward.replace("a/b", "a/c"),
            forward.replace("v1.3.0", "v1.2.0"),
            forward.replace("v1.3.0", "v1.1.9"),
            forward.replace(" # v1.3.0", ""),
            forward.replace("@1111", "@v1"),
            forward.replace("  - uses", "    uses"),
            format!("{forward}  - run: curl\n"),
            forward.replace("steps:", "step:"),
        ] {
            assert_eq!(moves(&new, OLD), None, "{new}");
        }
    }
}
