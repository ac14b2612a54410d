//! Whether a swap may go ahead: every reason against it at once, and what will move and what will stay.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::try_join;

use super::Pair;
use crate::azure::az;
use crate::azure::metrics::Requests;
use crate::azure::site::{Site, Slot};
use crate::azure::traffic::RampUpRule;
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::tools::sign_in::Session;

/// Tiers without deployment slots. Source: `contracts/slots-and-vault.md` §1.12.
const TIERS_WITHOUT_SLOTS: [&str; 4] = ["Free", "Shared", "Basic", "FlexConsumption"];

/// What the pre-flight saw.
#[derive(Debug)]
pub struct Findings {
    /// The slot with the new build.
    pub source: Site,
    /// The slot that it goes to.
    pub target: Site,
    /// Which slots get a share of the target's traffic.
    pub rules: Vec<RampUpRule>,
    /// What the target answered in the last minutes, where that is looked at.
    pub requests: Requests,
    /// Reasons not to swap, each with its cure.
    pub reasons: Vec<String>,
    /// Settings that the swap changes on the target, by name, each with what becomes of it.
    pub changes: Vec<String>,
    /// Settings of the source that move with the build, by name.
    pub moves: Vec<String>,
    /// Settings that stay with their slot, by name.
    pub stays: Vec<String>,
}

/// Reads both slots and their settings; changes nothing.
///
/// # Errors
/// What ARM refuses. A list that may not be read makes the pre-flight blind, so it fails then.
pub async fn look(stage: Stage<'_>, session: &Session, pair: &Pair) -> Result<Findings, Failure> {
    stage.host.status(Some("looking whether the swap may go ahead"));
    let arm = session.arm(stage.world);
    let (source, target) = try_join!(arm.site(&pair.app, &pair.source), arm.site(&pair.app, &pair.target))?;
    let (ours, theirs, sticky) = try_join!(
        arm.settings(&pair.app, &pair.source),
        arm.settings(&pair.app, &pair.target),
        arm.sticky_names(&pair.app)
    )?;
    let (ours_web, theirs_web) =
        try_join!(arm.web_config(&pair.app, &pair.source), arm.web_config(&pair.app, &pair.target))?;
    stage.host.status(None);
    let mut reasons = Vec::new();
    judge(pair, (&pair.source, &source), &mut reasons);
    judge(pair, (&pair.target, &target), &mut reasons);
    for (slot, web) in [(&pair.source, &ours_web), (&pair.target, &theirs_web)] {
        let Some(into) = web.auto_swap_slot_name.as_ref().filter(|name| !name.is_empty()) else { continue };
        reasons.push(format!(
            "auto swap into `{into}` is on and would collide with this swap; turn it off: `{}`",
            az::disable_auto_swap(&pair.app, slot)
        ));
    }
    for name in sticky.iter().filter(|name| ours.contains_key(*name) && !theirs.contains_key(*name)) {
        let message = format!(
            "slot setting `{name}` exists on `{}` and not on `{}`: the new build will run without it",
            pair.source, pair.target
        );
        stage.host.annotate(crate::ci::Level::Warning, "slot-swap", &message);
    }
    let changes = changes((&ours, &theirs), &sticky);
    let (stays, moves): (Vec<String>, Vec<String>) = ours.into_keys().partition(|name| sticky.contains(name));
    Ok(Findings {
        source,
        target,
        rules: theirs_web.rules().to_vec(),
        requests: Requests::default(),
        reasons,
        changes,
        moves,
        stays,
    })
}

/// What the target's settings become: those that do not stay with their slot are exchanged. Values are compared, never told.
fn changes(
    (ours, theirs): (&BTreeMap<String, String>, &BTreeMap<String, String>),
    sticky: &BTreeSet<String>,
) -> Vec<String> {
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).filter(|name| !sticky.contains(*name)).collect();
    let change = |name: &String| match (ours.get(name), theirs.get(name)) {
        (Some(_), None) => Some(format!("{name} (new)")),
        (None, Some(_)) => Some(format!("{name} (gone)")),
        (our, their) => (our != their).then(|| format!("{name} (other value)")),
    };
    names.into_iter().filter_map(change).collect()
}

fn judge(pair: &Pair, (slot, site): (&Slot, &Site), reasons: &mut Vec<String>) {
    let properties = &site.properties;
    if !site.is_running() {
        reasons.push(format!("slot `{slot}` is {}; start it: `{}`", properties.state, az::start(&pair.app, slot)));
    }
    if let Some(partner) = site.prepared_with() {
        reasons.push(format!(
            "slot `{slot}` is prepared for a swap with `{partner}`; cancel that: `{}`",
            az::reset_swap(&pair.app, &pair.source)
        ));
    }
    if let Some(operation) = site.operation() {
        reasons.push(format!("operation `{operation}` is running on slot `{slot}`; wait until it has ended"));
    }
    let tier = properties.sku.as_deref().unwrap_or_default();
    if slot.is_production() && TIERS_WITHOUT_SLOTS.iter().any(|without| tier.eq_ignore_ascii_case(without)) {
        reasons.push(format!("the plan's tier `{tier}` has no slots; use Standard or higher"));
    }
}

impl Findings {
    /// Says what moves with the build and what stays, by name.
    pub fn tell(&self, stage: Stage<'_>) {
        let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        stage.host.line(&format!("settings that move: {}; that stay: {}", list(&self.moves), list(&self.stays)));
        if !self.changes.is_empty() {
            let (target, changes) = (&self.target.properties.default_host_name, self.changes.join(", "));
            stage.host.line(&format!("settings that change for {target}: {changes}"));
        }
    }

    /// # Errors
    /// `SID0401` with every reason.
    pub fn must_go(&self, pair: &Pair) -> Result<(), Failure> {
        if self.reasons.is_empty() {
            return Ok(());
        }
        let what = format!(
            "`{}` cannot be swapped into `{}` of `{}` now; nothing was changed",
            pair.source, pair.target, pair.app.name
        );
        Err(self
            .reasons
            .iter()
            .fold(Failure::new(&code::SWAP_NO_GO, what), |failure, reason| failure.because(reason.clone())))
    }
}
