//! Static files of a `wwwroot`, for slots without a start command. Nothing outside the folder is ever served.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What a folder answers with, in this order.
const DEFAULT_DOCUMENTS: [&str; 4] = ["index.html", "index.htm", "default.html", "hostingstart.html"];

/// Content types by extension; everything else is bytes.
const TYPES: [(&str, &str); 18] = [
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/x-icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("mjs", "text/javascript"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("wasm", "application/wasm"),
    ("woff2", "font/woff2"),
];

/// Answers GET and HEAD from the folder.
pub(super) async fn serve(wwwroot: PathBuf, method: &Method, path: &str) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = path.to_owned();
    let found = tokio::task::spawn_blocking(move || find(&wwwroot, &path)).await.ok().flatten();
    let Some((file, bytes)) = found else {
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], "<h1>404 Not Found</h1>\n")
            .into_response();
    };
    let length = HeaderValue::from(bytes.len());
    let body = if method == Method::HEAD { Body::empty() } else { Body::from(bytes) };
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&file))), (header::CONTENT_LENGTH, length)];
    (headers, body).into_response()
}

fn find(wwwroot: &Path, path: &str) -> Option<(PathBuf, Vec<u8>)> {
    let root = wwwroot.canonicalize().ok()?;
    let mut file = root.join(relative(path)?).canonicalize().ok()?;
    if file.is_dir() {
        let document = DEFAULT_DOCUMENTS.iter().map(|name| file.join(name)).find(|file| file.is_file())?;
        file = document.canonicalize().ok()?;
    }
    // A link inside the folder may lead out of it; what is served is where it ends.
    if !file.starts_with(&root) {
        return None;
    }
    let bytes = std::fs::read(&file).ok()?;
    Some((file, bytes))
}

/// The path below the root, decoded; `None` when it holds anything but plain names.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = decode(path)?;
    let relative = PathBuf::from(decoded.trim_start_matches('/'));
    relative.components().all(|part| matches!(part, Component::Normal(_))).then_some(relative)
}

/// Percent-decoding; `None` for a broken escape, a NUL, or bytes that are not UTF-8.
pub(in crate::emulator) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = if byte == b'%' { hexadecimal(rest.next()?)? * 16 + hexadecimal(rest.next()?)? } else { byte };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The content type of a file by its extension.
pub(in crate::emulator) fn content_type(file: &Path) -> &'static str {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
    TYPES.iter().find(|(name, _)| *name == extension).map_or("application/octet-stream", |(_, kind)| kind)
}
