//! A program that is on the machine already: which one is taken, and that the launcher becomes it.

use std::os::unix::fs::PermissionsExt;

use super::checkout::{Checkout, PROGRAM, choosing_shells, program, put, shells, target};

#[test]
fn the_first_place_that_has_the_program_is_taken() {
    for shell in choosing_shells() {
        let checkout = Checkout::new(&shell);
        checkout.system_with(&[]);
        checkout.launches().failed(&["tool cache: `", "bundle: `", "there is no curl and no wget"]);
        put(&checkout.cached("zip-deploy"), PROGRAM);
        checkout.launches().ran("a b c");
        put(&checkout.cached("zip-deploy"), "#!/bin/sh\necho another\n");
        put(&checkout.bundled("zip-deploy"), PROGRAM);
        checkout.launches().ran("a b c");
        put(&checkout.path("given/zip-deploy"), "#!/bin/sh\necho mine\n");
        let given = checkout.path("given");
        for path in [given.clone(), given.join("zip-deploy")] {
            let mut command = checkout.command(&["zip-deploy"]);
            let output = command.env("SIDING_BIN", &path).output().unwrap();
            assert_eq!(output.stdout, b"mine\n", "{output:?}");
            let output = command.env("SIDING_BIN", "/nowhere").env("INPUT_BINARY_PATH", &path).output().unwrap();
            assert_eq!(output.stdout, b"mine\n", "{output:?}");
        }
    }
}

#[test]
fn a_path_that_was_given_and_leads_to_nothing_is_no_reason_to_take_another() {
    for shell in shells() {
        let checkout = Checkout::new(&shell).env("SIDING_BIN", "bin");
        put(&checkout.cached("zip-deploy"), PROGRAM);
        checkout.launches().failed(&["there is no program `zip-deploy` where `binary-path` or SIDING_BIN leads"]);
        put(&checkout.path("work/bin/zip-deploy"), "#!/bin/sh\necho mine\n");
        assert_eq!(checkout.launches().stdout, "mine\n");
    }
}

#[test]
fn the_launcher_becomes_the_program_and_leaves_its_environment_and_exit_code() {
    let own = "#!/bin/sh\necho \"$$ $PATH $INPUT_APP_NAME $#\"\nexit 42\n";
    for shell in shells() {
        let checkout = Checkout::new(&shell).env("PATH", "/opt/mine:/usr/bin:/bin").env("INPUT_APP_NAME", "a b");
        checkout.locks(b"", own.as_bytes());
        put(&checkout.cached("zip-deploy"), own);
        let mut command = checkout.command(&["zip-deploy", "", "b c"]);
        // The shell itself is looked up in the PATH that the command gets.
        let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let id = child.id();
        let output = child.wait_with_output().unwrap();
        // The same process: what the runner sends as a signal reaches the program.
        let expected = format!("{id} /opt/mine:/usr/bin:/bin a b 2\n");
        assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap()), (Some(42), expected));
    }
}

#[test]
fn a_program_that_lost_its_mode_is_started_from_a_copy() {
    for shell in shells() {
        let checkout = Checkout::new(&shell);
        for path in [checkout.cached("zip-deploy"), checkout.bundled("zip-deploy")] {
            put(&path, PROGRAM);
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
            checkout.call(&["zip-deploy"]).ran("");
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        }
    }
}

/// What `uname -sm` says, and the platform that is looked for.
const MACHINES: [(&str, &str); 6] = [
    ("Linux x86_64", "x86_64-unknown-linux-musl"),
    ("Linux aarch64", "aarch64-unknown-linux-musl"),
    ("Darwin x86_64", "x86_64-apple-darwin"),
    ("Darwin arm64", "aarch64-apple-darwin"),
    ("Linux armv7l", ""),
    ("MINGW64_NT-10.0-20348 x86_64", ""),
];

#[test]
fn the_platform_is_that_of_the_machine() {
    for shell in choosing_shells() {
        for (machine, platform) in MACHINES {
            let checkout = Checkout::new(&shell).env("RUNNER_ARCH", "ARM64");
            checkout.system(
                &["sha256sum", "rm"]
                    .map(|name| (name, program(name).unwrap()))
                    .each_ref()
                    .map(|(name, path)| (*name, path.as_path())),
            );
            checkout.system_script("uname", &format!("echo '{machine}'"));
            let ended = checkout.launches();
            if platform.is_empty() {
                ended.failed(&[&format!("siding has no programs for `{machine}`"), "build zip-deploy there"]);
            } else if platform == target() {
                ended.failed(&[&format!("bin/{platform}/zip-deploy` is not there")]);
            } else {
                ended.failed(&[&format!("siding 1.2.3 has no program `zip-deploy` for {platform}")]);
            }
        }
    }
}

#[test]
fn without_a_way_to_check_nothing_is_started() {
    let checkout = Checkout::new(&shells()[0]);
    checkout.system(
        &["uname", "rm"]
            .map(|name| (name, program(name).unwrap()))
            .each_ref()
            .map(|(name, path)| (*name, path.as_path())),
    );
    put(&checkout.cached("zip-deploy"), PROGRAM);
    checkout.launches().failed(&["there is no openssl, sha256sum or shasum in "]);
}

#[test]
fn what_hashes_is_whatever_the_machine_has() {
    for name in ["sha256sum", "shasum", "openssl"].into_iter().filter(|name| program(name).is_some()) {
        let checkout = Checkout::new(&shells()[0]);
        // `shasum` is a script of Perl, which it finds by itself.
        checkout.system(&[(name, program(name).unwrap().as_path()), ("uname", program("uname").unwrap().as_path())]);
        put(&checkout.cached("zip-deploy"), PROGRAM);
        checkout.launches().ran("a b c");
    }
}
