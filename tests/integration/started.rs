//! A program that runs while a test looks on, and the ways to wait without sleeping.

use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::context::{Context, LIMIT};
use crate::ran::Ran;

/// A program that runs. It is killed when it is dropped before its end.
pub(crate) struct Started<'c> {
    child: Child,
    step: PathBuf,
    arguments: Vec<String>,
    context: &'c Context,
}

impl<'c> Started<'c> {
    pub(crate) fn new(context: &'c Context, child: Child, step: PathBuf, arguments: Vec<String>) -> Self {
        Self { child, step, arguments, context }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> String {
        fs::read_to_string(self.step.join("stdout")).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.step.join("stderr")).unwrap()
    }

    /// Where it may put temporary files.
    pub(crate) fn temp(&self) -> PathBuf {
        self.step.join("temp")
    }

    /// Waits for something while the program runs.
    pub(crate) fn wait_until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        until(what, || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before {what}:\n{}", self.stderr());
            condition(self)
        });
    }

    /// Ctrl+C, once the condition holds.
    pub(crate) fn interrupt_when(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        self.wait_until(what, condition);
        self.signal("SIGINT");
    }

    /// Sends a signal: `SIGINT`, `SIGTERM` or `SIGABRT`.
    pub(crate) fn signal(&mut self, name: &str) {
        let signal = match name {
            "SIGTERM" => Signal::TERM,
            "SIGABRT" => Signal::ABORT,
            _ => Signal::INT,
        };
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end, and checks what must hold for every run.
    pub(crate) fn end(mut self) -> Ran {
        let places = self.context.places(&self.step);
        let code = ended(&mut self.child);
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let ran = Ran::read(code, (self.stdout(), self.stderr()), &places, &arguments);
        ran.in_the_log(self.context.emulator.requests())
    }

    /// Waits for the end of a program that is not expected to tidy up.
    pub(crate) fn status(mut self) -> std::process::ExitStatus {
        ended(&mut self.child);
        self.child.wait().unwrap()
    }

    /// The same for a program whose purpose is to print a token.
    pub(crate) fn end_printing_tokens(mut self) -> Ran {
        let code = ended(&mut self.child);
        let ran = Ran::read(code, (String::new(), self.stderr()), &self.context.places(&self.step), &[]);
        Ran { stdout: self.stdout(), ..ran }
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        // It has ended already in every test that passes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended(child: &mut Child) -> Option<i32> {
    until("the program ends", || child.try_wait().unwrap().is_some());
    child.wait().unwrap().code()
}

/// Looks until the condition holds; a minute is the limit.
pub(crate) fn until(what: &str, condition: impl FnMut() -> bool) {
    let mut condition = condition;
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "waited too long until {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// Checks every row of a table beside the others: most of their time is spent waiting.
pub(crate) fn at_once<T: Sync>(rows: &[T], check: impl Fn(&T) + Sync) {
    std::thread::scope(|scope| {
        for row in rows {
            scope.spawn(|| check(row));
        }
    });
}
