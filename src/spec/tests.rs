//! Inputs from every source, and everything that is wrong with them.

use super::{Input, Kind, ToolSpec, read};

static SPEC: ToolSpec = ToolSpec {
    name: "tool",
    about: "",
    inputs: &[&[
        Input::required("app-name", Kind::AppName, "the app"),
        Input::required("client-id", Kind::Guid, "the client").or_from(&["AZURE_CLIENT_ID"]),
        Input::with_default("clean", Kind::Flag, "true", "cleans"),
        Input::optional("checks", Kind::Lines, "checks"),
        Input::optional("url", Kind::Url, "a URL"),
        Input::optional("start-command", Kind::Command, "a command line"),
        Input::optional("client-secret", Kind::Secret, "the secret"),
    ]],
    positional: Some("app-name"),
    outputs: &[],
    permissions: &[],
    errors: &[],
};

fn problems(argv: &[&str], env: &[(&str, &str)]) -> Vec<String> {
    let argv: Vec<String> = argv.iter().map(ToString::to_string).collect();
    read(&SPEC, "tool", &argv, env.iter().copied(), |_, _| {}).err().map(|failure| failure.causes).unwrap_or_default()
}

const ID: &str = "11111111-2222-4333-8444-555555555555";

#[test]
fn all_spellings_of_an_input_are_one() {
    for name in ["INPUT_APP-NAME", "INPUT_APP_NAME", "INPUT_APPNAME"] {
        assert!(problems(&[], &[(name, "app1"), ("AZURE_CLIENT_ID", ID)]).is_empty(), "{name}");
    }
    let conflict = problems(&[], &[("INPUT_APP-NAME", "a1"), ("INPUT_APPNAME", "a2"), ("AZURE_CLIENT_ID", ID)]);
    assert!(conflict[0].contains("given twice"), "{conflict:?}");
}

#[test]
fn a_flag_beats_an_input_beats_a_variable() {
    let argv = ["--client-id".to_owned(), ID.to_owned(), "--app-name=flag".to_owned()];
    let env = [("INPUT_APPNAME", "input"), ("AZURE_CLIENT_ID", "nonsense"), ("INPUT_CLIENTID", "nonsense")];
    let inputs = read(&SPEC, "tool", &argv, env, |_, _| {}).ok().unwrap();
    assert_eq!((inputs.text("app-name"), inputs.text("client-id")), ("flag", ID));
    assert!(inputs.flag("clean"));
}

#[test]
fn every_problem_is_named_at_once() {
    let found = problems(
        &["--app-nmae", "x", "--client-secret", "s"],
        &[("AZURE_CLIENT_ID", "$(clientId)"), ("INPUT_CLEAN", "yes")],
    );
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found[0].contains("did you mean `--app-name`"), "{found:?}");
    assert!(found[1].contains("never goes on the command line"), "{found:?}");
    assert!(found.iter().any(|problem| problem.contains("no variable `clientId`")), "{found:?}");
}

#[test]
fn an_unknown_flag_does_not_hide_what_was_given() {
    let found = problems(&["--app-name", "-a-", "--nonsense", "x", "--claen", "--client-id", ID, "--client-id=1"], &[]);
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found[1].contains("did you mean `--clean`"), "{found:?}");
    assert!(found[2].contains("`--client-id` is given 2 times"), "{found:?}");
    assert!(found[3].contains("`app-name` is `-a-`") && found[4].contains("`client-id` is `1`"), "{found:?}");
}

#[test]
fn a_command_line_that_cannot_be_read_is_the_only_problem() {
    for argv in [&["a", "b"][..], &["--app-name"], &["-x"]] {
        assert_eq!(problems(argv, &[]).len(), 1, "{argv:?}");
    }
}

#[test]
fn repeated_flags_become_lines_and_empty_means_absent() {
    let argv: Vec<String> =
        ["app1", "--checks", "/a 200", "--checks", "/b 200", "--clean=false"].map(str::to_owned).into();
    let inputs = read(&SPEC, "tool", &argv, [("AZURE_CLIENT_ID", ID), ("INPUT_CLEAN", " ")], |_, _| {}).ok().unwrap();
    assert_eq!(inputs.lines("checks"), ["/a 200", "/b 200"]);
    assert!(!inputs.flag("clean"));
}

#[test]
fn lines_that_were_given_hold_a_line() {
    let env = [("AZURE_CLIENT_ID", ID), ("INPUT_CHECKS", "")];
    for argv in [&["app1", "--checks", ""][..], &["app1", "--checks= \n\t"], &["app1", "--checks", "", "--checks="]] {
        let found = problems(argv, &env);
        assert!(found.len() == 1 && found[0].contains("`checks` holds no line (from --checks)"), "{argv:?} {found:?}");
    }
    assert!(problems(&["app1", "--checks", "", "--checks", "/a"], &env).is_empty());
    assert!(problems(&["app1"], &env).is_empty(), "a host hands on an input that is not set as an empty variable");
}

#[test]
fn a_url_that_is_refused_is_told_without_what_may_be_a_password() {
    let argv = ["app1", "--url", "http://me:geheim@example.com/x@y?code=geheim#geheim"];
    let found = problems(&argv, &[("AZURE_CLIENT_ID", ID)]);
    assert!(found.len() == 1 && found[0].contains("`http://example.com/x@y`"), "{found:?}");
}

#[test]
fn a_word_beside_the_flag_that_it_would_fill_is_told() {
    let env = [("AZURE_CLIENT_ID", ID)];
    let found = problems(&["--app-name", "app1", "app2"], &env);
    assert!(found.len() == 1 && found[0].contains("given twice: by `--app-name` and by the word `app2`"), "{found:?}");
    let found = problems(&["--app-name", "app1", "--clean", "false"], &env);
    assert!(found.len() == 1 && found[0].contains("write `--clean=false`"), "{found:?}");
    let found = problems(&["--clean", "True", "--app-name", "-a-"], &env);
    assert!(found.len() == 2 && found[0].contains("write `--clean=true`"), "{found:?}");
    let found = problems(&["app1", "--claen", "false"], &env);
    assert!(found.len() == 1 && found[0].contains("did you mean `--clean`"), "{found:?}");
    assert!(problems(&["--clean", "app1"], &env).is_empty());
    assert!(problems(&["--clean", "--", "true"], &env).is_empty());
}

#[test]
fn a_macro_is_recognised_wherever_it_stands() {
    let env = [("AZURE_CLIENT_ID", ID), ("INPUT_CLIENT_SECRET", "a$(b)c"), ("INPUT_URL", "https://$(host)/x?$(key)")];
    let argv = ["app-$(env)", "--checks", "/a", "--checks", "/b json:/version=$(Build.BuildNumber)"];
    let found = problems(&argv, &env);
    assert_eq!(found.len(), 4, "{found:?}");
    for name in ["env", "host", "key", "Build.BuildNumber"] {
        assert!(
            found.iter().any(|problem| problem.contains(&format!("no variable `{name}` here"))),
            "{name} {found:?}"
        );
    }
    let found = problems(&["app1"], &[("AZURE_CLIENT_ID", ID), ("INPUT_CLIENT_SECRET", "$(secret)")]);
    assert_eq!(found.len(), 1, "{found:?}");
    for fine in ["$()", "$(a", "a)", "$((1+1))", "$(cat x | y)"] {
        assert!(problems(&["app1", "--checks", fine], &env[..1]).is_empty(), "{fine}");
    }
    assert!(problems(&["app1", "--start-command", "serve -w $(nproc)"], &env[..1]).is_empty());
}
