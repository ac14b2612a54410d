//! The package of an app: what is in it, that it is the same for the same commit, and that it is checked.

use super::repository::repository;
use super::{HOSTS, Host, Sandbox};

fn app(host: Host) -> Sandbox {
    let sandbox = Sandbox::new(host).file("app/main.py", "run()\n").file("app/lib/x y.py", "").file("tests/t.py", "");
    let sandbox = sandbox.file("requirements.txt", "a==1 --hash=sha256:00\n");
    repository(sandbox, "").file("app/not-committed.py", "").env("MODE", "tree")
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.bash("unzip -Z1 dist/app.zip | grep -v '/$' | sort").well().stdout;
    listed.lines().map(str::to_owned).collect()
}

#[test]
fn a_tree_holds_the_included_files_of_the_commit_and_nothing_else() {
    for host in HOSTS {
        let sandbox = app(host).env("INCLUDE", "app\n  requirements.txt\n\n");
        let ran = sandbox.run("package").well();
        assert_eq!(names(&sandbox), ["app/lib/x y.py", "app/main.py", "requirements.txt"]);
        let hash = ran.outputs["sha256"].clone();
        assert_eq!(sandbox.bash("sha256sum dist/app.zip").stdout[..64], hash);
        assert!(ran.stdout.contains("dist/app.zip: 3 files, "), "{ran:?}");
        assert_eq!(sandbox.run("package").well().outputs["sha256"], hash);
        let sandbox = sandbox.env("DIRECTORY", "app").env("INCLUDE", "main.py");
        sandbox.run("package").well();
        assert_eq!(names(&sandbox), ["main.py"]);
    }
}

#[test]
fn a_lock_of_another_name_becomes_the_file_that_app_service_installs_from() {
    let lock = "b==2 --hash=sha256:00\n";
    let sandbox = Sandbox::new(Host::GitHub).file("api/main.py", "").file("api/requirements.lock", lock);
    let sandbox = repository(sandbox, "").env("MODE", "tree").env("DIRECTORY", "api").env("LOCKS", "requirements.lock");
    let sandbox = sandbox.env("INCLUDE", "main.py\nrequirements.lock");
    let hash = sandbox.run("package").well().outputs["sha256"].clone();
    assert_eq!(names(&sandbox), ["main.py", "requirements.lock", "requirements.txt"]);
    assert_eq!(sandbox.bash("unzip -p dist/app.zip requirements.txt").well().stdout, lock);
    assert_eq!(sandbox.run("package").well().outputs["sha256"], hash);
    sandbox.env("LOCKS", "gone.lock").run("package").fails("the lock file 'gone.lock' is not in the commit");
    let sandbox = app(Host::Azure).env("INCLUDE", "app\nrequirements.txt").env("LOCKS", "requirements.txt");
    sandbox.run("package").well();
    assert_eq!(names(&sandbox), ["app/lib/x y.py", "app/main.py", "requirements.txt"]);
}

#[test]
fn every_missing_path_is_named() {
    let sandbox = app(Host::Azure).env("INCLUDE", "app\nalembic\napp/not-committed.py");
    sandbox.run("package").fails("not in the commit, or empty: 'alembic' 'app/not-committed.py': commit them");
    sandbox.env("INCLUDE", " \n").run("package").fails("nothing is included");
    let sandbox = Sandbox::new(Host::GitHub).file("app/.venv/pyvenv.cfg", "");
    let sandbox = repository(sandbox, "").env("MODE", "tree").env("INCLUDE", "app");
    sandbox.run("package").fails("'app/.venv/' does not belong in a package");
    sandbox.env("MODE", "all").run("package").fails("MODE is 'all'");
}

#[test]
fn a_built_folder_is_packed_in_a_fixed_order_with_the_time_of_the_commit() {
    let sandbox = app(Host::GitHub).env("MODE", "folder").env("FOLDER", "out").env("FILE", "dist/app.zip");
    sandbox.run("package").fails("the folder 'out' is not there");
    sandbox.bash("mkdir out").well();
    sandbox.run("package").fails("the folder 'out' is empty");
    let sandbox = sandbox.file("out/b.js", "b").file("out/a.js", "a").file("out/.venv/x", "").file("out/.git/x", "");
    let first = sandbox.run("package").well().outputs["sha256"].clone();
    assert_eq!(names(&sandbox), ["a.js", "b.js"]);
    let listed = sandbox.bash("TZ=UTC unzip -l dist/app.zip").well().stdout;
    assert!(listed.contains("2026-03-01 10:00   a.js"), "{listed}");
    sandbox.bash("rm -r out; mkdir out; printf a >out/a.js; printf b >out/b.js; touch -d 2020-01-01 out/a.js").well();
    assert_eq!(sandbox.env("TZ", "Asia/Tokyo").run("package").well().outputs["sha256"], first);
}

#[test]
fn a_vendored_package_holds_its_python_packages() {
    let pip = r#"while [ "$1" != --target ]; do shift; done; mkdir -p "$2/a" && echo x >"$2/a/__init__.py""#;
    let sandbox = app(Host::Azure).fake("python3", pip).env("MODE", "vendored").env("LOCKS", "requirements.txt");
    let sandbox = sandbox.env("INCLUDE", "app/main.py");
    let ran = sandbox.run("package").well();
    assert_eq!(names(&sandbox), [".python_packages/lib/site-packages/a/__init__.py", "app/main.py"]);
    let call = &ran.calls_of("python3")[0];
    assert!(call.contains("--require-hashes --target") && call.ends_with("-r requirements.txt"), "{call}");
}

#[test]
fn a_build_is_described_by_its_commit() {
    let versions = [
        ("refs/tags/v1.2.3", "1.2.3"),
        ("refs/tags/v2.0.0-rc.1", "2.0.0-rc.1"),
        ("refs/heads/release/1.4", "1.4.0+77"),
        ("refs/heads/release/1.4.2", "1.4.2+77"),
    ];
    for host in HOSTS {
        let names = if host == Host::Azure {
            ["BUILD_SOURCEBRANCH", "BUILD_BUILDID"]
        } else {
            ["GITHUB_REF", "GITHUB_RUN_NUMBER"]
        };
        let mut sandbox = app(host).env(names[1], "77");
        for (reference, version) in versions {
            sandbox = sandbox.env(names[0], reference);
            assert_eq!(sandbox.run("describe").well().outputs["version"], version);
        }
        let outputs = sandbox.env(names[0], "refs/heads/main").run("describe").well().outputs;
        assert_eq!(outputs["version"], format!("0.0.0+{}", &outputs["commit"][..12]));
        assert_eq!(outputs["committed-at"], "2026-03-01T10:00:00Z");
        assert_eq!(outputs["tree"].len(), 40);
    }
}

#[test]
fn an_artifact_is_checked_before_it_is_unpacked() {
    for host in HOSTS {
        let sandbox = app(host).env("INCLUDE", "app").env("FILE", "dist/app.zip");
        let hash = sandbox.run("package").well().outputs["sha256"].clone();
        let sandbox = sandbox.env("EXPECTED", &hash).env("DIRECTORY", "unpacked");
        let sandbox = sandbox.file("unpacked/app/removed.py", "");
        sandbox.run("verify-artifact").well();
        sandbox.run("unpack").well();
        assert!(!sandbox.here().join("unpacked/app/removed.py").exists());
        assert_eq!(sandbox.read("unpacked/app/main.py"), "run()\n");
        let sandbox = sandbox.env("EXPECTED", "00");
        sandbox.run("verify-artifact").fails(&format!("is not what was built (expected 00, found {hash})"));
        let sandbox = sandbox.env("EXPECTED", "");
        sandbox.run("verify-artifact").fails("the build told no hash");
        let sandbox = sandbox.env("EXPECTED", &hash).env("FILE", "gone.zip");
        sandbox.run("verify-artifact").fails("'gone.zip' is not there");
        sandbox.run("unpack").fails("'gone.zip' is not there");
    }
}
