//! The manifests of our tasks, as Microsoft's schema of pipelines gets them: `tests/golden/tasks/<Name>.json`.
//! `BLESS=1 cargo test tasks` writes them anew.

use crate::tidy::root;

const FOLDER: &str = "tests/golden/tasks";

#[test]
fn every_tool_has_its_manifest() {
    let mut names = Vec::new();
    for tool in siding::tools::ALL {
        let manifest = siding::emit::task(tool.spec);
        let name = format!("{}.json", manifest["name"].as_str().unwrap());
        let path = root().join(FOLDER).join(&name);
        let expected = serde_json::to_string_pretty(&manifest).unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &expected).unwrap();
        }
        let have = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(have, expected, "{FOLDER}/{name} is stale: run `BLESS=1 cargo test tasks`");
        names.push(name);
    }
    let files = std::fs::read_dir(root().join(FOLDER)).unwrap().map(|entry| entry.unwrap());
    let ours = files.filter(|entry| entry.file_type().unwrap().is_file());
    let stray: Vec<_> = ours.filter(|entry| !names.iter().any(|name| entry.file_name() == name.as_str())).collect();
    assert!(stray.is_empty(), "no tool has {stray:?}");
}

#[test]
fn a_manifest_holds_neither_secrets_nor_the_identity() {
    for tool in siding::tools::ALL {
        let manifest = siding::emit::task(tool.spec);
        let inputs = manifest["inputs"].as_array().unwrap();
        let names: Vec<&str> = inputs.iter().map(|input| input["name"].as_str().unwrap()).collect();
        assert_eq!(names.contains(&"azureSubscription"), tool.spec.input("client-id").is_some(), "{}", tool.spec.name);
        for hidden in ["clientId", "tenantId", "subscriptionId", "clientSecret", "serviceConnectionId"] {
            assert!(!names.contains(&hidden), "{}: {hidden}", tool.spec.name);
        }
        for input in inputs {
            assert_eq!(input["type"] == "pickList", input.get("options").is_some(), "{input}");
        }
    }
}
