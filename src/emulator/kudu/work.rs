//! A push at work: temporary entry, extraction, build, copy, restart. What clients see on the way is zip-deploy 1.5.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::deployment::Status;
use super::extract::{FileTimes, extract};
use super::lock::Held;
use super::log::{Kind, Log};
use super::plan::{Artifact, Endpoint, Plan, Rule};
use super::scm::Stage;
use super::site::Site;
use super::spool::Package;
use super::sync::{FileSync, Synced, files, spoilable};
use super::{hostile, story};
use crate::emulator::runtime::{Instances, random_hex};
use crate::emulator::sites::Os;

/// How long a temporary entry is there before the real one, in service time.
const RECEIVING: Duration = Duration::from_secs(2);
/// How long a build takes, in two halves.
const HALF_BUILD: Duration = Duration::from_secs(3);
/// Between the end of the copy and the recycling.
const RECYCLING: Duration = Duration::from_secs(3);

/// What was pushed.
pub(super) enum Source {
    /// An uploaded file.
    Package(Package),
    /// A URL to download from.
    Uri(String),
    /// Nothing, for a reset.
    Nothing,
}

/// One push with everything that it needs, and the lock.
pub(super) struct Job {
    pub(super) site: Site,
    pub(super) plan: Plan,
    pub(super) id: String,
    pub(super) temp: String,
    pub(super) source: Source,
    pub(super) held: Held,
}

/// The log line of a failure.
type Failed = String;

impl Job {
    /// Does the work; true when the deployment succeeded.
    pub(super) async fn run(self) -> bool {
        let outcome = self.deploy().await;
        let is_success = outcome.is_ok();
        if let Err(line) = outcome {
            self.fail(&line);
        }
        let Self { site, plan, id, held, .. } = self;
        drop(held);
        let serves_files = site.view.launch.command.as_deref().is_none_or(|command| command.trim().is_empty());
        if is_success && plan.restarts {
            tokio::spawn(restart(site, id));
        } else if is_success && serves_files && site.view.running {
            // Static files need no restart to be seen; the runtime must only look at the folder again.
            site.runtime.restart(&site.view.app, &site.view.slot, site.view.launch).await;
        }
        is_success
    }

    async fn deploy(&self) -> Result<(), Failed> {
        let site = &self.site;
        site.clock.sleep(RECEIVING).await;
        let downloaded = match &self.source {
            Source::Uri(uri) => Some(Package::download(uri, &site.runtime.scratch()).await?),
            Source::Package(_) | Source::Nothing => None,
        };
        let package = match &self.source {
            Source::Package(package) => Some(package),
            Source::Uri(_) | Source::Nothing => downloaded.as_ref(),
        };
        let extracted = self.extract(package).await?;
        self.becomes_real(package.map_or(0, |package| package.size));
        let built = self.build(extracted.as_deref(), package).await;
        if let Some(folder) = extracted {
            let _ = tokio::fs::remove_dir_all(folder).await;
        }
        built?;
        self.finish().await;
        Ok(())
    }

    /// The folder with the package's files; none for a single file.
    async fn extract(&self, package: Option<&Package>) -> Result<Option<PathBuf>, Failed> {
        let (Some(package), Artifact::Zip { .. }) = (package, &self.plan.artifact) else { return Ok(None) };
        let folder = self.site.runtime.scratch().join(random_hex(8));
        let keeps_times = self.site.setting("SCM_ZIPDEPLOY_DONOT_PRESERVE_FILETIME").is_none_or(|value| value != "1");
        let times = if keeps_times { FileTimes::FromZip } else { FileTimes::Now(self.site.clock.now()) };
        let (from, into, os) = (package.path().to_owned(), folder.clone(), self.site.view.os);
        blocking(move || extract(&from, &into, os, times)).await?;
        Ok(Some(folder))
    }

    /// The temporary entry is replaced by the one whose id the client knows.
    fn becomes_real(&self, bytes: u64) {
        let site = &self.site;
        let mut history = site.scm.history();
        let Some(mut entry) = history.remove(&self.temp) else { return };
        entry.id.clone_from(&self.id);
        entry.is_temp = false;
        entry.status_text = format!("Building and Deploying '{}'.", self.id);
        (entry.status, entry.progress) = match site.view.os {
            Os::Linux => (Status::Pending, "Running oryx build...".to_owned()),
            Os::Windows => (Status::Building, "Generating deployment script.".to_owned()),
        };
        story::begin(&mut entry.log, site, &self.plan, &self.id, bytes);
        history.add(entry);
        drop(history);
        site.scm.reaches(&self.id, Stage::Building);
    }

    async fn build(&self, extracted: Option<&Path>, package: Option<&Package>) -> Result<(), Failed> {
        let site = &self.site;
        site.clock.sleep(HALF_BUILD).await;
        self.progress("Running deployment command...");
        site.clock.sleep(HALF_BUILD).await;
        if site.faults.strikes("kudu.hostile-log") {
            self.log(|log, now| {
                for line in hostile::lines() {
                    log.add(now, Kind::Message, line.clone());
                    log.add_below(now, Kind::Message, line);
                }
            });
        }
        if site.faults.strikes("kudu.build-fails") {
            self.log(|log, now| story::failed_build(log, now, site.view.os));
            return Err("Deployment Failed.".to_owned());
        }
        let mut done = Synced::default();
        let outcome = self.copy(extracted, package, &mut done).await;
        let swallows = self.swallows_errors();
        self.log(|log, now| story::copied(log, now, &done.lines, outcome.as_ref().err()));
        match outcome {
            Ok(()) => self.write_manifest(&done.manifest).await,
            // The service's own bug (zip-deploy 1.7): this builder never looks at what became of the copy.
            Err(_) if swallows => {}
            Err(line) => return Err(line),
        }
        site.content.deployed(site.faults.is_on("app.crashes-on-start"));
        Ok(())
    }

    fn swallows_errors(&self) -> bool {
        let is_clean = matches!(self.plan.artifact, Artifact::Zip { rule: Rule::Clean, .. });
        is_clean && self.plan.endpoint == Endpoint::OneDeploy
    }

    async fn copy(&self, from: Option<&Path>, package: Option<&Package>, done: &mut Synced) -> Result<(), Failed> {
        let home = self.site.content.home().to_owned();
        let (result, synced) = match (&self.plan.artifact, from, package) {
            (Artifact::Zip { folder, rule }, Some(from), _) => {
                let (from, to, rule, os) = (from.to_owned(), home.join(folder), *rule, self.site.view.os);
                let spoils = self.site.faults.strikes("kudu.false-success");
                let (command, last) = (self.site.view.launch.command.clone(), self.last_manifest().await);
                blocking(move || {
                    let spoiled = spoils.then(|| spoilable(&from, command.as_deref())).flatten();
                    let (source, target, spoiled) = (from.as_path(), to.as_path(), spoiled.as_deref());
                    let mut synced = Synced::default();
                    let result = FileSync { source, target, rule, last_manifest: &last, spoiled, os }.run(&mut synced);
                    Ok((result, synced))
                })
                .await?
            }
            (Artifact::File { file }, _, Some(package)) => {
                let (from, to, shown) = (package.path().to_owned(), home.join(file), file.display().to_string());
                blocking(move || {
                    let lines = vec![(Kind::Message, format!("Copying file: '{shown}'"))];
                    Ok((replace_file(&from, &to), Synced { lines, manifest: BTreeSet::new() }))
                })
                .await?
            }
            _ => {
                let wwwroot = self.site.content.wwwroot();
                blocking(move || Ok((empty(&wwwroot), Synced::default()))).await?
            }
        };
        *done = synced;
        result.map_err(|error| format!("Error: {error}"))
    }

    async fn last_manifest(&self) -> BTreeSet<String> {
        let active = self.site.scm.history().active().map(|entry| entry.id.clone());
        let Some(active) = active else { return BTreeSet::new() };
        let text = tokio::fs::read_to_string(self.manifest(&active)).await.unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Where the list of a deployment's files is kept; clients read it through vfs.
    fn manifest(&self, id: &str) -> PathBuf {
        self.site.content.home().join("site/deployments").join(id).join("manifest")
    }

    async fn write_manifest(&self, names: &BTreeSet<String>) {
        let path = self.manifest(&self.id);
        let text: String = names.iter().flat_map(|name| [name.as_str(), "\n"]).collect();
        // Without it the next deployment deletes nothing, which is what the service does too.
        if let Some(folder) = path.parent() {
            let _ = tokio::fs::create_dir_all(folder).await;
        }
        let _ = tokio::fs::write(path, text).await;
    }

    async fn finish(&self) {
        let site = &self.site;
        site.scm.reaches(&self.id, Stage::Built);
        self.log(|log, now| story::recycle(log, now, self.plan.restarts));
        if self.plan.restarts {
            site.clock.sleep(RECYCLING).await;
        }
        self.log(|log, now| story::success(log, now, site.view.os, &self.plan));
        let now = site.clock.now();
        let mut history = site.scm.history();
        if let Some(entry) = history.find_mut(&self.id) {
            entry.finish(Status::Success, now);
        }
        history.activate(&self.id);
    }

    fn fail(&self, line: &str) {
        let site = &self.site;
        let now = site.clock.now();
        let mut history = site.scm.history();
        let id = if history.find(&self.id).is_some() { &self.id } else { &self.temp };
        if let Some(entry) = history.find_mut(id) {
            entry.log.add(now, Kind::Error, line);
            entry.finish(Status::Failed, now);
        }
        drop(history);
        site.scm.reaches(&self.id, Stage::BuildFailed);
    }

    /// Only Windows tells how far it is; Linux keeps one text.
    fn progress(&self, text: &str) {
        if self.site.view.os == Os::Windows
            && let Some(entry) = self.site.scm.history().find_mut(&self.id)
        {
            text.clone_into(&mut entry.progress);
        }
    }

    fn log(&self, write: impl FnOnce(&mut Log, std::time::SystemTime)) {
        if let Some(entry) = self.site.scm.history().find_mut(&self.id) {
            write(&mut entry.log, self.site.clock.now());
        }
    }
}

/// Starts the new files and notes for ARM how it went. A stopped slot stays stopped.
async fn restart(site: Site, id: String) {
    let Some(view) = site.sites.view(&site.view.app, &site.view.slot) else { return };
    site.scm.reaches(&id, Stage::Starting(u32::from(view.running)));
    if !view.running {
        return;
    }
    site.runtime.restart(&view.app, &view.slot, view.launch).await;
    let runs = site.runtime.instances(&view.app, &view.slot) == Instances::Running;
    site.scm.reaches(&id, if runs { Stage::Running } else { Stage::DidNotStart });
}

fn replace_file(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::rename(from, to)
}

fn empty(folder: &Path) -> std::io::Result<()> {
    for name in files(folder)? {
        std::fs::remove_file(folder.join(name))?;
    }
    Ok(())
}

/// Disk work off the emulator's thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failed> + Send + 'static) -> Result<T, Failed> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(error.to_string()))
}
