//! Links, special files and names that a file system allows but a package must not hold.
#![cfg(unix)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use super::*;
use crate::report::code;

#[test]
fn follows_links_inside_the_folder() {
    let tree = Tree::new(&[("packages/lib/index.js", b"lib"), ("real.txt", b"text")]);
    std::fs::create_dir(tree.root().join("node_modules")).unwrap();
    symlink("../packages/lib", tree.root().join("node_modules/lib")).unwrap();
    symlink("real.txt", tree.root().join("alias.txt")).unwrap();
    symlink("alias.txt", tree.root().join("alias-of-alias.txt")).unwrap();
    let package = tree.package();
    let seen = python(&package.path);
    assert_eq!(seen["node_modules/lib/index.js"].sha256, sha256(b"lib"));
    assert_eq!(seen["alias-of-alias.txt"].sha256, sha256(b"text"));
    assert_eq!((seen["alias.txt"].mode, seen.len()), (0o100_644, 5));
}

#[test]
fn refuses_every_link_that_leaves_dangles_or_loops_at_once() {
    let tree = Tree::new(&[("app.py", b"1"), ("deep/er/x", b"1"), (".git/config", b"token")]);
    std::fs::write(tree.out("credentials"), b"secret").unwrap();
    let link = |to: &str, name: &str| symlink(to, tree.root().join(name)).unwrap();
    link("../credentials", "escape");
    link("../../app/../credentials", "deep/escape");
    symlink(tree.place.path(), tree.root().join("outside")).unwrap();
    link("nowhere", "dangling");
    link("round", "around");
    link("around", "round");
    link("../..", "deep/er/loop");
    link(".git/config", "config");
    let failure = tree.refusal();
    assert_eq!(failure.code, &code::PACKAGE_UNSAFE);
    let text = text(&failure);
    for part in [
        "8 problems",
        "`escape` -> `../credentials` leads out of the folder",
        "`deep/escape` -> `../../app/../credentials` leads out",
        "`outside` -> ",
        "`dangling` -> `nowhere` leads nowhere",
        "`around` -> `round` leads back to itself",
        "`round` -> `around` leads back to itself",
        "`deep/er/loop` -> `../..` leads back to a folder that it is in",
        "`config` -> `.git/config` leads into `.git`",
        "fix: replace each such link",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn two_folders_that_link_to_each_other_end() {
    let tree = Tree::new(&[("a/x", b"1"), ("b/y", b"1")]);
    symlink("../b", tree.root().join("a/b")).unwrap();
    symlink("../a", tree.root().join("b/a")).unwrap();
    let text = text(&tree.refusal());
    assert!(text.contains("`a/b/a`") && text.contains("`b/a/b`"), "{text}");
}

#[test]
fn a_link_that_is_left_out_may_be_broken() {
    let tree = Tree::new(&[("app.py", b"1"), (".webappignore", b"broken\nfar/\n")]);
    symlink("nowhere", tree.root().join("broken")).unwrap();
    symlink("/", tree.root().join("far")).unwrap();
    assert_eq!(names(&tree.package().path), ["app.py"]);
}

#[test]
fn refuses_sockets_and_pipes() {
    let tree = Tree::new(&[("app.py", b"1")]);
    let _socket = UnixListener::bind(tree.root().join("gunicorn.sock")).unwrap();
    assert!(Command::new("mkfifo").arg(tree.root().join("pipe")).status().unwrap().success());
    symlink("gunicorn.sock", tree.root().join("to-socket")).unwrap();
    let text = text(&tree.refusal());
    assert!(text.contains("`gunicorn.sock` is neither a file nor a folder but a socket"), "{text}");
    assert!(text.contains("`pipe` is neither a file nor a folder but a named pipe"), "{text}");
    assert!(text.contains("`to-socket` -> `gunicorn.sock` leads to a socket"), "{text}");
}

#[test]
fn refuses_names_that_a_site_cannot_read() {
    let tree = Tree::new(&[("app.py", b"1"), ("..\\evil.txt", b"1")]);
    std::fs::write(tree.root().join(OsStr::from_bytes(b"caf\xe9.txt")), b"1").unwrap();
    let failure = tree.refusal();
    let text = text(&failure);
    assert_eq!(failure.code, &code::PACKAGE_UNSAFE);
    assert!(text.contains("the name of `caf\u{fffd}.txt` is not UTF-8"), "{text}");
    assert!(text.contains("`..\\evil.txt` holds a backslash"), "{text}");
}

#[test]
fn packs_strange_but_legal_names() {
    let strange = ["..a", "a b", "a'\"$(x)`", "line\nbreak", "::error::x", "ünï/日本", "-rf", "%0A", "x.", "~"];
    let files: Vec<(&str, &[u8])> = strange.iter().map(|name| (*name, name.as_bytes())).collect();
    let seen = python(&Tree::new(&files).package().path);
    assert_eq!(seen.len(), strange.len());
    for name in strange {
        assert_eq!(seen[name].sha256, sha256(name.as_bytes()), "{name}");
    }
}
