//! `zip-deploy`: packages a folder, deploys it to a site or slot, and says whether it is really there.

mod follow;
mod push;
mod verdict;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::sign_in::{self, Session, SignIn};
use super::{Outcome, Reach, Stage, Tool, counted};
use crate::azure::az;
use crate::azure::kudu::{Push, Scm};
use crate::azure::site::{App, Site, Slot};
use crate::package::{self, Package};
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Output, Problems, ToolSpec};
use crate::world::human;

/// The inputs that say what is deployed; a release has them as well.
pub static PACKAGE: [Input; 7] = [
    Input::required("package", Kind::Path, "A folder, or a zip"),
    Input::optional(
        "exclude",
        Kind::Lines,
        "What to leave out, in the syntax of .gitignore; .webappignore in the folder counts too",
    ),
    Input::optional(
        "expected-sha256",
        Kind::Text,
        "The sha256 that the package must have, as the job that built it has told; any other is not deployed",
    ),
    Input::with_default("clean", Kind::Flag, "true", "Remove files that are not in the package"),
    Input::optional(
        "build-info",
        Kind::Text,
        "Add a JSON file of this name with version and commit to the package, such as build-info.json",
    ),
    Input::optional("release-version", Kind::Text, "The version for it"),
    Input::optional("commit", Kind::Text, "The commit for it").or_from(&["GITHUB_SHA", "BUILD_SOURCEVERSION"]),
];

/// The declaration.
pub static SPEC: ToolSpec = ToolSpec {
    name: "zip-deploy",
    about: "Packages a folder (or takes a zip) and deploys it to an App Service app or slot",
    inputs: &[
        &PACKAGE,
        &[
            Input::required("app-name", Kind::AppName, "The app"),
            Input::with_default("slot-name", Kind::SlotName, "production", "The slot"),
            Input::optional(
                "resource-group",
                Kind::ResourceGroup,
                "Its resource group; looked up when it is not given",
            ),
            Input::with_default("restart", Kind::Flag, "true", "Restart the app afterwards"),
            Input::with_default("timeout", Kind::WAIT, "20m", "The limit for the deployment on the server"),
            Input::with_default(
                "queue-timeout",
                Kind::ANY_TIME,
                "10m",
                "How long to wait while another deployment holds the lock",
            ),
            Input::with_default(
                "dry-run",
                Kind::Flag,
                "false",
                "Package and say what would be deployed where, and change nothing",
            ),
        ],
        &sign_in::INPUTS,
    ],
    positional: Some("package"),
    outputs: &[
        Output { name: "webapp-url", help: "Where the slot's app answers" },
        Output { name: "deployment-id", help: "The id of the deployment on the SCM site" },
        Output { name: "package-sha256", help: "The sha256 of the package" },
    ],
    permissions: &["`Website Contributor` on the app"],
    errors: &[
        &code::PACKAGE_MISSING,
        &code::PACKAGE_UNSAFE,
        &code::PACKAGE_NOT_EXPECTED,
        &code::DEPLOYMENT_LOCKED,
        &code::RUN_FROM_PACKAGE_URL,
        &code::BUILD_FAILED,
        &code::FILES_NOT_DEPLOYED,
        &code::APP_DID_NOT_START,
        &code::DEPLOYMENT_TIMED_OUT,
    ],
};

/// The tool.
pub static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Network,
    check,
    run: |inputs, stage| {
        Box::pin(async move {
            let parameters = Parameters::read(inputs);
            // The package is looked at before anything is sent: a bad one is bad input.
            let plan = parameters.package_plan()?;
            let packed = pack(stage, plan).await?;
            parameters.must_be_expected(&packed.package)?;
            let session = SignIn::read(inputs).open(stage.world).await?;
            let destination = find(stage, &session, &parameters).await?;
            if inputs.flag("dry-run") {
                return Ok(would_deploy(stage, &destination, &packed.package));
            }
            let deployed = deploy(stage, &session, &destination, &packed, &parameters).await?;
            Ok(deployed.outcome(&packed.package))
        })
    },
};

/// What to deploy where, and how.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The app.
    pub app: String,
    /// The slot.
    pub slot: Slot,
    /// The resource group, if it is known.
    pub group: Option<String>,
    /// The folder or zip.
    pub source: PathBuf,
    /// Patterns to leave out.
    pub exclude: Vec<String>,
    /// The name of the build information, and its content.
    pub build_info: Option<(String, Vec<u8>)>,
    /// The sha256 that the package must have, in lower case.
    pub expected_sha256: Option<String>,
    /// Whether foreign files go.
    pub clean: bool,
    /// Whether the app restarts.
    pub restart: bool,
    /// The limit on the server.
    pub timeout: Duration,
    /// The limit of the wait for the lock.
    pub queue_timeout: Duration,
}

/// A package on disk, which goes when this is dropped.
pub struct Packed {
    /// What it is.
    pub package: Package,
    /// Keeps the file.
    _directory: crate::world::PrivateDirectory,
}

/// Where it goes, as ARM shows it.
pub struct Destination {
    /// The app.
    pub app: App,
    /// The slot.
    pub slot: Slot,
    /// Its state before.
    pub site: Site,
}

/// A deployment that is really there.
pub struct Deployed {
    /// Its id.
    pub id: String,
    /// Where the slot's app answers.
    pub url: String,
    /// On the server, from push to verdict.
    pub took: Duration,
}

fn check(inputs: &Inputs, problems: &mut Problems) {
    sign_in::check(inputs, problems);
    check_package(inputs, problems);
}

/// Checks the inputs that describe the package.
pub fn check_package(inputs: &Inputs, problems: &mut Problems) {
    if let Some(path) = inputs.path("package").filter(|path| !path.exists()) {
        problems
            .add(format!("`package`: there is nothing at `{}`; name a folder or a zip that exists", path.display()));
    }
    let build_info = inputs.given("build-info");
    if build_info.is_some_and(|name| name.starts_with('/') || name.contains("..") || name.contains('\\')) {
        problems.add("`build-info` must be a file name inside the package, such as `build-info.json`".to_owned());
    }
    if build_info.is_some() && inputs.given("release-version").is_none() && inputs.given("commit").is_none() {
        problems.add("`build-info` needs a `release-version` or a `commit` to write".to_owned());
    }
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if inputs.given("expected-sha256").is_some_and(|text| !is_digest(text)) {
        problems.add("`expected-sha256` must be 64 hexadecimal digits, such as the output `package-sha256`".to_owned());
    }
}

impl Parameters {
    /// From checked inputs of `zip-deploy`.
    pub fn read(inputs: &Inputs) -> Self {
        Self { restart: inputs.flag("restart"), timeout: inputs.duration("timeout"), ..Self::of_package(inputs) }
    }

    /// From the inputs that a release has as well; the app restarts, and the limit is the usual one.
    pub fn of_package(inputs: &Inputs) -> Self {
        let info = json!({"version": inputs.given("release-version"), "commit": inputs.given("commit")});
        Self {
            app: inputs.text("app-name").to_owned(),
            slot: Slot::new(inputs.text("slot-name")),
            group: inputs.given("resource-group").map(str::to_owned),
            source: inputs.path("package").unwrap_or_default(),
            exclude: inputs.lines("exclude").into_iter().map(str::to_owned).collect(),
            build_info: inputs.given("build-info").map(|name| (name.to_owned(), info.to_string().into_bytes())),
            expected_sha256: inputs.given("expected-sha256").map(str::to_ascii_lowercase),
            clean: inputs.flag("clean"),
            restart: true,
            timeout: Duration::from_mins(20),
            queue_timeout: inputs.duration("queue-timeout"),
        }
    }

    /// What would go into the package.
    ///
    /// # Errors
    /// `SID0002` and `SID0003`.
    pub fn package_plan(&self) -> Result<package::Plan, Failure> {
        let options =
            package::Options { exclude: self.exclude.clone(), extra: self.build_info.iter().cloned().collect() };
        package::plan(&self.source, &options)
    }

    /// Whether the package is the one that was meant. Whoever calls it has sent nothing yet.
    ///
    /// # Errors
    /// `SID0007` when it is another one.
    pub fn must_be_expected(&self, package: &Package) -> Result<(), Failure> {
        let Some(expected) = self.expected_sha256.as_deref().filter(|expected| *expected != package.sha256) else {
            return Ok(());
        };
        let what =
            format!("the package `{}` is not the one that was expected; nothing was sent", self.source.display());
        Err(Failure::new(&code::PACKAGE_NOT_EXPECTED, what)
            .because(format!("its sha256 is {}", package.sha256))
            .because(format!("`expected-sha256` is {expected}"))
            .fix("deploy the artifact of the run that told this sha256, or find out who changed it since")
            .fix("a folder has the sha256 of the zip that is made of it: `build-info` and `exclude` must be the same in both places"))
    }
}

/// Writes the package into a private directory, beside the runtime so that a signal is still heard.
pub async fn pack(stage: Stage<'_>, plan: package::Plan) -> Result<Packed, Failure> {
    let start = stage.world.clock.start();
    stage.host.status(Some("packaging"));
    let directory = stage.world.files.private_directory("package")?;
    let target = directory.path().join("package.zip");
    let written = tokio::task::spawn_blocking(move || package::write(&plan, &target)).await;
    let package = written.map_err(|error| Failure::bug(format!("packaging stopped: {error}")))??;
    stage.host.status(None);
    for warning in &package.warnings {
        stage.host.annotate(crate::ci::Level::Warning, "package", warning);
    }
    let (files, size) = (counted(package.files, "file"), kilobytes(package.bytes));
    stage.host.line(&format!(
        "packaged {files}, {size}, sha256 {} ({})",
        short(&package.sha256),
        human(start.elapsed())
    ));
    Ok(Packed { package, _directory: directory })
}

/// Looks the app and the slot up.
pub async fn find(stage: Stage<'_>, session: &Session, parameters: &Parameters) -> Result<Destination, Failure> {
    let arm = session.arm(stage.world);
    let app = arm.find_app(&parameters.app, parameters.group.as_deref()).await?;
    let slot = parameters.slot.clone();
    let site = arm.site(&app, &slot).await?;
    Ok(Destination { app, slot, site })
}

/// Pushes, follows, and judges.
pub async fn deploy(
    stage: Stage<'_>,
    session: &Session,
    destination: &Destination,
    packed: &Packed,
    parameters: &Parameters,
) -> Result<Deployed, Failure> {
    let start = stage.world.clock.start();
    let arm = session.arm(stage.world);
    let scm = Scm::of(&arm, &destination.site)?;
    let push = Push {
        path: packed.package.path.clone(),
        bytes: packed.package.bytes,
        sha256: packed.package.sha256.clone(),
        clean: parameters.clean,
        restart: parameters.restart,
    };
    stage.world.standing.leaves(
        format!("a package may have arrived at `{}` and be deployed there", scm.host()),
        az::deployments(&destination.app, &destination.slot),
    );
    let id = match push::until_accepted(stage, &scm, &push, parameters.queue_timeout).await {
        Ok(id) => id,
        Err(failure) => {
            // Only an upload without an answer leaves doubt.
            if failure.code != &code::UNREACHABLE {
                stage.world.standing.leaves_nothing();
            }
            return Err(failure);
        }
    };
    stage.world.standing.leaves(
        format!("deployment `{id}` goes on at `{}`", scm.host()),
        az::deployment_log(&destination.app, &destination.slot, &id),
    );
    let finished = follow::until_finished(stage, &scm, id, parameters.timeout).await?;
    stage.world.standing.leaves_nothing();
    verdict::judge(stage, &scm, &finished).await?;
    verdict::await_start(stage, &arm, destination, &finished.id, parameters).await?;
    let deployed = Deployed { id: finished.id, url: destination.site.url(), took: start.elapsed() };
    stage.host.line(&format!("deployed to {} as {} ({})", deployed.url, deployed.id, human(deployed.took)));
    Ok(deployed)
}

fn would_deploy(stage: Stage<'_>, destination: &Destination, package: &Package) -> Outcome {
    let url = destination.site.url();
    stage.host.line(&format!("would deploy {} to {url}; nothing was changed", counted(package.files, "file")));
    Outcome {
        outputs: vec![("webapp-url", url.clone()), ("package-sha256", package.sha256.clone())],
        rows: vec![("would deploy to", url.clone()), ("package sha256", package.sha256.clone())],
        data: json!({"dryRun": true, "url": url, "sha256": package.sha256, "files": package.files, "bytes": package.bytes}),
        ..Outcome::default()
    }
}

impl Deployed {
    fn outcome(&self, package: &Package) -> Outcome {
        Outcome {
            outputs: vec![
                ("webapp-url", self.url.clone()),
                ("deployment-id", self.id.clone()),
                ("package-sha256", package.sha256.clone()),
            ],
            rows: vec![
                ("app", self.url.clone()),
                ("deployment", self.id.clone()),
                ("package", format!("{}, {}", counted(package.files, "file"), kilobytes(package.bytes))),
                ("sha256", package.sha256.clone()),
                ("took", human(self.took)),
            ],
            data: json!({
                "url": self.url, "deploymentId": self.id, "sha256": package.sha256,
                "files": package.files, "bytes": package.bytes, "tookMs": self.took.as_millis(),
            }),
            ..Outcome::default()
        }
    }
}

/// The first twelve digits, which is what people compare.
pub fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

fn kilobytes(bytes: u64) -> String {
    if bytes < 10_000_000 {
        format!("{} kB", bytes.div_ceil(1000))
    } else {
        format!("{} MB", bytes.div_ceil(1_000_000))
    }
}
