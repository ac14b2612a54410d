//! What the pipelines use that others made, pinned: actions by commit, tools by hash, images by digest.
//!
//! The facts are in the JSON files of this folder; `README.md` there says where each comes from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::generate::config::Config;

static ACTIONS: LazyLock<BTreeMap<String, Action>> = LazyLock::new(|| facts(include_str!("actions.json")));
static TOOLS: LazyLock<BTreeMap<String, serde_json::Value>> = LazyLock::new(|| facts(include_str!("tools.json")));
static IMAGES: LazyLock<BTreeMap<String, Image>> = LazyLock::new(|| facts(include_str!("images.json")));

fn facts<T: for<'a> Deserialize<'a>>(text: &str) -> T {
    serde_json::from_str(text).expect("a test reads every fact")
}

/// The release of kubelogin that both systems install: the newest that is known to be packaged elsewhere too
/// (archlinux.org, 2026-01).
pub const KUBELOGIN: &str = "0.2.14";

/// A pinned action.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// The release, such as `v7.0.1`: the comment behind the commit.
    pub tag: String,
    /// The commit of that release, 40 hex digits.
    pub sha: String,
    /// The inputs that its `action.yml` declares.
    #[serde(default)]
    pub inputs: Vec<String>,
}

/// A download for Linux on x86-64.
#[derive(Clone, Debug, Deserialize)]
pub struct Download {
    /// The release.
    pub version: String,
    /// Where from.
    pub url: String,
    /// The hash of what is downloaded.
    pub sha256: String,
    /// The program in the archive.
    pub member: String,
}

#[derive(Debug, Deserialize)]
struct Image {
    digest: String,
}

/// The pins with the config's own in place of ours.
#[derive(Clone, Debug)]
pub struct Catalog {
    actions: BTreeMap<String, Action>,
    images: IndexMap<String, String>,
}

impl Catalog {
    /// The pins for a config; `semantics` has checked its own.
    pub fn new(config: &Config) -> Self {
        let mut actions = ACTIONS.clone();
        for (name, pin) in &config.pins {
            if let (Some(action), Some((tag, sha))) = (actions.get_mut(name), pin.split_once('@')) {
                tag.clone_into(&mut action.tag);
                sha.clone_into(&mut action.sha);
            }
        }
        Self { actions, images: config.images.clone() }
    }

    /// The pin of an action such as `actions/checkout`.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.get(name)
    }

    /// What follows `uses:`, with the release as the comment that Dependabot reads and updates.
    pub fn uses(&self, name: &str) -> Option<String> {
        self.action(name).map(|action| format!("{name}@{} # {}", action.sha, action.tag))
    }

    /// An image with its digest: `postgres:16` becomes `postgres:16@sha256:…`. One that has its digest stays.
    pub fn image(&self, name: &str) -> Option<String> {
        if name.contains("@sha256:") {
            return Some(name.to_owned());
        }
        let digest = self.images.get(name).or_else(|| IMAGES.get(name).map(|image| &image.digest))?;
        Some(format!("{name}@{digest}"))
    }

    /// A tool that a script downloads; it is in the facts, a test sees to that.
    pub fn tool(&self, name: &str) -> Download {
        let facts = TOOLS.get(name).unwrap_or_else(|| panic!("`{name}` is not in tools.json"));
        serde_json::from_value(facts.clone()).expect("a test reads every fact")
    }

    /// The address of a copy of Kubernetes' schemas, which its commit fixes.
    pub fn kubernetes_schemas(&self) -> &'static str {
        TOOLS["kubernetes-json-schema"]["url"].as_str().unwrap_or_default()
    }

    /// The line of a requirements file that installs uv.
    pub fn uv(&self) -> String {
        let fact = |name: &str| TOOLS["uv"][name].as_str().unwrap_or_default().to_owned();
        format!("uv=={} --hash=sha256:{}", fact("version"), fact("wheel_sha256"))
    }
}

/// The actions whose pins a config may replace.
pub fn actions() -> impl Iterator<Item = &'static str> {
    ACTIONS.keys().map(String::as_str)
}

/// The images whose digests are known.
pub fn images() -> impl Iterator<Item = &'static str> {
    IMAGES.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::{ACTIONS, Download, IMAGES, TOOLS};

    #[test]
    fn every_fact_is_whole() {
        for (name, action) in ACTIONS.iter() {
            assert_eq!(action.sha.len(), 40, "{name}");
            assert!(action.tag.starts_with('v') && !action.inputs.is_empty(), "{name}");
        }
        for (name, image) in IMAGES.iter() {
            assert_eq!(image.digest.len(), "sha256:".len() + 64, "{name}");
        }
        let tools =
            ["hadolint", "kubeconform", "notation", "notation-azure-kv", "oasdiff", "terraform", "tflint", "trivy"];
        for name in tools {
            let download: Download = serde_json::from_value(TOOLS[name].clone()).unwrap();
            assert!(download.url.starts_with("https://") && download.url.contains(&download.version), "{name}");
            assert_eq!(download.sha256.len(), 64, "{name}");
        }
        let schemas = &TOOLS["kubernetes-json-schema"];
        assert!(schemas["url"].as_str().unwrap().ends_with(schemas["commit"].as_str().unwrap()));
        assert_eq!(TOOLS["uv"]["wheel_sha256"].as_str().unwrap().len(), 64);
    }
}
