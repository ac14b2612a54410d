//! Input that cannot be used: exit 2, everything at once, and nothing was asked of anybody.

use std::fs::{self, File};
use std::io::Write as _;

use crate::context::{Context, binary};
use crate::ran::Ran;

#[track_caller]
fn assert_refused<const N: usize>(ran: &Ran, says: [&str; N]) {
    ran.exits(2).says(says);
    assert!(ran.requests.is_empty(), "{ran}");
}

/// A program, its arguments, and everything that must be named.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

static ROWS: &[Row] = &[
    ("oidc-login", &["--tenant", "x", "--client-id", "not-a-guid", "--export=maybe"], &["`--tenant` does not exist"]),
    (
        "oidc-login",
        &["--tenant", "x", "--client-id", "not-a-guid", "--export=maybe", "--audience", "a", "--audience", "b"],
        &[
            "did you mean `--tenant-id`",
            "`client-id` is `not-a-guid`",
            "`true` or `false`",
            "`--audience` is given 2 times",
        ],
    ),
    (
        "zip-deploy",
        &["--app-nmae", "app1", "--slot-name", "a/b", "--timeout=soon"],
        &[
            "did you mean `--app-name`",
            "`app-name` is required",
            "`slot-name` is `a/b`",
            "`timeout` is `soon`",
            "`package` is required",
        ],
    ),
    (
        "zip-deploy",
        &["--app-name", "-app", "--package", "gone", "--dry-rn", "--build-info", "../x"],
        &[
            "`app-name` is `-app`",
            "2 to 60 letters",
            "nothing at `gone`",
            "did you mean `--dry-run`",
            "inside the package",
        ],
    ),
    (
        "slot-swap",
        &["--slot-name", "staging", "--action", "rolback", "--failures", "0", "--checks", "health"],
        &["`app-name` is required", "did you mean `rollback`", "from 1 to 100", "begin with a path"],
    ),
    (
        "kv-sync",
        &["--vault", "1vault", "--expired", "never"],
        &["`vault` is `1vault`", "`secrets` is required", "`expired` is `never`", "`fail`, `warn`"],
    ),
    (
        "smoke-test",
        &["--url", "ftp://x", "--successes", "many", "--checks", "/ stauts=200", "--checks", "//example.com/"],
        &["begins with one `/`", "`url` is `ftp://x`", "an https URL such as", "`successes` is `many`", "`stauts=200`"],
    ),
    ("smoke-test", &["https://127.0.0.1:9", "--successes", "5", "--timeout", "4s"], &["`timeout` is 4.0 s, too short"]),
    ("smoke-test", &["--url", "https://127.0.0.1:9", "--app-name", "other"], &["one of the two"]),
    ("smoke-test", &[], &["`url` or `app-name` is required"]),
    ("smoke-test", &["https://127.0.0.1:9", "--checks", ""], &["`checks` holds no line"]),
    ("kv-sync", &["--vault", "kv1", "--secrets", " "], &["`secrets` holds no line"]),
    ("zip-deploy", &["--app-name", "app1", "--package", ".", "--exclude", ""], &["`exclude` holds no line"]),
    (
        "siding",
        &["release", "--app-name", "app1", "--package", "gone", "--vault", "kv1", "--target-slot", "staging"],
        &["nothing at `gone`", "`secrets` does not say", "both `staging`"],
    ),
    ("smoke-test", &["https://127.0.0.1:9", "--interval", "0s"], &["`interval` is `0s`", "at least 100 ms"]),
    ("smoke-test", &["https://127.0.0.1:9", "--timeout", "0"], &["`timeout` is `0`", "at least 100 ms"]),
    (
        "siding",
        &["release", "--app-name", "app1", "--package", ".", "--prove", "0s", "--interval", "5ms"],
        &["`prove` is `0s`", "`interval` is `5ms`"],
    ),
    ("zip-deploy", &["--app-name", "app1", "--package", ".", "--clean", "false"], &["write `--clean=false`"]),
    ("slot-swap", &["--slot-name", "staging", "--dry-run", "false"], &["`--dry-run=false`", "`app-name` is required"]),
    ("smoke-test", &["--url", "https://127.0.0.1:9", "https://127.0.0.1:8"], &["`url` is given twice"]),
    (
        "siding",
        &["release", "--app-name", "app1", "--package", ".", "--slot-name", "Production", "--target-slot", "staging"],
        &["`slot-name` must be the slot with the new build"],
    ),
    (
        "siding",
        &[
            "rehearse",
            "gone",
            "--fault",
            "kudu.lok",
            "--setting",
            "x",
            "--speed",
            "0",
            "--checks",
            "/x?code=geheim 200",
        ],
        &[
            "`/x`: `200` is none of",
            "`gone` is not a folder",
            "did you mean `kudu.lock`",
            "must be `NAME=value`",
            "from 1 to 1000",
        ],
    ),
    ("siding", &["emulator", "--port", "70000", "--format", "yaml"], &["from 0 to 65535", "`shell`, `json`"]),
    ("siding", &["realease"], &["no command `realease`", "did you mean `release`?"]),
    ("siding", &["explain", "SID0140"], &["did you mean `SID0"]),
];

#[test]
fn every_bad_input_is_named_at_once() {
    let context = Context::github();
    for (program, arguments, says) in ROWS {
        let ran = context.run(program, arguments);
        assert_refused(&ran, ["SID0001"]);
        says.iter().for_each(|text| {
            ran.says([text]);
        });
    }
}

#[test]
fn a_missing_identity_is_named_with_its_variables() {
    let nobody = [("AZURE_TENANT_ID", ""), ("AZURE_CLIENT_ID", ""), ("AZURE_SUBSCRIPTION_ID", "")];
    for program in ["oidc-login", "slot-swap", "kv-sync", "zip-deploy"] {
        let ran = Context::github().run_with(program, &[], &nobody);
        assert_refused(&ran, ["set `AZURE_TENANT_ID`", "set `AZURE_CLIENT_ID`"]);
        // A vault is in no subscription as far as its own API goes.
        if program != "kv-sync" {
            ran.says(["set `AZURE_SUBSCRIPTION_ID`"]);
        }
    }
}

#[test]
fn a_macro_that_was_never_expanded_is_recognised() {
    let context = Context::azure_pipelines();
    let extra = [("AZURE_CLIENT_ID", "$(clientId)"), ("INPUT_APPNAME", "$(app.name)")];
    let ran = context.run_with("slot-swap", &["--slot-name", "$(slot)"], &extra);
    assert_refused(&ran, ["no variable `clientId` here", "no variable `app.name` here", "no variable `slot` here"]);
    let ran = context.run("smoke-test", &["--url", "https://$(host)/x", "--checks", "/", "--checks", "/$(path)"]);
    assert_refused(&ran, ["`url` holds the literal text `$(host)`", "no variable `path` here"]);
}

#[test]
fn what_has_a_code_of_its_own_is_told_together_with_the_rest() {
    let context = Context::github();
    let ran = context.run("kv-sync", &["--vault", "1vault", "--secrets", "path"]);
    assert_refused(
        &ran,
        ["SID0001", "`vault` is `1vault`", "`PATH` (from secret `path`)", "(SID0505)", "APP_PATH=path"],
    );
    let nowhere = [("SSL_CERT_FILE", "nowhere.pem"), ("HTTPS_PROXY", "no url")];
    let release = ["release", "--app-name", "-", "--package", ".", "--journal", "gone/journal", "--secrets", "path"];
    let ran = context.run_with("siding", &release, &nowhere);
    assert_refused(&ran, ["SID0001", "`app-name` is `-`", "`journal`: cannot write `gone/journal`", "No such file"]);
    ran.says(["`PATH`", "`SSL_CERT_FILE` names `nowhere.pem`", "`HTTPS_PROXY` is not the URL of a proxy"]);
    let ran = context.run("siding", &["rehearse", ".", "--journal", ".", "--watch", "soon"]);
    assert_refused(&ran, ["`journal`: cannot write `.`", "`watch` is `soon`"]);
}

#[test]
fn a_failure_as_data_says_what_to_do() {
    let ran = Context::github().run("smoke-test", &["--url", "https://127.0.0.1:9", "--checks", "", "--json"]);
    assert_refused(&ran, ["SID0001"]);
    assert_eq!(ran.json()["failure"]["fixes"], serde_json::json!([{"run": "smoke-test --help"}]), "{ran}");
}

#[test]
fn a_file_of_certificates_that_is_none_is_bad_input() {
    let context = Context::github();
    context.file("text.pem", "no certificate");
    for (path, why) in [("nowhere.pem", "cannot be read"), ("text.pem", "holds no PEM certificate")] {
        let ran = context.run_with("oidc-login", &[], &[("SSL_CERT_FILE", path)]);
        assert_refused(&ran, ["SID0001", &format!("`SSL_CERT_FILE` names `{path}`, which {why}")]);
    }
}

#[test]
fn both_hosts_spellings_of_an_input_are_read_and_a_conflict_is_told() {
    let context = Context::github();
    for (app, slot) in [
        ("INPUT_APP-NAME", "INPUT_SLOT-NAME"),
        ("INPUT_APP_NAME", "INPUT_SLOT_NAME"),
        ("INPUT_APPNAME", "INPUT_SLOTNAME"),
    ] {
        context.run_with("slot-swap", &["--dry-run"], &[(app, "app1"), (slot, "staging")]).exits(0);
    }
    let twice = [("INPUT_APP-NAME", "app1"), ("INPUT_APPNAME", "app2"), ("INPUT_SLOTNAME", "staging")];
    assert_refused(&context.run_with("slot-swap", &[], &twice), ["`app-name` is given twice"]);
}

#[test]
fn a_file_of_the_runner_that_cannot_be_written_is_known_before_anything_is_done() {
    let ran = Context::github().run_with("oidc-login", &[], &[("GITHUB_OUTPUT", "/nowhere/output")]);
    assert_refused(&ran, ["`GITHUB_OUTPUT` names `/nowhere/output`, which cannot be written"]);
}

#[test]
fn an_access_token_that_is_a_macro_goes_nowhere_and_a_token_is_never_shown() {
    let context = Context::azure_pipelines();
    let literal = [("SYSTEM_ACCESSTOKEN", "$(System.AccessToken)")];
    assert_refused(&context.run_with("oidc-login", &[], &literal), ["literal text `$(System.AccessToken)`"]);
    let odd = [("SYSTEM_ACCESSTOKEN", "canary-7f3a$(x)91c2")];
    context.run_with("oidc-login", &[], &odd).exits(3).never_says("canary-7f3a");
}

#[test]
fn a_secret_is_never_a_flag() {
    let ran = Context::github().run("oidc-login", &["--client-secret", "oops"]);
    assert_refused(&ran, ["a secret never goes on the command line", "INPUT_CLIENT_SECRET"]);
    ran.never_says("oops");
}

fn deploy(context: &Context, package: &str) -> Ran {
    context.run("zip-deploy", &["--app-name", "app1", "--package", package])
}

#[test]
fn a_pattern_that_cannot_be_read_is_refused() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let ran = context.run("zip-deploy", &["--app-name", "app1", "--package", &folder, "--exclude", "a["]);
    assert_refused(&ran, ["SID0001", "an ignore pattern cannot be read: `a[`"]);
}

#[test]
fn an_empty_package_is_refused() {
    let context = Context::github();
    fs::create_dir(context.work().join("empty")).unwrap();
    context.file("ignored/.webappignore", "*\n");
    context.file("text.zip", "this is no zip");
    for package in ["empty", "ignored", "text.zip"] {
        assert_refused(&deploy(&context, package), ["SID0002", package]);
    }
    let ran = context.run("siding", &["release", "--app-name", "app1", "--package", "empty"]);
    assert_refused(&ran, ["SID0002"]);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    std::os::unix::fs::symlink("/etc/passwd", context.work().join(&folder).join("users.txt")).unwrap();
    assert_refused(&deploy(&context, &folder), ["SID0003", "users.txt"]);
}

#[test]
fn names_that_lead_out_of_a_zip_are_refused_all_at_once() {
    let context = Context::github();
    let mut zip = zip::ZipWriter::new(File::create(context.work().join("evil.zip")).unwrap());
    for name in ["fine.txt", "../outside.txt", "/etc/absolute.txt", "a/../../up.txt", "back\\slash.txt"] {
        // The library cleans names, so the bytes are put in afterwards.
        zip.start_file(masked(name), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
    }
    zip.finish().unwrap();
    let path = context.work().join("evil.zip");
    let bytes = unmasked(&fs::read(&path).unwrap());
    fs::write(&path, bytes).unwrap();
    let ran = deploy(&context, "evil.zip");
    assert_refused(&ran, ["SID0003", "../outside.txt", "/etc/absolute.txt", "a/../../up.txt", "back\\slash.txt"]);
    ran.never_says("fine.txt");
}

/// A name of the same length that no library minds.
fn masked(name: &str) -> String {
    name.replace('/', "\u{1}").replace('.', "\u{2}").replace('\\', "\u{3}")
}

fn unmasked(bytes: &[u8]) -> Vec<u8> {
    let real = |byte: &u8| match byte {
        1 => b'/',
        2 => b'.',
        3 => b'\\',
        other => *other,
    };
    // Headers hold such bytes too: only names are changed, which are told by the letters around them.
    let mut changed = bytes.to_vec();
    for name in ["fine.txt", "../outside.txt", "/etc/absolute.txt", "a/../../up.txt", "back\\slash.txt"] {
        let wanted = masked(name).into_bytes();
        for at in 0..=bytes.len() - wanted.len() {
            if bytes[at..].starts_with(&wanted) {
                changed[at..at + wanted.len()].iter_mut().for_each(|byte| *byte = real(byte));
            }
        }
    }
    changed
}

#[test]
fn a_port_that_is_taken_is_refused() {
    let context = Context::shell();
    let port = context.emulator.port().to_string();
    let ran = context.run("siding", &["emulator", "--port", &port]);
    assert_refused(&ran, ["SID0004", &port, "0 takes any free one"]);
    let folder = context.static_app("1.0");
    assert_refused(&context.run("siding", &["rehearse", &folder, "--port", &port]), ["SID0004"]);
}

#[test]
fn a_configuration_of_the_emulator_with_a_mistyped_key_is_refused() {
    let context = Context::shell();
    context.file("world.yml", "tenants: []\nsitess: []\n");
    let ran = context.run("siding", &["emulator", "--port", "0", "--config", "world.yml"]);
    assert_refused(&ran, ["SID0001", "world.yml", "sitess"]);
}

#[test]
fn help_and_version_ask_nothing_and_need_nothing() {
    let context = Context::github();
    for program in ["oidc-login", "zip-deploy", "slot-swap", "kv-sync", "smoke-test", "siding"] {
        let ran = context.run(program, &["--version"]);
        assert_eq!(ran.exits(0).stdout, format!("{program} {}\n", env!("CARGO_PKG_VERSION")));
        let ran = context.run_with(program, &["--help"], &[("AZURE_CLIENT_ID", "nonsense")]);
        assert!(ran.exits(0).stdout.contains(if program == "siding" { "rehearse" } else { "Exit codes" }), "{ran}");
        assert!(ran.requests.is_empty(), "{ran}");
    }
}

#[cfg(unix)]
#[test]
fn words_that_are_not_utf8_are_told() {
    use std::os::unix::ffi::OsStrExt as _;
    let word = std::ffi::OsStr::from_bytes(b"caf\xe9");
    for program in ["siding", "smoke-test"] {
        let output = std::process::Command::new(binary(program)).arg(word).env_clear().output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("SID0001") && said.contains("`caf\u{fffd}` on the command line is not UTF-8"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_is_nobodys_fault() {
    for arguments in [&["--help"][..], &["--version"], &["explain", "SID0104"], &["explain", "SID0104", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut program = std::process::Command::new(binary("siding"));
        let output = program.args(arguments).env_clear().stdout(writer).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(0) && said.is_empty(), "{arguments:?}: {said}");
    }
}
