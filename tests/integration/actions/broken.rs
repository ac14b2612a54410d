//! A release.lock that is not as it should be, a program that nobody has, and a build in place of a release.

use super::archive::sha256;
use super::checkout::{Checkout, PROGRAM, VERSION, put, shells, target};

/// What is wrong with the lock, its text, and what the failure says.
fn locks() -> Vec<(&'static str, String, &'static str)> {
    let (hash, target) = (sha256(PROGRAM.as_bytes()), target());
    let head = format!("version {VERSION}\nbase https://localhost:1/x\n");
    vec![
        ("empty", String::new(), "names no version"),
        ("a page", "<html>\n".to_owned(), "names no version"),
        ("a path for a version", "version ../../x\n".to_owned(), "names no version"),
        ("a folder above", "version 1..2\n".to_owned(), "names no version"),
        ("no rows", head.clone(), "has no program `zip-deploy` for"),
        ("another tool", format!("{head}zip-deplo {target} {hash} {hash}\n"), "has no program `zip-deploy` for"),
        ("another platform", format!("{head}zip-deploy riscv64 {hash} {hash}\n"), "has no program `zip-deploy` for"),
        ("one hash", format!("{head}zip-deploy {target} {hash}\n"), "needs two sha256 sums"),
        ("three hashes", format!("{head}zip-deploy {target} {hash} {hash} {hash}\n"), "needs two sha256 sums"),
        ("a short hash", format!("{head}zip-deploy {target} {hash} {}\n", &hash[1..]), "needs two sha256 sums"),
        ("no digits", format!("{head}zip-deploy {target} {hash} {}\n", "g".repeat(64)), "needs two sha256 sums"),
        (
            "a file of Windows",
            format!("{head}zip-deploy {target} {hash} {hash}\n").replace('\n', "\r\n"),
            "names no version",
        ),
    ]
}

#[test]
fn a_broken_lock_starts_nothing_and_says_what_is_broken() {
    for shell in shells() {
        for (name, text, says) in locks() {
            let checkout = Checkout::new(&shell);
            put(&checkout.cached("zip-deploy"), PROGRAM);
            checkout.lock(&text);
            let ended = checkout.launches();
            ended.failed(&["release.lock", says]);
            assert!(ended.stderr.contains("fix: "), "{name}");
        }
        let checkout = Checkout::new(&shell);
        std::fs::remove_file(checkout.launch().join("release.lock")).unwrap();
        checkout.launches().failed(&["release.lock` cannot be read", "take all of actions/launch from one release"]);
    }
}

#[test]
fn a_lock_without_a_newline_at_its_end_is_read_to_the_end() {
    for shell in shells() {
        let checkout = Checkout::new(&shell);
        put(&checkout.cached("zip-deploy"), PROGRAM);
        let hash = sha256(PROGRAM.as_bytes());
        checkout.lock(&format!("version {VERSION}\nzip-deploy {} {hash} {hash}", target()));
        checkout.launches().ran("a b c");
    }
}

#[test]
fn a_name_that_is_no_program_is_told() {
    for shell in shells() {
        let checkout = Checkout::new(&shell);
        checkout.call(&["zip-deploi"]).failed(&["siding 1.2.3 has no program `zip-deploi` for"]);
        for name in ["", "../zip-deploy", "zip deploy", "Zip", "x\n::error::y"] {
            let ended = checkout.call(&[name]);
            ended.failed(&["that is no name of a program"]);
            assert!(!ended.stderr.contains("::y"), "{ended:#?}");
        }
        checkout.call(&[]).failed(&["that is no name of a program"]);
    }
}

/// What our own CI does before there is a release.
#[test]
fn without_a_release_the_program_is_built_where_its_source_and_cargo_are() {
    for shell in shells() {
        let checkout = Checkout::new(&shell);
        checkout.lock("version source\nbase https://localhost:1/x\n");
        // Whoever has no release takes nothing that lies about: no hash says what it is.
        put(&checkout.cached("zip-deploy"), PROGRAM);
        checkout.call(&["zip-deploy"]).failed(&[
            "release.lock names no release",
            "no Cargo.toml lies beside the actions",
            "@v1.2.3",
        ]);
        std::fs::write(checkout.path("release/Cargo.toml"), "").unwrap();
        let checkout = checkout.env("PATH", "/usr/bin:/bin");
        checkout.call(&["zip-deploy"]).failed(&["cargo is not on the PATH"]);
        let cargo = "#!/bin/sh\nfor folder; do :; done\nmkdir -p \"$folder/release\"\n\
            printf '#!/bin/sh\\necho \"built: %s\"\\n' \"$*\" >\"$folder/release/zip-deploy\"\nchmod +x \"$folder/release/zip-deploy\"\necho Compiling\n";
        put(&checkout.path("cargo/cargo"), cargo);
        let path = format!("{}:/usr/bin:/bin", checkout.path("cargo").display());
        let checkout = checkout.env("PATH", path);
        let ended = checkout.call(&["zip-deploy"]);
        let folder = checkout.path("temp/siding-build");
        let expected = format!(
            "built: build --release --locked --quiet --no-default-features --features records --bin zip-deploy --target-dir {}\n",
            folder.display()
        );
        // What cargo says is talk; standard output belongs to the program.
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), expected.as_str()), "{ended:#?}");
        put(&checkout.path("cargo/cargo"), "#!/bin/sh\necho 'error: no space left' >&2\nexit 101\n");
        checkout.call(&["zip-deploy"]).failed(&["error: no space left", "zip-deploy could not be built from source"]);
    }
}
