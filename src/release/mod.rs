//! A whole release: the tools in order, with one plan, one journal and one summary.

mod journal;
#[cfg(feature = "records")]
mod on_github;
mod phases;
mod plan;
mod record;
mod records;
mod run;
mod spec;
mod view;

pub use plan::{Plan, Secrets};
pub use run::{Released, run};
pub use spec::{SPEC, TOOL};
pub use view::SlotView;
