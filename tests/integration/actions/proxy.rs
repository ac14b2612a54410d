//! A proxy of the tests: it leads every connection to one port of this machine, and remembers where it was to lead.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The proxy. Its thread ends with the tests.
pub(super) struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(super) fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::default());
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                std::thread::spawn(move || tunnel(&client, target, &log));
            }
        });
        Self { port, asked }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The hosts behind `CONNECT`.
    pub(super) fn asked_for(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tunnel(client: &TcpStream, target: u16, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut lines = BufReader::new(client.try_clone().ok()?);
    let mut first = String::new();
    lines.read_line(&mut first).ok()?;
    let host = first.strip_prefix("CONNECT ")?.split(' ').next()?;
    asked.lock().ok()?.push(host.to_owned());
    let mut line = String::new();
    while lines.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    let server = TcpStream::connect(("127.0.0.1", target)).ok()?;
    (&mut &*client).write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let (mut from_server, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    let back = std::thread::spawn(move || {
        let copied = std::io::copy(&mut from_server, &mut to_client);
        to_client.shutdown(Shutdown::Both).and(copied.map(drop))
    });
    // What the client sent with the head is still in the reader.
    std::io::copy(&mut lines, &mut &server).ok()?;
    server.shutdown(Shutdown::Write).ok()?;
    back.join().ok()?.ok()
}
