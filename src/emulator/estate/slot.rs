//! One site with its slots, as ARM stores them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::emulator::config::{self, Plan};
use crate::emulator::encode::random_hex;
use crate::emulator::sites::PRODUCTION;

/// A web app.
pub(crate) struct Site {
    /// Its name as configured.
    pub(crate) name: String,
    /// Its plan.
    pub(crate) plan: Plan,
    /// The names that stay with their slot.
    pub(crate) sticky: Sticky,
    /// Its slots by lower-case name, production among them.
    pub(crate) slots: BTreeMap<String, Slot>,
    /// The operation that holds the site: its id, name and start.
    pub(crate) operation: Option<Running>,
}

/// A long-running operation on a site.
#[derive(Clone)]
pub(crate) struct Running {
    /// The operation's GUID.
    pub(crate) id: String,
    /// When it began.
    pub(crate) since: SystemTime,
    /// The slot it was asked of.
    pub(crate) slot: String,
}

/// The lists of `slotConfigNames`.
#[derive(Clone, Default)]
pub(crate) struct Sticky {
    /// App settings.
    pub(crate) app_settings: Vec<String>,
    /// Connection strings.
    pub(crate) connection_strings: Vec<String>,
    /// Storage mounts; kept, without any effect.
    pub(crate) storage: Vec<String>,
}

/// A connection string.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    /// The string.
    pub(crate) value: String,
    /// `SQLAzure`, `Custom` and so on.
    pub(crate) kind: String,
}

/// The proof of a swap.
#[derive(Clone)]
pub(crate) struct SwapStatus {
    /// When.
    pub(crate) time: SystemTime,
    /// The slot that the content came from.
    pub(crate) source: String,
    /// The slot that it went to; production is spelled `Production`.
    pub(crate) destination: String,
}

/// A slot's part in a swap with preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prepared {
    /// The key of the other slot.
    pub(crate) partner: String,
    /// Which of the two this one is.
    pub(crate) part: Part,
}

/// The parts of a swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its content goes to the other slot.
    Source,
    /// It gets the other slot's content.
    Target,
}

/// A slot.
#[derive(Clone)]
pub(crate) struct Slot {
    /// Its name as configured.
    pub(crate) name: String,
    /// Started or stopped.
    pub(crate) running: bool,
    /// App settings.
    pub(crate) settings: BTreeMap<String, String>,
    /// Connection strings.
    pub(crate) connections: BTreeMap<String, Connection>,
    /// `config/web`.
    pub(crate) web: Map<String, Value>,
    /// `config/metadata`.
    pub(crate) metadata: Map<String, Value>,
    /// The password of its publishing user.
    pub(crate) publishing_password: String,
    /// Whether its SCM site takes that password.
    pub(crate) basic_scm: bool,
    /// Whether FTP would take that password.
    pub(crate) basic_ftp: bool,
    /// The last change by ARM.
    pub(crate) modified: SystemTime,
    /// The last swap.
    pub(crate) last_swap: Option<SwapStatus>,
    /// The partner of a swap with preview, once that is ready.
    pub(crate) swap_partner: Option<String>,
    /// Its part in a swap with preview, from the moment that is asked for.
    pub(crate) prepared: Option<Prepared>,
    /// The runtime's name of the content, exchanged by a swap.
    pub(crate) deployment_id: String,
}

impl Site {
    /// Builds the site that the configuration declares.
    pub(crate) fn new(site: &config::Site, now: SystemTime) -> Self {
        let build = |name: &str, settings: &BTreeMap<String, String>, command: Option<&String>| Slot {
            name: name.to_owned(),
            running: true,
            settings: settings.clone(),
            connections: BTreeMap::new(),
            web: web(&site.stack, command.map_or("", String::as_str)),
            metadata: Map::new(),
            publishing_password: random_hex::<30>(),
            basic_scm: site.basic_publishing,
            basic_ftp: site.basic_publishing,
            modified: now,
            last_swap: None,
            swap_partner: None,
            prepared: None,
            deployment_id: deployment_id(&site.name, name),
        };
        let command = site.start_command.as_ref();
        let mut slots = BTreeMap::from([(PRODUCTION.to_owned(), build(PRODUCTION, &site.settings, command))]);
        for slot in &site.slots {
            let command = slot.start_command.as_ref().or(command);
            slots.insert(slot.name.to_lowercase(), build(&slot.name, &slot.settings, command));
        }
        let sticky = Sticky { app_settings: site.sticky_settings.clone(), ..Sticky::default() };
        Self { name: site.name.clone(), plan: site.plan.clone(), sticky, slots, operation: None }
    }

    /// The user of a slot's publish profile.
    pub(crate) fn publishing_user(&self, slot: &str) -> String {
        if slot == PRODUCTION { format!("${}", self.name) } else { format!("${}__{slot}", self.name) }
    }
}

fn deployment_id(app: &str, slot: &str) -> String {
    if slot == PRODUCTION { app.to_owned() } else { format!("{app}__{}", random_hex::<2>()) }
}

fn web(stack: &str, command: &str) -> Map<String, Value> {
    let fields = json!({
        "numberOfWorkers": 1, "defaultDocuments": ["index.html", "hostingstart.html"], "netFrameworkVersion": "v4.0",
        "phpVersion": "", "pythonVersion": "", "nodeVersion": "", "linuxFxVersion": stack, "windowsFxVersion": null,
        "requestTracingEnabled": false, "remoteDebuggingEnabled": false, "httpLoggingEnabled": false,
        "detailedErrorLoggingEnabled": false, "appSettings": null, "connectionStrings": null, "scmType": "None",
        "use32BitWorkerProcess": true, "webSocketsEnabled": false, "alwaysOn": true, "appCommandLine": command,
        "managedPipelineMode": "Integrated", "virtualApplications": [{"virtualPath": "/",
        "physicalPath": "site\\wwwroot", "preloadEnabled": true, "virtualDirectories": null}],
        "loadBalancing": "LeastRequests", "experiments": {"rampUpRules": []}, "autoHealEnabled": false,
        "vnetName": "", "vnetRouteAllEnabled": false, "autoSwapSlotName": null, "localMySqlEnabled": false,
        "ipSecurityRestrictions": [{"ipAddress": "Any", "action": "Allow", "priority": 2_147_483_647,
        "name": "Allow all", "description": "Allow all access"}], "http20Enabled": false, "minTlsVersion": "1.2",
        "scmMinTlsVersion": "1.2", "ftpsState": "FtpsOnly", "preWarmedInstanceCount": 0, "healthCheckPath": null,
        "acrUseManagedIdentityCreds": false, "publicNetworkAccess": "Enabled", "keyVaultReferenceIdentity": null,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
