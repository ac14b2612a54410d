//! Reports are looked for where the tests write them, on both systems.

use siding::generate::Project;

use super::EXAMPLES;
use super::parsed::{Job, Parsed, Step};
use crate::tidy::read;

/// The folders that the tests of a job write reports to, from the folder of the repository.
fn written(job: &Job) -> Vec<String> {
    let given = |step: &Step, name: &str| step.env.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let folder = |step: &Step| {
        let options = given(step, "PYTEST_ADDOPTS")?;
        let file = options.split(' ').find_map(|option| option.strip_prefix("--junitxml="))?.to_owned();
        let (folder, _) = file.rsplit_once('/')?;
        Some(given(step, "DIRECTORY").map_or_else(|| folder.to_owned(), |directory| format!("{directory}/{folder}")))
    };
    job.steps.iter().filter_map(folder).collect()
}

/// The folders and files that a job keeps.
fn kept(job: &Job) -> Vec<&str> {
    let keeps = job.steps.iter().filter(|step| step.kind == "publish" || step.kind.ends_with("/upload-artifact"));
    keeps
        .flat_map(|step| &step.with)
        .filter(|(key, _)| key == "path" || key == "publish")
        .map(|(_, at)| &**at)
        .collect()
}

#[test]
fn reports_are_kept_from_where_the_tests_write_them() {
    let (mut looked_at, mut elsewhere) = (0, 0);
    for example in EXAMPLES {
        let text = read(format!("examples/{example}/siding.yml"));
        let files = Project::read("siding.yml", text.as_bytes()).unwrap().files().unwrap();
        for file in files.iter().filter_map(|file| Parsed::of_path(&file.path, &file.body)) {
            for job in &file.jobs {
                for folder in written(job) {
                    looked_at += 1;
                    elsewhere += usize::from(folder != "reports");
                    let kept = kept(job);
                    assert!(kept.contains(&&*folder), "{example}, {}: `{folder}` is not in {kept:?}", job.id);
                }
            }
        }
    }
    assert!(looked_at > 10 && elsewhere > 4, "{looked_at} jobs write reports, {elsewhere} of them in an app's folder");
}
