//! What became of the steps of a job, and what that makes of the job.

use serde_json::{Value, json};

use crate::generate::plan::Job;
use crate::report::{Exit, Failure, code};
use crate::tools::counted;

/// What became of a step.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// It passed, and told this; secrets are not among it.
    Passed(Vec<(String, String)>),
    /// It failed.
    Failed(Box<Failure>),
    /// Its guard did not let it run.
    Skipped,
    /// It cannot run here, and why.
    NotRehearsed(String),
}

/// What a step is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// The release.
    Forward,
    /// The way back: it runs when something failed.
    Back,
    /// The way back by a swap.
    SwapBack,
}

/// A step that was come to.
#[derive(Clone, Debug)]
pub(super) struct Stepped {
    /// Its id.
    pub(super) id: String,
    /// For people.
    pub(super) title: String,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// What became of it.
    pub(super) ending: Ending,
}

/// A job that was walked to its end.
pub(super) struct Walked {
    id: String,
    environment: String,
    steps: Vec<Stepped>,
}

impl Walked {
    /// The job with its steps.
    pub(super) fn new(job: &Job, steps: Vec<Stepped>) -> Self {
        let environment = job.environment.as_ref().map(|gate| gate.name.clone()).unwrap_or_default();
        Self { id: job.id.clone(), environment, steps }
    }

    /// Whether it is this one.
    pub(super) fn is(&self, job: &Job) -> bool {
        self.id == job.id
    }

    /// The id of the first step that failed.
    pub(super) fn failed_step(&self) -> Option<&str> {
        let failed = |step: &&Stepped| matches!(step.ending, Ending::Failed(_));
        self.steps.iter().find(failed).map(|step| step.id.as_str())
    }

    /// Why it failed, if it did: the first failure, and what the way back made of it.
    pub(super) fn failure(&self) -> Option<Failure> {
        let first = self.failures(|purpose| purpose == Purpose::Forward).next()?.clone();
        let stays: Vec<Failure> = self.failures(is_back).cloned().collect();
        if matches!(first.code.exit, Exit::RolledBack | Exit::RollBackFailed) {
            return Some(with(first, stays));
        }
        let swapped = self.steps.iter().find(|step| step.purpose == Purpose::SwapBack && !skipped(step));
        let job = &self.id;
        Some(match swapped.map(|step| &step.ending) {
            Some(Ending::Failed(_)) => {
                let what = format!("`{job}` failed after the swap, and it could not be swapped back");
                with(Failure::new(&code::SWAP_BACK_FAILED, what).and(first), stays)
            }
            Some(_) if stays.is_empty() => {
                let what = format!("`{job}` failed after the swap, and everything is back as it was");
                Failure::new(&code::SWAPPED_BACK, what).and(first)
            }
            _ if stays.is_empty() => first,
            _ => with(first.because("the way back failed as well"), stays),
        })
    }

    fn failures(&self, of: fn(Purpose) -> bool) -> impl Iterator<Item = &Failure> {
        self.steps.iter().filter_map(move |step| match &step.ending {
            Ending::Failed(failure) if of(step.purpose) => Some(&**failure),
            _ => None,
        })
    }

    /// `9 steps passed, 1 failed, 2 not rehearsed`.
    pub(super) fn sentence(&self) -> String {
        let count = |word: &str| self.steps.iter().filter(|step| self::word(&step.ending) == word).count();
        let rest = ["failed", "skipped", "not-rehearsed"].map(|word| (word, count(word)));
        let rest = rest.iter().filter(|(_, count)| *count > 0);
        let rest = rest.map(|(word, count)| format!(", {count} {}", word.replace('-', " "))).collect::<Vec<_>>();
        format!("{} passed{}", counted(count("passed"), "step"), rest.concat())
    }

    /// Its id, for the summary.
    pub(super) fn row(&self) -> String {
        format!("`{}`: {}", self.id, self.sentence())
    }

    /// The same as data.
    pub(super) fn data(&self) -> Value {
        let steps = self.steps.iter().map(|step| {
            let mut row = json!({"id": step.id, "title": step.title, "result": word(&step.ending)});
            match &step.ending {
                Ending::Passed(outputs) if !outputs.is_empty() => {
                    row["outputs"] = outputs.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
                }
                Ending::Failed(failure) => row["failure"] = failure.to_json(),
                Ending::NotRehearsed(why) => row["why"] = json!(why),
                Ending::Passed(_) | Ending::Skipped => {}
            }
            row
        });
        json!({"id": self.id, "environment": self.environment, "steps": steps.collect::<Vec<_>>()})
    }
}

/// The failure with others as causes; what to do is told once.
fn with(failure: Failure, others: Vec<Failure>) -> Failure {
    let mut failure = others.into_iter().fold(failure, Failure::and);
    let mut told = Vec::new();
    failure.fixes.retain(|fix| {
        let is_new = !told.contains(fix);
        told.push(fix.clone());
        is_new
    });
    failure
}

fn is_back(purpose: Purpose) -> bool {
    purpose != Purpose::Forward
}

fn skipped(step: &Stepped) -> bool {
    matches!(step.ending, Ending::Skipped)
}

fn word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Passed(_) => "passed",
        Ending::Failed(_) => "failed",
        Ending::Skipped => "skipped",
        Ending::NotRehearsed(_) => "not-rehearsed",
    }
}

#[cfg(test)]
mod tests {
    use super::{Ending, Failure, Job, Purpose, Stepped, Walked, code};

    fn failure_of(steps: &[(Purpose, Option<&'static crate::report::Code>)]) -> Option<(&'static str, Vec<String>)> {
        let step = |(purpose, failed): &(Purpose, Option<&'static crate::report::Code>)| Stepped {
            id: "x".to_owned(),
            title: "X".to_owned(),
            purpose: *purpose,
            ending: failed.map_or(Ending::Passed(Vec::new()), |code| {
                Ending::Failed(Box::new(Failure::new(code, format!("{purpose:?} failed"))))
            }),
        };
        let walked = Walked::new(&Job::new("job", "Job", 5), steps.iter().map(step).collect());
        walked.failure().map(|failure| (failure.code.id, failure.causes))
    }

    #[test]
    fn the_way_back_decides_what_a_failure_is() {
        use Purpose::{Back, Forward, SwapBack};
        assert!(failure_of(&[(Forward, None)]).is_none());
        let build = Some(&code::BUILD_FAILED);
        for (steps, id) in [
            (vec![(Forward, build)], "SID0303"),
            (vec![(Forward, build), (SwapBack, None)], "SID0404"),
            (vec![(Forward, build), (SwapBack, None), (Back, None)], "SID0404"),
            (vec![(Forward, build), (SwapBack, None), (Back, build)], "SID0303"),
            (vec![(Forward, build), (SwapBack, Some(&code::SWAP_FAILED))], "SID0405"),
            (vec![(Forward, build), (Back, None)], "SID0303"),
            (vec![(Forward, Some(&code::SWAPPED_BACK)), (Back, None)], "SID0404"),
        ] {
            assert_eq!(failure_of(&steps).unwrap().0, id, "{steps:?}");
        }
    }
}
