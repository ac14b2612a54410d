//! The one way in which the emulator takes its locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock, even from a request that panicked while it held it: one failure must not end all other requests.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
