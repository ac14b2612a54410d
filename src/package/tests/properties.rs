//! What holds for every tree: equal content gives equal bytes, other content another time, and nothing is lost.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::package::zip::content_time;

type Files = BTreeMap<String, Vec<u8>>;

/// Names of one or two parts that no file system objects to, and that are not also the name of a folder.
fn files() -> impl Strategy<Value = Files> {
    let name = "[a-cé ]{0,2}[.]?[a-z]{1,3}(/[a-z]{1,2}[.][a-z]{1,2})?";
    let content =
        prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), "[ab]{0,3000}".prop_map(String::into_bytes)];
    proptest::collection::btree_map(name, content, 1..12).prop_map(without_collisions)
}

fn without_collisions(files: Files) -> Files {
    let folders: BTreeSet<String> =
        files.keys().filter_map(|name| name.split_once('/')).map(|(folder, _)| folder.to_lowercase()).collect();
    files.into_iter().filter(|(name, _)| !folders.contains(&name.to_lowercase()) && !name.contains(".git")).collect()
}

fn make<'a>(files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>) -> (Tree, Package) {
    let files: Vec<(&str, &[u8])> = files.map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let tree = Tree::new(&files);
    let package = tree.package();
    (tree, package)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn equal_trees_give_equal_bytes_and_nothing_is_lost(files in files()) {
        prop_assume!(!files.is_empty());
        let (_one, first) = make(files.iter());
        let (_two, second) = make(files.iter().rev());
        prop_assert_eq!(&first.sha256, &second.sha256);
        prop_assert_eq!(std::fs::read(&first.path).unwrap(), std::fs::read(&second.path).unwrap());
        let seen = python(&first.path);
        prop_assert_eq!(seen.len(), files.len());
        for (name, content) in &files {
            prop_assert_eq!(&seen[name].sha256, &sha256(content), "{}", name);
            prop_assert!(("2000-01-01 00:00:00".."2020-01-01 00:00:00").contains(&seen[name].time.as_str()));
        }
    }
}

proptest! {
    #[test]
    fn every_time_is_a_real_one(crc: u32, size: u64) {
        let time = content_time(crc, size);
        let (date, clock) = (time >> 16, time & 0xFFFF);
        let (year, month, day) = (1980 + (date >> 9), date >> 5 & 15, date & 31);
        prop_assert!((2000..2020).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day));
        prop_assert!(clock >> 11 < 24 && (clock >> 5 & 63) < 60 && (clock & 31) < 30);
        prop_assert!(day <= 28 || !(month == 2 && year % 4 != 0));
    }
}

#[test]
fn other_content_gets_another_time() {
    let times: BTreeSet<u32> = (0..5_000_u32)
        .map(|number| number.to_string())
        .map(|content| content_time(crc32fast::hash(content.as_bytes()), content.len() as u64))
        .collect();
    assert_eq!(times.len(), 5_000);
}

#[test]
fn the_same_file_with_other_content_of_the_same_size_gets_another_time() {
    let time =
        |content: &[u8]| python(&Tree::new(&[("version.txt", content)]).package().path)["version.txt"].time.clone();
    assert_ne!(time(b"1.0.0"), time(b"1.0.1"));
    assert_eq!(time(b"1.0.0"), time(b"1.0.0"));
}
