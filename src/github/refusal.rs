//! What GitHub's refusal of a record means, and what to do about it.

use serde::Deserialize;

use crate::report::{Failure, code};
use crate::world::http::{Answer, media_type};

/// The whole block, because one that names a single permission takes all others away.
const PERMISSIONS: &str = "give the job `permissions: {contents: read, deployments: write, id-token: write}`, and a caller of a reusable workflow too";
/// GitHub's sentences are short; what is longer is somebody else's page.
const LONGEST_MESSAGE: usize = 300;

/// The body of an error (<https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api>).
#[derive(Deserialize)]
struct ErrorBody {
    message: String,
}

/// The failure for an answer that is not a success. `repository` is what was asked about.
pub(super) fn refused(answer: &Answer, repository: &str) -> Failure {
    let body: Option<ErrorBody> = serde_json::from_slice(&answer.body).ok();
    let Some(message) = body.map(|body| body.message.chars().take(LONGEST_MESSAGE).collect::<String>()) else {
        let form = media_type(&answer.body);
        return answer.unexpected("GitHub's answer to a deployment").because(format!("the body is {form}"));
    };
    let what = format!("GitHub answered {}: {message}", answer.status);
    let rights = |what: String| answer.with_ids(Failure::new(&code::FORBIDDEN, what));
    let other = |what: String| answer.with_ids(Failure::new(&code::UNEXPECTED_ANSWER, what));
    match answer.status {
        401 => rights(what).fix("pass a token that is valid: `github-token: ${{ github.token }}`"),
        403 | 429 if message.contains("rate limit") => {
            other(what).because("too much was asked of GitHub with this token")
        }
        403 => rights(what).because("the token may not write deployments").fix(PERMISSIONS),
        404 => {
            rights(what).because(format!("the token does not see the deployments of `{repository}`")).fix(PERMISSIONS)
        }
        422 => other(what).fix("`commit` must be a commit, a branch or a tag that was pushed to the repository"),
        _ => other(what),
    }
}
