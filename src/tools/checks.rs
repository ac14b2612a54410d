//! Assertions on what a URL serves: one line each, such as `/health status=200 json:/status=ok within=500ms`.

use std::time::Duration;

use url::Url;

use crate::spec::parse_duration;
use crate::world::Clock;
use crate::world::Http;
use crate::world::http::{Answer, Call};

/// The limit of one probe that names none.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// One assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Path and query.
    pub path: String,
    statuses: Vec<u16>,
    contains: Vec<String>,
    pointers: Vec<(String, String)>,
    within: Option<Duration>,
}

/// The form of a check, for messages.
pub const FORM: &str = "`/path`, then any of `status=200,204` `contains=\"text\"` `json:/pointer=value` `within=500ms`, separated by blanks";

impl Check {
    /// Any 2xx answer of this path.
    pub fn path(path: &str) -> Self {
        Self { path: path.to_owned(), statuses: Vec::new(), contains: Vec::new(), pointers: Vec::new(), within: None }
    }

    /// With the value that a JSON pointer must have.
    #[must_use]
    pub fn json(mut self, pointer: &str, value: &str) -> Self {
        self.pointers.push((pointer.to_owned(), value.to_owned()));
        self
    }

    /// The same path with its statuses, without what the body must hold.
    #[must_use]
    pub fn only_status(&self) -> Self {
        Self { statuses: self.statuses.clone(), ..Self::path(&self.path) }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Which word is wrong.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut words = words(line)?.into_iter();
        let path =
            words.next().filter(|path| path.starts_with('/')).ok_or("it must begin with a path such as `/health`")?;
        let mut check = Self::path(&path);
        for word in words {
            check.add(&word)?;
        }
        Ok(check)
    }

    fn add(&mut self, word: &str) -> Result<(), String> {
        if let Some(list) = word.strip_prefix("status=") {
            let status = |text: &str| text.parse().ok().filter(|status| (100..600).contains(status));
            let statuses: Option<Vec<u16>> = list.split(',').map(status).collect();
            self.statuses = statuses.ok_or_else(|| format!("`{word}` must be a list of HTTP statuses"))?;
        } else if let Some(text) = word.strip_prefix("contains=") {
            self.contains.push(text.to_owned());
        } else if let Some(rest) = word.strip_prefix("json:") {
            let (pointer, value) =
                rest.split_once('=').ok_or_else(|| format!("`{word}` must be `json:/pointer=value`"))?;
            if !pointer.starts_with('/') {
                return Err(format!("`{pointer}` is not a JSON pointer: it must begin with `/`"));
            }
            self.pointers.push((pointer.to_owned(), value.to_owned()));
        } else if let Some(limit) = word.strip_prefix("within=") {
            self.within = Some(parse_duration(limit)?);
        } else {
            return Err(format!("`{word}` is none of `status=`, `contains=`, `json:`, `within=`"));
        }
        Ok(())
    }

    /// Asks once. Production is asked with the cookie that keeps a canary's share of the traffic out of the answer.
    ///
    /// # Errors
    /// Why it did not pass, in one line that may hold text from outside.
    pub async fn run(&self, http: &Http, base: &Url) -> Result<Duration, String> {
        let url = base.join(&self.path).map_err(|_| format!("`{}` is not a path", self.path))?;
        let call = Call::get(url).header("cookie", "x-ms-routing-name=self").header("cache-control", "no-cache");
        let start = Clock.start();
        let answer = http.probe(&call, PROBE_LIMIT).await.map_err(|trouble| trouble.brief())?;
        let elapsed = start.elapsed();
        match self.trouble(&answer, elapsed) {
            Some(trouble) => Err(trouble),
            None => Ok(elapsed),
        }
    }

    fn trouble(&self, answer: &Answer, elapsed: Duration) -> Option<String> {
        let expected =
            if self.statuses.is_empty() { answer.is_success() } else { self.statuses.contains(&answer.status) };
        if !expected {
            return Some(format!("status {}", answer.status));
        }
        let text = answer.text();
        if let Some(missing) = self.contains.iter().find(|wanted| !text.contains(wanted.as_str())) {
            return Some(format!("the body does not contain `{missing}`"));
        }
        let json: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
        for (pointer, wanted) in &self.pointers {
            let Some(json) = &json else { return Some("the body is not JSON".to_owned()) };
            let found = json.pointer(pointer).map(plain);
            if found.as_deref() != Some(wanted) {
                let found = found.map_or_else(|| "nothing".to_owned(), |found| format!("`{found}`"));
                return Some(format!("{pointer} is {found}, not `{wanted}`"));
            }
        }
        let limit = self.within.filter(|limit| elapsed > *limit)?;
        Some(format!("it took {}, more than {}", crate::world::human(elapsed), crate::world::human(limit)))
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.path)?;
        for (pointer, value) in &self.pointers {
            write!(formatter, " {pointer}={value}")?;
        }
        Ok(())
    }
}

/// A scalar without quotes, everything else as JSON.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Words at blanks; double quotes keep blanks together.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for character in line.trim().chars() {
        match character {
            '"' => quoted = !quoted,
            character if character.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            character => word.push(character),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::{Check, Duration};

    #[test]
    fn a_line_is_read_whole() {
        let check =
            Check::parse(r#"/health?x=1 status=200,204 contains="all is well" json:/status=ok within=500ms"#).unwrap();
        assert_eq!(check.path, "/health?x=1");
        assert_eq!(check.statuses, [200, 204]);
        assert_eq!(check.contains, ["all is well"]);
        assert_eq!(check.pointers, [("/status".to_owned(), "ok".to_owned())]);
        assert_eq!(check.within, Some(Duration::from_millis(500)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("health", "begin with a path"),
            ("/ stauts=200", "`stauts=200`"),
            ("/ status=2000", "`status=2000`"),
            ("/ json:status=ok", "begin with `/`"),
            ("/ json:/status", "json:/pointer=value"),
            ("/ contains=\"x", "quote"),
        ] {
            assert!(Check::parse(line).is_err_and(|error| error.contains(word)), "{line}");
        }
    }
}
