//! A process group: ended as a whole, because a start command may be a shell that has children.

#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(unix)]
pub(super) use unix::{Group, shell};
#[cfg(not(unix))]
pub(super) use windows::{Group, shell};
