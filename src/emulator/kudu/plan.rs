//! What a push asks for: the query of `/api/publish` and `/api/zipdeploy`, checked (zip-deploy 1.2, 1.3).

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::deployment::Origin;
use crate::emulator::sites::{Os, SlotView};

/// Which of the two doors a package came through; their defaults differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `/api/publish`.
    OneDeploy,
    /// `/api/zipdeploy`.
    ZipDeploy,
}

/// Whether the client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// 202 at once.
    Async,
    /// 200 at the end.
    Sync,
}

/// How files that are not in the package are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The folder becomes what the package holds.
    Clean,
    /// Files are added and replaced, none is deleted.
    Overlay,
    /// KuduSync: a file is copied when its time differs, and deleted when only the last manifest lists it.
    Manifest,
}

/// What arrives and where it goes; paths are relative to `/home`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Artifact {
    /// A zip that is extracted into a folder.
    Zip { folder: PathBuf, rule: Rule },
    /// A single file.
    File { file: PathBuf },
    /// Nothing arrives: the folder is emptied.
    Reset,
}

/// A checked push.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Which route it came by.
    pub(super) endpoint: Endpoint,
    /// When it is answered.
    pub(super) waiting: Waiting,
    /// What arrives and where it goes.
    pub(super) artifact: Artifact,
    /// Whether the app is restarted at the end.
    pub(super) restarts: bool,
    /// Whether the answer names the deployment's id.
    pub(super) is_tracked: bool,
    /// Who deploys and why.
    pub(super) origin: Origin,
}

/// The parameters of a query, names in lower case.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Parses a query; of several values the first counts.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            values.entry(name.to_lowercase()).or_insert_with(|| value.into_owned());
        }
        Self(values)
    }

    /// A parameter that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        self.text(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }
}

impl Plan {
    /// Reads a push. The error is the text of the 400.
    pub(super) fn read(view: &SlotView, endpoint: Endpoint, query: &Query) -> Result<Self, String> {
        let (artifact, is_async) = match endpoint {
            Endpoint::OneDeploy => (artifact(view, query)?, query.flag("async", false)),
            Endpoint::ZipDeploy => {
                let rule = if query.flag("clean", false) { Rule::Clean } else { Rule::Manifest };
                (Artifact::Zip { folder: PathBuf::from(WWWROOT), rule }, query.flag("isasync", false))
            }
        };
        Ok(Self {
            endpoint,
            waiting: if is_async { Waiting::Async } else { Waiting::Sync },
            artifact,
            restarts: query.flag("restart", true),
            is_tracked: view.os == Os::Linux || query.flag("trackdeploymentprogress", false),
            origin: origin(view.os, endpoint, query),
        })
    }
}

const WWWROOT: &str = "site/wwwroot";

fn origin(os: Os, endpoint: Endpoint, query: &Query) -> Origin {
    // OneDeploy ignores what the client says of itself.
    let said = |name: &str, default: &str| query.text(name).unwrap_or(default).to_owned();
    let (deployer, message) = match (endpoint, os) {
        (Endpoint::OneDeploy, _) => ("OneDeploy".to_owned(), "OneDeploy".to_owned()),
        (Endpoint::ZipDeploy, os) => {
            let default = if os == Os::Linux { "Push-Deployer" } else { "ZipDeploy" };
            (said("deployer", default), said("message", "Created via a push deployment"))
        }
    };
    Origin { author: said("author", "N/A"), author_email: said("authoremail", "N/A"), deployer, message }
}

fn artifact(view: &SlotView, query: &Query) -> Result<Artifact, String> {
    let Some(kind) = query.text("type").map(str::to_lowercase) else {
        let reset = query.flag("reset", false);
        return if reset { Ok(Artifact::Reset) } else { Err("type query parameter is missing".to_owned()) };
    };
    let path = query.text("path");
    let stacks: &[&str] = match kind.as_str() {
        "war" => &["TOMCAT", "JBOSSEAP"],
        "jar" => &["JAVA"],
        "ear" => &["JBOSSEAP"],
        _ => &[],
    };
    check_stack(view, query, &kind, stacks)?;
    let named = |folder: &str| match path {
        None => Err(format!("Path must be defined for type='{kind}'")),
        Some(path) if path.ends_with('/') => Err(format!("Path cannot be a directory for type='{kind}'")),
        Some(path) => target(path, folder, view.os),
    };
    let file = match kind.as_str() {
        "zip" => {
            let folder = path.map_or_else(|| Ok(PathBuf::from(WWWROOT)), |path| target(path, WWWROOT, view.os))?;
            let clean = query.flag("clean", true);
            if clean && [PathBuf::new(), PathBuf::from("site")].contains(&folder) {
                return Err("Clean deployments cannot be performed in this directory".to_owned());
            }
            return Ok(Artifact::Zip { folder, rule: if clean { Rule::Clean } else { Rule::Overlay } });
        }
        "war" if path.is_some() => named(WWWROOT)?,
        "war" | "jar" | "ear" => PathBuf::from(format!("{WWWROOT}/app.{kind}")),
        "static" => named(WWWROOT)?,
        "lib" => named("site/libs")?,
        "script" => named("site/scripts")?,
        "startup" if view.os == Os::Linux => PathBuf::from("site/scripts/startup.sh"),
        "startup" => PathBuf::from("site/scripts/startup.cmd"),
        _ => return Err(format!("type='{kind}' not recognized")),
    };
    Ok(Artifact::File { file })
}

fn check_stack(view: &SlotView, query: &Query, kind: &str, stacks: &[&str]) -> Result<(), String> {
    let stack = view.launch.settings.get("WEBSITE_STACK").map_or("", String::as_str);
    let fits = stacks.is_empty() || stacks.iter().any(|name| name.eq_ignore_ascii_case(stack));
    if fits || query.flag("ignorestack", false) {
        return Ok(());
    }
    Err(format!("Artifact type = '{kind}' cannot be deployed to stack = '{stack}'"))
}

/// A target path relative to `/home`: absolute below the home root, otherwise below `folder`.
fn target(path: &str, folder: &str, os: Os) -> Result<PathBuf, String> {
    let path = if os == Os::Windows { path.replace('\\', "/") } else { path.to_owned() };
    let lower = path.to_lowercase();
    let is_home =
        |prefix: &&&str| lower.strip_prefix(**prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let below = match ["/home", "home", "%home%", "$home"].iter().find(is_home) {
        Some(prefix) => path[prefix.len()..].to_owned(),
        None => format!("{folder}/{path}"),
    };
    let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") || below.contains('\0') {
        return Err(format!("path='{path}' is not allowed: it leads out of its folder"));
    }
    Ok(parts.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::sites::Launch;

    fn read(query: &str) -> Result<Plan, String> {
        let view = SlotView {
            app: "shop".to_owned(),
            slot: "production".to_owned(),
            os: Os::Linux,
            running: true,
            launch: Launch::default(),
            scm_authority: "shop.scm.localhost:1".to_owned(),
        };
        Plan::read(&view, Endpoint::OneDeploy, &Query::parse(Some(query)))
    }

    #[test]
    fn the_target_of_a_push_stays_below_home() {
        for (query, folder) in [
            ("type=zip", "site/wwwroot"),
            ("type=ZIP&path=a/b", "site/wwwroot/a/b"),
            ("type=zip&path=/home/site/wwwroot/", "site/wwwroot"),
            ("type=zip&path=%25HOME%25/site/x", "site/x"),
            ("type=zip&path=homework", "site/wwwroot/homework"),
        ] {
            let expected = Artifact::Zip { folder: folder.into(), rule: Rule::Clean };
            assert_eq!(read(query).unwrap().artifact, expected, "{query}");
        }
        let file = read("type=static&path=/home/site/wwwroot/index.html&async=True").unwrap();
        assert_eq!(file.artifact, Artifact::File { file: "site/wwwroot/index.html".into() });
        assert_eq!(file.waiting, Waiting::Async);
    }

    #[test]
    fn a_push_that_cannot_be_is_told_why() {
        for (query, text) in [
            ("", "type query parameter is missing"),
            ("type=rpm", "type='rpm' not recognized"),
            ("type=static", "Path must be defined for type='static'"),
            ("type=static&path=a/", "Path cannot be a directory for type='static'"),
            ("type=zip&path=../x", "path='../x' is not allowed: it leads out of its folder"),
            ("type=zip&path=/home/site", "Clean deployments cannot be performed in this directory"),
            ("type=war", "Artifact type = 'war' cannot be deployed to stack = ''"),
        ] {
            assert_eq!(read(query).unwrap_err(), text, "{query}");
        }
        assert!(read("type=zip&path=/home/site&clean=false").is_ok());
        assert!(read("type=war&ignoreStack=true").is_ok());
    }
}
