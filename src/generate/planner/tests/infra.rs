//! Plans of changes to Azure resources: who may make them, and what stops them.

use super::read;
use crate::generate::catalog::Catalog;
use crate::generate::plan::{Condition, Pipeline, Value};
use crate::generate::planner;

fn infra(example: &str) -> Pipeline {
    let config = read(example);
    let plan = planner::plan(&config, &Catalog::new(&config));
    plan.pipelines.into_iter().find(|pipeline| pipeline.id == "infra").unwrap()
}

#[test]
fn resources_that_could_not_be_changed_stop_all_later_ones() {
    let pipeline = infra("003-app-service-standard");
    let (_, production) = pipeline.job("apply-production").unwrap();
    for earlier in ["apply-dev", "apply-staging"] {
        assert!(
            production.guard.all.contains(&Condition::PassedOrSkipped(earlier.to_owned())),
            "{:?}",
            production.guard
        );
        let plan = earlier.replace("apply", "plan");
        let refused = Condition::PassedIf(earlier.to_owned(), Value::of(&plan, "plan", "changes"));
        assert!(production.guard.all.contains(&refused), "{:?}", production.guard);
        for need in [earlier, &plan] {
            assert!(production.needs.iter().any(|each| each == need), "{:?}", production.needs);
        }
    }
}

#[test]
fn code_of_a_fork_gets_no_identity() {
    for example in ["000-flask-blue-green", "002-fastapi-bicep-oidc", "003-app-service-standard"] {
        for stage in infra(example).stages.iter().filter(|stage| stage.jobs.iter().any(|job| job.signs_in)) {
            let safe = stage.only.iter().any(|one| matches!(one, Condition::NotFork | Condition::NotPullRequest));
            assert!(safe, "{example}: {}", stage.id);
        }
    }
}

#[test]
fn nothing_is_deleted_from_a_branch_that_nobody_reviewed() {
    let pipeline = infra("002-fastapi-bicep-oidc");
    let (stage, _) = pipeline.job("destroy").unwrap();
    assert!(stage.only.contains(&Condition::Branch(vec!["main".to_owned()])), "{:?}", stage.only);
}
