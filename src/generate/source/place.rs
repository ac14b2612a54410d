//! From a path in words, such as `apps.web.health[1]`, to what stands there.

use super::text::Span;
use super::tree::{Content, Key, Node, anchor};

/// The place of a path or of its nearest part that exists, and the node when all of it exists.
pub(super) fn find<'d>(root: &'d Node, path: &str) -> (Span, Option<&'d Node>) {
    let (mut node, mut key, mut rest) = (root, None, path);
    while !rest.is_empty() {
        let step = match &node.content {
            Content::Scalar(_) => None,
            Content::List(items) => item(items, rest),
            Content::Map(entries) => entry(entries, rest),
        };
        let Some((inner, inner_key, behind)) = step else { return (anchor(key, node), None) };
        (node, key, rest) = (inner, inner_key, behind);
    }
    (anchor(key, node), Some(node))
}

type Found<'d, 'p> = (&'d Node, Option<&'d Key>, &'p str);

fn item<'d, 'p>(items: &'d [Node], path: &'p str) -> Option<Found<'d, 'p>> {
    let (index, behind) = path.strip_prefix('[')?.split_once(']')?;
    let node = items.get(index.parse::<usize>().ok()?)?;
    Some((node, None, behind.strip_prefix('.').unwrap_or(behind)))
}

/// Keys may hold what parts a path, so the longest one that fits is taken.
fn entry<'d, 'p>(entries: &'d [(Key, Node)], path: &'p str) -> Option<Found<'d, 'p>> {
    let fits = entries.iter().filter_map(|(key, node)| {
        let behind = path.strip_prefix(key.text.as_str())?;
        let ends = behind.is_empty() || behind.starts_with(['.', '[']);
        ends.then(|| (node, Some(key), behind.strip_prefix('.').unwrap_or(behind)))
    });
    fits.min_by_key(|(_, _, behind)| behind.len())
}

/// The path of a key inside another.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
