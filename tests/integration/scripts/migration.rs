//! Migrations: what they may hold, and how long they may take.

use super::{HOSTS, Host, Sandbox};

/// The lines that `expand-only` objects to in this SQL.
fn objections(sql: &str) -> Vec<usize> {
    let sandbox = Sandbox::new(Host::GitHub).file("next.sql", sql).env("PREVIEW", "cat next.sql");
    let ran = sandbox.env("CONTRACT", "true").run("expand-only").well();
    let listed = ran.stdout.lines().skip(1);
    listed.map(|line| line.split_once(": ").unwrap().0.parse().unwrap()).collect()
}

#[test]
fn statements_that_take_away_are_seen() {
    for bad in [
        "DROP TABLE a",
        "drop table if exists a cascade",
        "ALTER TABLE a DROP COLUMN b",
        "ALTER TABLE a DROP b",
        "ALTER TABLE a\n  ADD COLUMN c int,\n  DROP COLUMN b",
        "ALTER TABLE a DROP CONSTRAINT x, DROP COLUMN b",
        "ALTER TABLE a RENAME TO b",
        "ALTER TABLE a RENAME COLUMN b TO c",
        "EXEC sp_rename 'a.b', 'c'",
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL",
        "ALTER TABLE a ALTER COLUMN b TYPE bigint",
        "ALTER TABLE \"a b\" ALTER \"c\" TYPE bigint",
        "ALTER TABLE a ALTER COLUMN b SET DATA TYPE bigint",
        "ALTER TABLE a ALTER COLUMN b nvarchar(20) NULL",
        "ALTER TABLE a MODIFY b int",
        "TRUNCATE a",
        "DELETE FROM a WHERE b = 1",
        "ALTER TABLE a ADD COLUMN b int NOT NULL",
        "DROP VIEW a",
        "/* x */ DROP TABLE a -- why not",
    ] {
        assert_eq!(objections(&format!("BEGIN;\n{bad};\nCOMMIT;\n")), [2], "{bad}");
    }
    assert_eq!(objections("DROP TABLE a; SELECT 1; DROP TABLE b;\n\nSELECT 1;\nTRUNCATE c"), [1, 1, 4]);
}

#[test]
fn statements_that_only_add_pass() {
    for good in [
        "CREATE TABLE a (b int NOT NULL, c text DEFAULT 'drop table')",
        "ALTER TABLE a ADD COLUMN b int",
        "ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0",
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b IS NOT NULL) NOT VALID",
        "ALTER TABLE a ALTER COLUMN b DROP NOT NULL",
        "ALTER TABLE a ALTER COLUMN b SET DEFAULT 1",
        "ALTER TABLE a DROP CONSTRAINT c",
        "ALTER TYPE mood ADD VALUE 'truncate'",
        "DROP INDEX CONCURRENTLY a",
        "-- DROP TABLE a;\n  --DROP TABLE b",
        "/* DROP TABLE a;\n DROP TABLE b; */ SELECT 1",
        "INSERT INTO a VALUES ('it''s a drop table; truncate')",
        "CREATE INDEX dropped ON a (renamed)",
        "DELETE FROM alembic_version WHERE version_num = '1'",
    ] {
        assert_eq!(objections(&format!("BEGIN;\n{good};\nCOMMIT;\n")), [0; 0], "{good}");
    }
}

#[test]
fn a_contracting_migration_stops_the_release_unless_it_is_asked_for() {
    for host in HOSTS {
        let sql = "ALTER TABLE a ADD b int;\n\nALTER TABLE a\n  DROP COLUMN c;\n";
        let sandbox = Sandbox::new(host).file("db/next.sql", sql).env("DIRECTORY", "db").env("PREVIEW", "cat next.sql");
        let ran =
            sandbox.run("expand-only").fails("takes away what the running version uses (1 statements, listed above)");
        assert!(ran.stdout.contains("\n3: ALTER TABLE a DROP COLUMN c;\n"), "{ran:?}");
        assert!(ran.outputs.is_empty() && sandbox.read("db/reports/migration.sql") == sql, "{ran:?}");
        let ran = sandbox.env("CONTRACT", "true").run("expand-only").well();
        let moment = ran.outputs["restore-point"].as_str();
        assert!(moment.len() == 20 && moment.ends_with('Z'), "{moment}");
        assert!(ran.summary.contains(&format!("it was {moment}: restore the database to that time")), "{ran:?}");
    }
    let sandbox = Sandbox::new(Host::GitHub).env("PREVIEW", "false; true");
    sandbox.run("expand-only").fails("the command that prints the migration's SQL failed");
}

#[test]
fn a_migration_ends_within_its_time() {
    for host in HOSTS {
        let sandbox = Sandbox::new(host).fake("alembic", "pwd").file("db/.venv/bin/x", "").env("DIRECTORY", "db");
        let sandbox = sandbox.env("COMMAND", "alembic upgrade head").env("LIMIT", "60");
        let ran = sandbox.run("migrate").well();
        assert_eq!(ran.calls_of("alembic"), ["upgrade head"]);
        assert!(ran.stdout.ends_with("/work/db\nthe database is migrated\n"), "{ran:?}");
        sandbox.fake("alembic", "exit 3").run("migrate").fails("the migration failed with code 3");
    }
    let slow =
        Sandbox::new(Host::Azure).fake("alembic", "exec tail -f /dev/null").env("COMMAND", "alembic").env("LIMIT", "1");
    slow.run("migrate").fails("the migration did not end within 1 s and was stopped");
}

/// What proves who a job is, and what the CI systems let a step change the steps after it by.
const IDENTITY: [&str; 14] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_RUNTIME_TOKEN",
    "GITHUB_TOKEN",
    "GITHUB_ENV",
    "GITHUB_PATH",
    "SYSTEM_ACCESSTOKEN",
    "SYSTEM_OIDCREQUESTURI",
    "AZURE_CLIENT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_TENANT_ID",
    "ARM_OIDC_REQUEST_TOKEN",
    "ARM_CLIENT_ID",
    "AZURESUBSCRIPTION_CLIENT_ID",
];

#[test]
fn what_migrates_sees_the_database_and_not_the_identity() {
    for host in HOSTS {
        let told = "env >\"$HERE/seen-${0##*/}\"";
        let sandbox = Sandbox::new(host).fake("alembic", told).fake("npm", told).file("package-lock.json", "{}");
        let sandbox = IDENTITY.iter().fold(sandbox, |sandbox, name| sandbox.env(name, "s3cret"));
        let sandbox =
            sandbox.env("AZURE_SQL_CONNECTIONSTRING", "db").env("LIMIT", "60").env("AZURE_CONFIG_DIR", "s3cret");
        let shown = |sandbox: &Sandbox, program: &str| {
            let seen = sandbox.read(&format!("seen-{program}"));
            assert!(!seen.contains("s3cret"), "{seen}");
            assert!(
                seen.contains("AZURE_SQL_CONNECTIONSTRING=db\n") && seen.contains("/siding-no-session\n"),
                "{seen}"
            );
        };
        let sandbox = sandbox.env("COMMAND", "alembic upgrade head");
        sandbox.run("migrate").well();
        shown(&sandbox, "alembic");
        sandbox.run("install-node").well();
        shown(&sandbox, "npm");
        let sandbox = sandbox.env("PREVIEW", "alembic upgrade head --sql").file("seen-alembic", "s3cret");
        let ran = sandbox.run("expand-only").well();
        shown(&sandbox, "alembic");
        assert!(ran.outputs.contains_key("restore-point"), "the script itself still tells: {ran:?}");
    }
}
