//! Which URLs a server may send us to when it says "ask there again".

use url::Url;

use super::Answer;
use super::call::without_query;
use crate::report::{Failure, code};

/// The hosts that a poll URL may name besides the one that was asked.
#[derive(Clone, Debug, Default)]
pub struct PollRule {
    /// Host suffixes of the selected cloud, such as `.management.azure.com`, with the dot. Never one under which customers
    /// have hosts, such as `.azure.com`. The name without the dot is meant as well.
    pub suffixes: Vec<String>,
}

impl PollRule {
    /// The `Location` (or `Azure-AsyncOperation`) of an answer, checked. `None` when there is none.
    ///
    /// # Errors
    /// `SID0203` for a URL that leaves the origin and the cloud's known suffixes, or does not use https.
    pub fn next(&self, answer: &Answer) -> Result<Option<Url>, Failure> {
        let Some(text) = answer.header("azure-asyncoperation").or_else(|| answer.header("location")) else {
            return Ok(None);
        };
        let target = answer.url().join(text).ok().filter(|target| self.permits(answer.url(), target));
        target.map(Some).ok_or_else(|| {
            let shown =
                Url::parse(text).map_or_else(|_| "something that is not a URL".to_owned(), |url| without_query(&url));
            answer
                .with_ids(Failure::new(&code::FOREIGN_REDIRECT, format!("the service asked to be polled at `{shown}`")))
                .because(
                    "that is neither its own address nor one of the selected cloud, so the token was not sent there",
                )
                .fix("check the `cloud` input and whether a proxy rewrites answers")
        })
    }

    fn permits(&self, asked: &Url, target: &Url) -> bool {
        if target.origin() == asked.origin() {
            return true;
        }
        let plain = target.username().is_empty() && target.password().is_none();
        let host = target.host_str().unwrap_or_default();
        let known = self.suffixes.iter().any(|suffix| host.ends_with(suffix) || suffix.strip_prefix('.') == Some(host));
        plain && known && target.scheme() == "https" && target.port_or_known_default() == asked.port_or_known_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{PollRule, Url};

    #[test]
    fn only_the_origin_and_the_clouds_own_names_are_polled() {
        let rule = PollRule { suffixes: vec![".management.azure.com".to_owned()] };
        let asked = Url::parse("https://management.azure.com/x").unwrap();
        let permits = |target: &str| rule.permits(&asked, &Url::parse(target).unwrap());
        assert!(permits("https://management.azure.com:443/op?s=1"));
        assert!(permits("https://westeurope.management.azure.com/op"));
        for foreign in [
            "http://169.254.169.254/",
            "https://evil.example/",
            "https://management.azure.com.evil.tld/",
            "http://management.azure.com/op",
            "https://a@westeurope.management.azure.com/",
            "https://westeurope.management.azure.com:8443/",
            "https://xmanagement.azure.com/",
            "https://x.eastus.cloudapp.azure.com/",
            "https://x.scm.azurewebsites.net/",
            "https://azure.com.evil/",
        ] {
            assert!(!permits(foreign), "{foreign}");
        }
        let asked = Url::parse("https://westeurope.management.azure.com/x").unwrap();
        assert!(rule.permits(&asked, &Url::parse("https://management.azure.com/op").unwrap()));
    }
}
