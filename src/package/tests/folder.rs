//! What goes into a package, what stays out, and what is said about it.

use super::*;
use crate::report::code;

#[test]
fn packs_a_folder_so_that_python_reads_the_same_content() {
    let long = b"all work and no play ".repeat(400);
    let tree =
        Tree::new(&[("app.py", b"print(1)\n"), ("lib/long.txt", &long), (".well-known/x", b""), ("p.png", &long)]);
    std::fs::create_dir_all(tree.root().join("logs/empty")).unwrap();
    let package = tree.package();
    let seen = python(&package.path);
    let names: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(names, [".well-known/x", "app.py", "lib/long.txt", "logs/empty/", "p.png"]);
    assert_eq!((&seen["lib/long.txt"].sha256, seen["lib/long.txt"].method), (&sha256(&long), 8));
    assert_eq!((&seen["p.png"].sha256, seen["p.png"].method), (&sha256(&long), 0));
    assert_eq!(package.files, 4);
    let bytes = std::fs::read(&package.path).unwrap();
    assert_eq!((package.bytes, package.sha256), (bytes.len() as u64, sha256(&bytes)));
}

#[cfg(unix)]
#[test]
fn keeps_the_mark_of_executables_and_gives_everything_else_one_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = Tree::new(&[("run.sh", b"#!/bin/sh\n"), ("secret.txt", b"x")]);
    std::fs::create_dir(tree.root().join("empty")).unwrap();
    let mode = |name, mode| {
        std::fs::set_permissions(tree.root().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("run.sh", 0o700);
    mode("secret.txt", 0o600);
    let package = tree.package();
    let seen = python(&package.path);
    assert_eq!(seen["run.sh"].mode, 0o100_755);
    assert_eq!(seen["secret.txt"].mode, 0o100_644);
    assert_eq!(seen["empty/"].mode, 0o040_755);
    let mode = std::fs::metadata(&package.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the package is for this user only");
}

#[test]
fn leaves_out_git_and_what_the_ignore_files_and_patterns_name() {
    let tree = Tree::new(&[
        (".git/config", b"token"),
        ("sub/.git", b"gitdir: elsewhere"),
        (".gitignore", b"dist/\n"),
        (".webappignore", b"\xef\xbb\xbf*.log\r\n!keep.log\r\n/tests/\r\n# note\r\n"),
        (".funcignore", b"local.settings.json\n"),
        ("app.py", b"1"),
        ("dist/bundle.js", b"1"),
        ("keep.log", b"1"),
        ("local.settings.json", b"{}"),
        ("noise.log", b"1"),
        ("sub/tests/kept.py", b"1"),
        ("tests/test.py", b"1"),
        ("docs/a.md", b"1"),
    ]);
    let options = Options { exclude: vec!["docs".into(), "!noise.log".into()], ..Options::default() };
    let package = tree.package_with(&options, "out.zip").unwrap();
    let expected = [".gitignore", "app.py", "dist/bundle.js", "keep.log", "noise.log", "sub/tests/kept.py"];
    assert_eq!(names(&package.path), expected);
}

#[test]
fn adds_generated_files_and_replaces_the_folders_own() {
    let tree = Tree::new(&[("app.py", b"1"), ("build-info.json", b"{}")]);
    let extra =
        vec![("build-info.json".into(), b"{\"commit\":\"c\"}".to_vec()), ("meta/sbom.json".into(), b"[]".to_vec())];
    let package = tree.package_with(&Options { extra, ..Options::default() }, "out.zip").unwrap();
    let seen = python(&package.path);
    assert_eq!(seen["build-info.json"].sha256, sha256(b"{\"commit\":\"c\"}"));
    assert_eq!(seen["meta/sbom.json"].size, 2);
    assert_eq!(package.files, 3);
}

#[test]
fn refuses_generated_files_whose_names_lead_elsewhere() {
    let tree = Tree::new(&[("a/b", b"1")]);
    for name in ["../x", "/x", "a\\x", "C:x", "", "a//x", "./x", "a/", "a", "a/b/c"] {
        let options = Options { extra: vec![(name.into(), Vec::new())], ..Options::default() };
        let failure = plan(&tree.root(), &options).unwrap_err();
        assert_eq!(failure.code, &code::PACKAGE_UNSAFE, "{name}");
    }
}

#[test]
fn never_packs_the_package_into_itself() {
    let tree = Tree::new(&[("app.py", b"1"), ("out/old.zip", b"x")]);
    let inside = tree.root().join("out/release.zip");
    std::fs::write(&inside, b"from an earlier run").unwrap();
    let plan = plan(&tree.root(), &Options::default()).unwrap();
    std::fs::remove_file(&inside).unwrap();
    let package = write(&plan, &inside).unwrap();
    assert_eq!(names(&package.path), ["app.py", "out/old.zip"]);
    assert_eq!(package.files, 2);
}

#[test]
fn never_overwrites_a_file() {
    let tree = Tree::new(&[("app.py", b"1")]);
    std::fs::write(tree.out("out.zip"), b"precious").unwrap();
    let failure = tree.package_with(&Options::default(), "out.zip").unwrap_err();
    assert_eq!(failure.code, &code::FILE);
    assert!(text(&failure).contains("out.zip` exists already"), "{}", text(&failure));
    assert_eq!(std::fs::read(tree.out("out.zip")).unwrap(), b"precious");
}

#[test]
fn reports_every_file_that_changed_and_leaves_nothing_behind() {
    let tree = Tree::new(&[("a.txt", b"1"), ("b.txt", b"2"), ("c.txt", b"3")]);
    let plan = plan(&tree.root(), &Options::default()).unwrap();
    tree.add("a.txt", b"longer");
    std::fs::remove_file(tree.root().join("c.txt")).unwrap();
    let failure = write(&plan, &tree.out("out.zip")).unwrap_err();
    let text = text(&failure);
    assert!(text.contains("2 problems") && text.contains("`a.txt` changed") && text.contains("c.txt`: "), "{text}");
    assert!(!tree.out("out.zip").exists());
}

#[test]
fn says_what_is_missing() {
    let tree = Tree::new(&[("only.log", b"1"), (".webappignore", b"*\n")]);
    assert_eq!(tree.refusal().code, &code::PACKAGE_MISSING);
    assert!(text(&tree.refusal()).contains("leave out all 2 entries"), "{}", text(&tree.refusal()));
    let gone = plan(&tree.root().join("dist/app"), &Options::default()).unwrap_err();
    assert_eq!(gone.code, &code::PACKAGE_MISSING);
    assert!(text(&gone).contains("the nearest folder that exists is"), "{}", text(&gone));
}

#[test]
fn reports_a_bad_pattern_with_its_line() {
    let tree = Tree::new(&[("a", b"1"), (".webappignore", b"ok\nx[z-a]\n")]);
    let failure = tree.refusal();
    assert_eq!(failure.code, &code::BAD_INPUT);
    assert!(text(&failure).contains("line 2 of `.webappignore`"), "{}", text(&failure));
}

#[test]
fn warns_of_what_is_odd() {
    let files: &[(&str, &[u8])] = &[
        ("site/.env", b"1"),
        ("site/.env.example", b"1"),
        ("site/Readme.md", b"1"),
        ("site/README.md", b"2"),
        ("site/inner.zip", b"1"),
        ("site/server-key.pem", b"1"),
        ("site/cacert.pem", b"1"),
        ("site/venv/pyvenv.cfg", b"1"),
    ];
    let package = Tree::new(files).package();
    let warned = |part: &str| package.warnings.iter().any(|warning| warning.contains(part));
    let expected = ["the one folder `site`", "`site/.env`, `site/server-key.pem`;", "`site/inner.zip`", "`site/venv`"];
    for part in expected {
        assert!(warned(part), "{part}: {:#?}", package.warnings);
    }
    let case = std::fs::read_dir(Tree::new(&files[2..4]).root().join("site")).unwrap().count() == 2;
    assert_eq!(warned("`site/README.md` and `site/Readme.md`"), case);
    assert_eq!(Tree::new(&[("app_offline.htm", b"1"), ("b", b"1")]).package().warnings.len(), 1);
    assert_eq!(Tree::new(&[("app.py", b"1"), ("b/c", b"1")]).package().warnings, [""; 0]);
}
