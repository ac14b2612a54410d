//! Plans of deliveries to App Service: what comes before what.

use super::read;
use crate::generate::catalog::Catalog;
use crate::generate::plan::{Condition, Guard, Job, Op, State, Value};
use crate::generate::{planner, policy};

fn ids(example: &str, id: &str) -> Vec<String> {
    let config = read(example);
    let plan = planner::plan(&config, &Catalog::new(&config));
    let ids = |job: &Job| job.steps.iter().map(|step| step.id.clone()).collect();
    plan.jobs().find(|(_, _, job)| job.id == id).map(|(_, _, job)| ids(job)).unwrap()
}

#[test]
fn a_swap_is_undone_by_hand_where_the_slot_holds_what_ran_before_and_released_again_where_not() {
    let config = read("000-flask-blue-green");
    let plan = planner::plan(&config, &Catalog::new(&config));
    let (_, _, job) = plan.jobs().find(|(_, _, job)| job.id == "rollback-web").unwrap();
    let holds = |answer: &str| {
        Guard::default().and(Condition::Is(Value::here("web-unchanged", "unchanged"), answer.to_owned()))
    };
    let steps: Vec<(&str, Guard)> = job.steps.iter().map(|step| (step.id.as_str(), step.guard.clone())).collect();
    let always = || Guard::when(State::Always);
    let expected = [
        ("earlier", Guard::default()),
        ("azure-session", Guard::default()),
        ("web-unchanged", Guard::default()),
        ("web-undo", holds("true")),
        ("web-download", holds("false")),
        ("web-deploy", holds("false")),
        ("web-filled", holds("false")),
        ("web-prove", holds("false")),
        ("web-still", holds("false")),
        ("web-swap", holds("false")),
        ("record", always()),
        ("keep-record", always()),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn every_swap_has_a_later_step_that_undoes_it_unless_it_undid_itself() {
    for (example, id, app) in [
        ("000-flask-blue-green", "production-web", "web"),
        ("003-app-service-standard", "production-backend", "backend"),
    ] {
        let config = read(example);
        let plan = planner::plan(&config, &Catalog::new(&config));
        let (_, _, job) = plan.jobs().find(|(_, _, job)| job.id == id).unwrap();
        let place = |step: &str| job.steps.iter().position(|each| each.id == format!("{app}-{step}")).unwrap();
        assert!(place("swap") < place("undo") && place("undo") < place("log"), "{example}");
        let undo = &job.steps[place("undo")];
        let told = |output: &str| Value::here(format!("{app}-swap"), output);
        let given = Condition::Given(told("swap-before"));
        assert_eq!(undo.guard, Guard::when(State::Failed).and(given), "{example}");
        let Op::Tool(call) = &undo.op else { panic!("{undo:?}") };
        for (name, output) in [("swapped-at", "swap-timestamp"), ("swapped-after", "swap-before")] {
            assert!(call.inputs.contains(&(name, told(output))), "{example}: {call:?}");
        }
    }
}

#[test]
fn a_release_is_recorded_where_it_is_live() {
    let config = read("000-flask-blue-green");
    let plan = planner::plan(&config, &Catalog::new(&config));
    for (id, slot, url) in [("staging-web", "staging", "webapp-url"), ("production-web", "production", "url")] {
        let (_, _, job) = plan.jobs().find(|(_, _, job)| job.id == id).unwrap();
        let record = job.steps.iter().find(|step| step.id == "record").unwrap();
        assert!(record.env.contains(&("SLOT".to_owned(), Value::text(slot))), "{record:?}");
        let told = record.env.iter().find(|(name, _)| name == "URL").map(|(_, value)| value);
        let is_told = matches!(told, Some(Value::Output { name, .. }) if name == url)
            || config.environments[&job.environment.as_ref().unwrap().name].url.is_some();
        assert!(is_told, "{id}: {told:?}");
    }
}

#[test]
fn what_an_app_said_is_looked_up_when_all_is_taken_back() {
    let config = read("003-app-service-standard");
    let plan = planner::plan(&config, &Catalog::new(&config));
    let swapped = ids("003-app-service-standard", "production-backend");
    let place =
        |ids: &[String], id: &str| ids.iter().position(|each| each == id).unwrap_or_else(|| panic!("{id}: {ids:?}"));
    assert!(place(&swapped, "backend-undo") < place(&swapped, "backend-log"), "{swapped:?}");
    let overwritten = ids("003-app-service-standard", "dev-backend");
    assert!(place(&overwritten, "failed") < place(&overwritten, "backend-return"), "{overwritten:?}");
    assert!(place(&overwritten, "backend-returned") < place(&overwritten, "backend-log"), "{overwritten:?}");
    let until = |id: &str| {
        let (_, _, job) = plan.jobs().find(|(_, _, job)| job.id == id).unwrap();
        let log = job.steps.iter().find(|step| step.id == "backend-log").unwrap();
        log.env.iter().find(|(name, _)| name == "UNTIL").map(|(_, value)| value.clone())
    };
    assert_eq!(until("dev-backend"), Some(Value::here("failed", "time")));
    assert_eq!(until("production-backend"), None, "the slot holds the build that failed");
}

#[test]
fn a_release_can_be_gone_back_to_for_as_long_as_its_record_tells_of_it() {
    let config = read("003-app-service-standard");
    let plan = planner::plan(&config, &Catalog::new(&config));
    let steps = plan.jobs().flat_map(|(_, _, job)| &job.steps);
    let kept: Vec<(&str, u16)> = steps
        .filter_map(|step| match &step.op {
            Op::Upload { name, days, .. } if name.starts_with("package-") || name.starts_with("record-") => {
                Some((name.as_str(), *days))
            }
            _ => None,
        })
        .collect();
    assert!(kept.iter().any(|(name, _)| name.starts_with("package-")), "{kept:?}");
    assert!(kept.iter().any(|(name, _)| name.starts_with("record-")), "{kept:?}");
    assert!(kept.iter().all(|(_, days)| *days == kept[0].1), "{kept:?}");
}

#[test]
fn a_site_that_was_put_back_is_proven() {
    let ids = ids("003-app-service-standard", "production-backend");
    let place = |id: &str| ids.iter().position(|each| each == id).unwrap_or_else(|| panic!("{id} in {ids:?}"));
    assert!(place("frontend-return") < place("frontend-returned"), "{ids:?}");
}

#[test]
fn what_changes_an_environment_waits_for_its_other_changes() {
    let config = read("003-app-service-standard");
    let mut plan = planner::plan(&config, &Catalog::new(&config));
    let locks: Vec<(&str, &str)> =
        plan.jobs().filter_map(|(_, _, job)| Some((job.id.as_str(), job.lock.as_deref()?))).collect();
    assert!(locks.contains(&("production-backend", "production-backend")), "{locks:?}");
    assert!(locks.contains(&("rollback-backend", "production-backend")), "{locks:?}");
    assert!(locks.contains(&("staging-backend", "production-backend")), "staging fills what they swap: {locks:?}");
    assert!(locks.contains(&("dev-backend", "dev-backend")), "dev has sites of its own: {locks:?}");
    let jobs = plan.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.stages).flat_map(|stage| &mut stage.jobs);
    jobs.filter(|job| job.id == "rollback-backend").for_each(|job| job.lock = None);
    let failure = policy::check(&config, &plan).expect_err("a roll-back without a lock");
    assert_eq!(failure.causes, ["one-at-a-time: `cd`, job `rollback-backend` has no lock"]);
    let mut plan = planner::plan(&config, &Catalog::new(&config));
    let jobs = plan.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.stages).flat_map(|stage| &mut stage.jobs);
    jobs.filter(|job| job.id == "staging-backend").for_each(|job| job.lock = Some(job.id.clone()));
    let failure = policy::check(&config, &plan).expect_err("two locks for one slot");
    assert!(
        failure.causes[0].contains("changes the slot `staging` that `staging-backend` changes under"),
        "{failure:?}"
    );
}

#[test]
fn a_release_of_many_apps_has_time_for_each() {
    let config = read("003-app-service-standard");
    let plan = planner::plan(&config, &Catalog::new(&config));
    let minutes = |id| plan.jobs().find(|(_, _, job)| job.id == id).unwrap().2.minutes;
    assert_eq!([minutes("dev-backend"), minutes("production-backend")], [15 + 4 * 15, 15 + 4 * 15 + 10]);
}

#[test]
fn what_to_go_back_to_is_fetched_right_before_the_first_app_is_overwritten() {
    for (job, first) in [("dev-backend", "backend-deploy"), ("production-backend", "worker-deploy")] {
        let ids = ids("003-app-service-standard", job);
        let place = ids.iter().position(|id| id == "backend-previous").unwrap();
        assert_eq!(ids[place + 1..place + 3], ["frontend-previous", first], "{ids:?}");
        assert!(ids[..place].contains(&"backend-migrate".to_owned()), "{ids:?}");
    }
}

#[test]
fn the_way_back_of_a_slot_leads_into_the_slot() {
    let mut config = read("000-flask-blue-green");
    config.environments.shift_remove("production");
    let plan = planner::plan(&config, &Catalog::new(&config));
    let (_, _, job) = plan.jobs().find(|(_, _, job)| job.id == "rollback-web").unwrap();
    let inputs = |id: &str| match &job.steps.iter().find(|step| step.id == id).unwrap().op {
        Op::Tool(call) => call.inputs.clone(),
        other => panic!("{other:?}"),
    };
    for id in ["web-deploy", "web-prove"] {
        assert!(inputs(id).contains(&("slot-name", Value::text("staging"))), "{id}");
    }
}
