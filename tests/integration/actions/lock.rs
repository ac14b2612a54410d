//! `.ci/lock.py`: from the archives of a release to release.lock, and from there to a program that runs.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use super::archive::{Member, archive, sha256};
use super::checkout::{Checkout, PROGRAM, VERSION, put, shells, target};
use crate::tidy::{files, root};

const LINUX: &str = "x86_64-unknown-linux-musl";
const WINDOWS: &str = "x86_64-pc-windows-msvc";

fn programs() -> Vec<String> {
    files(Path::new("src/bin"), &["rs"])
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

/// A dist folder with every program for a target; what each is, the caller says.
fn dist(folder: &Path, target: &str, content: impl Fn(&str) -> Vec<u8>) {
    for program in programs() {
        let (name, bytes) = if target == WINDOWS {
            let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            writer.start_file(format!("{program}.exe"), zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(&content(&program)).unwrap();
            (format!("{program}-{VERSION}-{target}.zip"), writer.finish().unwrap().into_inner())
        } else {
            let members = [Member::File("LICENSE-MIT", b"x"), Member::File(&program, &content(&program))];
            (format!("{program}-{VERSION}-{target}.tar.gz"), archive(&members))
        };
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Runs the script; its exit code, all that it said, and the lock.
fn lock(dist: &Path, version: &str) -> (Option<i32>, String, String) {
    let lock = dist.join("release.lock");
    let mut command = Command::new("python3");
    command.arg(root().join(".ci/lock.py")).arg(dist).arg(version).arg("--lock").arg(&lock);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap(), fs::read_to_string(lock).unwrap_or_default())
}

#[test]
fn the_lock_of_a_dist_folder_is_one_that_the_launcher_takes() {
    let folder = tempfile::tempdir().unwrap();
    let content =
        |program: &str| if program == "zip-deploy" { PROGRAM.as_bytes().to_vec() } else { program.as_bytes().to_vec() };
    dist(folder.path(), &target(), content);
    dist(folder.path(), WINDOWS, content);
    fs::write(folder.path().join("SHA256SUMS"), "").unwrap();
    let (code, said, text) = lock(folder.path(), VERSION);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains(&format!("{} programs of 1.2.3", 2 * programs().len()))
            && said.contains("left out: aarch64-apple-darwin"),
        "{said}"
    );
    let row = |name: &str, end: &str, platform: &str| {
        let bytes = fs::read(folder.path().join(format!("{name}-{VERSION}-{platform}{end}"))).unwrap();
        format!("\n{name} {platform} {} {}\n", sha256(&bytes), sha256(&content(name)))
    };
    assert!(
        text.contains(&row("zip-deploy", ".tar.gz", &target())) && text.contains(&row("kv-sync", ".zip", WINDOWS)),
        "{text}"
    );
    assert!(text.contains(&format!("\nversion 1.2.3\nbase {}/releases/download\n", env!("CARGO_PKG_REPOSITORY"))));
    for shell in shells() {
        let checkout = Checkout::new(&shell);
        checkout.lock(&text);
        put(&checkout.cached("zip-deploy"), PROGRAM);
        checkout.launches().ran("a b c");
    }
    assert_eq!(lock(folder.path(), VERSION).2, text);
}

#[test]
fn what_is_no_whole_release_writes_no_lock() {
    type Spoil = fn(&Path);
    let spoils: [(&str, Spoil); 7] = [
        ("lacks zip-deploy-1.2.3-", |dist| {
            fs::remove_file(dist.join(format!("zip-deploy-{VERSION}-{LINUX}.tar.gz"))).unwrap();
        }),
        ("no program or target of ours is called zip-deploi-1.2.3", |dist| {
            fs::write(dist.join(format!("zip-deploi-{VERSION}-{LINUX}.tar.gz")), "").unwrap();
        }),
        ("is a link or a folder", |dist| spoil(dist, &archive(&[Member::Link("zip-deploy", "/bin/sh")]))),
        ("holds `zip-deploy` 0 times", |dist| spoil(dist, &archive(&[Member::File("x/zip-deploy", b"x")]))),
        ("holds `zip-deploy` 2 times", |dist| {
            spoil(dist, &archive(&[Member::File("zip-deploy", b"x"), Member::File("zip-deploy", b"y")]));
        }),
        ("`zip-deploy` is empty", |dist| spoil(dist, &archive(&[Member::File("zip-deploy", b"")]))),
        ("cannot be read", |dist| spoil(dist, b"<html>")),
    ];
    for (says, wrong) in spoils {
        let folder = tempfile::tempdir().unwrap();
        dist(folder.path(), LINUX, |program| program.as_bytes().to_vec());
        wrong(folder.path());
        let (code, said, text) = lock(folder.path(), VERSION);
        assert_eq!((code, text.as_str()), (Some(1), ""), "{said}");
        assert!(said.contains(says) && said.contains("the lock was not written"), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(lock(folder.path(), VERSION).1.contains("there is no archive of 1.2.3"));
    for version in ["v1.2.3", "1.2", "source", "../1.2.3"] {
        assert_eq!(lock(folder.path(), version).0, Some(2), "{version}");
    }
}

fn spoil(dist: &Path, bytes: &[u8]) {
    fs::write(dist.join(format!("zip-deploy-{VERSION}-{LINUX}.tar.gz")), bytes).unwrap();
}

/// Runs the script that packs the bundle; whether it went well, and what it said.
fn bundle(dist: &Path) -> (bool, String) {
    let mut command = Command::new("python3");
    command.arg(root().join(".ci/bundle.py")).arg("--dist").arg(dist).arg("--out").arg(dist.join("out"));
    let output = command.arg("--lock").arg(dist.join("release.lock")).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn the_actions_of_the_bundle_need_nothing_but_themselves() {
    let folder = tempfile::tempdir().unwrap();
    dist(folder.path(), &target(), |_| b"#!/bin/sh\necho \"it runs: $*\"\n".to_vec());
    dist(folder.path(), WINDOWS, |program| program.as_bytes().to_vec());
    assert_eq!(lock(folder.path(), VERSION).0, Some(0));
    let (packed, said) = bundle(folder.path());
    assert!(packed, "{said}");
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    let archive = folder.path().join(format!("out/siding-bundle-{VERSION}.tar.gz"));
    assert!(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&own).status().unwrap().success());
    for file in ["action.yml", "actions/kv-sync/action.yml", "LICENSE-MIT"] {
        assert_eq!(fs::read(own.join(file)).unwrap(), fs::read(root().join(file)).unwrap(), "{file}");
    }
    assert!(own.join(format!("actions/launch/bin/{WINDOWS}/slot-swap.exe")).exists());
    let mut command = Command::new("/bin/sh");
    command.arg(own.join("actions/launch/launch.sh")).args(["zip-deploy", "now"]).env_clear();
    let output = command.env("RUNNER_TEMP", folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "it runs: now\n", "{output:?}");
}

#[test]
fn a_bundle_holds_no_program_that_is_not_locked() {
    let folder = tempfile::tempdir().unwrap();
    dist(folder.path(), LINUX, |program| program.as_bytes().to_vec());
    assert_eq!(lock(folder.path(), VERSION).0, Some(0));
    spoil(folder.path(), &archive(&[Member::File("zip-deploy", b"another")]));
    let (packed, said) = bundle(folder.path());
    assert!(!packed && said.contains("`zip-deploy` for x86_64-unknown-linux-musl is not the program"), "{said}");
    fs::write(folder.path().join("release.lock"), "version source\n").unwrap();
    let (packed, said) = bundle(folder.path());
    assert!(!packed && said.contains("it names no release"), "{said}");
}
