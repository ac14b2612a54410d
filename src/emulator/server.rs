//! The TLS listener: one port on both loopback addresses, handshakes beside each other, and connections that can be reset.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::report::{Failure, code};

/// A client that has not finished its handshake after this long is dropped.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(20);

/// The bound sockets, before anybody is accepted.
pub(crate) struct Sockets {
    listeners: Vec<TcpListener>,
    /// The port of all of them.
    pub(crate) port: u16,
}

impl Sockets {
    /// Binds `127.0.0.1` and, where the host has IPv6, `::1` to the same port; 0 takes any.
    ///
    /// # Errors
    /// `PORT_IN_USE`.
    pub(crate) async fn bind(port: u16) -> Result<Self, Failure> {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| refused(port, &error))?;
        let bound = first.local_addr().map_err(|error| refused(port, &error))?.port();
        let mut listeners = vec![first];
        match TcpListener::bind((Ipv6Addr::LOCALHOST, bound)).await {
            Ok(second) => listeners.push(second),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(refused(bound, &error)),
            Err(_) => {} // a host without IPv6
        }
        Ok(Self { listeners, port: bound })
    }

    /// Begins to accept.
    pub(crate) fn listen(self, config: &Arc<ServerConfig>) -> TlsListener {
        let (sender, connections) = mpsc::channel(64);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        for listener in self.listeners {
            tokio::spawn(accept_all(listener, TlsAcceptor::from(Arc::clone(config)), sender.clone()));
        }
        TlsListener { connections, address }
    }
}

fn refused(port: u16, error: &io::Error) -> Failure {
    Failure::new(&code::PORT_IN_USE, format!("the emulator cannot listen on port `{port}` of this machine"))
        .because(error.to_string())
        .fix("stop the other program, or choose another port (0 takes any free one)")
}

async fn accept_all(listener: TcpListener, acceptor: TlsAcceptor, sender: mpsc::Sender<(Connection, SocketAddr)>) {
    while !sender.is_closed() {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
                let _ = sender.send((Connection { stream, doom: Doom::default() }, peer)).await;
            }
        });
    }
}

/// Connections whose handshake is done.
pub(crate) struct TlsListener {
    connections: mpsc::Receiver<(Connection, SocketAddr)>,
    address: SocketAddr,
}

impl Listener for TlsListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// Lets the handler of a request have its connection reset instead of answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doom(Arc<AtomicBool>);

impl Doom {
    /// The next write on the connection resets it.
    pub(crate) fn seal(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Doom {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        stream.io().doom.clone()
    }
}

/// One connection.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    doom: Doom,
}

impl Connection {
    /// With a linger time of zero the kernel sends RST, not FIN, when the socket is dropped.
    fn check(&self) -> io::Result<()> {
        if self.doom.0.load(Ordering::Relaxed) {
            self.stream.get_ref().0.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(task, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(task, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}
