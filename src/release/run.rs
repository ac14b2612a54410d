//! Carrying a plan out.

use serde_json::json;

use super::phases::Phases;
use super::records::Records;
use super::{Plan, SlotView};
use crate::ci::Level;
use crate::report::{Done, Failure, code};
use crate::tools::sign_in::Session;
use crate::tools::slot_swap::{self, Pair, Undo, Watched, Way};
use crate::tools::zip_deploy::{self, Deployed, Destination, Packed, short};
use crate::tools::{Outcome, Stage, kv_sync, oidc_login, smoke_test};

/// Package, sign-in, deploy, prove, swap, watch.
const PHASES: usize = 6;

/// The rows of the summary, in the order in which a person asks for them.
const ROWS: [&str; 9] = ["what", "where", "who", "package sha256", "before", "after", "phases", "record", "to undo"];

/// How a release ended, with all that is worth telling, whether it succeeded or not.
#[derive(Default)]
pub struct Released {
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// Both slots before.
    pub before: Vec<SlotView>,
    /// Both slots after.
    pub after: Vec<SlotView>,
    /// When Azure made the swap, whatever came of it.
    pub swapped_at: Option<String>,
    outputs: Vec<(&'static str, String)>,
    rows: Vec<(&'static str, String)>,
    data: serde_json::Map<String, serde_json::Value>,
}

/// Runs the plan. Whatever happens, the result says what was done, and the journal and the record are complete.
pub async fn run(stage: Stage<'_>, plan: &Plan) -> Released {
    let mut released = Released::default();
    match begin(stage, plan) {
        Ok((phases, records)) => Box::pin(to_its_end(stage, plan, (phases, records), &mut released)).await,
        Err(failure) => released.failure = Some(failure),
    }
    released
}

fn begin<'a>(stage: Stage<'a>, plan: &'a Plan) -> Result<(Phases<'a>, Records<'a>), Failure> {
    let total = PHASES + usize::from(plan.secrets.is_some());
    let start = json!({"app": plan.deploy.app, "version": plan.version, "commit": plan.commit, "steps": plan.steps()});
    let records = Records::begin(stage, plan)?;
    let phases = Phases::begin(stage, (records.id(), plan.journal.clone()), total, start)?;
    Ok((phases, records))
}

/// A signal drops the work where it stands; the record of it is still written.
async fn to_its_end(
    stage: Stage<'_>,
    plan: &Plan,
    (mut phases, mut records): (Phases<'_>, Records<'_>),
    released: &mut Released,
) {
    let _hold = stage.world.stop.hold();
    let result = tokio::select! {
        result = in_order(stage, plan, (&mut phases, &mut records), released) => result,
        signal = stage.world.stop.asked() => Err(stage.world.standing.cancelled_by(signal)),
    };
    released.row("phases", phases.times());
    released.data.insert("run".to_owned(), json!(phases.run()));
    released.data.insert("phases".to_owned(), phases.data());
    phases.end(match &result {
        Ok(()) => "succeeded",
        Err(failure) if failure.code == &code::CANCELLED => "cancelled",
        Err(failure) => failure.code.id,
    });
    released.failure = result.err();
    records.end(released).await;
    released.rows.sort_by_key(|(name, _)| ROWS.iter().position(|row| row == name));
}

async fn in_order(
    stage: Stage<'_>,
    plan: &Plan,
    (phases, records): (&mut Phases<'_>, &mut Records<'_>),
    released: &mut Released,
) -> Result<(), Failure> {
    let package = plan.deploy.package_plan()?;
    let packed = phases.phase("package", zip_deploy::pack(stage, package)).await?;
    plan.deploy.must_be_expected(&packed.package)?;
    released.what(plan, &packed);
    let facts = json!({"sha256": packed.package.sha256, "bytes": packed.package.bytes, "files": packed.package.files});
    phases.note("packaged", facts);
    records.open(&packed).await;
    let login = phases.phase("sign in", oidc_login::run(stage, &plan.sign_in)).await?;
    let session = &login.session;
    released.rows.push(("who", format!("{} in {}", session.credential.client(), login.subscription_name)));
    if let Some(secrets) = &plan.secrets {
        phases.phase("secrets", kv_sync::run(stage, session, &secrets.parameters)).await?;
    }
    let (destination, deployed) = phases.phase("deploy", deploy(stage, session, plan, &packed, released)).await?;
    phases.note("deployed", json!({"id": deployed.id, "slot": destination.slot.name()}));
    released.outputs.push(("deployment-id", deployed.id.clone()));
    stage.world.standing.tells(format!(
        "slot `{}` holds the new build ({}), which was not swapped; `{}` is untouched, and the same release may be run again",
        destination.slot, deployed.id, plan.target
    ));
    phases.phase("prove", prove(stage, plan, &deployed)).await?;
    let pair = Pair { app: destination.app.clone(), source: destination.slot.clone(), target: plan.target.clone() };
    let result = swap_and_watch(stage, session, plan, (&pair, phases, released)).await;
    match look(stage, session, &pair, plan).await {
        Ok(after) => {
            released.rows.push(("after", sentences(&after)));
            phases.note("after", json!({"slots": views(&after)}));
            released.after = after;
        }
        Err(trouble) => stage.host.annotate(Level::Warning, "after the release", &trouble.what),
    }
    result
}

async fn deploy(
    stage: Stage<'_>,
    session: &Session,
    plan: &Plan,
    packed: &Packed,
    released: &mut Released,
) -> Result<(Destination, Deployed), Failure> {
    let destination = zip_deploy::find(stage, session, &plan.deploy).await?;
    let pair = Pair { app: destination.app.clone(), source: destination.slot.clone(), target: plan.target.clone() };
    // A swap that cannot go ahead is better known before anything is deployed.
    let findings = slot_swap::look(stage, session, &pair).await?;
    findings.tell(stage);
    findings.must_go(&pair)?;
    released.before = look(stage, session, &pair, plan).await?;
    released.rows.push(("before", sentences(&released.before)));
    for view in &released.before {
        stage.host.line(&format!("  before: {}", view.sentence()));
    }
    let deployed = zip_deploy::deploy(stage, session, &destination, packed, &plan.deploy).await?;
    Ok((destination, deployed))
}

async fn prove(stage: Stage<'_>, plan: &Plan, deployed: &Deployed) -> Result<(), Failure> {
    let url = url::Url::parse(&deployed.url).map_err(|_| Failure::bug(format!("`{}` is not a URL", deployed.url)))?;
    smoke_test::run(stage, &url, &plan.prove).await.map(drop)
}

/// From the swap on, a failure is undone.
async fn swap_and_watch(
    stage: Stage<'_>,
    session: &Session,
    plan: &Plan,
    (pair, phases, released): (&Pair, &mut Phases<'_>, &mut Released),
) -> Result<(), Failure> {
    let findings = slot_swap::look(stage, session, pair).await?;
    findings.must_go(pair)?;
    let (target, parameters) = (&findings.target, &plan.swap);
    let held = slot_swap::held_before(stage, target, &parameters.checks).await?;
    let swapped = phases.phase("swap", slot_swap::swap(stage, session, pair, (Way::Forth, parameters.timeout))).await?;
    let command = pair.roll_back_command(&swapped.status.timestamp_utc);
    phases.note("swapped", json!({"timestamp": swapped.status.timestamp_utc, "undo": command}));
    released.swapped_at = Some(swapped.status.timestamp_utc.clone());
    let mut watched = Watched::after_the_swap(target, &parameters.checks);
    let watch = slot_swap::watch(stage, &mut watched, &parameters.watch);
    let Err(failure) = phases.phase("watch", watch).await else {
        slot_swap::still_ours(stage, session, pair, &swapped).await?;
        stage.world.standing.leaves_nothing();
        released.outputs.push(("swap-timestamp", swapped.status.timestamp_utc.clone()));
        released.outputs.push(("webapp-url", target.url()));
        released.rows.push(("to undo", command));
        return Ok(());
    };
    let undo = Undo { pair, target, swapped: &swapped, held: &held, parameters };
    let failure = slot_swap::swap_back(stage, session, &undo, failure).await;
    phases.note("swapped back", json!({"code": failure.code.id}));
    Err(failure)
}

async fn look(stage: Stage<'_>, session: &Session, pair: &Pair, plan: &Plan) -> Result<Vec<SlotView>, Failure> {
    let arm = session.arm(stage.world);
    let mut views = Vec::new();
    for slot in [&pair.target, &pair.source] {
        let site = arm.site(&pair.app, slot).await?;
        views.push(SlotView::of(stage, slot.name(), &site, plan.version_path.as_deref()).await);
    }
    Ok(views)
}

fn sentences(views: &[SlotView]) -> String {
    views.iter().map(SlotView::sentence).collect::<Vec<_>>().join(", ")
}

fn views(views: &[SlotView]) -> Vec<serde_json::Value> {
    views.iter().map(SlotView::data).collect()
}

impl Released {
    fn what(&mut self, plan: &Plan, packed: &Packed) {
        let unknown = || "not given".to_owned();
        let (version, commit) =
            (plan.version.clone().unwrap_or_else(unknown), plan.commit.clone().unwrap_or_else(unknown));
        self.rows
            .push(("what", format!("version {version}, commit {commit}, package {}", short(&packed.package.sha256))));
        self.rows.push(("where", format!("{}, {} into {}", plan.deploy.app, plan.deploy.slot, plan.target)));
        self.rows.push(("package sha256", packed.package.sha256.clone()));
        self.outputs.push(("package-sha256", packed.package.sha256.clone()));
    }

    pub(super) fn row(&mut self, name: &'static str, value: String) {
        self.rows.push((name, value));
    }

    /// An output, once it is known.
    pub(super) fn output(&self, name: &str) -> Option<&str> {
        self.outputs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Name and time of every phase that was ended.
    pub(super) fn phases(&self) -> serde_json::Value {
        self.data.get("phases").cloned().unwrap_or_default()
    }

    pub(super) fn set_record(&mut self, record: serde_json::Value) {
        self.data.insert("record".to_owned(), record);
    }

    /// The summary as lines.
    pub fn tell(&self, stage: Stage<'_>) {
        stage.host.line("");
        for (name, value) in &self.rows {
            stage.host.line(&format!("  {name:<15} {value}"));
        }
        stage.host.line("");
    }

    /// The lines of the summary, for a terminal.
    pub fn rows(&self) -> &[(&'static str, String)] {
        &self.rows
    }

    /// The result as data, failed or not.
    pub fn data(&self) -> serde_json::Value {
        let mut data = self.data.clone();
        for (name, value) in &self.outputs {
            data.insert((*name).to_owned(), json!(value));
        }
        data.insert("before".to_owned(), json!(views(&self.before)));
        data.insert("after".to_owned(), json!(views(&self.after)));
        data.into()
    }

    /// What was done, for a failure.
    pub fn done(&self) -> Done {
        Done { rows: self.rows.clone(), data: self.data() }
    }

    pub(super) fn outcome(self) -> Outcome {
        let data = self.data();
        Outcome { outputs: self.outputs, rows: self.rows, data, ..Outcome::default() }
    }
}
