//! The two halves of a swap that concern machines: warming the source up, and the exchange.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;

use super::content::Answerer;
use super::proxy::Whole;
use super::{Content, Instances, Runtime, key, static_files};
use crate::emulator::sites::{Launch, PRODUCTION};

/// One warm-up request's limit (slots-and-vault 1.10): service time, and at least, in real time.
const PING_LIMIT: (Duration, Duration) = (Duration::from_secs(90), Duration::from_secs(5));
/// How often the platform asks before it gives up.
const PINGS: u32 = 5;
/// Between two requests, in service time.
const BETWEEN: Duration = Duration::from_secs(2);

/// How a swap asks the source slot whether it is warm.
#[derive(Clone, Debug)]
pub struct WarmUp {
    /// The path to request, with its slash (`WEBSITE_SWAP_WARMUP_PING_PATH`).
    pub path: String,
    /// The statuses that count (`WEBSITE_SWAP_WARMUP_PING_STATUSES`); `None` accepts every one.
    pub statuses: Option<Vec<u16>>,
}

/// Why a source slot is not ready to be swapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarmUpFailure {
    /// Its process did not start.
    DidNotStart {
        /// The end of what the process wrote.
        log_tail: String,
    },
    /// Nothing answered the warm-up request.
    NoAnswer,
    /// The last answer's status is not among those that count.
    BadStatus(u16),
}

impl Runtime {
    /// Restarts the source's content with `launch`, which holds the target's sticky settings, and asks `warm_up.path`
    /// over plain HTTP, as the platform does. The target is untouched, whatever happens.
    pub async fn prepare_swap(
        &self,
        app: &str,
        source: &str,
        launch: Launch,
        warm_up: WarmUp,
    ) -> Result<(), WarmUpFailure> {
        let start = self.start_of(app, source, launch).ok_or(WarmUpFailure::NoAnswer)?;
        if self.faults.strikes("swap.warmup-fails") {
            return Err(WarmUpFailure::NoAnswer);
        }
        self.recycle(&start).await;
        if let Instances::Failed { log_tail } = self.instances(app, source) {
            return Err(WarmUpFailure::DidNotStart { log_tail });
        }
        let mut failure = WarmUpFailure::NoAnswer;
        for ping in 0..PINGS {
            if ping > 0 {
                self.clock.sleep(BETWEEN).await;
            }
            failure = match self.ping(&start.content, &warm_up.path).await {
                None => WarmUpFailure::NoAnswer,
                Some(status) if warm_up.statuses.as_ref().is_none_or(|good| good.contains(&status)) => return Ok(()),
                Some(status) => WarmUpFailure::BadStatus(status),
            };
        }
        Err(failure)
    }

    /// Exchanges contents, deployment histories and workers of two slots in one step. No worker is touched. Nothing
    /// happens when one of them does not exist.
    pub fn flip(&self, app: &str, source: &str, target: &str) {
        let mut slots = self.slots();
        let (source_key, target_key) = (key(app, source), key(app, target));
        let Some(from_source) = slots.get(&source_key).map(|slot| Arc::clone(&slot.content)) else { return };
        let Some(target_slot) = slots.get_mut(&target_key) else { return };
        let from_target = std::mem::replace(&mut target_slot.content, Arc::clone(&from_source));
        let fault = self.faults.is_on("app.fails-after-swap");
        for (slot, enters, leaves) in [(target, &from_source, &from_target), (source, &from_target, &from_source)] {
            if slot.eq_ignore_ascii_case(PRODUCTION) && source_key != target_key {
                leaves.leaves_production();
                enters.enters_production(fault);
            }
        }
        if let Some(source_slot) = slots.get_mut(&source_key) {
            source_slot.content = from_target;
        }
    }

    /// The status that one warm-up request gets, if any.
    async fn ping(&self, content: &Content, path: &str) -> Option<u16> {
        let limit = self.at_least(PING_LIMIT.0, PING_LIMIT.1);
        match content.answerer() {
            Answerer::Placeholder => Some(200),
            Answerer::Static => {
                let path = path.split('?').next().unwrap_or(path);
                Some(static_files::serve(content.wwwroot(), &Method::GET, path).await.status().as_u16())
            }
            Answerer::Process(guard) => {
                let ping = Whole::get(path, "SiteWarmup");
                let answer = self.transport.send(&ping, guard.process().port(), limit).await;
                answer.ok().map(|answer| answer.status().as_u16())
            }
            Answerer::Starting | Answerer::Down => None,
        }
    }
}
