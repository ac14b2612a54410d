//! Pitfalls 9 to 11: URLs that are no endpoint, certificates that nobody vouches for, proxies and their passwords.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::context::Context;
use crate::impostor::Authority;
use crate::started::at_once;

#[test]
fn an_endpoint_without_tls_or_with_a_password_is_refused_before_anything_is_asked() {
    let context = Context::github();
    for url in [
        "http://management.azure.com",
        "http://169.254.169.254/metadata",
        "https://user:canary-91c2@management.azure.com",
        "https://management.azure.com@evil.example:x",
        "ftp://management.azure.com",
        "https://",
    ] {
        let cloud = context.run_with("oidc-login", &[], &[("AZURE_CLOUD", url)]);
        let vault = context.run("kv-sync", &["--vault", url, "--secrets", "db-password"]);
        for ran in [cloud, vault] {
            ran.exits(2).says(["SID0001"]).never_says("canary-91c2");
            assert!(ran.requests.is_empty(), "{url}\n{ran}");
        }
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_never_accepted() {
    let context = Context::github();
    let stranger = Authority::new(&context.work()).file.display().to_string();
    for extra in [[("", ""); 2], [("AGENT_SKIPCERTVALIDATION", "True"), ("NODE_TLS_REJECT_UNAUTHORIZED", "0")]] {
        let extra = [&[("SSL_CERT_FILE", stranger.as_str())], &extra[..]].concat();
        let extra: Vec<_> = extra.into_iter().filter(|(name, _)| !name.is_empty()).collect();
        for (program, arguments) in
            [("oidc-login", &[][..]), ("kv-sync", &["--vault", "kv1", "--secrets", "db-password"])]
        {
            let ran = context.run_with(program, arguments, &extra);
            ran.exits(4).says(["SID0202", "certificate", "SSL_CERT_FILE"]);
            assert!(ran.requests.is_empty(), "{ran}");
            assert_eq!(ran.stderr.contains("this program never does"), extra.len() > 1, "{ran}");
        }
    }
}

#[test]
fn an_authority_is_trusted_whichever_variable_names_it() {
    let context = Context::github();
    let stranger = Authority::new(&context.work()).file.display().to_string();
    let known = context.variable("SSL_CERT_FILE");
    context.run("oidc-login", &[]).exits(0);
    for name in ["NODE_EXTRA_CA_CERTS", "AGENT_CAINFO"] {
        context.run_with("oidc-login", &[], &[("SSL_CERT_FILE", &stranger), (name, &known)]).exits(0);
        let ran = context.run_with("oidc-login", &[], &[(name, "gone.pem")]);
        ran.exits(2).says([&format!("`{name}` names `gone.pem`, which cannot be read")]);
    }
}

/// A proxy that refuses everything, and remembers what it was asked.
struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&heads);
        // It ends with the process of the tests: nothing is asked of it any more.
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| refuse(stream, &log)));
        Self { port, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn refuse(mut stream: TcpStream, log: &Mutex<Vec<String>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    log.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
    // The client may have gone.
    let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
}

/// Nothing listens there. It is loopback to the machine, and to a proxy it is a host like any other.
const FAR: [&str; 9] =
    ["--url", "https://127.0.0.2:9/", "--timeout", "1s", "--successes", "1", "--interval", "100ms", "--json"];
const PASSWORD: &str = "canary-of-the-proxy-91c2";

#[test]
fn a_proxy_is_used_with_its_password_which_is_never_shown() {
    let encoded = STANDARD.encode(format!("somebody:{PASSWORD}"));
    at_once(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "AGENT_PROXYURL"], |name| {
        let (context, proxy) = (Context::github(), Proxy::start());
        let agent = format!("http://127.0.0.1:{}", proxy.port);
        let url = agent.replace("//", &format!("//somebody:{PASSWORD}@"));
        let extra: &[(&str, &str)] = if *name == "AGENT_PROXYURL" {
            &[(name, &agent), ("AGENT_PROXYUSERNAME", "somebody"), ("AGENT_PROXYPASSWORD", PASSWORD)]
        } else {
            &[(name, &url)]
        };
        let ran = context.run_with("smoke-test", &FAR, extra);
        ran.exits(1);
        for text in [&ran.stdout, &ran.stderr, &ran.summary] {
            assert!(!text.contains(PASSWORD) && !text.contains(&encoded), "{name}\n{ran}");
        }
        let heads = proxy.heads();
        assert!(!heads.is_empty(), "{name}: the proxy was not asked\n{ran}");
        for head in heads {
            assert!(head.starts_with("CONNECT 127.0.0.2:9 "), "{name}: {head}");
            assert!(head.contains(&format!("Basic {encoded}")), "{name}: {head}");
        }
    });
}

#[test]
fn a_proxy_gets_neither_what_no_proxy_names_nor_loopback() {
    at_once(&["127.0.0.2", "10.0.0.1,127.0.0.0/8", "*"], |list| {
        let (context, proxy) = (Context::github(), Proxy::start());
        let url = format!("http://127.0.0.1:{}", proxy.port);
        context.run_with("smoke-test", &FAR, &[("HTTPS_PROXY", &url), ("NO_PROXY", list)]).exits(1);
        context.run_with("oidc-login", &[], &[("HTTPS_PROXY", &url)]).exits(0);
        assert_eq!(proxy.heads(), Vec::<String>::new(), "{list}");
    });
}

#[test]
fn the_agents_proxy_gets_nothing_that_its_bypass_list_matches() {
    for (list, asked) in [
        (r#"["127\\.0\\.0\\.2"]"#, false),
        (r#"["^HTTPS://127[^/]*/$"]"#, false),
        ("[]", true),
        (r#"["other\\.example"]"#, true),
    ] {
        let (context, proxy) = (Context::azure_pipelines(), Proxy::start());
        let url = format!("http://127.0.0.1:{}", proxy.port);
        let extra = [("AGENT_PROXYURL", url.as_str()), ("AGENT_PROXYBYPASSLIST", list)];
        context.run_with("smoke-test", &FAR, &extra).exits(1);
        assert_eq!(!proxy.heads().is_empty(), asked, "{list}");
    }
    let context = Context::azure_pipelines();
    let extra = [("AGENT_PROXYURL", "http://127.0.0.1:9"), ("AGENT_PROXYBYPASSLIST", "*.internal")];
    context
        .run_with("smoke-test", &FAR, &extra)
        .exits(2)
        .says(["`AGENT_PROXYBYPASSLIST` is not a JSON list", "`NO_PROXY`"]);
}
