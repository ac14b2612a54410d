//! Plans of deliveries to App Service: what comes before what.

use super::read;
use crate::generate::catalog::Catalog;
use crate::generate::plan::{Job, Op, Value};
use crate::generate::planner;

fn ids(example: &str, id: &str) -> Vec<String> {
    let config = read(example);
    let plan = planner::plan(&config, &Catalog::new(&config));
    let ids = |job: &Job| job.steps.iter().map(|step| step.id.clone()).collect();
    plan.jobs().find(|(_, _, job)| job.id == id).map(|(_, _, job)| ids(job)).unwrap()
}

#[test]
fn a_swap_is_undone_by_hand_only_where_the_slot_holds_what_ran_before() {
    let ids = ids("000-flask-blue-green", "rollback-web");
    assert_eq!(ids, ["azure-session", "web-unchanged", "web-undo"]);
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
