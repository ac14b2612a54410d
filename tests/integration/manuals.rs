//! Completions and manual pages: made from the declarations, so every input is in them, and programs that read them do.

use std::process::{Command, Stdio};

use siding::spec::Kind;
use siding::tools::ALL;

use crate::context::Context;

fn printed(arguments: &[&str]) -> String {
    Context::shell().run("siding", arguments).exits(0).stdout.clone()
}

/// What a program says to this text on its standard input, or nothing where the program is not installed.
fn said(program: &str, arguments: &[&str], input: &str) -> Option<String> {
    let mut command = Command::new(program);
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(trouble) if trouble.kind() == std::io::ErrorKind::NotFound => return None,
        Err(trouble) => panic!("{program}: {trouble}"),
    };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn every_flag_of_every_tool_is_completed_in_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let whole = printed(&["completions", shell]);
        for tool in ALL {
            let own = printed(&["completions", shell, "--program", tool.spec.name]);
            for input in tool.spec.inputs() {
                let is_flag = input.kind != Kind::Secret;
                let shown = |script: &str| {
                    let word = |line: &str| {
                        line.split([' ', '\'', '"', '=', '[', '(', ')', '{', '}', ','])
                            .any(|word| word.trim_start_matches(['-', '*', ':']) == input.name)
                    };
                    script.lines().any(word)
                };
                assert_eq!(shown(&own), is_flag, "{shell}, {}: `{}`", tool.spec.name, input.name);
                assert!(!is_flag || shown(&whole), "{shell}, siding {}: `{}`", tool.spec.name, input.name);
            }
        }
    }
}

#[test]
fn a_choice_completes_to_its_values() {
    let script = printed(&["completions", "bash", "--program", "slot-swap"]);
    assert!(script.contains("compgen -W \"swap rollback\""), "{script}");
}

#[test]
fn bash_reads_the_completions() {
    assert_ne!(said("bash", &["-n"], &printed(&["completions", "bash"])), None, "bash is needed for this test");
}

#[test]
fn a_manual_page_has_every_flag_and_names_every_secret() {
    for tool in ALL {
        let page = printed(&["manual", "--program", tool.spec.name]).replace("\\-", "-");
        for input in tool.spec.inputs() {
            let name = if input.kind == Kind::Secret { input.variable() } else { format!("\\fB--{}\\fR", input.name) };
            assert!(page.contains(&name), "{}: `{name}`\n{page}", tool.spec.name);
        }
    }
    let page = printed(&["manual", "rehearse"]);
    assert!(page.contains(".TH SIDING-REHEARSE 1") && page.contains("\\fBsiding rehearse\\fR"), "{page}");
}

#[test]
fn the_formatter_of_manual_pages_has_nothing_to_say_about_them() {
    for page in [printed(&["manual"]), printed(&["manual", "release"]), printed(&["manual", "--program", "kv-sync"])] {
        let complaints = said("groff", &["-man", "-Tutf8", "-ww"], &page);
        assert_eq!(complaints.unwrap_or_default(), "", "{page}");
    }
}

#[test]
fn what_does_not_exist_is_said_with_the_nearest_name() {
    let context = Context::shell();
    let ran = context.run("siding", &["completions", "bash", "--program", "zip-deplox"]);
    ran.exits(2);
    assert!(ran.stderr.contains("there is no program `zip-deplox`"), "{ran}");
    assert!(ran.stderr.contains("did you mean `zip-deploy`?"), "{ran}");
    let ran = context.run("siding", &["manual", "rehears"]);
    ran.exits(2);
    assert!(ran.stderr.contains("`siding` has no command `rehears`"), "{ran}");
    assert!(ran.stderr.contains("siding manual rehearse"), "{ran}");
    let ran = context.run("siding", &["manual", "swap", "--program", "slot-swap"]);
    ran.exits(2);
    assert!(ran.stderr.contains("its page is told without a command"), "{ran}");
}
