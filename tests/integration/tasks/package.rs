//! What `.ci/vsix.py` refuses to pack. `.ci/run` packs for real, unpacks it and runs the tasks of the package.

use std::fs;

use tempfile::TempDir;

use crate::tidy::root;

/// The package of an extension that lacks something: the exit code, and what is said.
fn pack(dist: &TempDir, more: &[&str]) -> (Option<i32>, String) {
    let mut command = assert_cmd::Command::new("python3");
    command.arg(root().join(".ci/vsix.py")).arg("--dist").arg(dist.path()).arg("--out").arg(dist.path().join("out"));
    let output = command.args(more).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_package_without_a_program_is_not_made() {
    let dist = TempDir::new().unwrap();
    let (code, said) = pack(&dist, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("has no `oidc-login` for any of x86_64-unknown-linux-musl, x86_64-pc-windows-msvc"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_program_is_not_packed() {
    let dist = TempDir::new().unwrap();
    for (target, name) in [("x86_64-unknown-linux-musl", "oidc-login"), ("x86_64-pc-windows-msvc", "oidc-login.exe")] {
        let bin = dist.path().join("bin").join(target);
        fs::create_dir_all(&bin).unwrap();
        // An empty file, and a program for another system.
        for content in ["", "\u{7f}ELG"] {
            fs::write(bin.join(name), content).unwrap();
            let (code, said) = pack(&dist, &["--targets", target]);
            assert_eq!(code, Some(1), "{said}");
            assert!(said.contains(&format!("`oidc-login` for {target}")) && said.contains("is no program"), "{said}");
        }
    }
}

#[test]
fn a_target_that_we_do_not_build_is_told() {
    let (code, said) = pack(&TempDir::new().unwrap(), &["--targets", "riscv64-unknown-linux-musl"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("there is no target riscv64-unknown-linux-musl; there are x86_64-unknown-linux-musl"),
        "{said}"
    );
}
