//! What was asked of the emulator, for tests and for a person who wonders.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// How many requests are kept; the oldest go first. A load test of some minutes must not push the services' out.
const KEPT: usize = 50_000;

/// One request. It never holds a token: only the path with its query and the user agent are taken from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// The verb.
    pub method: String,
    /// The host as sent, with the port.
    pub host: String,
    /// The path with its query; long query values (signatures) are cut.
    pub path: String,
    /// The status that was answered; 0 when the connection was reset.
    pub status: u16,
    /// The `User-Agent`.
    pub user_agent: String,
}

/// The list, shared.
#[derive(Clone, Default)]
pub(crate) struct RequestLog(Arc<Mutex<VecDeque<LoggedRequest>>>);

impl RequestLog {
    /// Adds a request that has been answered.
    pub(crate) fn add(&self, request: LoggedRequest) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == KEPT {
            log.pop_front();
        }
        log.push_back(request);
    }

    /// All that is kept, oldest first.
    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The path and query with every long value cut, so that a signed URL stays readable.
pub(crate) fn readable(path: &str, query: Option<&str>) -> String {
    let Some(query) = query else { return path.to_owned() };
    let cut = |pair: &str| match pair.split_once('=') {
        Some((name, value)) if value.len() > 100 => format!("{name}=…"),
        _ => pair.to_owned(),
    };
    format!("{path}?{}", query.split('&').map(cut).collect::<Vec<_>>().join("&"))
}
