//! HTTP/1.1 to an app process: one connection for each request, whole bodies, no hop-by-hop headers.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// The largest body that the front end buffers, both ways.
const BODY_LIMIT: usize = 20 * 1024 * 1024;

/// Headers that belong to one connection only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Why no complete answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendError {
    /// The connection was not made; nothing was sent.
    NotConnected,
    /// The connection broke, the answer was too large, or time was up.
    Broken,
}

/// A request whose body has arrived, so that it can be sent again when a connection is refused.
pub(super) struct Whole {
    parts: Parts,
    body: Bytes,
}

impl Whole {
    /// Reads the body; `None` when it is too large or the client went away.
    pub(super) async fn read(request: Request) -> Option<Self> {
        let (mut parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_LIMIT).await.ok()?;
        strip_hop_by_hop(&mut parts.headers);
        forward(&mut parts);
        Some(Self { parts, body })
    }

    /// A request of the platform itself.
    pub(super) fn get(path: &str, agent: &'static str) -> Self {
        let mut request = Request::new(());
        // A path that is no path asks for the root, which any app answers somehow.
        *request.uri_mut() = format!("/{}", path.trim_start_matches('/')).parse().unwrap_or_default();
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(agent));
        Self { parts: request.into_parts().0, body: Bytes::new() }
    }

    /// Its method.
    pub(super) fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Its path, as it was sent.
    pub(super) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    fn to_port(&self, port: u16) -> Request {
        let path = self.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.parts.method.clone();
        *request.uri_mut() = format!("http://127.0.0.1:{port}{path}").parse().unwrap_or_else(|_| Uri::default());
        *request.headers_mut() = self.parts.headers.clone();
        *request.version_mut() = Version::HTTP_11;
        request
    }
}

/// The connections to all app processes.
pub(super) struct Transport(Client<HttpConnector, Body>);

impl Transport {
    /// A transport that keeps no connection: an idle one would break when its process is replaced.
    pub(super) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http())
    }

    /// Sends the request to the app on `port` and reads the whole answer within `limit`.
    pub(super) async fn send(&self, request: &Whole, port: u16, limit: Duration) -> Result<Response, SendError> {
        tokio::time::timeout(limit, self.exchange(request.to_port(port))).await.unwrap_or(Err(SendError::Broken))
    }

    async fn exchange(&self, request: Request) -> Result<Response, SendError> {
        let answer = self
            .0
            .request(request)
            .await
            .map_err(|error| if error.is_connect() { SendError::NotConnected } else { SendError::Broken })?;
        let (mut parts, body) = answer.into_parts();
        let body = to_bytes(Body::new(body), BODY_LIMIT).await.map_err(|_| SendError::Broken)?;
        strip_hop_by_hop(&mut parts.headers);
        if parts.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(SendError::Broken);
        }
        parts.version = Version::HTTP_11;
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Adds what the front end tells the app of the client's side.
fn forward(parts: &mut Parts) {
    // The body is whole now; its length is set from what was read.
    parts.headers.remove(header::CONTENT_LENGTH);
    let client = parts.extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
    let client = client.map_or_else(|| "127.0.0.1".to_owned(), |client| client.0.ip().to_string());
    let before = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let chain = before.map_or_else(|| client.clone(), |before| format!("{before}, {client}"));
    let host = parts.headers.get(header::HOST).cloned();
    let host = host.or_else(|| parts.uri.authority().and_then(|authority| authority.as_str().parse().ok()));
    if let Ok(chain) = chain.parse() {
        parts.headers.insert("x-forwarded-for", chain);
    }
    parts.headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    if let Some(host) = host {
        parts.headers.insert("x-forwarded-host", host.clone());
        parts.headers.insert(header::HOST, host);
    }
}
