//! How many requests the front end answered for each slot, by minute and by the first digit of the status.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::locked::locked;

/// Answers of one minute by the first digit of their status.
type Minute = [u64; 6];

/// The counters of all slots. What a slot's host answered counts for the slot that served it, whoever was asked.
#[derive(Default)]
pub(crate) struct Traffic(Mutex<BTreeMap<(String, String), BTreeMap<u64, Minute>>>);

impl Traffic {
    /// Counts one answer of a slot.
    pub(crate) fn count(&self, app: &str, slot: &str, now: SystemTime, status: u16) {
        let mut slots = locked(&self.0);
        let minute = slots.entry(key(app, slot)).or_default().entry(seconds(now) / 60).or_default();
        if let Some(count) = minute.get_mut(usize::from(status / 100)) {
            *count += 1;
        }
    }

    /// How many answers a slot gave in these seconds since 1970, which begin and end with a minute; all of them, or those
    /// whose status begins with this digit.
    pub(crate) fn total(&self, app: &str, slot: &str, seconds: Range<u64>, digit: Option<usize>) -> u64 {
        let slots = locked(&self.0);
        let minutes = slots.get(&key(app, slot)).into_iter();
        let minutes = minutes.flat_map(|minutes| minutes.range(seconds.start / 60..seconds.end / 60));
        minutes.map(|(_, minute)| digit.map_or_else(|| minute.iter().sum(), |digit| minute[digit])).sum()
    }
}

/// Whole seconds since 1970.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn key(app: &str, slot: &str) -> (String, String) {
    (app.to_lowercase(), slot.to_lowercase())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn answers_are_counted_by_minute_slot_and_first_digit() {
        let traffic = Traffic::default();
        for (slot, second, status) in
            [("production", 59, 200), ("Production", 60, 500), ("production", 61, 503), ("staging", 61, 404)]
        {
            traffic.count("Shop", slot, UNIX_EPOCH + Duration::from_secs(second), status);
        }
        let total = |slot: &str, seconds: Range<u64>, digit| traffic.total("shop", slot, seconds, digit);
        assert_eq!(total("production", 0..60, None), 1);
        assert_eq!(total("production", 0..120, None), 3);
        assert_eq!(total("production", 60..120, Some(5)), 2);
        assert_eq!((total("staging", 0..120, Some(4)), total("staging", 0..120, Some(5))), (1, 0));
        assert_eq!(total("other", 0..120, None), 0);
    }
}
