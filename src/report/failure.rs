//! The failure that a person reads: what happened, why as a chain, and what to do about it.

use super::codes::Code;

/// A failure on its way to a person. Build it where the facts are known; it is printed once, by `run`.
///
/// Texts start in lower case and carry no full stop; names are in backticks. Text that came from outside may be
/// embedded as it is: whoever prints a failure neutralises it (`ci::untrusted`). It never holds a secret.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The row of the table of codes.
    pub code: &'static Code,
    /// What happened, with the name of the thing.
    pub what: String,
    /// Why: the chain of causes, outermost first.
    pub causes: Vec<String>,
    /// Ids and states to search for, such as `status` and `request id`.
    pub facts: Vec<(&'static str, String)>,
    /// What to do: sentences, or commands that can be pasted.
    pub fixes: Vec<Fix>,
    /// What was done until then.
    pub done: Option<Box<Done>>,
}

/// What a run had done when it failed.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// For the summary: what, and its value.
    pub rows: Vec<(&'static str, String)>,
    /// For `--json`.
    pub data: serde_json::Value,
}

/// One remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// A sentence.
    Say(String),
    /// A command line that can be pasted as it is.
    Run(String),
}

impl Failure {
    /// A failure with its code and what happened.
    pub fn new(code: &'static Code, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), causes: Vec::new(), facts: Vec::new(), fixes: Vec::new(), done: None }
    }

    /// Adds the next cause of the chain.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds another failure as the cause, with its own causes and ids.
    #[must_use]
    pub fn caused_by(self, cause: Self) -> Self {
        let failure = cause.causes.into_iter().fold(self.because(cause.what), Self::because);
        cause.facts.into_iter().fold(failure, |failure, (name, value)| failure.fact(name, value))
    }

    /// Adds an id or state to search for; empty values are left out.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.facts.push((name, value));
        }
        self
    }

    /// Adds what to do, as a sentence.
    #[must_use]
    pub fn fix(mut self, sentence: impl Into<String>) -> Self {
        self.fixes.push(Fix::Say(sentence.into()));
        self
    }

    /// Adds what to do, as a command that can be pasted.
    #[must_use]
    pub fn run(mut self, command: impl Into<String>) -> Self {
        self.fixes.push(Fix::Run(command.into()));
        self
    }

    /// Adds another failure as one more cause, with its code and what to do about it.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let code = if other.code == self.code { String::new() } else { format!(" ({})", other.code.id) };
        let reasons = other.causes.iter().map(|cause| format!(": {cause}")).collect::<Vec<_>>().concat();
        self.causes.push(format!("{}{reasons}{code}", other.what));
        self.fixes.extend(other.fixes);
        self
    }

    /// Adds what was done until then.
    #[must_use]
    pub fn after(mut self, done: Done) -> Self {
        self.done = Some(Box::new(done));
        self
    }

    /// The failure itself as data. Each of its `fixes` is a sentence, `say`, or a command that can be pasted, `run`.
    pub fn to_json(&self) -> serde_json::Value {
        let facts: serde_json::Map<_, _> =
            self.facts.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        let fix = |fix: &Fix| match fix {
            Fix::Say(sentence) => serde_json::json!({"say": sentence}),
            Fix::Run(command) => serde_json::json!({"run": command}),
        };
        let fixes: Vec<_> = self.fixes.iter().map(fix).collect();
        serde_json::json!({
            "code": self.code.id, "what": self.what, "causes": self.causes, "facts": facts, "fixes": fixes,
            "exit": self.code.exit as u8,
        })
    }

    /// A state that our own code must never reach.
    pub fn bug(what: impl Into<String>) -> Self {
        Self::new(&super::code::BUG, what).fix("this is a bug in siding, please report it with this text")
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;
    use crate::report::code;

    #[test]
    fn what_to_do_is_part_of_the_data() {
        let failure = Failure::new(&code::NOT_FOUND, "x").fix("look at it:").run("az webapp show");
        let data = failure.to_json();
        assert_eq!(data["fixes"], serde_json::json!([{"say": "look at it:"}, {"run": "az webapp show"}]));
    }

    #[test]
    fn a_failure_among_others_keeps_its_code_and_its_remedy() {
        let other = Failure::new(&code::SECRET_NAME_UNSAFE, "y").because("z").fix("rename it");
        let failure = Failure::new(&code::BAD_INPUT, "x").because("w").and(other.clone());
        assert_eq!(failure.causes, ["w", "y: z (SID0505)"]);
        assert_eq!(failure.fixes, other.fixes);
    }
}
