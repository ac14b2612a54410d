//! One request, described before it is sent.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

pub use reqwest::Method;

use super::Trouble;
use crate::world::Secret;

/// A request. Its `Debug` form would hold the token, so it has none.
pub struct Call {
    /// The verb.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers besides `Authorization`, `Content-Type` and `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Body,
    /// The bearer token.
    pub bearer: Option<Secret>,
    /// Whether it may be sent again.
    pub repeat: Repeat,
    /// The limit of one try, until the last byte of the answer.
    pub timeout: Duration,
}

/// What a request carries.
pub enum Body {
    /// `Content-Length: 0` on the verbs that need it.
    Empty,
    /// `application/json`.
    Json(serde_json::Value),
    /// `application/x-www-form-urlencoded`, already encoded; it may hold a secret.
    Form(Secret),
    /// A file, streamed with its length known: chunked uploads are dropped by the SCM front end after about 145 s.
    File {
        /// Where it is.
        path: PathBuf,
        /// Its size in bytes.
        length: u64,
    },
}

/// Whether sending a request twice does the same as sending it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Sent again on trouble, 408, 429 and 5xx.
    Safe,
    /// Sent once; the caller re-checks the state before it sends anything again.
    Never,
    /// Sent again only where the server said that it did not act: 429, and a connection that was never made.
    WhenNotAccepted,
}

impl Call {
    /// A `GET`, safe to repeat, one minute a try.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url, Repeat::Safe)
    }

    /// A `POST`, repeated only where it was surely not accepted.
    pub fn post(url: Url) -> Self {
        Self::new(Method::POST, url, Repeat::WhenNotAccepted)
    }

    /// A call with an empty body, one minute a try.
    pub fn new(method: Method, url: Url, repeat: Repeat) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: Body::Empty,
            bearer: None,
            repeat,
            timeout: Duration::from_mins(1),
        }
    }

    /// With a bearer token.
    #[must_use]
    pub fn bearer(mut self, token: &Secret) -> Self {
        self.bearer = Some(token.clone());
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// With another rule for repeating.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// With another limit for one try.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What the request is, for messages: verb, host and path, never the query.
    pub fn label(&self) -> String {
        format!("{} {}", self.method, without_query(&self.url))
    }

    pub(super) async fn to_request(&self, client: &reqwest::Client) -> Result<reqwest::Request, Trouble> {
        let mut builder = client.request(self.method.clone(), self.url.clone()).timeout(self.timeout);
        for (name, value) in &self.headers {
            builder = builder.header(*name, value);
        }
        if let Some(token) = &self.bearer {
            builder = builder.bearer_auth(token.reveal());
        }
        builder = match &self.body {
            Body::Empty if self.method == Method::GET => builder,
            Body::Empty => builder.header("content-length", "0"),
            Body::Json(value) => builder.json(value),
            Body::Form(form) => {
                builder.header("content-type", "application/x-www-form-urlencoded").body(form.reveal().to_owned())
            }
            Body::File { path, length } => {
                let file = tokio::fs::File::open(path).await.map_err(|error| Trouble::local(&self.url, &error))?;
                builder.header("content-length", *length).body(reqwest::Body::from(file))
            }
        };
        builder.build().map_err(|error| Trouble::from_error(&self.url, &error))
    }
}

/// A URL without query, fragment and user: queries hold signatures and codes.
pub(super) fn without_query(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}
