//! The one HTTP client: its trust, its proxies, its resolver, and the rules that every call obeys.
//!
//! No redirect is followed, ever: a credentialed request that followed one would carry its token to another host.
//! A call is retried only when it says that it may be repeated.

mod answer;
mod call;
mod client;
mod poll;
mod proxy;
mod retry;
mod trouble;

use std::time::Duration;

pub use answer::{Answer, media_type};
pub use call::{Body, Call, Method, Repeat};
pub use client::is_loopback_name;
pub use poll::PollRule;
pub use trouble::Trouble;

use super::{Clock, Env, Files};
use crate::report::Failure;

/// The client, with the name that goes into `User-Agent`. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct Http {
    /// `None` where nothing is to be sent.
    client: Option<reqwest::Client>,
    clock: Clock,
}

impl Http {
    /// Builds the client. See [`client`] for what it trusts.
    pub fn new(env: &Env, files: &Files, name: &str) -> Result<Self, Failure> {
        Ok(Self { client: Some(client::build(env, files, name)?), clock: Clock::REAL })
    }

    /// A client that sends nothing.
    pub fn offline() -> Self {
        Self { client: None, clock: Clock::REAL }
    }

    /// What is wrong with the variables that a client is built from: `SID0001` for each.
    pub fn troubles(env: &Env) -> Vec<Failure> {
        client::troubles(env, &Files::new(env))
    }

    /// Sends the call and reads the whole answer, whatever its status. Calls that may be repeated are, on trouble and
    /// on 408, 429 and 5xx, with full jitter and `Retry-After` honoured up to a minute each, up to five times.
    ///
    /// Nobody is told meanwhile. A poll that shows progress or has a deadline reads [`Answer::retry_after`] of its own
    /// answers and waits 30 s at most, whatever the service asks for.
    ///
    /// # Errors
    /// The last [`Trouble`] when no answer came.
    pub async fn send(&self, call: &Call) -> Result<Answer, Trouble> {
        let mut attempt = 0;
        loop {
            let outcome = self.send_once(call).await;
            attempt += 1;
            let Some(wait) = retry::pause(call.repeat, &outcome, attempt) else { return outcome };
            self.clock.sleep(wait).await;
        }
    }

    async fn send_once(&self, call: &Call) -> Result<Answer, Trouble> {
        let client = self.client.as_ref().ok_or_else(|| Trouble::offline(&call.url))?;
        let request = call.to_request(client).await?;
        let response = client.execute(request).await.map_err(|error| Trouble::from_error(&call.url, &error))?;
        Answer::read(call, response).await
    }

    /// Sends a call that is worth one try only, such as a health probe.
    pub async fn probe(&self, call: &Call, limit: Duration) -> Result<Answer, Trouble> {
        tokio::time::timeout(limit, self.send_once(call))
            .await
            .unwrap_or_else(|_| Err(Trouble::timed_out(&call.url, limit)))
    }
}
