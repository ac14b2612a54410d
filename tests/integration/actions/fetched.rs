//! A program that is downloaded: from where, with what, into which cache.

use std::sync::Arc;

use super::archive::{Member, archive};
use super::checkout::{
    Checkout, Ended, PROGRAM, VERSION, choosing_shells, good_archive, listing, program, put, shells, target,
};
use super::proxy::Proxy;
use crate::impostor::{Authority, Impostor, Reply, Request};

/// A server of releases, and what a client needs to trust it.
pub(super) struct Mirror {
    pub(super) server: Impostor,
    authority: Authority,
    _folder: tempfile::TempDir,
}

/// Where a release has the archive, from the base on.
pub(super) fn asset() -> String {
    format!("/bin-v{VERSION}/zip-deploy-{VERSION}-{}.tar.gz", target())
}

impl Mirror {
    pub(super) fn start(answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path());
        Self { server: Impostor::start(&authority, Arc::new(answer)), authority, _folder: folder }
    }

    /// One that has this archive, and nothing else.
    pub(super) fn with(archive: Vec<u8>) -> Self {
        let path = format!("/mirror{}", asset());
        Self::start(move |request| {
            Some(if request.is("GET", &path) { Reply::bytes(200, archive.clone()) } else { Reply::new(404, "no") })
        })
    }

    pub(super) fn base(&self) -> String {
        format!("https://localhost:{}/mirror", self.server.port)
    }

    pub(super) fn ca(&self) -> String {
        self.authority.file.display().to_string()
    }

    /// A release that is looked for here.
    pub(super) fn checkout(&self, shell: &[&'static str]) -> Checkout {
        let ca = self.ca();
        Checkout::new(shell)
            .env("SIDING_DOWNLOAD_BASE", self.base())
            .env("CURL_CA_BUNDLE", &ca)
            .env("SSL_CERT_FILE", ca)
    }

    pub(super) fn asked(&self) -> usize {
        self.server.requests().len()
    }
}

#[test]
fn what_was_downloaded_is_kept_in_the_tool_cache() {
    for shell in shells() {
        let mirror = Mirror::with(good_archive());
        let checkout = mirror.checkout(&shell);
        let ended = checkout.launches();
        ended.ran("a b c");
        assert!(
            ended.stderr.contains(&format!("fetched zip-deploy 1.2.3 from {}{}", mirror.base(), asset())),
            "{ended:#?}"
        );
        let cache = listing(&checkout.path("cache"));
        assert_eq!(cache, [(checkout.cached("zip-deploy"), PROGRAM.as_bytes().to_vec())].into());
        assert_eq!((checkout.launches().ran("a b c").stderr.as_str(), mirror.asked()), ("", 1));
    }
}

#[test]
fn a_tool_cache_that_cannot_be_written_or_is_not_there_does_no_harm() {
    for shell in shells() {
        let mirror = Mirror::with(good_archive());
        for cache in ["/proc", "/dev/null", ""] {
            let checkout = mirror.checkout(&shell).env("RUNNER_TOOL_CACHE", cache);
            checkout.call(&["zip-deploy"]).ran("");
        }
        assert_eq!(mirror.asked(), 3);
    }
}

#[test]
fn the_input_wins_over_the_variable_and_the_variable_over_the_lock() {
    let mirror = Mirror::with(good_archive());
    let shell = &shells()[0];
    let checkout = mirror
        .checkout(shell)
        .env("SIDING_DOWNLOAD_BASE", "https://localhost:1/no")
        .env("INPUT_DOWNLOAD_BASE", mirror.base() + "/");
    checkout.launches().ran("a b c");
    let checkout = mirror.checkout(shell).env("SIDING_DOWNLOAD_BASE", "");
    let lock = std::fs::read_to_string(checkout.launch().join("release.lock")).unwrap();
    checkout.lock(&lock.replace("https://localhost:1/nowhere", &mirror.base()));
    checkout.launches().ran("a b c");
}

/// GitHub answers with a redirect to its storage, and nobody is told a token.
#[test]
fn a_redirect_is_followed_by_https_only_and_no_token_goes_anywhere() {
    for shell in shells() {
        for scheme in ["https", "http"] {
            let mirror = Mirror::start(move |request| {
                let storage = format!("{scheme}://localhost:{}/storage", request.port());
                Some(match request.path.as_str() {
                    "/storage" => Reply::bytes(200, good_archive()),
                    _ => Reply::new(302, "").header("location", storage),
                })
            });
            let checkout = mirror.checkout(&shell).env("GITHUB_TOKEN", "a-token").env("GH_TOKEN", "a-token");
            put(&checkout.path("home/.netrc"), "machine localhost login me password a-token\n");
            let ended = checkout.launches();
            if scheme == "https" {
                ended.ran("a b c")
            } else {
                ended.failed(&["download: https://localhost:", ": curl ended with 1"])
            };
            for request in mirror.server.requests() {
                assert!(
                    !request.headers.values().any(|value| value.contains("a-token"))
                        && !request.headers.contains_key("authorization"),
                    "{request:?}"
                );
            }
        }
    }
}

#[test]
fn wget_does_where_there_is_no_curl() {
    if program("wget").is_none() {
        eprintln!("left out: this machine has no wget");
        return;
    }
    for shell in choosing_shells() {
        let mirror = Mirror::with(good_archive());
        let checkout = mirror.checkout(&shell);
        checkout.system_with(&["wget"]);
        checkout.launches().ran("a b c");
        let checkout = mirror.checkout(&shell).env("SSL_CERT_FILE", "");
        checkout.system_with(&["wget"]);
        checkout.launches().failed(&["wget ended with 5 (4: no connection, 5: TLS is not to be trusted"]);
    }
}

/// The programs of Alpine, which has no coreutils and no GNU tar.
#[test]
fn busybox_alone_is_enough_to_unpack_and_check() {
    let (Some(busybox), Some(curl)) = (program("busybox"), program("curl")) else {
        eprintln!("left out: this machine has no busybox or no curl");
        return;
    };
    let applets = ["chmod", "cp", "gzip", "head", "mkdir", "mktemp", "mv", "rm", "sha256sum", "tar", "uname"];
    let programs = applets.iter().map(|name| (*name, busybox.as_path())).chain([("curl", curl.as_path())]);
    let mirror = Mirror::with(good_archive());
    let checkout = mirror.checkout(&["busybox", "sh"]);
    checkout.system(&programs.collect::<Vec<_>>());
    checkout.launches().ran("a b c");
    assert_eq!(checkout.launches().ran("a b c").stderr, "");
}

/// Its wget has few flags: a stand-in takes only those that every wget has, in this order.
#[test]
fn a_wget_of_few_flags_is_enough() {
    let Some(curl) = program("curl") else {
        eprintln!("left out: this machine has no curl for the stand-in");
        return;
    };
    for shell in choosing_shells() {
        let mirror = Mirror::with(good_archive());
        let checkout = mirror.checkout(&shell);
        checkout.system_with(&[]);
        let few = "[ $# = 4 ] && [ \"$1 $2\" = '-q -O' ] || exit 1";
        checkout.system_script("wget", &format!("{few}\nexec {} -sf -o \"$3\" \"$4\"", curl.display()));
        checkout.launches().ran("a b c");
    }
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    for shell in shells() {
        let mirror = Mirror::with(good_archive());
        let proxy = Proxy::start(mirror.server.port);
        let base = "https://mirror.azurewebsites.localhost:4443/mirror";
        let checkout = mirror.checkout(&shell).env("SIDING_DOWNLOAD_BASE", base).env("https_proxy", proxy.url());
        checkout.launches().ran("a b c");
        assert_eq!(proxy.asked_for(), ["mirror.azurewebsites.localhost:4443"]);
    }
}

/// What the server sends, and what the failure says of it. A broken connection has several codes, one for each TLS library
/// that curl may be built with.
fn bad_downloads() -> Vec<(&'static str, Mirror, Vec<&'static str>)> {
    let page = "<!DOCTYPE html><title>Sign in to the proxy</title>";
    let short = good_archive();
    let short = short[..short.len() / 2].to_vec();
    let other = archive(&[Member::File("zip-deploy", b"#!/bin/sh\necho evil\n")]);
    vec![
        ("missing", Mirror::start(|_| Some(Reply::new(404, "not here"))), vec![": HTTP status 404"]),
        (
            "page",
            Mirror::with(page.into()),
            vec!["release.lock says", "it is a web page, perhaps a proxy's or a sign-in"],
        ),
        ("short", Mirror::with(short), vec!["has sha256", "release.lock says"]),
        ("other", Mirror::with(other), vec!["has sha256", "release.lock says"]),
        ("cut off", Mirror::start(|_| Some(Reply { missing: 4096, ..Reply::bytes(200, good_archive()) })), vec![]),
        ("broken", Mirror::start(|_| None), vec![]),
    ]
}

#[test]
fn a_bad_download_is_refused_and_the_failure_says_what_was_tried() {
    for shell in shells() {
        for (name, mirror, says) in bad_downloads() {
            let checkout = mirror.checkout(&shell);
            let ended = checkout.launches();
            let url = format!("download: {}{}", mirror.base(), asset());
            let tried = ["given path: none", "bundle: `", "tool cache: `", &url, "download-base"];
            ended.failed(&[tried.as_slice(), &["zip-deploy 1.2.3 for ", " is not on this machine"]].concat());
            let annotation = ended.stderr.lines().find(|line| line.starts_with("::error ")).unwrap();
            assert!(
                annotation.contains(&format!("%0A- {url}: ")) || annotation.contains(&format!("%0A- {url} has")),
                "{name}: {annotation}"
            );
            assert!(says.iter().all(|text| ended.stderr.contains(text)), "{name}: {ended:#?}");
            assert!(listing(&checkout.path("cache")).is_empty(), "{name}");
        }
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_asked() {
    for shell in shells() {
        let mirror = Mirror::with(good_archive());
        let checkout = mirror.checkout(&shell).env("CURL_CA_BUNDLE", "").env("SSL_CERT_FILE", "");
        checkout.launches().failed(&["TLS is not to be trusted", "SSL_CERT_FILE"]);
        assert_eq!(mirror.asked(), 0);
    }
}

/// A run of the launcher with this base.
fn based_on(base: &str) -> Ended {
    Checkout::new(&shells()[0]).env("SIDING_DOWNLOAD_BASE", base).launches()
}

#[test]
fn a_base_is_a_plain_https_url() {
    for base in [
        "http://localhost/x",
        "ftp://x",
        "https://",
        "x",
        "https://me:secret@localhost",
        "https://a b",
        "https://x/?q",
        "-o/x",
        "https://a\n::b",
    ] {
        let ended = based_on(base);
        ended.failed(&["the download base is no plain https URL"]);
        assert!(!ended.stderr.contains("secret") && !ended.stderr.contains("\n::b"), "{ended:#?}");
    }
    based_on("https://localhost:1")
        .failed(&["download: https://localhost:1/bin-v1.2.3/zip-deploy-1.2.3-", ": no connection"]);
}
