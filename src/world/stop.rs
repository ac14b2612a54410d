//! How a run is asked to end, and how work that must put something back first is given the time for it.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

/// The wish that the run ends. Work that holds it is waited for; all other work is dropped where it stands.
#[derive(Debug)]
pub struct Stop {
    asked: watch::Sender<Option<&'static str>>,
    holds: AtomicUsize,
}

impl Default for Stop {
    fn default() -> Self {
        Self { asked: watch::Sender::new(None), holds: AtomicUsize::new(0) }
    }
}

impl Stop {
    /// Asks, in the name of a signal. True when work holds the end: it puts something back and ends by itself.
    pub fn ask(&self, signal: &'static str) -> bool {
        self.asked.send_replace(Some(signal));
        self.holds.load(Ordering::Relaxed) > 0
    }

    /// From here until the hold is dropped, the end waits. Whoever holds it looks at [`Stop::asked`] all the while.
    pub fn hold(&self) -> Hold<'_> {
        self.holds.fetch_add(1, Ordering::Relaxed);
        Hold(self)
    }

    /// The signal, as soon as there is one.
    pub async fn asked(&self) -> &'static str {
        let mut asked = self.asked.subscribe();
        loop {
            if let Some(signal) = *asked.borrow_and_update() {
                return signal;
            }
            if asked.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// The signal, if there was one.
    pub fn signal(&self) -> Option<&'static str> {
        *self.asked.borrow()
    }
}

/// Keeps a run that was asked to end from being dropped.
#[derive(Debug)]
pub struct Hold<'a>(&'a Stop);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;

    #[tokio::test]
    async fn the_end_waits_only_for_who_holds_it() {
        let stop = Stop::default();
        assert_eq!(stop.signal(), None);
        let hold = stop.hold();
        assert!(stop.ask("SIGTERM"));
        assert_eq!((stop.asked().await, stop.signal()), ("SIGTERM", Some("SIGTERM")));
        drop(hold);
        assert!(!stop.ask("SIGTERM"));
    }
}
