//! One deployable part of a system.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ci, Command, OneOrMany, RepositoryPath, SettingName, UrlPath};

/// A part that is deployed. It has one target: `app-service`, `static-web-app` or `aks`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct App {
    /// The App Service app, without an environment's suffix
    #[schemars(extend("format" = "app-service"))]
    pub app_service: Option<String>,
    /// The Static Web App, without an environment's suffix
    #[schemars(extend("format" = "app-service"))]
    pub static_web_app: Option<String>,
    /// The name in the Kubernetes manifests: of the image, of its Deployment and of its Service; and in the registry
    #[schemars(extend("format" = "name"))]
    pub aks: Option<String>,
    /// What it does; a worker or scheduler serves no requests and has no health path
    #[serde(default)]
    pub role: Role,
    /// The app whose package this one runs too; it follows that app
    #[schemars(extend("format" = "name"))]
    pub same_as: Option<String>,
    /// The app after which this one is deployed
    #[schemars(extend("format" = "name"))]
    pub after: Option<String>,
    /// Its folder in the repository
    #[serde(default = "here")]
    #[schemars(extend("format" = "path"))]
    pub path: String,
    /// What it is written in, where it is not the system's language
    pub language: Option<Language>,
    /// What proves it, where it is not proven with the rest
    pub ci: Option<Ci>,
    /// The files and folders that are shipped, from its folder
    #[serde(default)]
    pub include: Vec<RepositoryPath>,
    /// The commands that build it
    #[serde(default)]
    pub build: Vec<Command>,
    /// The folder that the build leaves, which is what is shipped
    #[schemars(extend("format" = "path"))]
    pub output: Option<String>,
    /// The Dockerfile, from its folder
    #[serde(default = "dockerfile")]
    #[schemars(extend("format" = "path"))]
    pub dockerfile: String,
    /// The paths that must answer 2xx before it is live and while it is watched
    pub health: Option<OneOrMany<UrlPath>>,
    /// The path that answers JSON whose `commit` must be the one that was deployed
    #[schemars(extend("format" = "url-path"))]
    pub commit_at: Option<String>,
    /// The app settings that it needs, by name: where one is missing, it is not deployed
    #[serde(default)]
    pub settings: Vec<SettingName>,
    /// How its database is migrated
    pub migrate: Option<Migrate>,
}

fn here() -> String {
    ".".to_owned()
}

fn dockerfile() -> String {
    "Dockerfile".to_owned()
}

/// What an app does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It answers requests
    #[default]
    Web,
    /// It takes work from a queue; it has no slot, which would take production's work
    Worker,
    /// It starts work at its time; it runs on exactly one instance
    Scheduler,
}

/// What an app is written in: exactly one of the languages, and how its dependencies are locked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Language {
    /// Python, such as `"3.12"`
    #[schemars(extend("format" = "language-version"))]
    pub python: Option<String>,
    /// Node.js, such as `"24"`
    #[schemars(extend("format" = "language-version"))]
    pub node: Option<String>,
    /// .NET, such as `"10.0"`
    #[schemars(extend("format" = "language-version"))]
    pub dotnet: Option<String>,
    /// Java (Temurin), such as `"21"`
    #[schemars(extend("format" = "language-version"))]
    pub java: Option<String>,
    /// Go, such as `"1.26"`
    #[schemars(extend("format" = "language-version"))]
    pub go: Option<String>,
    /// The lock files, with hashes: what is installed is what was reviewed
    #[serde(default)]
    pub locks: Vec<RepositoryPath>,
    /// Who installs Python's dependencies for the running app
    #[serde(default)]
    pub package: Packaging,
}

/// Who installs Python's dependencies for the running app.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Packaging {
    /// App Service, while it deploys: needs `SCM_DO_BUILD_DURING_DEPLOYMENT=true` there
    #[default]
    Oryx,
    /// The build job: they are part of the package, in `.python_packages`. The app setting
    /// `PYTHONPATH=/home/site/wwwroot/.python_packages/lib/site-packages` makes App Service find them
    Vendored,
}

/// How a database is migrated: what only adds comes before the new code, what takes away in a later run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Migrate {
    /// The command, such as `alembic upgrade head`
    #[schemars(extend("format" = "command"))]
    pub run: String,
    /// The secret in the environment's vault that holds the connection string
    #[schemars(extend("format" = "secret"))]
    pub secret: String,
    /// The variable that the command reads it from
    #[serde(default = "database_url")]
    #[schemars(extend("format" = "variable"))]
    pub variable: String,
    /// The command that prints the pending SQL without running it, so that what takes away is refused; known for Alembic
    #[schemars(extend("format" = "command"))]
    pub preview: Option<String>,
    /// The command for what takes away, run on demand when no code needs it any more
    #[schemars(extend("format" = "command"))]
    pub contract: Option<String>,
    /// How long it may take
    #[serde(default = "ten_minutes")]
    #[schemars(extend("format" = "duration"))]
    pub limit: String,
}

fn database_url() -> String {
    "DATABASE_URL".to_owned()
}

fn ten_minutes() -> String {
    "10m".to_owned()
}

impl App {
    /// The paths that must answer 2xx.
    pub fn health_paths(&self) -> Vec<&str> {
        self.health.iter().flat_map(OneOrMany::iter).collect()
    }
}

impl Language {
    /// Which language it is, as actions and scripts name it.
    pub fn name(&self) -> &'static str {
        self.chosen().0
    }

    /// Its version.
    pub fn version(&self) -> &str {
        self.chosen().1
    }

    /// For people.
    pub fn title(&self) -> String {
        let name = match self.name() {
            "python" => "Python",
            "node" => "Node.js",
            "dotnet" => ".NET",
            "java" => "Java",
            _ => "Go",
        };
        format!("{name} {}", self.version())
    }

    /// All that are given; `semantics` demands exactly one.
    pub fn given(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("python", &self.python),
            ("node", &self.node),
            ("dotnet", &self.dotnet),
            ("java", &self.java),
            ("go", &self.go),
        ];
        all.into_iter().filter_map(|(name, version)| Some((name, version.as_deref()?))).collect()
    }

    fn chosen(&self) -> (&'static str, &str) {
        self.given().first().copied().unwrap_or(("go", ""))
    }
}
