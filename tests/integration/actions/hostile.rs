//! What somebody prepared: the environment, the tool cache, the archive. Nothing of it is run.

use std::fs;

use super::archive::{Member, archive};
use super::checkout::{Checkout, PROGRAM, choosing_shells, good_archive, listing, program, put, shells};
use super::fetched::Mirror;

#[test]
fn a_flipped_byte_in_the_tool_cache_is_noticed_and_mended() {
    for shell in shells() {
        let mirror = Mirror::with(good_archive());
        let checkout = mirror.checkout(&shell);
        let flipped = PROGRAM.replace("of the release", "of the releasf");
        put(&checkout.cached("zip-deploy"), &flipped);
        let ended = checkout.launches();
        ended.ran("a b c");
        assert!(
            ended.stderr.contains("::warning title=SID0801::tool cache: ") && ended.stderr.contains("is not used"),
            "{ended:#?}"
        );
        assert_eq!(fs::read_to_string(checkout.cached("zip-deploy")).unwrap(), PROGRAM);
        assert_eq!(checkout.launches().ran("a b c").stderr, "");
        // Without a network the failure tells both hashes.
        let checkout = Checkout::new(&shell);
        put(&checkout.cached("zip-deploy"), &flipped);
        put(&checkout.bundled("zip-deploy"), &flipped);
        checkout.launches().failed(&[
            "- bundle: `",
            "- tool cache: `",
            "has sha256",
            "release.lock says",
            "no connection",
        ]);
    }
}

/// Archives whose own hash is right, as if the release itself were bad: what they hold, beside or in place of the program.
fn archives() -> Vec<(&'static str, bool, Vec<u8>)> {
    let (program, evil) = (PROGRAM.as_bytes(), b"#!/bin/sh\necho evil\n".as_slice());
    vec![
        (
            "a path upwards",
            true,
            archive(&[Member::File("../../work/evil", evil), Member::File("zip-deploy", program)]),
        ),
        (
            "an absolute path",
            true,
            archive(&[Member::File("/tmp/siding-evil", evil), Member::File("zip-deploy", program)]),
        ),
        (
            "a link beside it",
            true,
            archive(&[
                Member::Link("home", "../home"),
                Member::File("home/evil", evil),
                Member::File("zip-deploy", program),
            ]),
        ),
        ("a link in its place", false, archive(&[Member::Link("zip-deploy", "/bin/sh")])),
        ("another program", false, archive(&[Member::File("zip-deploy", evil)])),
        ("no program", false, archive(&[Member::File("x/zip-deploy", program)])),
        ("no archive", false, b"not an archive".to_vec()),
    ]
}

#[test]
fn an_archive_gives_out_one_file_and_only_with_its_hash() {
    for shell in shells() {
        for (name, good, bytes) in archives() {
            let mirror = Mirror::with(bytes.clone());
            let checkout = mirror.checkout(&shell);
            checkout.locks(&bytes, PROGRAM.as_bytes());
            let ended = checkout.launches();
            if good {
                ended.ran("a b c");
            } else {
                ended.failed(&["- download: `", "has sha256", "release.lock says"]);
                assert!(listing(&checkout.path("cache")).is_empty(), "{name}");
            }
            for folder in ["work", "home"] {
                assert!(listing(&checkout.path(folder)).is_empty(), "{name}");
            }
            assert!(!fs::exists("/tmp/siding-evil").unwrap(), "{name}");
        }
    }
}

/// Programs that the launcher calls, and names that a function of bash could take.
const CALLED: &[&str] = &[
    "chmod",
    "cp",
    "curl",
    "head",
    "mkdir",
    "mktemp",
    "mv",
    "printf",
    "read",
    "rm",
    "sha256sum",
    "tar",
    "uname",
    "gzip",
    "wget",
];

/// An environment in which every variable that steers a shell, curl, tar or wget leads to a file that leaves a mark.
fn poisoned(checkout: Checkout) -> Checkout {
    let mark = checkout.path("mark");
    let leave = format!("echo evil >>'{}'", mark.display());
    let script = checkout.path("poison/script");
    put(&script, &format!("#!/bin/sh\n{leave}\n"));
    for name in CALLED {
        put(&checkout.path("poison/bin").join(name), &format!("#!/bin/sh\n{leave}\nexit 0\n"));
    }
    let curlrc = format!("output = \"{}\"\ninsecure\nproxy = http://127.0.0.1:1\n", mark.display());
    for name in ["home/.curlrc", "poison/.curlrc", "poison/curlrc"] {
        put(&checkout.path(name), &curlrc);
    }
    let wgetrc = "https_proxy = http://127.0.0.1:1\nuse_proxy = on\n";
    put(&checkout.path("home/.wgetrc"), wgetrc);
    put(
        &checkout.path("poison/openssl.cnf"),
        "openssl_conf = a\n[a]\nproviders = b\n[b]\nnull = c\n[c]\nactivate = 1\n",
    );
    let at = |name: &str| checkout.path(name).display().to_string();
    let path = format!("{}:{}", at("poison/bin"), std::env::var("PATH").unwrap());
    let variables = [
        ("PATH", path),
        ("ENV", script.display().to_string()),
        ("BASH_ENV", script.display().to_string()),
        ("CDPATH", at("poison")),
        ("CURL_HOME", at("poison")),
        ("XDG_CONFIG_HOME", at("poison")),
        ("WGETRC", at("home/.wgetrc")),
        ("OPENSSL_CONF", at("poison/openssl.cnf")),
        ("TAR_OPTIONS", format!("--to-command='{leave}' --checkpoint=1 --checkpoint-action=exec='{leave}'")),
        ("GZIP", "--list".to_owned()),
    ];
    let checkout = variables.into_iter().fold(checkout, |checkout, (name, value)| checkout.env(name, value));
    CALLED
        .iter()
        .chain(&["command"])
        .fold(checkout, |checkout, name| checkout.env(&format!("BASH_FUNC_{name}%%"), format!("() {{ {leave}\n}}")))
}

#[test]
fn a_poisoned_environment_changes_nothing() {
    for shell in choosing_shells() {
        for loader in ["curl", "wget"].into_iter().filter(|name| program(name).is_some()) {
            let mirror = Mirror::with(good_archive());
            let checkout = poisoned(mirror.checkout(&shell));
            checkout.system_with(&[loader]);
            checkout.launches().ran("a b c");
            assert_eq!(checkout.launches().ran("a b c").stderr, "");
            assert!(
                !checkout.path("mark").exists(),
                "{shell:?} {loader}: {:?}",
                fs::read_to_string(checkout.path("mark"))
            );
            assert_eq!(mirror.asked(), 1);
        }
    }
}

/// The poison works: without the launcher's care a shell takes it.
#[test]
fn the_poison_is_one() {
    let shell = vec!["sh"];
    let checkout = poisoned(Checkout::new(&shell));
    let command = checkout.command(&[]);
    let path = command.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
    let mut naive = std::process::Command::new("sh");
    naive.args(["-c", "sha256sum </dev/null"]).env("PATH", path);
    assert!(naive.status().unwrap().success() && checkout.path("mark").exists());
}

#[test]
fn a_text_that_looks_like_a_command_of_the_runner_is_none() {
    let checkout = Checkout::new(&shells()[0]);
    let ended = checkout.call(&["::add-path::x"]);
    ended.failed(&[]);
    let commands: Vec<&str> = ended.stderr.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    assert_eq!(commands.len(), 1, "{ended:#?}");
    assert!(commands[0].starts_with("::error title=SID0801::"));
}
