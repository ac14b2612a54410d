//! The only place that reads argv and the environment, builds the world, prints a failure and picks the exit code.

#![expect(clippy::disallowed_methods, reason = "argv enters here and nowhere else")]

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::ci::{self, Host, Level};
use crate::commands;
use crate::report::{Exit, Failure, code};
use crate::spec::{self, Inputs, Problems};
use crate::tools::{Outcome, Reach, Running, Stage, Tool, summary_table};
use crate::world::{Env, Http, Masker, World, keep_memory_private};

/// How long a cancelled run may take to put back what it changed. GitHub kills a step 10 s after its first signal.
const PUTTING_BACK: Duration = Duration::from_secs(30);

/// Runs one tool as a program of its own.
pub fn run(tool: &'static Tool) -> ExitCode {
    run_as(tool.spec.name, tool)
}

/// The same for a program that is not called like its tool.
pub fn run_as(program: &str, tool: &'static Tool) -> ExitCode {
    guard();
    match arguments(program, std::env::args_os()) {
        Ok(argv) => start(tool, argv, program),
        Err(failure) => fail(&*ci::detect(&Env::of_process()), &failure),
    }
}

/// Runs `siding`: its own commands, and every tool as a sub-command.
pub fn run_siding() -> ExitCode {
    guard();
    let mut argv = match arguments("siding", std::env::args_os()) {
        Ok(argv) => argv,
        Err(failure) => return fail(&*ci::detect(&Env::of_process()), &failure),
    };
    let name = if argv.is_empty() { String::new() } else { argv.remove(0) };
    match name.as_str() {
        "" | "--help" | "-h" | "help" => {
            ci::data(&commands::overview());
            ExitCode::from(if name.is_empty() { Exit::BadInput as u8 } else { Exit::Done as u8 })
        }
        "--version" | "-V" => version("siding"),
        name => {
            let Some(tool) = commands::find(name) else {
                return fail(&*ci::detect(&Env::of_process()), &commands::unknown(name));
            };
            start(tool, argv, &format!("siding {name}"))
        }
    }
}

/// Whatever happens from here on, no token gets out with a crash: no core file, no message that holds a value.
fn guard() {
    keep_memory_private();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "a place unknown".to_owned(), ToString::to_string);
        fail(&*ci::detect(&Env::of_process()), &Failure::bug(panicked(&place, panic.payload())));
    }));
}

/// Only a text that stands in our source is told: one that was put together at run time may hold anything.
fn panicked(place: &str, payload: &(dyn std::any::Any + Send)) -> String {
    match payload.downcast_ref::<&'static str>() {
        Some(text) => format!("it panicked at {place}: {text}"),
        None => format!("it panicked at {place}"),
    }
}

/// The words behind the program's name.
fn arguments(program: &str, words: impl Iterator<Item = OsString>) -> Result<Vec<String>, Failure> {
    let (mut argv, mut problems) = (Vec::new(), Problems::default());
    for word in words.skip(1) {
        match word.into_string() {
            Ok(word) => argv.push(word),
            Err(word) => problems.add(format!("`{}` on the command line is not UTF-8", word.to_string_lossy())),
        }
    }
    problems.finish(program).map(|()| argv)
}

fn start(tool: &'static Tool, mut argv: Vec<String>, invocation: &str) -> ExitCode {
    // Alone only: `--version 1.2.3` in a script would otherwise be green and do nothing.
    if matches!(argv.as_slice(), [only] if only == "--version" || only == "-V") {
        return version(invocation.rsplit(' ').next().unwrap_or(invocation));
    }
    if argv.iter().any(|word| word == "--help" || word == "-h") {
        ci::data(&spec::help(tool.spec));
        return ExitCode::SUCCESS;
    }
    let json = argv.iter().position(|word| word == "--json").map(|place| argv.remove(place)).is_some();
    let env = ci::with_service_connection(Env::of_process());
    let host: Arc<dyn Host> = Arc::from(ci::detect(&env));
    let result = spec::read(tool.spec, invocation, &argv, env.iter(), |inputs, problems| {
        (tool.check)(inputs, problems);
        if tool.reach == Reach::Network {
            for failure in Http::troubles(&env).into_iter().chain(host.troubles()) {
                problems.add_failure(failure);
            }
        }
    });
    match result.and_then(|inputs| perform(tool, &inputs, env, &host)) {
        Ok(outcome) => {
            print(outcome, json);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            if json {
                let done = failure.done.as_ref().map(|done| &done.data);
                ci::json(&serde_json::json!({"failure": failure.to_json(), "result": done}));
            }
            fail(&*host, &failure)
        }
    }
}

/// Writes to standard output what the run is to write there. Files may be large, and none is copied.
fn print(mut outcome: Outcome, json: bool) {
    if json {
        if !outcome.files.is_empty() {
            let files = outcome.files.into_iter().map(|(path, text)| serde_json::json!({"path": path, "text": text}));
            outcome.data["files"] = files.collect();
        }
        return ci::json(&outcome.data);
    }
    outcome.text.iter().for_each(|line| ci::data(line));
    for (path, text) in &outcome.files {
        ci::data(&format!("--- {path}"));
        ci::data(text.strip_suffix('\n').unwrap_or(text));
    }
}

/// Runs the tool, then hands its outputs and its summary to the host; a failed run gets a summary as well.
fn perform(tool: &'static Tool, inputs: &Inputs, env: Env, host: &Arc<dyn Host>) -> Result<Outcome, Failure> {
    let masking = host.clone();
    let masker = Masker::new(move |secret| masking.mask(secret));
    let world = match tool.reach {
        Reach::Network => World::new(env, tool.spec.name, masker)?,
        Reach::Itself => World::offline(env, masker),
    };
    if tool.reach == Reach::Network && world.env.is_true("AGENT_SKIPCERTVALIDATION") {
        let message = "the agent skips the verification of certificates; this program never does: name your authority in `SSL_CERT_FILE`";
        host.annotate(Level::Warning, "TLS", message);
    }
    let stage = Stage { world: &world, host: &**host };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::bug(format!("the runtime did not start: {error}")))?;
    let finished = runtime.block_on(async {
        let mut work = (tool.run)(inputs, stage);
        tokio::select! {
            outcome = &mut work => outcome,
            signal = signalled() => ended_by(signal, work, &world).await,
        }
    });
    // A package that is being written on another thread must not hold up the exit.
    runtime.shutdown_background();
    let (rows, result) = match finished {
        Ok(outcome) => (outcome.rows.clone(), Ok(outcome)),
        Err(failure) => (rows_of(&failure), Err(failure)),
    };
    if !rows.is_empty()
        && let Err(trouble) = host.summary(&summary_table(tool.spec.name, &rows))
    {
        host.annotate(Level::Warning, "summary", &trouble.what);
    }
    let outcome = result.map_err(|failure| with_what_is_left(failure, &world))?;
    for (name, value) in &outcome.outputs {
        host.set_output(name, value).map_err(|trouble| outputs_lost(tool, &outcome, trouble))?;
    }
    Ok(outcome)
}

/// Whatever ends a run, a person must know what Azure goes on with, or what stands half done.
fn with_what_is_left(failure: Failure, world: &World) -> Failure {
    match world.standing.note().filter(|_| failure.code != &code::CANCELLED) {
        Some(note) => note.told(failure),
        None => failure,
    }
}

fn outputs_lost(tool: &Tool, outcome: &Outcome, trouble: Failure) -> Failure {
    let values = outcome.outputs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ");
    trouble.because(format!("`{}` itself is done; its outputs are {values}", tool.spec.name))
}

fn rows_of(failure: &Failure) -> Vec<(&'static str, String)> {
    let mut rows = failure.done.as_ref().map(|done| done.rows.clone()).unwrap_or_default();
    rows.push(("result", format!("{}: {}", failure.code.id, failure.what)));
    rows.extend(failure.causes.iter().map(|cause| ("because", cause.clone())));
    rows.extend(failure.facts.iter().cloned());
    rows
}

#[cfg(unix)]
async fn signalled() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}

/// Runners of both systems send Ctrl+C to a job that is cancelled, and Ctrl+Break when that was not enough.
#[cfg(not(unix))]
async fn signalled() -> &'static str {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let (Ok(mut c), Ok(mut pause)) = (ctrl_c(), ctrl_break()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = c.recv() => "Ctrl+C",
        _ = pause.recv() => "Ctrl+Break",
    }
}

/// Work that has something to put back gets the time for it; all other work is dropped where it stands.
async fn ended_by(signal: &'static str, work: Running<'_>, world: &World) -> Result<Outcome, Failure> {
    if !world.stop.ask(signal) {
        return Err(world.standing.cancelled_by(signal));
    }
    tokio::select! {
        outcome = work => outcome,
        () = world.clock.sleep(PUTTING_BACK) => Err(world.standing.cancelled_by(signal)),
    }
}

fn fail(host: &dyn Host, failure: &Failure) -> ExitCode {
    ci::report(host, failure);
    ExitCode::from(failure.code.exit as u8)
}

fn version(name: &str) -> ExitCode {
    ci::data(&format!("{name} {}", env!("CARGO_PKG_VERSION")));
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::panicked;

    #[test]
    fn a_panic_tells_its_place_and_no_value() {
        assert_eq!(panicked("a.rs:1:2", &"no room"), "it panicked at a.rs:1:2: no room");
        assert_eq!(panicked("a.rs:1:2", &format!("`{}` is not a URL", "canary")), "it panicked at a.rs:1:2");
    }
}
