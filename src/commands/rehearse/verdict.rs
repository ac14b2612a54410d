//! Whether a release that succeeded did what it is for: the new version is in production, and no visitor noticed.

use crate::release::SlotView;
use crate::report::{Failure, code};

/// `SID0601` with what was seen. `expected` is the version that production must tell, where it tells one at all, and
/// `failed` what visitors saw who should have seen nothing.
pub(super) fn judge(production: &SlotView, expected: Option<&str>, failed: Option<String>) -> Option<Failure> {
    let shows = expected.is_none() || production.version.as_deref() == expected;
    let what = match (shows, &failed) {
        (true, None) => return None,
        (false, _) => "the release succeeded, but production does not show the new version",
        (true, Some(_)) => "the release succeeded, but requests to production failed meanwhile",
    };
    let seen = expected.filter(|_| !shows).map(|version| format!("{}, not {version}", production.sentence()));
    let failure = Failure::new(&code::CHECK_FAILED, what);
    let failure = seen.into_iter().chain(failed).fold(failure, Failure::because);
    Some(failure.fix("ask the app by hand: `--serve` keeps it up; nothing real was changed"))
}

#[cfg(test)]
mod tests {
    use super::{SlotView, judge};

    fn production(version: Option<&str>) -> SlotView {
        let version = version.map(str::to_owned);
        SlotView { slot: "production".to_owned(), url: String::new(), version, answer: "200".to_owned() }
    }

    #[test]
    fn a_release_that_nobody_noticed_passes() {
        assert!(judge(&production(Some("2.0")), Some("2.0"), None).is_none());
        assert!(judge(&production(None), None, None).is_none());
    }

    #[test]
    fn what_was_seen_instead_is_told() {
        for (version, expected, failed, causes) in [
            (Some("1.0"), Some("2.0"), None, &["production serves 1.0, not 2.0"][..]),
            (None, Some("2.0"), None, &["production answers 200, not 2.0"]),
            (Some("2.0"), Some("2.0"), Some("9 requests"), &["9 requests"]),
            (Some("1.0"), Some("2.0"), Some("9 requests"), &["production serves 1.0, not 2.0", "9 requests"]),
        ] {
            let failure = judge(&production(version), expected, failed.map(str::to_owned)).unwrap();
            assert_eq!(
                (failure.code.id, failure.causes),
                ("SID0601", causes.iter().map(ToString::to_string).collect())
            );
        }
    }
}
