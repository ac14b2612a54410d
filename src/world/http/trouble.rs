//! What can go wrong before there is a whole answer. Code branches on the kind; a person reads the [`Failure`].

use std::error::Error as _;
use std::time::Duration;

use url::Url;

use super::call::without_query;
use crate::report::{Failure, code};

/// A request without a whole answer.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Whether the server may have acted on the request.
    pub kind: TroubleKind,
    url: String,
    host: String,
    causes: Vec<String>,
    /// Status and request id, when the answer had begun.
    answered: Option<(u16, String)>,
}

/// The kinds that code branches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// No connection was made: the server did not see the request.
    NotSent,
    /// The connection broke or timed out: the server may have acted.
    MaybeSent,
    /// The answer began and broke off.
    Truncated,
    /// The request could not be built on this side.
    Local,
}

impl Trouble {
    pub(super) fn from_error(url: &Url, error: &reqwest::Error) -> Self {
        let kind = match error {
            error if error.is_connect() => TroubleKind::NotSent,
            error if error.is_builder() => TroubleKind::Local,
            error if error.is_body() || error.is_decode() => TroubleKind::Truncated,
            _ => TroubleKind::MaybeSent,
        };
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !causes.contains(&text) {
                causes.push(text);
            }
            source = cause.source();
        }
        if error.is_timeout() {
            causes.insert(0, "no answer within the time limit".to_owned());
        }
        Self::new(kind, url, causes)
    }

    pub(super) fn timed_out(url: &Url, limit: Duration) -> Self {
        Self::new(TroubleKind::MaybeSent, url, vec![format!("no answer within {}", crate::world::human(limit))])
    }

    pub(super) fn offline(url: &Url) -> Self {
        Self::new(TroubleKind::Local, url, vec!["this command was started without network".to_owned()])
    }

    pub(super) fn local(url: &Url, error: &std::io::Error) -> Self {
        Self::new(TroubleKind::Local, url, vec![format!("the body cannot be read: {error}")])
    }

    pub(super) fn too_long(url: &Url, limit: usize) -> Self {
        Self::new(TroubleKind::Truncated, url, vec![format!("the answer is longer than {limit} bytes")])
    }

    fn new(kind: TroubleKind, url: &Url, causes: Vec<String>) -> Self {
        Self {
            kind,
            url: without_query(url),
            host: url.host_str().unwrap_or_default().to_owned(),
            causes,
            answered: None,
        }
    }

    /// The same trouble, in an answer that began so.
    pub(super) fn answered(self, status: u16, request_id: String) -> Self {
        Self { answered: Some((status, request_id)), ..self }
    }

    /// Whether the server may have acted on the request although no whole answer came.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self.kind, TroubleKind::MaybeSent | TroubleKind::Truncated)
    }

    /// The innermost cause in a few words, for a line of progress.
    pub fn brief(&self) -> String {
        self.causes.last().cloned().unwrap_or_else(|| "no answer".to_owned())
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let (code, what) = match trouble.kind {
            TroubleKind::NotSent => (&code::UNREACHABLE, format!("cannot connect to `{}`", trouble.host)),
            TroubleKind::MaybeSent => (&code::UNREACHABLE, format!("the connection to `{}` broke", trouble.host)),
            TroubleKind::Truncated => {
                (&code::UNEXPECTED_ANSWER, format!("`{}` sent a broken answer, expected a whole one", trouble.host))
            }
            TroubleKind::Local => (&code::FILE, format!("the request to `{}` could not be made", trouble.host)),
        };
        let certificate = trouble.causes.iter().any(|cause| cause.contains("certificate"));
        let mut failure = Failure::new(code, what);
        for cause in trouble.causes {
            failure = failure.because(cause);
        }
        failure = failure.fact("url", trouble.url);
        if let Some((status, request_id)) = trouble.answered {
            failure = failure.fact("status", status.to_string()).fact("request id", request_id);
        }
        if certificate {
            failure.fix(
                "if a proxy inspects TLS here, add its CA certificate to a PEM file and name it in `SSL_CERT_FILE`",
            )
        } else {
            failure.fix(format!(
                "check the name, the proxy (`HTTPS_PROXY`, `NO_PROXY`) and the firewall between this machine and `{}`",
                trouble.host
            ))
        }
    }
}
