//! The certificate authority that is made at start-up, and the one certificate that it signs.

use std::sync::Arc;
use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::moment::Moment;

/// Every name that the emulator answers to.
const NAMES: &[&str] = &[
    "localhost",
    "*.vault.localhost",
    "vault.localhost",
    "*.azurewebsites.localhost",
    "*.scm.azurewebsites.localhost",
    "token.actions.localhost",
    "devops.localhost",
    "api.github.localhost",
    "github.localhost",
    "127.0.0.1",
    "::1",
];

/// What the server and its clients need of it.
pub(crate) struct Certificate {
    /// The authority, for the clients to trust.
    pub(crate) authority_pem: String,
    /// The server's side.
    pub(crate) server: Arc<ServerConfig>,
}

/// Makes an authority and a certificate for all names, valid for a year (some systems refuse more than 825 days).
///
/// # Errors
/// What the library for certificates or for TLS says.
pub(crate) fn make(now: SystemTime) -> Result<Certificate, String> {
    let (issuer, authority_pem) = authority(now).map_err(|error| error.to_string())?;
    let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    let mut leaf = CertificateParams::new(names).map_err(|error| error.to_string())?;
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    limit(&mut leaf, now);
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let certificate = leaf.signed_by(&key, &issuer).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key));
    let mut server = server.map_err(|error| error.to_string())?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certificate { authority_pem, server: Arc::new(server) })
}

/// From the first day of this month to that of the next year.
fn limit(params: &mut CertificateParams, now: SystemTime) {
    let (year, month) = Moment::of(now).year_and_month();
    params.not_before = rcgen::date_time_ymd(year, month, 1);
    params.not_after = rcgen::date_time_ymd(year + 1, month, 1);
}

fn authority(now: SystemTime) -> Result<(Issuer<'static, KeyPair>, String), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Siding emulator, for this run only");
    limit(&mut params, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}
