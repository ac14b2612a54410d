//! The service's sense of time: real time of day, and delays that can be made shorter.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::time::{Duration, SystemTime};

/// How fast the emulated services work. The time of day stays real, because tokens must be valid to real clients.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    speed: f64,
}

impl Clock {
    /// A clock on which every delay of a service is divided by `speed` (1 = as slow as Azure, 60 = a minute a second).
    pub fn new(speed: f64) -> Self {
        Self { speed: if speed.is_finite() && speed > 0.0 { speed } else { 1.0 } }
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// What a delay of the real service becomes here.
    pub fn scaled(&self, service_time: Duration) -> Duration {
        service_time.div_f64(self.speed)
    }

    /// Waits as long as the service would, divided by the speed.
    pub async fn sleep(&self, service_time: Duration) {
        tokio::time::sleep(self.scaled(service_time)).await;
    }
}
