//! Our HTTP client as the transport of Azure's crates, keeping the raw answers.
//!
//! The identity crate loses the AADSTS body when the description holds a JSON escape or the body is not JSON
//! (`contracts/identity.md` §5), and the diagnosis needs it.

use std::fmt;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{
    AsyncRawResponse, Body as SdkBody, ClientOptions, HttpClient, Request, RetryOptions, Transport,
};

use crate::report::Failure;
use crate::world::http::{Answer, Body, Call, Method, Repeat, Trouble};
use crate::world::{Http, Secret};

/// The transport. It is given to a crate's client and asked afterwards what the last answer was, until that succeeded.
pub(super) struct Recorder {
    http: Http,
    last: Mutex<Option<Result<Answer, Trouble>>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Recorder")
    }
}

impl Recorder {
    pub(super) fn new(http: Http) -> Arc<Self> {
        Arc::new(Self { http, last: Mutex::new(None) })
    }

    /// Options for a crate's client: this transport, no second layer of retries.
    pub(super) fn options(self: &Arc<Self>) -> ClientOptions {
        let client: Arc<dyn HttpClient> = self.clone();
        ClientOptions {
            transport: Some(Transport::new(client)),
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        }
    }

    /// The last answer, or why there was none.
    pub(super) fn last(&self) -> Option<Result<Answer, Failure>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone().map(|outcome| outcome.map_err(Failure::from))
    }

    /// Drops the last answer, for whoever has got what it was to bring: its body holds a token or a secret.
    pub(super) fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remember(&self, outcome: Result<Answer, Trouble>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }
}

#[async_trait::async_trait]
impl HttpClient for Recorder {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let call = to_call(request)?;
        let outcome = self.http.send(&call).await;
        self.remember(outcome.clone());
        let answer = outcome.map_err(|trouble| Error::with_message(ErrorKind::Io, trouble.brief()))?;
        let mut headers = Headers::new();
        for (name, value) in answer.headers() {
            headers.insert(HeaderName::from(name.to_owned()), HeaderValue::from(value.to_owned()));
        }
        Ok(AsyncRawResponse::from_bytes(answer.status.into(), headers, answer.body))
    }
}

/// The token exchange and Key Vault's reads do the same when they are sent twice.
fn to_call(request: &Request) -> azure_core::Result<Call> {
    let method = Method::from_str(request.method().as_ref())
        .map_err(|_| Error::with_message(ErrorKind::DataConversion, "unknown method"))?;
    let mut call = Call::new(method, request.url().clone(), Repeat::Safe);
    for (name, value) in request.headers().iter() {
        match name.as_str() {
            "authorization" => call.bearer = value.as_str().strip_prefix("Bearer ").map(Secret::new),
            "accept" => call = call.header("accept", value.as_str()),
            "x-ms-client-request-id" => call = call.header("x-ms-client-request-id", value.as_str()),
            _ => {}
        }
    }
    if let SdkBody::Bytes(bytes) = request.body()
        && !bytes.is_empty()
    {
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| Error::with_message(ErrorKind::DataConversion, "the body is not text"))?;
        call = call.body(Body::Form(Secret::new(text)));
    }
    Ok(call)
}
