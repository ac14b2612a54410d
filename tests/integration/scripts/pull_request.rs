//! The comment on a pull request, and the tag of a release: what is written to the repository's own pages.

use super::{HOSTS, Host, Ran, Sandbox};

/// A gh and a curl that know what is in files, keep what is sent, and answer nothing where `refuse` says so.
const GH: &str = r#"case "$*" in
  *"--method"*) for word in "$@"; do case "$word" in body=@*) cp "${word#body=@}" "$HERE/sent" ;; esac; done; exit "$(cat "$HERE/refuse")" ;;
  *releases/tags*) exit 1 ;;
  *commits/*) jq -Rs '{commit: {message: .}}' "$HERE/subject" | jq -r "${!#}" ;;
  *) cat "$HERE/github" ;;
esac"#;
const CURL: &str = r#"cat >"$HERE/config"
for word in "$@"; do case "$word" in @*) cp "${word#@}" "$HERE/sent" ;; esac; done
case "$*" in
  *--request*) exit "$(cat "$HERE/refuse")" ;;
  *commits/*) jq -Rs '{comment: .}' "$HERE/subject" ;;
  *commits?*) echo '{"value": [{"comment": "Mend the door\nmore", "commitId": "0123456789"}]}' ;;
  *) cat "$HERE/azure" ;;
esac"#;

fn repository(host: Host) -> Sandbox {
    let sandbox = Sandbox::new(host).fake("gh", GH).fake("curl", CURL).file("refuse", "0").env("TOKEN", "s3cret");
    let sandbox = sandbox.env("GITHUB_REPOSITORY", "o/r").env("SYSTEM_COLLECTIONURI", "https://dev.azure.com/o/");
    sandbox.env("SYSTEM_TEAMPROJECTID", "p").env("BUILD_REPOSITORY_ID", "r").file("subject", "Mend the door\n")
}

fn called(ran: &Ran, host: Host) -> Vec<String> {
    ran.calls_of(if host == Host::GitHub { "gh" } else { "curl" })
}

fn comment(host: Host, known: (&str, &str)) -> Sandbox {
    let sandbox = repository(host).env("NUMBER", "7").env("PAGES", "pages").env("KEY", "resources of shop");
    let sandbox = sandbox.env("RUN_URL", "https://ci.example.org/1").file("pages/dev/plan.md", "### dev\n\n    + a\n");
    sandbox.file("pages/qa/plan.md", "### qa\n\n    - b\n").file("github", known.0).file("azure", known.1)
}

#[test]
fn the_first_run_comments_and_later_ones_change_that_comment() {
    for host in HOSTS {
        let ran = comment(host, ("", r#"{"value": []}"#)).run("plan-comment").well().hides("s3cret");
        let write = called(&ran, host).pop().unwrap();
        let new = [
            "--method POST repos/o/r/issues/7/comments",
            "--request POST https://dev.azure.com/o/p/_apis/git/repositories/r/pullRequests/7/threads",
        ];
        assert!(new.iter().any(|new| write.contains(new)), "{ran:?}");

        let threads = r#"{"value": [{"id": 3, "comments": [{"id": 1, "content": "hello"}]},
            {"id": 4, "comments": [{"id": 1, "content": "<!-- siding: resources of shop -->\nold"}]}]}"#;
        let sandbox = comment(host, ("12\n13\n", threads));
        let ran = sandbox.run("plan-comment").well().hides("s3cret");
        let write = called(&ran, host).pop().unwrap();
        let again = [
            "--method PATCH repos/o/r/issues/comments/12 ",
            "--request PATCH https://dev.azure.com/o/p/_apis/git/repositories/r/pullRequests/7/threads/4/comments/1?",
        ];
        assert!(again.iter().any(|again| write.contains(again)), "{ran:?}");
        let sent = sandbox.read("sent");
        let text = if host == Host::GitHub {
            sent
        } else {
            serde_json::from_str::<serde_json::Value>(&sent).unwrap()["content"].as_str().unwrap().to_owned()
        };
        assert_eq!(
            text,
            "<!-- siding: resources of shop -->\n[What would change](https://ci.example.org/1)\n\n### dev\n\n    + a\n\n### qa\n\n    - b\n\n"
        );
    }
}

#[test]
fn a_long_plan_is_cut_and_a_refusal_says_which_right_is_missing() {
    for host in HOSTS {
        let long = format!("### dev\n\n{}", "    + a_resource\n".repeat(9000));
        let sandbox = comment(host, ("", r#"{"value": []}"#)).file("pages/dev/plan.md", &long);
        sandbox.run("plan-comment").well();
        let sent = sandbox.read("sent");
        assert!(
            sent.len() < 65536 && sent.contains("the rest is in the summary of the run") && sent.contains("- b"),
            "{}",
            sent.len()
        );
        let right = if host == Host::GitHub { "pull-requests: write" } else { "Contribute to pull requests" };
        sandbox.file("refuse", "1").run("plan-comment").fails(right);
        repository(host).env("PAGES", "pages").run("plan-comment").fails("there is no page in 'pages'");
    }
}

const COMMIT: &str = "00112233445566778899aabbccddeeff00112233";
const OTHER: &str = "ffeeddccbbaa99887766554433221100ffeeddcc";

fn tag(host: Host, version: &str, tags: &[(&str, &str)]) -> Sandbox {
    let lines: Vec<String> = tags.iter().map(|(commit, tag)| format!("{commit} {tag}\n")).collect();
    let refs: Vec<_> = tags
        .iter()
        .map(|(commit, tag)| serde_json::json!({"name": format!("refs/tags/{tag}"), "objectId": "1", "peeledObjectId": commit}))
        .collect();
    let sandbox = repository(host).env("COMMIT", COMMIT).env("VERSION", version).file("github", &lines.concat());
    sandbox.file("azure", &serde_json::json!({ "value": refs }).to_string())
}

#[test]
fn what_went_live_gets_the_next_version() {
    let tags = [(OTHER, "v1.9.0"), (OTHER, "v1.10.3"), (OTHER, "v1.4.0"), (OTHER, "v2.0.0-rc.1"), (OTHER, "vNext")];
    for host in HOSTS {
        for (version, subject, tags, expected) in [
            ("1.4.0+57", "x", &tags[..0], "v1.4.0"),
            ("1.4.0+57", "x", &tags[..], "v1.4.1"),
            ("1.5.2", "x", &tags[..], "v1.5.2"),
            ("0.0.0+001122334455", "Mend the door", &tags[..], "v1.10.4"),
            ("0.0.0+001122334455", "Mend the door", &tags[..0], "v0.1.0"),
            ("0.0.0+001122334455", "Merge branch 'release/2.1' into main", &tags[..], "v2.1.0"),
            ("0.0.0+001122334455", "Merge pull request #4 from o/hotfix/1.10.4", &tags[..], "v1.10.4"),
        ] {
            let ran =
                tag(host, version, tags).file("subject", &format!("{subject}\nmore release/9.9")).run("release-tag");
            let ran = ran.well().hides("s3cret");
            assert_eq!(ran.outputs["tag"], expected, "{version} {subject} {ran:?}");
            assert!(ran.summary.contains(&format!("Released as **{expected}**")), "{ran:?}");
        }
        let ran = tag(host, "1.4.0+57", &[(OTHER, "v1.3.0"), (COMMIT, "v1.4.0")]).run("release-tag").well();
        assert_eq!(ran.outputs["tag"], "v1.4.0");
        let wrote = |call: &String| call.contains("--method") || call.contains("--request");
        assert!(!called(&ran, host).iter().any(wrote), "the commit is tagged already: {ran:?}");
        tag(host, "1.4.0", &[]).file("refuse", "1").run("release-tag").fails("the tag v1.4.0 could not be made");
        tag(host, "1.4.0", &[]).env("COMMIT", "main").run("release-tag").fails("COMMIT is 'main', not a commit");
    }
}

#[test]
fn notes_tell_what_is_new_since_the_tag_before() {
    let sandbox = tag(Host::GitHub, "1.4.0", &[(OTHER, "v1.3.0")]).env("NOTES", "true");
    let ran = sandbox.run("release-tag").well();
    let release =
        "release create v1.4.0 --repo o/r --verify-tag --title v1.4.0 --generate-notes --notes-start-tag v1.3.0";
    assert!(ran.calls_of("gh").contains(&release.to_owned()), "{ran:?}");
    let sandbox = tag(Host::Azure, "1.4.0", &[(OTHER, "v1.3.0")]).env("NOTES", "true");
    sandbox.run("release-tag").well();
    let sent: serde_json::Value = serde_json::from_str(&sandbox.read("sent")).unwrap();
    assert_eq!(sent["message"], "Release v1.4.0\n\n- Mend the door (01234567)\n");
    assert_eq!((&sent["name"], &sent["taggedObject"]["objectId"]), (&"v1.4.0".into(), &COMMIT.into()));
}
