//! How two texts differ, line by line, short enough for a log.

use std::ops::Range;

/// More lines of a difference help nobody.
const MOST: usize = 20;
/// The lines that are shown around a change.
const AROUND: usize = 1;
/// Larger tables are not filled: the texts have little in common, or are too long to be compared well.
const LARGEST: usize = 4_000_000;

/// A stretch where the texts differ, as lines of each, counted from zero.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

/// The line of `old` where the first difference is, counted from one; one when there is none.
pub(super) fn first_line(old: &str, new: &str) -> usize {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = common(old.iter().zip(&new));
    if same >= old.len() { old.len().max(1) } else { same + 1 }
}

/// The difference in the unified form, `-` for lines of `old`, at most 20 lines and one that tells how many more.
pub(super) fn unified(old: &str, new: &str) -> Vec<String> {
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut lines = Vec::new();
    for group in groups(&changes(&before, &after)) {
        let (first, last) = (&group[0], &group[group.len() - 1]);
        let lead = first.old.start.min(AROUND);
        let tail = (before.len() - last.old.end).min(AROUND);
        let (from, to) = (first.old.start - lead, last.old.end + tail);
        let (start, end) = (first.new.start - lead, last.new.end + tail);
        lines.push(format!("@@ -{},{} +{},{} @@", from + 1, to - from, start + 1, end - start));
        let mut at = from;
        for change in &group {
            lines.extend(before[at..change.old.start].iter().map(|line| format!(" {line}")));
            lines.extend(before[change.old.clone()].iter().map(|line| format!("-{line}")));
            lines.extend(after[change.new.clone()].iter().map(|line| format!("+{line}")));
            at = change.old.end;
        }
        lines.extend(before[at..to].iter().map(|line| format!(" {line}")));
    }
    if lines.is_empty() && old != new {
        return vec!["the empty lines at the end differ".to_owned()];
    }
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("({more} more lines)"));
    }
    lines
}

/// Changes so near to each other that their surroundings meet, together.
fn groups(changes: &[Change]) -> Vec<Vec<Change>> {
    let mut groups: Vec<Vec<Change>> = Vec::new();
    for change in changes {
        match groups.last_mut().and_then(|group| group.last().map(|last| last.old.end).zip(Some(group))) {
            Some((end, group)) if change.old.start <= end + 2 * AROUND => group.push(change.clone()),
            _ => groups.push(vec![change.clone()]),
        }
    }
    groups
}

fn common<'a>(pairs: impl Iterator<Item = (&'a &'a str, &'a &'a str)>) -> usize {
    pairs.take_while(|(old, new)| old == new).count()
}

/// What has to change, by the longest common run of lines between the equal start and the equal end.
fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let start = common(old.iter().zip(new));
    let end = common(old[start..].iter().rev().zip(new[start..].iter().rev()));
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    let (left, right) = (&old[start..old_end], &new[start..new_end]);
    if left.is_empty() && right.is_empty() {
        return Vec::new();
    }
    if left.len().saturating_mul(right.len()) > LARGEST {
        return vec![Change { old: start..old_end, new: start..new_end }];
    }
    let mut changes: Vec<Change> = Vec::new();
    let (mut at_old, mut at_new) = (0, 0);
    for (in_old, in_new) in kept(left, right).into_iter().chain([(left.len(), right.len())]) {
        if in_old > at_old || in_new > at_new {
            changes.push(Change { old: start + at_old..start + in_old, new: start + at_new..start + in_new });
        }
        (at_old, at_new) = (in_old + 1, in_new + 1);
    }
    changes
}

/// The pairs of lines that are in both, in order.
fn kept(left: &[&str], right: &[&str]) -> Vec<(usize, usize)> {
    let width = right.len() + 1;
    let mut longest = vec![0_u32; (left.len() + 1) * width];
    for at in (0..left.len()).rev() {
        for to in (0..right.len()).rev() {
            longest[at * width + to] = if left[at] == right[to] {
                longest[(at + 1) * width + to + 1] + 1
            } else {
                longest[(at + 1) * width + to].max(longest[at * width + to + 1])
            };
        }
    }
    let (mut at, mut to, mut pairs) = (0, 0, Vec::new());
    while at < left.len() && to < right.len() {
        if left[at] == right[to] {
            pairs.push((at, to));
            (at, to) = (at + 1, to + 1);
        } else if longest[(at + 1) * width + to] >= longest[at * width + to + 1] {
            at += 1;
        } else {
            to += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::{first_line, unified};

    #[test]
    fn what_differs_is_shown_with_its_surroundings() {
        let (old, new) = ("a\nb\nc\nd\ne\nf\ng\n", "a\nB\nc\nd\ne\nf\ng\nh\n");
        assert_eq!(unified(old, new), ["@@ -1,3 +1,3 @@", " a", "-b", "+B", " c", "@@ -7,1 +7,2 @@", " g", "+h"]);
        assert_eq!((first_line(old, new), first_line(old, old), first_line("", "a")), (2, 7, 1));
        assert!(unified(old, old).is_empty() && !unified("a\n", "a\n\n").is_empty());
        assert_eq!(unified("a\nb\n", "x\na\nb\n"), ["@@ -1,1 +1,2 @@", "+x", " a"]);
    }

    #[test]
    fn a_long_difference_is_cut() {
        let text = |mark: &str| (0..3_000).map(|number| format!("{mark}{number}")).collect::<Vec<_>>().join("\n");
        let lines = unified(&text("a"), &text("b"));
        assert_eq!((lines.len(), lines[20].as_str()), (21, "(5981 more lines)"));
    }

    proptest::proptest! {
        #[test]
        fn the_difference_leads_from_one_text_to_the_other(old in "[ab\n]{0,24}", new in "[ab\n]{0,24}") {
            let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
            let (mut built, mut at) = (Vec::<&str>::new(), 0);
            for change in super::changes(&before, &after) {
                built.extend(&before[at..change.old.start]);
                built.extend(&after[change.new]);
                at = change.old.end;
            }
            built.extend(&before[at..]);
            proptest::prop_assert_eq!(built, after);
        }
    }
}
