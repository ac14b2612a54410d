//! A [`ToolSpec`] as a `clap::Command`: help, flags, and suggestions for mistyped ones.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};

use super::{Input, Kind, Need, ToolSpec};

/// The exit codes that not every command uses.
const OWN_EXITS: std::ops::Range<u8> = 10..130;

/// The command line of a tool.
pub fn command(spec: &'static ToolSpec) -> Command {
    let mut command =
        Command::new(spec.name).about(spec.about).version(env!("CARGO_PKG_VERSION")).after_help(after_help(spec));
    for input in spec.inputs().filter(|input| input.kind != Kind::Secret) {
        command = command.arg(flag(input));
    }
    if let Some(name) = spec.positional {
        command =
            command.arg(Arg::new("positional").value_name(name.to_uppercase()).help(format!("The same as `--{name}`")));
    }
    command
}

/// The same for manuals and completions, which also want to know what a value may be. The reading of flags does not: a
/// wrong value is told by `read`, together with everything else.
pub fn documented(spec: &'static ToolSpec) -> Command {
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the result as data");
    let command = spec.inputs().filter(|input| input.kind != Kind::Secret).fold(command(spec), |command, input| {
        command.mut_arg(input.name, |arg| match input.kind {
            Kind::Choice(choices) => arg.value_parser(PossibleValuesParser::new(choices)),
            Kind::Path => arg.value_hint(ValueHint::AnyPath),
            Kind::Url => arg.value_hint(ValueHint::Url),
            Kind::Command => arg.value_hint(ValueHint::CommandString),
            _ => arg.value_hint(ValueHint::Other),
        })
    });
    command.arg(json)
}

/// The help as text.
pub fn help(spec: &'static ToolSpec) -> String {
    command(spec).render_help().to_string()
}

fn flag(input: &'static Input) -> Arg {
    let arg = Arg::new(input.name).long(input.name).help(describe(input)).hide_possible_values(true);
    // A flag that is given twice is told by `read`, together with everything else.
    let arg = arg.action(ArgAction::Append);
    match input.kind {
        Kind::Flag => arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_name("true|false"),
        Kind::Lines => arg.allow_hyphen_values(true).value_name("TEXT"),
        kind => arg.value_name(value_name(kind)).allow_hyphen_values(true),
    }
}

fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Guid => "GUID",
        Kind::AppName | Kind::SlotName | Kind::ResourceGroup | Kind::Vault => "NAME",
        Kind::Url | Kind::Cloud => "URL",
        Kind::Path | Kind::UrlPath => "PATH",
        Kind::Duration(_) => "TIME",
        Kind::Count(..) => "NUMBER",
        Kind::Choice(_) => "CHOICE",
        Kind::Command => "COMMAND",
        Kind::Text | Kind::Lines | Kind::Flag | Kind::Secret => "TEXT",
    }
}

fn describe(input: &'static Input) -> String {
    let mut parts = vec![input.help.to_owned()];
    if let Kind::Choice(choices) = input.kind {
        parts.push(format!("[{}]", choices.join(", ")));
    }
    match input.need {
        Need::Required => parts.push("(required)".to_owned()),
        Need::Default(value) => parts.push(format!("[default: {value}]")),
        Need::Optional => {}
    }
    if !input.variables.is_empty() {
        parts.push(format!("[env: {}]", input.variables.join(", ")));
    }
    parts.join(" ")
}

fn after_help(spec: &'static ToolSpec) -> String {
    let mut lines: Vec<String> = Vec::new();
    for input in spec.inputs().filter(|input| input.kind == Kind::Secret) {
        let own = input.variables.iter().map(|name| format!(" or {name}")).collect::<Vec<_>>().concat();
        lines.push(format!("Secret, never a flag: {}{own}: {}", input.variable(), input.help));
    }
    lines.push(
        "Every input can also come from the environment as INPUT_<NAME>. `--json` prints the result as data."
            .to_owned(),
    );
    if !spec.permissions.is_empty() {
        lines.push(format!("The identity needs: {}", spec.permissions.join("; ")));
    }
    lines.push(
        "Exit codes: 0 done, 1 failed, 2 bad input, 3 sign-in failed, 4 Azure refused or unreachable, 5 timed out,"
            .to_owned(),
    );
    lines.push("6 failed and rolled back, 7 roll-back failed, 130 cancelled".to_owned());
    let own = spec.errors.iter().filter(|code| OWN_EXITS.contains(&(code.exit as u8)));
    let own: Vec<String> = own.map(|code| format!("{} {}", code.exit as u8, code.title)).collect();
    if !own.is_empty() {
        lines.push(format!("Its own: {}", own.join(", ")));
    }
    lines.join("\n")
}
