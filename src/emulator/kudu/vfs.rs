//! `/api/vfs`: files below `/home`, one at a time.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::path::{Component, Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answers::error;
use super::site::Site;
use crate::emulator::message::json as json_answer;
use crate::emulator::moment::Moment;
use crate::emulator::runtime::{content_type, decode};

/// The largest file that is read or written here.
const LIMIT: usize = 100 * 1024 * 1024;

/// Answers one request for `path`, which is what follows `/api/vfs/`, still encoded.
pub(super) async fn handle(site: &Site, path: &str, request: Request) -> Response {
    let decoded = decode(path).filter(|path| {
        let mut parts = Path::new(path.as_str()).components();
        parts.all(|part| matches!(part, Component::Normal(_)))
    });
    let Some(relative) = decoded else { return error(StatusCode::BAD_REQUEST, "The path is not allowed.") };
    let (parts, body) = request.into_parts();
    let content = match parts.method {
        Method::PUT => match to_bytes(body, LIMIT).await {
            Ok(content) => content,
            Err(_) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        },
        _ => axum::body::Bytes::new(),
    };
    let wanted = Wanted {
        home: site.content.home().to_owned(),
        relative,
        authority: site.view.scm_authority.clone(),
        headers: parts.headers,
    };
    let work = tokio::task::spawn_blocking(move || match parts.method {
        Method::GET | Method::HEAD => wanted.read(),
        Method::PUT => wanted.write(&content),
        Method::DELETE => wanted.delete(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    });
    work.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

struct Wanted {
    home: PathBuf,
    relative: String,
    authority: String,
    headers: HeaderMap,
}

impl Wanted {
    fn read(&self) -> Response {
        let Some(path) = self.inside(&self.home.join(&self.relative)) else { return self.missing() };
        if !path.is_dir() {
            return std::fs::read(&path).map_or_else(|_| self.missing(), |bytes| file(&path, bytes));
        }
        if !self.relative.is_empty() && !self.relative.ends_with('/') {
            let location = format!("https://{}/api/vfs/{}/", self.authority, self.relative);
            let Ok(location) = location.parse::<HeaderValue>() else { return self.missing() };
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response();
        }
        let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
        let mut entries: Vec<(String, Value)> = entries.filter_map(|entry| self.entry(&entry)).collect();
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        json_answer(StatusCode::OK, &entries.into_iter().map(|(_, entry)| entry).collect())
    }

    fn entry(&self, entry: &std::fs::DirEntry) -> Option<(String, Value)> {
        let name = entry.file_name().into_string().ok()?;
        let data = entry.metadata().ok()?;
        let time = Moment::of(data.modified().unwrap_or(UNIX_EPOCH)).round_trip();
        let (mime, end) = if data.is_dir() { ("inode/directory", "/") } else { (content_type(&entry.path()), "") };
        let below = format!("{}{name}", self.relative);
        let value = json!({
            "name": name,
            "size": data.len(),
            "mtime": time,
            "crtime": time,
            "mime": mime,
            "href": format!("https://{}/api/vfs/{below}{end}", self.authority),
            "path": format!("/home/{below}"),
        });
        Some((name, value))
    }

    fn write(&self, content: &[u8]) -> Response {
        let path = self.home.join(&self.relative);
        // The nearest folder that exists must lie inside, wherever links lead.
        let anchor = path.ancestors().find(|folder| folder.exists());
        if anchor.and_then(|anchor| self.inside(anchor)).is_none() {
            return self.missing();
        }
        if self.relative.ends_with('/') {
            return std::fs::create_dir_all(&path)
                .map_or_else(|error| failed(&error), |()| StatusCode::CREATED.into_response());
        }
        let exists = path.is_file();
        if exists && !self.may_change(&path) {
            return error(StatusCode::PRECONDITION_FAILED, "ETag does not represent the latest state of the resource.");
        }
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        match folder.and_then(|()| std::fs::write(&path, content)) {
            Err(error) => failed(&error),
            Ok(()) if exists => StatusCode::NO_CONTENT.into_response(),
            Ok(()) => StatusCode::CREATED.into_response(),
        }
    }

    fn delete(&self) -> Response {
        let Some(path) = self.inside(&self.home.join(&self.relative)) else { return self.missing() };
        if path.is_file() && !self.may_change(&path) {
            return error(StatusCode::PRECONDITION_FAILED, "ETag does not represent the latest state of the resource.");
        }
        let gone = if path.is_dir() { std::fs::remove_dir(&path) } else { std::fs::remove_file(&path) };
        gone.map_or_else(|error| failed(&error), |()| StatusCode::OK.into_response())
    }

    fn may_change(&self, path: &Path) -> bool {
        let given = self.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
        given.is_some_and(|given| given == "*" || given == tag(path))
    }

    /// The real path, if it lies below `/home`.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let home = self.home.canonicalize().ok()?;
        path.canonicalize().ok().filter(|path| path.starts_with(&home))
    }

    fn missing(&self) -> Response {
        error(StatusCode::NOT_FOUND, &format!("'/home/{}' not found.", self.relative))
    }
}

fn file(path: &Path, bytes: Vec<u8>) -> Response {
    let mut answer = Body::from(bytes).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    if let Ok(tag) = tag(path).parse() {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

/// The entity tag of a file: its time.
fn tag(path: &Path) -> String {
    let time = std::fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    format!("\"{:x}\"", time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos())
}

fn failed(problem: &std::io::Error) -> Response {
    error(StatusCode::CONFLICT, &problem.to_string())
}
