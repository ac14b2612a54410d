//! A whole answer, and how to read it without trusting it.

use std::fmt;
use std::time::Duration;

use bytes::BytesMut;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use url::Url;

use super::call::{Call, without_query};
use super::{Method, Trouble};
use crate::report::{Failure, code};
use crate::world::Secret;

/// No answer of the APIs that we call comes near this.
const LONGEST_BODY: usize = 32 * 1024 * 1024;
/// Headers in which the services put the id that support asks for, best first.
const REQUEST_ID_HEADERS: [&str; 6] = [
    "x-ms-request-id",
    "x-ms-correlation-request-id",
    "x-vss-e2eid",
    "x-ms-correlation-id",
    "x-msedge-ref",
    "x-github-request-id",
];

/// Status, headers and body of an answer.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body's bytes, all of them.
    pub body: bytes::Bytes,
    headers: reqwest::header::HeaderMap,
    method: Method,
    url: Url,
}

/// Headers and body may hold a token: only what cannot be one is shown.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = format_args!("{} bytes", self.body.len());
        formatter.debug_struct("Answer").field("status", &self.status).field("body", &length).finish_non_exhaustive()
    }
}

impl Answer {
    pub(super) async fn read(call: &Call, mut response: reqwest::Response) -> Result<Self, Trouble> {
        let mut answer = Self {
            status: response.status().as_u16(),
            body: bytes::Bytes::new(),
            headers: std::mem::take(response.headers_mut()),
            method: call.method.clone(),
            url: call.url.clone(),
        };
        let body = read_body(call, &mut response).await;
        answer.body = body.map_err(|trouble| trouble.answered(answer.status, answer.request_id()))?;
        if !answer.is_success() {
            answer.forget(call);
        }
        Ok(answer)
    }

    /// Takes the token out of a refusal that repeats it: proxies and debug pages do, and refusals are shown.
    fn forget(&mut self, call: &Call) {
        let token = call.bearer.as_ref().map(Secret::reveal).filter(|token| !token.is_empty());
        let text = token.and_then(|token| std::str::from_utf8(&self.body).ok().filter(|text| text.contains(token)));
        if let (Some(token), Some(text)) = (token, text) {
            self.body = text.replace(token, "***").into();
        }
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The URL that was asked.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All headers that are text.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// `Retry-After` in seconds; the date form is rare on these services and counts as absent. It is what the service asks
    /// for, without a limit: a caller that polls clamps it, to 30 s and to what its deadline leaves.
    pub fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }

    /// The id to give to support, or an empty text.
    pub fn request_id(&self) -> String {
        REQUEST_ID_HEADERS.iter().find_map(|name| self.header(name)).unwrap_or_default().to_owned()
    }

    /// The body of a successful answer as JSON of a known shape.
    ///
    /// # Errors
    /// `SID0201` with status, request id and what was expected, or `SID0203` for a redirect.
    pub fn json<T: DeserializeOwned>(&self, expected: &str) -> Result<T, Failure> {
        if !self.is_success() {
            return Err(self.unexpected(expected));
        }
        serde_json::from_slice(&self.body).map_err(|error| self.unexpected(expected).because(place_of(&error)))
    }

    /// The failure for an answer that its contract does not have.
    pub fn unexpected(&self, expected: &str) -> Failure {
        if (300..400).contains(&self.status) {
            return self.redirected();
        }
        let host = self.url.host_str().unwrap_or_default();
        self.with_ids(Failure::new(
            &code::UNEXPECTED_ANSWER,
            format!("`{host}` answered {}, expected {expected}", self.describe()),
        ))
        .fix(format!(
            "ask again in a minute; if it stays, a proxy or a wrong URL stands between this machine and `{host}`"
        ))
    }

    /// The failure with what identifies this answer: request, status, request id.
    pub fn with_ids(&self, failure: Failure) -> Failure {
        failure
            .fact("request", format!("{} {}", self.method, without_query(&self.url)))
            .fact("status", self.status.to_string())
            .fact("request id", self.request_id())
    }

    fn redirected(&self) -> Failure {
        let target = self.header("location").and_then(|location| self.url.join(location).ok());
        let target = target.as_ref().map_or_else(|| "nowhere".to_owned(), |url| format!("`{}`", without_query(url)));
        let host = self.url.host_str().unwrap_or_default();
        self.with_ids(Failure::new(&code::FOREIGN_REDIRECT, format!("`{host}` redirected to {target}")))
            .because("redirects are not followed, so that no token reaches a host it was not meant for")
            .fix("check the URL; a redirect to a sign-in page means that the token was not accepted")
    }

    /// What came, in a few words: `200 with an empty body`, `502 with an HTML page`.
    fn describe(&self) -> String {
        format!("{} with {}", self.status, media_type(&self.body))
    }

    #[cfg(test)]
    pub(super) fn for_test(status: u16, header: Option<(&'static str, &str)>) -> Self {
        let headers =
            header.map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().unwrap()));
        Self {
            status,
            body: bytes::Bytes::new(),
            headers: headers.into_iter().collect(),
            method: Method::GET,
            url: Url::parse("https://example.com/").unwrap(),
        }
    }
}

/// Where reading stopped and why, without the text of the error: that quotes the value, which may be a token or a setting.
fn place_of(error: &serde_json::Error) -> String {
    let trouble = match error.classify() {
        Category::Io => "it could not be read",
        Category::Syntax => "it is not JSON",
        Category::Data => "a value is missing, or not of the expected kind",
        Category::Eof => "it ends too early",
    };
    format!("{trouble}, at line {} column {}", error.line(), error.column())
}

async fn read_body(call: &Call, response: &mut reqwest::Response) -> Result<bytes::Bytes, Trouble> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Trouble::from_error(&call.url, &error))? {
        if body.len() + chunk.len() > LONGEST_BODY {
            return Err(Trouble::too_long(&call.url, LONGEST_BODY));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What a body looks like, for messages.
pub fn media_type(body: &[u8]) -> &'static str {
    let start = body.trim_ascii_start();
    let head = start.get(..start.len().min(14)).unwrap_or_default().to_ascii_lowercase();
    match start.first() {
        None => "an empty body",
        Some(b'<') if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") => "an HTML page",
        Some(b'<') => "an XML or HTML body",
        Some(b'{' | b'[') if serde_json::from_slice::<serde::de::IgnoredAny>(start).is_err() => "broken JSON",
        Some(b'{' | b'[') => "JSON of another shape",
        Some(_) => "a body that is not JSON",
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn an_answer_never_shows_its_body() {
        let mut answer = Answer::for_test(200, Some(("location", "https://example.com/?code=canary")));
        answer.body = "\"canary\"".into();
        assert_eq!(format!("{answer:?}"), "Answer { status: 200, body: 8 bytes, .. }");
        let failure = answer.json::<Vec<u8>>("a list").unwrap_err();
        let shown = format!("{failure:?}");
        assert!(!shown.contains("canary") && shown.contains("at line 1 column 8"), "{shown}");
    }
}
