//! Assertions on what a URL serves: one line each, such as `/health status=200 json:/status=ok within=500ms`.

use std::time::Duration;

use url::Url;

use crate::report::Failure;
use crate::spec::{Inputs, Problems, parse_duration};
use crate::world::Clock;
use crate::world::Http;
use crate::world::http::{Answer, Call};

/// The limit of one probe; one that may take longer has a limit of its own.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// One assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Path and query.
    pub path: String,
    /// Whether the path is the whole one, not one under the URL's.
    whole: bool,
    statuses: Vec<u16>,
    contains: Vec<String>,
    pointers: Vec<(String, String)>,
    within: Option<Duration>,
}

/// The form of a check, for messages.
const FORM: &str = "`/path`, then any of `status=200,204` `contains=\"text\"` `json:/pointer=value` `within=500ms`, separated by blanks";

impl Check {
    /// Any 2xx answer of this path.
    pub fn path(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            whole: false,
            statuses: Vec::new(),
            contains: Vec::new(),
            pointers: Vec::new(),
            within: None,
        }
    }

    /// Any 2xx answer of exactly this URL, its query included.
    pub fn of(url: &Url) -> Self {
        Self { whole: true, ..Self::path(&url[url::Position::BeforePath..url::Position::AfterQuery]) }
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
        // Browsers and clients read both as the name of another host.
        if path.starts_with("//") || path.starts_with("/\\") {
            return Err("a path begins with one `/`; the host is in the URL".to_owned());
        }
        let mut check = Self::path(&path);
        for word in words {
            check.add(&word)?;
        }
        Ok(check)
    }

    fn add(&mut self, word: &str) -> Result<(), String> {
        if let Some(list) = word.strip_prefix("status=") {
            let status = |text: &str| text.parse::<u16>().ok().filter(|status| (100..600).contains(status));
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
        let call =
            Call::get(self.url(base)).header("cookie", "x-ms-routing-name=self").header("cache-control", "no-cache");
        let start = Clock::REAL.start();
        let answer = http.probe(&call, self.limit()).await.map_err(|trouble| trouble.brief())?;
        let elapsed = start.elapsed();
        match self.trouble(&answer, elapsed) {
            Some(trouble) => Err(trouble),
            None => Ok(elapsed),
        }
    }

    fn limit(&self) -> Duration {
        self.within.map_or(PROBE_LIMIT, |within| within.max(PROBE_LIMIT))
    }

    /// What is asked: the check's path under the one of the URL, whose own query is left out.
    pub fn url(&self, base: &Url) -> Url {
        let asked = self.path.split_once('#').map_or(self.path.as_str(), |(asked, _)| asked);
        let (path, query) = asked.split_once('?').map_or((asked, None), |(path, query)| (path, Some(query)));
        let mut url = base.clone();
        let above = if self.whole { "" } else { base.path().trim_end_matches('/') };
        url.set_path(&format!("{above}{path}"));
        url.set_query(query);
        url.set_fragment(None);
        url
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

/// Checks the input `checks`: each of its lines must be a [`Check`].
pub fn check_lines(inputs: &Inputs, problems: &mut Problems) {
    for line in inputs.lines("checks") {
        if let Err(trouble) = Check::parse(line) {
            // What follows the path may be told; a query may not.
            let path = line.split([' ', '\t', '?']).next().unwrap_or_default();
            problems.add(format!("`checks`: `{path}`: {trouble}; a check is {FORM}"));
        }
    }
}

/// The input `checks`, when [`check_lines`] found nothing to say.
///
/// # Errors
/// A bug: a command that does not check its lines must not run with some of them left out.
pub fn read(inputs: &Inputs) -> Result<Vec<Check>, Failure> {
    let unread = |trouble| Failure::bug(format!("`checks` was not looked at: {trouble}"));
    inputs.lines("checks").into_iter().map(|line| Check::parse(line).map_err(unread)).collect()
}

/// A check as it is written, without its query, which may hold what not everybody may read.
impl std::fmt::Display for Check {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.path.split(['?', '#']).next().unwrap_or_default())?;
        if !self.statuses.is_empty() {
            let statuses: Vec<String> = self.statuses.iter().map(u16::to_string).collect();
            write!(formatter, " status={}", statuses.join(","))?;
        }
        for text in &self.contains {
            write!(formatter, " contains=\"{text}\"")?;
        }
        for (pointer, value) in &self.pointers {
            let mark = if value.contains(char::is_whitespace) { "\"" } else { "" };
            write!(formatter, " json:{pointer}={mark}{value}{mark}")?;
        }
        match self.within.map(|within| within.as_millis()) {
            None => Ok(()),
            Some(limit) if limit > 0 && limit % 1000 == 0 => write!(formatter, " within={}s", limit / 1000),
            Some(limit) => write!(formatter, " within={limit}ms"),
        }
    }
}

/// A URL as it may be shown: host and path.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
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
    use super::{Check, Duration, Url, shown};

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
    fn an_answer_may_take_as_long_as_its_check_allows() {
        for (line, seconds) in [("/", 10), ("/ within=500ms", 10), ("/ within=20s", 20)] {
            assert_eq!(Check::parse(line).unwrap().limit(), Duration::from_secs(seconds), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("health", "begin with a path"),
            ("//example.com/", "one `/`"),
            ("/\\example.com/", "one `/`"),
            ("/ stauts=200", "`stauts=200`"),
            ("/ status=2000", "`status=2000`"),
            ("/ json:status=ok", "begin with `/`"),
            ("/ json:/status", "json:/pointer=value"),
            ("/ contains=\"x", "quote"),
        ] {
            assert!(Check::parse(line).is_err_and(|error| error.contains(word)), "{line}");
        }
    }

    #[test]
    fn a_path_lies_under_the_one_of_the_url() {
        for (base, path, asked) in [
            ("https://a.example", "/", "https://a.example/"),
            ("https://a.example/?k=v#f", "/health?x=1#f", "https://a.example/health?x=1"),
            ("https://a.example/api", "/health", "https://a.example/api/health"),
            ("https://a.example/api/?k=v", "/health", "https://a.example/api/health"),
            ("https://a.example/api", "/", "https://a.example/api/"),
            ("https://a.example/api", "/x?next=/y", "https://a.example/api/x?next=/y"),
        ] {
            assert_eq!(Check::path(path).url(&Url::parse(base).unwrap()).as_str(), asked, "{base} {path}");
        }
        let whole = Url::parse("https://a.example/api/?k=v%20w").unwrap();
        assert_eq!(Check::of(&whole).url(&whole), whole);
    }

    #[test]
    fn a_query_is_never_shown() {
        assert_eq!(Check::path("/a?code=geheim").json("/b", "c").to_string(), "/a json:/b=c");
        for line in
            [r#"/x status=200,204 contains="all is well" json:/a=1 within=500ms"#, r#"/ json:/a="b c" within=2s"#]
        {
            assert_eq!(Check::parse(line).unwrap().to_string(), line);
        }
        assert_eq!(shown(&Url::parse("https://a.example/x?code=geheim#y").unwrap()), "https://a.example/x");
    }
}
