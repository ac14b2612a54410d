//! What is wrong with a name in an archive: whatever could make it land outside the folder it is unpacked into.

/// The fault of a name, as the end of a sentence that begins with it.
pub(super) fn fault(name: &str) -> Option<&'static str> {
    let mut letters = name.chars();
    let drive = letters.next().is_some_and(|first| first.is_ascii_alphabetic()) && letters.next() == Some(':');
    if name.is_empty() {
        Some("is empty")
    } else if name.contains('\0') {
        Some("holds a NUL")
    } else if name.contains('\\') {
        Some("holds a backslash: some systems read it as a folder, others as part of the name")
    } else if name.starts_with('/') {
        Some("is absolute")
    } else if drive {
        Some("begins with a drive letter")
    } else if name.split('/').any(|part| part == "..") {
        Some("leads out of the package with `..`")
    } else {
        None
    }
}

/// The fault of a name that we are asked to write; stricter, because we can.
pub(super) fn fault_of_ours(name: &str) -> Option<&'static str> {
    fault(name).or_else(|| {
        if name.split('/').any(|part| part.is_empty() || part == ".") {
            Some("has an empty part or a `.` between its slashes")
        } else if name.len() > usize::from(u16::MAX) {
            Some("is longer than a zip allows")
        } else {
            None
        }
    })
}

/// Whether a link at `name` that points to `target` stays inside the package.
pub(super) fn stays_inside(name: &str, target: &str) -> bool {
    if target.is_empty() || fault(target).is_some_and(|fault| !fault.contains("`..`")) {
        return false;
    }
    let mut depth = name.trim_end_matches('/').matches('/').count();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    true
}
