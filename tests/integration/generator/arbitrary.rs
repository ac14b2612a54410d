//! Configs that are valid, whatever they say: what the properties of the generator are tried on.

use proptest::prelude::{Just, Strategy, any, prop};
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// A config as JSON, which every reader of YAML takes.
pub(crate) type Config = Map<String, Value>;

/// Names of apps: hyphens, digits, and words that are names of things elsewhere. They are few, so that none is a part of
/// an id of another.
const NAMES: [&str; 10] = ["a", "web", "api-v2", "x1", "on-call", "build", "job", "yes-man", "e2e", "n0"];

/// A config of either kind.
pub(crate) fn config() -> impl Strategy<Value = Config> {
    (common(), prop::bool::ANY).prop_flat_map(|(common, aks)| {
        let rest = if aks { clusters().boxed() } else { sites().boxed() };
        (Just(common), rest).prop_map(|(mut config, rest)| {
            config.extend(rest);
            let environments = config["environments"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            if let Some(infra) = config.get_mut("infra").filter(|infra| infra.get("environments").is_some()) {
                infra["environments"] = json!(environments);
            }
            config
        })
    })
}

/// The same config with one more app, which nobody follows, at this place among the others.
pub(crate) fn with_another_app(config: &Config, place: usize) -> Config {
    let mut config = config.clone();
    let apps = config["apps"].as_object().unwrap();
    let is_aks = apps.values().any(|app| app.get("aks").is_some());
    let more = if is_aks {
        json!({"aks": "another", "role": "worker"})
    } else {
        json!({"app-service": "another-app", "include": ["another"], "health": "/another"})
    };
    let mut all: Vec<(String, Value)> = apps.clone().into_iter().collect();
    all.insert(place % (all.len() + 1), ("zz-another".to_owned(), more));
    config.insert("apps".to_owned(), Value::Object(all.into_iter().collect()));
    config
}

fn object(value: Value) -> Config {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

/// What both kinds have.
fn common() -> impl Strategy<Value = Config> {
    let scans = subsequence(vec!["dependencies", "secrets", "config", "code", "sbom", "licences"], 0..=6);
    let services = subsequence(vec!["postgres:16", "redis:7"], 0..=2);
    let infra = select(vec![
        Value::Null,
        json!({"terraform": "infra", "state": "stshop/tfstate", "approve": {"by": ["ops"]}}),
        json!({"terraform": "infra/tf", "state": "stshop/tfstate", "variables": "{environment}.tfvars", "environments": []}),
        json!({"bicep": "infra/main.bicep", "group": "rg-shop", "destroy": true, "deletes": true}),
    ]);
    let words = select(vec!["yes", "3.10", "a: b # c", "pytest -k 'x'", "echo \"$HOME\"", "- x", "null", "#!x", "%d"]);
    (language(), (scans, services, infra), words, any::<[bool; 5]>()).prop_map(
        |(language, (scans, services, infra, ), word, [azure_repos, gitflow, each, notify, ignore])| {
            let mut ci = json!({"lint": [word], "unit": {"run": word}, "scan": scans});
            if each {
                ci["each"] = json!("app");
            }
            if !services.is_empty() {
                ci["integration"] = json!({"run": word, "services": services, "env": {"NO": "off", "V": word}});
                ci["migrations"] = json!([word]);
                ci["contract"] = json!([word]);
                ci["openapi"] = json!({"file": "docs/api.yml", "generate": word});
            }
            let mut config = object(json!({
                "name": "n-shop",
                "toolkit": {"version": "1.20.3", "commit": "0123456789".repeat(4)},
                "repository": if azure_repos { "azure-repos" } else { "github" },
                "branches": {"release": "main", "integrate": "develop", "flow": if gitflow { "gitflow" } else { "trunk" }},
                "runners": {"private": "vnet"},
                "language": language,
                "ci": ci,
            }));
            if ignore {
                config["branches"]["ignore"] = json!(["*.md", "on", "!x"]);
            }
            if notify {
                config.insert("notify".to_owned(), json!("teams-webhook"));
            }
            if !infra.is_null() {
                config.insert("infra".to_owned(), infra);
            }
            config
        },
    )
}

fn language() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"python": "3.10", "locks": ["requirements.lock", "requirements-dev.lock"], "package": "vendored"}),
        json!({"python": "3.12", "locks": ["uv.lock"]}),
        json!({"node": "24"}),
        json!({"dotnet": "10.0"}),
        json!({"java": "21"}),
        json!({"go": "1.26"}),
    ])
}

fn names() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(NAMES.to_vec(), 1..=4).prop_shuffle()
}

/// What an environment may say wherever it is.
fn extras() -> impl Strategy<Value = Config> {
    any::<[bool; 5]>().prop_map(|[private, approve, watch, ticket, url]| {
        let mut more = Map::new();
        let given = [
            (private, "runner", json!("private")),
            (approve, "approve", json!({"by": ["owners", "on"]})),
            (watch, "watch", json!({"for": "2m"})),
            (ticket, "change-ticket", json!("CHG[0-9]{7}")),
            (url, "url", json!("https://shop.example.com")),
        ];
        more.extend(given.into_iter().filter(|(is, ..)| *is).map(|(_, key, value)| (key.to_owned(), value)));
        more
    })
}

/// Apps on App Service and Static Web Apps, and ways through environments that fit them.
fn sites() -> impl Strategy<Value = Config> {
    let ways = select(vec![
        vec![("production", json!({"deploy": "direct"}))],
        vec![("eu-west", json!({"deploy": "slot/on"}))],
        vec![("production", json!({"deploy": "canary/next", "canary": {"steps": [5, 50], "pause": "1m"}}))],
        vec![
            ("qa", json!({"deploy": "slot/blue", "smoke": ["pytest smoke"]})),
            ("production", json!({"deploy": "swap/blue"})),
        ],
        vec![
            ("dev", json!({"deploy": "direct", "from": "develop", "suffix": "-dev"})),
            ("qa", json!({"deploy": "slot/blue", "from": "main", "load": {"locust": "l.py", "p95": "300ms"}})),
            ("production", json!({"deploy": "swap/blue"})),
        ],
    ]);
    (names(), any::<[u8; 4]>(), ways, prop::collection::vec(extras(), 3), any::<bool>()).prop_map(
        |(names, kinds, ways, extras, migrates)| {
            let apps = names.iter().zip(kinds).enumerate().map(|(place, (name, kind))| {
                let app = site(names[0], place, kind);
                let migrate = json!({"run": "alembic upgrade head", "secret": "db-url", "contract": "alembic down"});
                let mut app = object(app);
                if place == 0 && migrates && app.contains_key("app-service") {
                    app.insert("migrate".to_owned(), migrate);
                }
                app.insert(target(&app).to_owned(), json!(format!("shop-{name}")));
                ((*name).to_owned(), Value::Object(app))
            });
            let environments = ways.into_iter().zip(extras).map(|((name, way), more)| {
                let mut all = object(way);
                all.extend([("group".to_owned(), json!("rg-shop")), ("vault".to_owned(), json!("kv-shop"))]);
                all.extend(more);
                (name.to_owned(), Value::Object(all))
            });
            let apps: Config = apps.collect();
            object(json!({"apps": apps, "environments": environments.collect::<Config>()}))
        },
    )
}

fn target(app: &Config) -> &'static str {
    if app.contains_key("static-web-app") { "static-web-app" } else { "app-service" }
}

/// The first is led by nobody; others may follow it.
fn site(lead: &str, place: usize, kind: u8) -> Value {
    match (place, kind % 6) {
        (0, 0) | (_, 1) => json!({"static-web-app": "", "path": "site", "build": ["npm run build"], "output": "dist"}),
        (0, _) | (_, 2) => json!({"app-service": "", "include": ["app", "on"], "health": ["/health", "/ready"]}),
        (_, 3) => json!({"app-service": "", "include": ["w"], "role": "worker", "after": lead}),
        (_, 4) => json!({"app-service": "", "include": ["s"], "role": "scheduler"}),
        _ => json!({"app-service": "", "include": ["o"], "health": "/", "commit-at": "/version", "after": lead}),
    }
}

/// Images on AKS, and ways through environments that fit them.
fn clusters() -> impl Strategy<Value = Config> {
    let ways = select(vec![
        vec![("production", json!({"deploy": "rolling"}))],
        vec![("production", json!({"deploy": "canary", "canary": {"steps": [10], "pause": "1m"}}))],
        vec![("eu-west", json!({"deploy": "blue-green"}))],
        vec![
            ("test", json!({"deploy": "ephemeral", "from": "develop", "ttl": "2h"})),
            ("production", json!({"deploy": "rolling", "from": "main", "promote": "tested"})),
        ],
        vec![("qa", json!({"deploy": "rolling"})), ("production", json!({"deploy": "canary"}))],
    ]);
    (names(), any::<[bool; 4]>(), ways, prop::collection::vec(extras(), 3), any::<bool>()).prop_map(
        |(names, workers, ways, extras, migrates)| {
            let lonely = ways[0].1["deploy"] == "blue-green";
            let apps = names.iter().zip(workers).enumerate().map(|(place, (name, worker))| {
                let mut app = object(json!({"aks": format!("shop-{name}"), "path": format!("services/{name}")}));
                if place > 0 && (worker || lonely) {
                    app.insert("role".to_owned(), json!("worker"));
                } else {
                    app.insert("health".to_owned(), json!("/health"));
                }
                if place == 0 && migrates {
                    app.insert("migrate".to_owned(), json!({"run": "up", "preview": "show", "secret": "db-url"}));
                }
                ((*name).to_owned(), Value::Object(app))
            });
            let environments = ways.into_iter().zip(extras).map(|((name, way), more)| {
                let mut all = object(way);
                let place = json!({"group": "rg-shop", "cluster": "aks-shop", "namespace": "shop", "manifests": "k8s", "vault": "kv-shop"});
                all.extend(object(place));
                all.extend(more);
                if let Some(watch) = all.get_mut("watch") {
                    *watch = json!({"for": "2m", "errors": "5%", "insights": "appi-shop"});
                }
                // What is gone after the run cannot wait for people, nor be watched.
                if all["deploy"] == "ephemeral" {
                    all.remove("approve");
                    all.remove("watch");
                }
                (name.to_owned(), Value::Object(all))
            });
            let (apps, environments): (Config, Config) = (apps.collect(), environments.collect());
            object(json!({"registry": "shopregistry", "apps": apps, "environments": environments}))
        },
    )
}
