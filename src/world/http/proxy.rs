//! Which proxies the environment names, and what goes past them.

use regex_lite::{Regex, RegexBuilder};
use reqwest::{NoProxy, Proxy, Url};

use crate::report::{Failure, code};
use crate::world::Env;

/// The proxy of the agent of Azure Pipelines, and what goes past it: a JSON list of regular expressions.
const AGENT: &str = "AGENT_PROXYURL";
const AGENT_BYPASS: &str = "AGENT_PROXYBYPASSLIST";

/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` in both spellings, else the agent's own proxy. Loopback never goes there.
pub(super) fn proxies(env: &Env) -> Result<Vec<Proxy>, Failure> {
    let named = |name: &str| env.get(name).or_else(|| env.get(&name.to_lowercase()));
    let none = named("NO_PROXY").unwrap_or_default();
    // The library takes `*` for names and not for addresses.
    if none.split(',').any(|item| item.trim() == "*") {
        return Ok(Vec::new());
    }
    let mut proxies = Vec::new();
    if let Some(url) = named("HTTPS_PROXY") {
        proxies.push(Proxy::https(url).map_err(|_| invalid("HTTPS_PROXY"))?);
    }
    if let Some(url) = named("HTTP_PROXY") {
        proxies.push(Proxy::http(url).map_err(|_| invalid("HTTP_PROXY"))?);
    }
    if let Some(url) = named("ALL_PROXY") {
        proxies.push(Proxy::all(url).map_err(|_| invalid("ALL_PROXY"))?);
    } else if let Some(url) = env.get(AGENT) {
        proxies.push(of_the_agent(env, url, none.is_empty())?);
    }
    let bypass = NoProxy::from_string(&format!("localhost,127.0.0.1,::1,{none}"));
    Ok(proxies.into_iter().map(|proxy| proxy.no_proxy(bypass.clone())).collect())
}

/// Where `NO_PROXY` says what goes directly, the agent's own list is not asked.
fn of_the_agent(env: &Env, url: &str, asks_its_list: bool) -> Result<Proxy, Failure> {
    let list = env.get(AGENT_BYPASS).filter(|_| asks_its_list);
    let bypass = list.map_or_else(|| Ok(Vec::new()), expressions)?;
    // What is no proxy is told here: an invalid one would only be left out below.
    Proxy::all(url).map_err(|_| invalid(AGENT))?;
    let proxy = Url::parse(url).or_else(|_| Url::parse(&format!("http://{url}"))).map_err(|_| invalid(AGENT))?;
    let proxy = Proxy::custom(move |target| (!passes_by(&bypass, target)).then(|| proxy.clone()));
    Ok(match env.get("AGENT_PROXYUSERNAME") {
        Some(user) => proxy.basic_auth(user, env.get("AGENT_PROXYPASSWORD").unwrap_or_default()),
        None => proxy,
    })
}

/// The agent compares with scheme, host and port, and its tasks in Node with a URL: either is enough. The target has no path,
/// because a connection through a proxy serves all paths of a host.
fn passes_by(bypass: &[Regex], target: &Url) -> bool {
    let origin = target.origin().ascii_serialization();
    bypass.iter().any(|expression| expression.is_match(&origin) || expression.is_match(target.as_str()))
}

fn expressions(list: &str) -> Result<Vec<Regex>, Failure> {
    let instead = "let `NO_PROXY` of the agent's machine name what goes directly: this list is not read then";
    let texts: Vec<String> = serde_json::from_str(list).map_err(|_| {
        Failure::new(&code::BAD_INPUT, format!("`{AGENT_BYPASS}` is not a JSON list of regular expressions"))
            .fix(instead)
    })?;
    let expression = |text: &String| {
        RegexBuilder::new(text).case_insensitive(true).build().map_err(|error| {
            let what = format!("`{AGENT_BYPASS}` holds `{text}`, which is not a regular expression that can be read");
            Failure::new(&code::BAD_INPUT, what).because(error.to_string()).fix(instead)
        })
    };
    texts.iter().map(expression).collect()
}

fn invalid(name: &str) -> Failure {
    Failure::new(&code::BAD_INPUT, format!("`{name}` is not the URL of a proxy"))
        .fix(format!("set it like `{name}=http://proxy.example:3128`"))
}

#[cfg(test)]
mod tests {
    use reqwest::Url;

    use super::{expressions, passes_by};

    #[test]
    fn the_agents_list_matches_the_origin_or_the_url_in_any_case() {
        let list = expressions(r#"["\\.INTERNAL\\.example$", "^https://[^/]*kudu[^/]*/"]"#).unwrap();
        for (url, passes) in [
            ("https://app.internal.example/", true),
            ("https://app.internal.example:8443/", false),
            ("https://a-kudu.example/", true),
            ("https://management.azure.com/", false),
        ] {
            assert_eq!(passes_by(&list, &Url::parse(url).unwrap()), passes, "{url}");
        }
        assert!(!passes_by(&expressions("[]").unwrap(), &Url::parse("https://a.example/").unwrap()));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_told_with_what_to_set_instead() {
        for (list, what) in [("*.internal", "not a JSON list"), (r#"["a(?=b)"]"#, "`a(?=b)`")] {
            let failure = expressions(list).unwrap_err();
            assert!(failure.what.contains(what), "{}", failure.what);
        }
    }
}
