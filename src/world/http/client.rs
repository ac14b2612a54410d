//! How the client is built: ring for TLS, the system's CAs plus the files that variables name, proxies from the environment, and
//! names under `.localhost` that are loopback whatever the system's resolver thinks (RFC 6761, section 6.3).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, ClientBuilder};

use super::proxy::proxies;
use crate::report::{Failure, code};
use crate::world::{Env, Files};

/// Time to make a connection. Azure's own clients use the same.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// Who names PEM files of authorities to trust: everybody, self-hosted runners for Node's tools, the agent of Azure Pipelines.
const CERTIFICATE_FILES: [&str; 3] = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "AGENT_CAINFO"];

pub(super) fn build(env: &Env, files: &Files, name: &str) -> Result<reqwest::Client, Failure> {
    // The second installation in one process finds the first one in place, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let certificates = extra_certificates(env, files).collect::<Result<Vec<_>, _>>()?.concat();
    let builder = configured(env, name)?;
    // The platform's own verifier cannot be built where the machine has no certificates at all; then the named file is enough.
    builder.tls_certs_merge(certificates.clone()).build().or_else(|error| {
        if certificates.is_empty() {
            return Err(no_certificates(&error));
        }
        configured(env, name)?.tls_certs_only(certificates).build().map_err(|error| no_certificates(&error))
    })
}

fn configured(env: &Env, name: &str) -> Result<ClientBuilder, Failure> {
    let mut builder = ClientBuilder::new()
        .user_agent(format!("siding/{} ({name})", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_LIMIT)
        .http1_only()
        .dns_resolver(Arc::new(Resolver))
        .no_proxy();
    for proxy in proxies(env)? {
        builder = builder.proxy(proxy);
    }
    Ok(builder)
}

/// What the environment says about the client and cannot be used, before a client is built.
pub(super) fn troubles(env: &Env, files: &Files) -> Vec<Failure> {
    let certificates = extra_certificates(env, files).map(|found| found.map(drop));
    certificates.chain([proxies(env).map(drop)]).filter_map(Result::err).collect()
}

/// The certificates of each file that a variable names, in addition to the system's.
fn extra_certificates(env: &Env, files: &Files) -> impl Iterator<Item = Result<Vec<Certificate>, Failure>> {
    let named = CERTIFICATE_FILES.iter().filter_map(|name| Some((*name, env.get(name)?)));
    named.map(|(name, path)| certificates_in(name, path, files))
}

fn certificates_in(name: &str, path: &str, files: &Files) -> Result<Vec<Certificate>, Failure> {
    let pem = files.read(Path::new(path)).map_err(|unread| {
        let failure = Failure::new(&code::BAD_INPUT, format!("`{name}` names `{path}`, which cannot be read"));
        unread.causes.into_iter().fold(failure, Failure::because).fix("name a PEM file that exists, or unset it")
    })?;
    let certificates = Certificate::from_pem_bundle(pem.as_bytes()).ok().filter(|found| !found.is_empty());
    certificates.ok_or_else(|| {
        Failure::new(&code::BAD_INPUT, format!("`{name}` names `{path}`, which holds no PEM certificate"))
            .fix("give it a file with one or more `-----BEGIN CERTIFICATE-----` blocks, or unset it")
    })
}

fn no_certificates(error: &reqwest::Error) -> Failure {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Failure::new(&code::NO_CA_CERTIFICATES, "TLS cannot be set up: this machine has no CA certificates to trust")
        .because(cause)
        .fix("in a container, install the `ca-certificates` package, or name a PEM file in `SSL_CERT_FILE`")
        .run("apt-get install -y ca-certificates")
}

/// Whether a host name is `localhost` or lies under it.
pub fn is_loopback_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

#[derive(Debug)]
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            if is_loopback_name(name.as_str()) {
                let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                return Ok(Box::new(loopback.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs);
            }
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
