//! Our output as the CI hosts read it: exactly the commands that were meant, and no other, whatever a text holds.

mod parsers;
mod strategies;

use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use siding::ci::{self, Host, Level, NameTrouble, Spot};
use siding::report::{Failure, code};
use siding::world::{Env, Secret};

use parsers::{Command, Matching, Newline};
use strategies::{NASTY, hostile};

const LEVELS: [Level; 3] = [Level::Error, Level::Warning, Level::Notice];

/// A host whose log and files can be read back.
struct Stage {
    host: Box<dyn Host>,
    log: Arc<Mutex<String>>,
    folder: tempfile::TempDir,
}

impl Stage {
    fn github() -> Self {
        Self::new(|folder| {
            let file = |name: &str| folder.join(name).display().to_string();
            vec![
                ("GITHUB_ACTIONS", "true".to_owned()),
                ("GITHUB_OUTPUT", file("output")),
                ("GITHUB_ENV", file("env")),
                ("GITHUB_STEP_SUMMARY", file("summary")),
            ]
        })
    }

    fn azure_pipelines() -> Self {
        Self::new(|folder| {
            vec![
                ("TF_BUILD", "True".to_owned()),
                ("SYSTEM_TASKINSTANCENAME", "step".to_owned()),
                ("SYSTEM_UNSAFEALLOWMULTILINESECRET", "true".to_owned()),
                ("AGENT_TEMPDIRECTORY", folder.display().to_string()),
            ]
        })
    }

    fn terminal() -> Self {
        Self::new(|_| vec![("CI", "true".to_owned())])
    }

    fn all() -> [Self; 3] {
        [Self::github(), Self::azure_pipelines(), Self::terminal()]
    }

    fn new(variables: impl Fn(&Path) -> Vec<(&'static str, String)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let writer = Arc::clone(&log);
        let sink = Arc::new(move |line: &str| {
            let mut log = writer.lock().unwrap();
            log.push_str(line);
            log.push('\n');
        });
        let host = ci::detect_into(&Env::default().with(variables(folder.path())), sink);
        Self { host, log, folder }
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    fn entries(&self, file: &str) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.folder.path().join(file)).unwrap_or_default();
        parsers::file_entries(&text, Newline::Unix).unwrap()
    }

    /// The commands that this host carries out, letter for letter; the number must not depend on how it compares.
    fn commands(&self) -> Vec<Command> {
        let log = self.log();
        let parse = match self.host.name() {
            "GitHub Actions" => parsers::github,
            "Azure Pipelines" => parsers::azure_pipelines,
            _ => {
                |log: &str, matching| [parsers::github(log, matching), parsers::azure_pipelines(log, matching)].concat()
            }
        };
        let names = |commands: &[Command]| commands.iter().map(|command| command.name.clone()).collect::<Vec<_>>();
        let commands = parse(&log, Matching::Ordinal);
        assert_eq!(names(&parse(&log, Matching::Cultural)), names(&commands), "{log:?}");
        commands
    }
}

/// Nothing in the text means anything to any host.
fn is_harmless(text: &str) -> bool {
    [Matching::Ordinal, Matching::Cultural].into_iter().all(|matching| {
        parsers::github(text, matching).is_empty()
            && parsers::azure_pipelines(text, matching).is_empty()
            && parsers::azure_pipelines_formats(text, matching).is_empty()
    })
}

/// What must stay of a message: its lines, without power.
fn without_power(message: &str) -> String {
    message.lines().map(ci::inline).collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_neutralised_text_commands_nobody(text in hostile()) {
        let lines = ci::neutralise(&text);
        prop_assert!(lines.iter().all(|line| line.starts_with("| ") && !line.contains(char::is_control)), "{:?}", lines);
        prop_assert!(is_harmless(&lines.join("\n")), "{:?}", lines);
    }

    #[test]
    fn text_from_outside_commands_no_host(text in hostile()) {
        for stage in Stage::all() {
            ci::untrusted(&*stage.host, &text);
            prop_assert!(is_harmless(&stage.log()), "{:?}", stage.log());
        }
    }

    #[test]
    fn a_line_is_one_line_and_no_command(text in hostile()) {
        for stage in Stage::all() {
            stage.host.line(&text);
            prop_assert!(is_harmless(&stage.log()), "{:?}", stage.log());
            prop_assert_eq!(parsers::read_lines(&stage.log()).len(), 1);
        }
    }

    #[test]
    fn an_annotation_is_one_command_with_its_title_and_message(title in hostile(), message in hostile()) {
        for level in LEVELS {
            let stage = Stage::github();
            stage.host.annotate(level, &title, &message);
            let commands = stage.commands();
            prop_assert_eq!(commands.len(), 1);
            prop_assert_eq!(commands[0].property("title").to_owned(), ci::inline(&title).trim_end().to_owned());
            prop_assert_eq!(&commands[0].data, &without_power(&message));

            let stage = Stage::azure_pipelines();
            stage.host.annotate(level, &title, &message);
            let commands = stage.commands();
            if level == Level::Notice {
                prop_assert!(is_harmless(&stage.log()), "{:?}", stage.log());
            } else {
                prop_assert_eq!(commands.len(), 1);
                prop_assert_eq!(&commands[0].name, "task.logissue");
                prop_assert_eq!(&commands[0].data, &without_power(&format!("{title}: {message}")));
            }
        }
    }

    #[test]
    fn an_annotation_at_a_place_is_one_command_with_its_place(file in hostile(), message in hostile()) {
        for level in LEVELS {
            let spot = Spot { file: &file, line: 7 };
            let stage = Stage::github();
            stage.host.annotate_at(level, spot, "edited", &message);
            let commands = stage.commands();
            prop_assert_eq!(commands.len(), 1);
            prop_assert_eq!(commands[0].property("file").to_owned(), ci::inline(&file));
            prop_assert_eq!((commands[0].property("line"), commands[0].property("title")), ("7", "edited"));
            prop_assert_eq!(&commands[0].data, &without_power(&message));

            let stage = Stage::azure_pipelines();
            stage.host.annotate_at(level, spot, "edited", &message);
            let commands = stage.commands();
            if level == Level::Notice {
                prop_assert!(is_harmless(&stage.log()), "{:?}", stage.log());
            } else {
                prop_assert_eq!(commands.len(), 1);
                prop_assert_eq!(commands[0].property("sourcepath").to_owned(), ci::inline(&file));
                prop_assert_eq!((commands[0].property("type").is_empty(), commands[0].property("linenumber")), (false, "7"));
                prop_assert_eq!(&commands[0].data, &without_power(&format!("edited: {message}")));
            }
        }
    }

    #[test]
    fn a_group_is_opened_once(title in hostile()) {
        let stage = Stage::github();
        stage.host.open_group(&title);
        stage.host.close_group();
        let commands = stage.commands();
        prop_assert_eq!(commands.iter().map(|command| command.name.as_str()).collect::<Vec<_>>(), ["group", "endgroup"]);
        prop_assert_eq!(&commands[0].data, &ci::inline(&title));

        let stage = Stage::azure_pipelines();
        stage.host.open_group(&title);
        stage.host.close_group();
        prop_assert!(stage.commands().is_empty());
        for matching in [Matching::Ordinal, Matching::Cultural] {
            prop_assert_eq!(parsers::azure_pipelines_formats(&stage.log(), matching), ["group", "endgroup"]);
        }
    }

    #[test]
    fn outputs_and_variables_arrive_as_they_were_given(value in hostile()) {
        let stage = Stage::github();
        if value.contains('\0') {
            prop_assert!(stage.host.set_output("package-path", &value).is_err());
        } else {
            stage.host.set_output("package-path", &value).unwrap();
            stage.host.export("INVENTORY_URL", &value).unwrap();
            prop_assert_eq!(stage.entries("output"), [("package-path".to_owned(), value.clone())]);
            prop_assert_eq!(stage.entries("env"), [("INVENTORY_URL".to_owned(), value.clone())]);
        }
        prop_assert_eq!(stage.log(), "");

        let stage = Stage::azure_pipelines();
        stage.host.set_output("package-path", &value).unwrap();
        stage.host.export("INVENTORY_URL", &value).unwrap();
        let commands = stage.commands();
        prop_assert_eq!(commands.len(), 2);
        prop_assert_eq!((commands[0].property("variable"), commands[0].property("isoutput")), ("packagePath", "true"));
        prop_assert_eq!((commands[1].property("variable"), commands[1].property("isoutput")), ("INVENTORY_URL", ""));
        for command in &commands {
            prop_assert_eq!(&command.name, "task.setvariable");
            prop_assert_eq!(&command.data, &value);
        }
    }

    #[test]
    fn a_secret_is_masked_line_by_line_and_arrives_whole(value in hostile()) {
        let secret = Secret::new(value.as_str());
        for (stage, mask) in [(Stage::github(), "add-mask"), (Stage::azure_pipelines(), "task.setsecret")] {
            stage.host.mask(&secret);
            let commands = stage.commands();
            prop_assert_eq!(stage.host.can_hide(&secret), !commands.is_empty());
            for command in commands {
                prop_assert_eq!(&command.name, mask);
                let is_encoded = STANDARD.decode(&command.data).is_ok_and(|bytes| bytes == value.as_bytes());
                prop_assert!(value.contains(&command.data) || is_encoded, "{:?}", command);
            }
        }
        let stage = Stage::azure_pipelines();
        let exported = stage.host.export_secret("DB_PASSWORD", &secret);
        prop_assert_eq!(exported.is_err(), value.contains('\0'));
        if exported.is_ok() {
            let commands = stage.commands();
            let set = commands.last().unwrap();
            prop_assert_eq!((set.property("variable"), set.property("issecret")), ("DB_PASSWORD", "true"));
            prop_assert_eq!(&set.data, &value);
        }

        let stage = Stage::github();
        if stage.host.export_secret("DB_PASSWORD", &secret).is_ok() {
            prop_assert_eq!(stage.entries("env"), [("DB_PASSWORD".to_owned(), value)]);
        }
    }

    #[test]
    fn a_failure_with_text_from_outside_is_one_error(text in hostile()) {
        let failure = Failure::new(&code::UNEXPECTED_ANSWER, format!("`{text}` answered {text}"))
            .because(text.as_str())
            .fact("request id", text.as_str())
            .fix(text.as_str())
            .run(text);
        let names = [(Stage::github(), vec!["error"]), (Stage::azure_pipelines(), vec!["task.logissue"]), (Stage::terminal(), vec![])];
        for (stage, expected) in names {
            ci::report(&*stage.host, &failure);
            prop_assert_eq!(stage.commands().iter().map(|command| command.name.clone()).collect::<Vec<_>>(), expected);
        }
    }
}

/// A signal may come while the server's log is shown.
#[test]
fn a_failure_is_told_outside_of_the_group_that_was_open() {
    let failure = Failure::new(&code::CANCELLED, "cancelled by SIGINT");
    for (stage, end) in [(Stage::github(), "::endgroup::"), (Stage::azure_pipelines(), "##[endgroup]")] {
        stage.host.close_group();
        stage.host.open_group("log of the server");
        ci::report(&*stage.host, &failure);
        stage.host.close_group();
        let log = stage.log();
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines.iter().filter(|line| **line == end).count(), 1, "{log}");
        assert_eq!((lines[1], lines[2].starts_with("error[SID0901]")), (end, true), "{log}");
    }
}

#[test]
fn every_nasty_string_is_harmless_in_every_place() {
    for nasty in NASTY {
        assert!(is_harmless(&ci::neutralise(nasty).join("\n")), "{nasty:?}");
        for stage in Stage::all() {
            ci::untrusted(&*stage.host, nasty);
            stage.host.line(nasty);
            stage.host.line(&format!("`{nasty}` is not there"));
            assert!(is_harmless(&stage.log()), "{nasty:?}: {:?}", stage.log());
        }
    }
}

/// The parsers must see the attacks, or the tests above prove nothing.
#[test]
fn the_parsers_see_every_attack() {
    let seen = |text: &str| {
        let entries = parsers::file_entries(&format!("A=b\n{text}\n"), Newline::Unix);
        !is_harmless(text) || entries.is_err() || entries.is_ok_and(|entries| entries.len() > 1)
    };
    let escaped_or_plain = ["%0A::error::x", "%0D%0A::error::x", "a%25%0Ab", "a,b:c=d;e]f", ""];
    for nasty in NASTY.iter().filter(|nasty| !escaped_or_plain.contains(nasty)) {
        assert!(seen(nasty), "{nasty:?}");
    }
}

#[test]
fn the_parsers_read_what_the_contract_gives_as_examples() {
    let second = parsers::github("\u{a0}::error file=a.rs,line=3,title=a%3Ab%2C%25::c%0A%2525", Matching::Ordinal);
    assert_eq!((second[0].property("title"), second[0].data.as_str()), ("a:b,%", "c\n%25"));
    let first = parsers::github("x ##[Add-Mask a=b%3B;c=]d%5D", Matching::Ordinal);
    assert_eq!((first[0].name.as_str(), first[0].property("a"), first[0].data.as_str()), ("add-mask", "b;", "d]"));
    let agent =
        parsers::azure_pipelines("x ##vso[Task.SetVariable variable=a;issecret=true]b%AZP25%3B", Matching::Ordinal);
    assert_eq!((agent[0].property("issecret"), agent[0].data.as_str()), ("true", "b%;"));
    assert!(is_harmless("::unknown::x") && is_harmless("##[unknown") && is_harmless("##vso[one]x"));
    assert_eq!(parsers::read_lines("a\rb\r\nc\n\nd"), ["a", "b", "c", "", "d"]);
}

#[test]
fn a_file_command_survives_both_ways_of_ending_lines() {
    for value in ["", "a", "a\nb", "a\r\nb\r\n\r\nc", "X=1\nLD_PRELOAD=/x", "EOF\nA<<EOF", "\n", "\n\n"] {
        let stage = Stage::github();
        stage.host.export("A", value).unwrap();
        let text = std::fs::read_to_string(stage.folder.path().join("env")).unwrap();
        for newline in [Newline::Unix, Newline::Windows] {
            assert_eq!(
                parsers::file_entries(&text, newline),
                Ok(vec![("A".to_owned(), value.to_owned())]),
                "{newline:?}"
            );
        }
    }
}

#[test]
fn a_name_that_would_open_another_entry_is_refused() {
    for name in ["A=B", "A<<B", "A\nB", "", "1A", "A B", "A;B", "Ä"] {
        let stage = Stage::github();
        assert!(stage.host.export(name, "x").is_err(), "{name:?}");
        assert!(stage.host.set_output(name, "x").is_err(), "{name:?}");
        assert!(stage.entries("env").is_empty() && stage.entries("output").is_empty(), "{name:?}");
    }
}

/// `contracts/ci-hosts.md` §5 row 4, an example for each entry, in a case that only Windows would take for the same.
#[test]
fn names_that_steer_the_following_steps_are_refused() {
    let dangerous = "LD_PRELOAD dyld_insert_libraries pAtH PathExt HOME Shell IFS ENV BASH_ENV BASH_FUNC_x SHELLOPTS PS4 \
        PROMPT_COMMAND PYTHONSTARTUP PERL5LIB RUBYOPT node_options NPM_CONFIG_REGISTRY JAVA_TOOL_OPTIONS _JAVA_OPTIONS \
        DOTNET_STARTUP_HOOKS ComSpec PSModulePath GIT_SSH_COMMAND SSH_ASKPASS RUSTC_WRAPPER CARGO_HOME https_proxy No_Proxy \
        SSL_CERT_FILE CURL_HOME TMPDIR TMP GITHUB_TOKEN RUNNER_TEMP ACTIONS_RUNTIME_TOKEN INPUT_X STATE_X AGENT_X SYSTEM_X \
        BUILD_X RELEASE_X ENDPOINT_X SECRET_X VSTS_X TF_BUILD AZURE_CLIENT_ID socks_proxy ARM_TENANT_ID \
        AZURESUBSCRIPTION_TENANT_ID PIP_INDEX_URL UV_INDEX MAVEN_OPTS GRADLE_OPTS MAKEFLAGS DOCKER_HOST KUBECONFIG \
        BUNDLE_GEMFILE YARN_RC_FILENAME GOFLAGS";
    for name in dangerous.split_whitespace() {
        assert_eq!(ci::check_exported_name(name), Err(NameTrouble::Dangerous), "{name}");
    }
    assert_eq!(ci::variable_name("ld-preload"), "LD_PRELOAD");
}

/// `contracts/ci-hosts.md` §5 row 22: what would shred every later log is not masked.
#[test]
fn what_is_too_short_to_be_hidden_is_not_masked() {
    for value in ["", " ", "\n", "\r\n\r\n", "}", "{\n}\n", "ab", "\u{a0}\n-"] {
        for stage in [Stage::github(), Stage::azure_pipelines()] {
            stage.host.mask(&Secret::new(value));
            assert_eq!(stage.log(), "", "{value:?}");
        }
    }
}

/// Azure Pipelines hides what a step gives it as it is; GitHub knows the encodings itself.
#[test]
fn a_secret_is_hidden_in_base64_too_and_whatever_it_is_made_of() {
    for (value, encoded) in [("?!%&/()=;]", "PyElJi8oKT07XQ=="), ("password", "cGFzc3dvcmQ=")] {
        let masks = |stage: Stage| {
            stage.host.mask(&Secret::new(value));
            stage.commands().into_iter().map(|command| command.data).collect::<Vec<_>>()
        };
        assert_eq!(masks(Stage::github()), [value]);
        assert_eq!(masks(Stage::azure_pipelines()), [value, encoded]);
    }
}

/// `contracts/ci-hosts.md` §5 row 23: the agent uploads the file as it is.
#[test]
fn a_summary_holds_no_secret_and_no_link_from_outside() {
    let rows = [("because", "the key pass_word##1 [click](https://evil.example) | <b>".to_owned())];
    for stage in [Stage::github(), Stage::azure_pipelines()] {
        stage.host.mask(&Secret::new("pass_word##1"));
        stage.host.summary(&siding::tools::summary_table("kv-sync", &rows)).unwrap();
        let upload = stage.commands().into_iter().find(|command| command.name == "task.uploadsummary");
        let file = upload.map_or_else(|| stage.folder.path().join("summary"), |command| command.data.into());
        let page = std::fs::read_to_string(file).unwrap();
        assert_eq!(
            page.trim_end().lines().last(),
            Some(r"| because | the key *** \[click\](https://evil.example) \| &lt;b&gt; |")
        );
    }
}

/// The hosts read standard output as well, so what a program prints there as data must not be a command either.
#[test]
fn data_on_standard_output_commands_nobody() {
    let attack = "x ##vso[task.setvariable variable=A]b ##[error]c\n::error::d";
    for (variable, error) in [("GITHUB_ACTIONS", "error"), ("TF_BUILD", "task.logissue")] {
        let mut program = assert_cmd::Command::new(env!("CARGO_BIN_EXE_siding"));
        let output =
            program.args(["explain", "--json", "--code", attack]).env_clear().env(variable, "true").output().unwrap();
        let (data, talk) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(is_harmless(&data), "{data}");
        let result: serde_json::Value = serde_json::from_str(&data).unwrap();
        assert!(result["failure"]["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{data}");
        let parse = if error == "error" { parsers::github } else { parsers::azure_pipelines };
        let names: Vec<_> = parse(&talk, Matching::Cultural).into_iter().map(|command| command.name).collect();
        assert_eq!(names, [error], "{talk}");
    }
}
