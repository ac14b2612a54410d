//! A package on its way to a temporary file: from the request's body, or from the URL that the request names.

use std::path::{Path, PathBuf};

use axum::body::Body;
use futures_util::StreamExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use ring::digest::{Context, SHA256};
use tokio::io::AsyncWriteExt as _;

use crate::emulator::encode::{hex, random_hex};

/// The largest package that a site takes (zip-deploy 1.4).
const LIMIT: u64 = 2048 * 1024 * 1024;

/// A package on disk; the file goes when this is dropped.
pub(super) struct Package {
    path: PathBuf,
    /// In bytes.
    pub(super) size: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub(super) checksum: String,
}

/// Why no package was spooled.
#[derive(Debug)]
pub(super) enum SpoolError {
    /// More than the limit.
    TooLarge,
    /// The body ended before it was whole.
    Broken,
    /// The disk, with its words.
    Disk(String),
}

impl Package {
    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a body to a new file in `folder`.
    pub(super) async fn spool(body: Body, folder: &Path) -> Result<Self, SpoolError> {
        let disk = |error: std::io::Error| SpoolError::Disk(error.to_string());
        tokio::fs::create_dir_all(folder).await.map_err(disk)?;
        let path = folder.join(format!("{}.zip", random_hex::<8>()));
        let mut file = tokio::fs::File::create(&path).await.map_err(disk)?;
        // From here on the file goes with the value.
        let mut package = Self { path, size: 0, checksum: String::new() };
        let mut digest = Context::new(&SHA256);
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| SpoolError::Broken)?;
            package.size += chunk.len() as u64;
            if package.size > LIMIT {
                return Err(SpoolError::TooLarge);
            }
            digest.update(&chunk);
            file.write_all(&chunk).await.map_err(disk)?;
        }
        file.flush().await.map_err(disk)?;
        package.checksum = hex(digest.finish().as_ref());
        Ok(package)
    }

    /// Downloads a package over plain HTTP; the emulator trusts no outside certificate. The error is a log line.
    pub(super) async fn download(url: &str, folder: &Path) -> Result<Self, String> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
        let uri = url.parse().map_err(|_| format!("cannot download '{url}'"))?;
        let answer = client.get(uri).await.map_err(|error| format!("cannot download the package: {error}"))?;
        if !answer.status().is_success() {
            return Err(format!("Response status code does not indicate success: {}.", answer.status()));
        }
        Self::spool(Body::new(answer.into_body()), folder).await.map_err(|error| match error {
            SpoolError::TooLarge => "the package is too large".to_owned(),
            SpoolError::Broken => "the download broke off".to_owned(),
            SpoolError::Disk(text) => text,
        })
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        // One file; a failure leaves it to whoever removes the emulator's home.
        let _ = std::fs::remove_file(&self.path);
    }
}
