//! A server of the tests that plays a whole cloud over TLS, and lies where it is told to.
//!
//! It knows nothing of the emulator: every answer is a few constant lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

const NAMES: [&str; 4] =
    ["localhost", "*.vault.localhost", "*.azurewebsites.localhost", "*.scm.azurewebsites.localhost"];

/// The id that every answer carries.
pub(crate) const REQUEST_ID: &str = "request-id-of-the-impostor";

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Request {
    /// The part of the host before the first full stop.
    pub(crate) fn label(&self) -> &str {
        self.headers["host"].split(['.', ':']).next().unwrap()
    }

    pub(crate) fn port(&self) -> &str {
        self.headers["host"].rsplit(':').next().unwrap()
    }

    pub(crate) fn is(&self, method: &str, end: &str) -> bool {
        self.method == method && self.path.split('?').next().unwrap().ends_with(end)
    }
}

/// What it answers.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// How many bytes of the body are missing when the connection breaks; 0 for a whole answer.
    pub(crate) missing: usize,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl std::fmt::Display) -> Self {
        Self::bytes(status, format!("{body}").into_bytes())
    }

    pub(crate) fn bytes(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: Vec::new(), body, missing: 0 }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What decides on the answer; `None` breaks the connection without any.
pub(crate) type Answer = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

/// An authority that the impostors of one test share.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) file: PathBuf,
}

impl Authority {
    /// Makes one, and writes its certificate into the folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let file = folder.join("impostor.pem");
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    fn server(&self) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new(NAMES.map(str::to_owned)).unwrap();
        // Called like its issuer, it would be self-signed to OpenSSL.
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        let leaf = leaf.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        builder.with_single_cert(vec![leaf.der().clone()], key).unwrap()
    }
}

/// The server. It ends when it is dropped.
pub(crate) struct Impostor {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Impostor {
    pub(crate) fn start(authority: &Authority, answer: Arc<Answer>) -> Self {
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (acceptor, log) = (TlsAcceptor::from(Arc::new(authority.server())), Arc::clone(&requests));
        let (stop, stopped) = oneshot::channel();
        let (ready, bound) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap().port()).unwrap();
                tokio::select! {
                    () = accept(listener, acceptor, log, answer) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { port: bound.recv().unwrap(), requests, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic of its thread shows as a connection that broke.
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, log: Arc<Mutex<Vec<Request>>>, answer: Arc<Answer>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, log, answer) = (acceptor.clone(), Arc::clone(&log), Arc::clone(&answer));
        tokio::spawn(async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let Some(request) = read(&mut stream).await else { return };
            log.lock().unwrap().push(request.clone());
            let Some(reply) = answer(&request) else { return };
            // The client may have gone, which is its right.
            let _ = stream.write_all(&wire(&reply)).await;
            let _ = stream.flush().await;
            if reply.missing == 0 {
                let _ = stream.shutdown().await;
            }
        });
    }
}

/// Head and body; the body is thrown away.
async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let (line, rest) = head.split_once("\r\n")?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let pairs = rest.lines().filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<_, _> = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while bytes.len() < end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, path, headers })
}

fn wire(reply: &Reply) -> Vec<u8> {
    let Reply { status, headers, body, missing } = reply;
    let headers = headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect::<String>();
    let length = body.len() + missing;
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nx-ms-request-id: {REQUEST_ID}\r\nconnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}
