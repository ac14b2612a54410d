//! Everything that is not pure: the environment, HTTP, time, files, and what a cancelled run leaves behind.

mod clock;
mod env;
mod files;
pub mod http;
mod memory;
mod secret;
mod standing;
mod stop;
#[cfg(feature = "generator")]
mod tree;

pub use clock::{Clock, Deadline, human};
pub use env::Env;
pub use files::{Files, PrivateDirectory, random_name};
pub use http::Http;
pub use memory::keep_memory_private;
pub use secret::Secret;
pub use standing::{Note, Standing};
pub use stop::{Hold, Stop};
#[cfg(feature = "generator")]
pub use tree::{Change, Found, Tree, nearest_above};

use std::fmt;
use std::sync::Arc;

use crate::report::Failure;

/// Tells the host to hide a secret. Whoever obtains one calls it before anything else sees the value.
#[derive(Clone)]
pub struct Masker(Arc<dyn Fn(&Secret) + Send + Sync>);

impl Masker {
    /// A masker that does this.
    pub fn new(mask: impl Fn(&Secret) + Send + Sync + 'static) -> Self {
        Self(Arc::new(mask))
    }

    /// Hides the secret from here on.
    pub fn mask(&self, secret: &Secret) {
        (self.0)(secret);
    }
}

impl fmt::Debug for Masker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Masker")
    }
}

/// What a tool may touch. `run` builds the real one; a rehearsal builds one that points at its emulator.
#[derive(Debug)]
pub struct World {
    /// The environment's variables, read once.
    pub env: Env,
    /// The one HTTP client.
    pub http: Http,
    /// Time of day, waiting, deadlines.
    pub clock: Clock,
    /// Reading and writing files.
    pub files: Files,
    /// What would be left behind if the run stopped now.
    pub standing: Standing,
    /// Whether the run was asked to end.
    pub stop: Stop,
    /// How secrets are hidden where this runs.
    pub masker: Masker,
}

impl World {
    /// A world over these variables; `client` names the program in the `User-Agent`.
    ///
    /// # Errors
    /// `SID0006` when there is no CA certificate to trust, `SID0001` for a proxy URL that is none.
    pub fn new(env: Env, client: &str, masker: Masker) -> Result<Self, Failure> {
        let files = Files::new(&env);
        let clock = Clock::REAL;
        let http = Http::new(&env, &files, client)?;
        Ok(Self { env, http, clock, files, standing: Standing::default(), stop: Stop::default(), masker })
    }

    /// The same world on a faster clock. Its HTTP client keeps the real one.
    #[must_use]
    pub fn at_speed(self, speed: u32) -> Self {
        Self { clock: Clock::faster(speed), ..self }
    }

    /// A world without network, which needs no certificates and no proxy to be right.
    pub fn offline(env: Env, masker: Masker) -> Self {
        let files = Files::new(&env);
        Self {
            env,
            http: Http::offline(),
            clock: Clock::REAL,
            files,
            standing: Standing::default(),
            stop: Stop::default(),
            masker,
        }
    }
}
