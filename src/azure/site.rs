//! An App Service app and its slots, as ARM shows them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Deserialize;
use serde_json::json;

use super::arm::{Arm, WEB};
use super::az;
use crate::report::{Failure, code};
use crate::world::http::{Body, Call};

/// The name of the slot that every app has.
pub const PRODUCTION: &str = "production";

/// A page holds some hundred apps, and a subscription some thousand.
const MOST_PAGES: usize = 1_000;

/// Which app, with its resource group known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The resource group.
    pub group: String,
    /// The app's name.
    pub name: String,
}

/// Which slot of an app. `production`, in any case, is the app itself.
#[derive(Clone, Debug)]
pub struct Slot(String);

impl Slot {
    /// A slot by its name; an empty name is production.
    pub fn new(name: &str) -> Self {
        let name = name.trim();
        let production = name.is_empty() || name.eq_ignore_ascii_case(PRODUCTION);
        Self(if production { PRODUCTION.to_owned() } else { name.to_owned() })
    }

    /// The production slot.
    pub fn production() -> Self {
        Self(PRODUCTION.to_owned())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether it is the app itself.
    pub fn is_production(&self) -> bool {
        self.0 == PRODUCTION
    }
}

/// ARM compares names without case.
impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl std::fmt::Display for Slot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A site or slot, as far as the tools look at it. Source: `contracts/slots-and-vault.md` §1.8.
#[derive(Clone, Debug, Deserialize)]
pub struct Site {
    /// The ARM id.
    pub id: String,
    /// `app`, `app,linux`, `functionapp,linux,container` and so on.
    #[serde(default)]
    pub kind: String,
    /// The rest.
    pub properties: SiteProperties,
}

/// The properties that we read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteProperties {
    /// `Running` or `Stopped`.
    pub state: String,
    /// The host of the app.
    pub default_host_name: String,
    /// All hosts, the SCM one among them as `Repository`.
    #[serde(default)]
    pub host_name_ssl_states: Vec<HostNameSslState>,
    /// The plan's tier, such as `Standard`.
    #[serde(default)]
    pub sku: Option<String>,
    /// Linux.
    #[serde(default)]
    pub reserved: Option<bool>,
    /// The last swap that touched this slot.
    #[serde(default)]
    pub slot_swap_status: Option<SlotSwapStatus>,
    /// The slot for which a preview is pending.
    #[serde(default)]
    pub target_swap_slot: Option<String>,
    /// An operation that is running.
    #[serde(default)]
    pub in_progress_operation_id: Option<String>,
}

/// A host of a site.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostNameSslState {
    /// The name, perhaps with a port.
    pub name: String,
    /// `Standard` or `Repository`.
    pub host_type: String,
}

/// The durable proof of a swap.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SlotSwapStatus {
    /// When, as ARM wrote it.
    pub timestamp_utc: String,
    /// From which slot.
    pub source_slot_name: String,
    /// To which slot; production has a capital `P` here.
    pub destination_slot_name: String,
}

impl Site {
    /// The host of the SCM site, which must be read and never built: unique host names break every rule.
    pub fn scm_host(&self) -> Result<&str, Failure> {
        let scm = self.properties.host_name_ssl_states.iter().find(|host| host.host_type == "Repository");
        scm.map(|host| host.name.as_str()).ok_or_else(|| {
            Failure::new(&code::UNEXPECTED_ANSWER, format!("ARM names no SCM host for `{}`", self.id))
                .fix("check that the app is an App Service app, not a Container App")
        })
    }

    /// Whether the plan runs Linux.
    pub fn is_linux(&self) -> bool {
        self.properties.reserved == Some(true) || self.kind.contains("linux")
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.properties.state.eq_ignore_ascii_case("running")
    }

    /// The operation that Azure is busy with on it, if any.
    pub fn operation(&self) -> Option<&str> {
        self.properties.in_progress_operation_id.as_deref().filter(|operation| !operation.is_empty())
    }

    /// With which slot a swap of it is prepared, if one is.
    pub fn prepared_with(&self) -> Option<&str> {
        self.properties.target_swap_slot.as_deref().filter(|partner| !partner.is_empty())
    }

    /// Where its app answers.
    pub fn url(&self) -> String {
        format!("https://{}", self.properties.default_host_name)
    }
}

#[derive(Deserialize)]
struct Listed {
    value: Vec<ListedSite>,
    #[serde(default, rename = "nextLink")]
    next_link: Option<String>,
}

#[derive(Deserialize)]
struct ListedSite {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Settings {
    properties: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct StickyNames {
    properties: StickyLists,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StickyLists {
    app_setting_names: Option<Vec<String>>,
    connection_string_names: Option<Vec<String>>,
}

impl Arm<'_> {
    /// The app, with its resource group: the given one, or the one in which the subscription has an app of that name.
    ///
    /// # Errors
    /// `SID0205` when there is none, or several, of that name.
    pub async fn find_app(&self, name: &str, group: Option<&str>) -> Result<App, Failure> {
        if let Some(group) = group {
            return Ok(App { group: group.to_owned(), name: name.to_owned() });
        }
        let mut groups = BTreeSet::new();
        let mut pages = Pages::default();
        let mut next = Some(self.url("/providers/Microsoft.Web/sites", WEB));
        while let Some(url) = next {
            pages.turn(&url)?;
            let answer = self.accepted(Call::get(url), "list the apps of the subscription").await?;
            let page: Listed = answer.json("a list of apps")?;
            for site in page.value.iter().filter(|site| site.name.eq_ignore_ascii_case(name)) {
                groups.extend(group_of(&site.id));
            }
            next = page.next_link.as_deref().map(|link| self.same_origin(link)).transpose()?;
        }
        let mut groups = groups.into_iter();
        match (groups.next(), groups.next()) {
            (Some(group), None) => Ok(App { group, name: name.to_owned() }),
            (None, _) => Err(self.no_app(name)),
            (Some(first), Some(second)) => {
                Err(Failure::new(&code::NOT_FOUND, format!("several apps are called `{name}`"))
                    .because(format!("they are in the resource groups `{first}`, `{second}`"))
                    .fix(format!("pass `--resource-group {first}`")))
            }
        }
    }

    fn no_app(&self, name: &str) -> Failure {
        Failure::new(&code::NOT_FOUND, format!("there is no app `{name}` in subscription `{}`", self.subscription))
            .because("it does not exist there, or this identity has no role on it")
            .run(az::apps(self.subscription))
    }

    fn same_origin(&self, link: &str) -> Result<url::Url, Failure> {
        url::Url::parse(link).ok().filter(|url| url.origin() == self.cloud.arm.origin()).ok_or_else(|| {
            Failure::new(
                &code::FOREIGN_REDIRECT,
                "the next page of a list lies on another host, so the token was not sent there",
            )
            .fix("check the `cloud` input and whether a proxy rewrites answers")
        })
    }

    /// The site or slot as it is now.
    pub async fn site(&self, app: &App, slot: &Slot) -> Result<Site, Failure> {
        let doing = if slot.is_production() {
            format!("see app `{}` in resource group `{}`", app.name, app.group)
        } else {
            format!("see slot `{slot}` of app `{}` in resource group `{}`", app.name, app.group)
        };
        let answer = self.send(Call::get(self.url(&path(app, slot), WEB))).await?;
        if answer.is_success() {
            return answer.json("a site");
        }
        let failure = self.refusal(&answer, &doing);
        if answer.status == 404 && !slot.is_production() {
            return Err(self.no_slot(failure, app, slot).await);
        }
        Err(failure)
    }

    /// Names the slot that was probably meant. Where the slots cannot be listed, the app itself is in doubt.
    async fn no_slot(&self, failure: Failure, app: &App, slot: &Slot) -> Failure {
        let list = self.url(&format!("{}/slots", path(app, &Slot::production())), WEB);
        let Ok(answer) = self.accepted(Call::get(list), "list the slots").await else { return failure };
        let Ok(page) = answer.json::<Listed>("a list of slots") else { return failure };
        // ARM names a slot `app/slot`.
        let names = page.value.iter().filter_map(|site| site.name.rsplit('/').next());
        let distance = |name: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), &slot.name().to_lowercase());
        let near = names.filter(|name| distance(name) <= (name.len() / 3).max(1)).min_by_key(distance);
        let failure = Failure { fixes: Vec::new(), ..failure }.run(az::slots(app));
        match near {
            Some(name) => failure.fix(format!("did you mean the slot `{name}`?")),
            None => failure.fix("check the name of the slot"),
        }
    }

    /// The app settings of a slot. The values are secrets: they are never shown.
    pub async fn settings(&self, app: &App, slot: &Slot) -> Result<BTreeMap<String, String>, Failure> {
        let doing = format!("read the app settings of `{}`, slot `{slot}`", app.name);
        let answer = self.post(&format!("{}/config/appsettings/list", path(app, slot)), Body::Empty, &doing).await?;
        let settings: Settings = answer.json("app settings")?;
        Ok(settings.properties)
    }

    /// The names of the settings and connection strings that stay with their slot.
    pub async fn sticky_names(&self, app: &App) -> Result<BTreeSet<String>, Failure> {
        let doing = format!("read the slot setting names of `{}`", app.name);
        let answer =
            self.get(&format!("{}/config/slotConfigNames", path(app, &Slot::production())), WEB, &doing).await?;
        let names: StickyNames = answer.json("slot setting names")?;
        let lists = [names.properties.app_setting_names, names.properties.connection_string_names];
        Ok(lists.into_iter().flatten().flatten().collect())
    }
}

/// The pages of a list that were read, so that a list that never ends is not followed for ever.
#[derive(Default)]
struct Pages(HashSet<url::Url>);

impl Pages {
    fn turn(&mut self, page: &url::Url) -> Result<(), Failure> {
        let trouble = if self.0.len() >= MOST_PAGES {
            format!("it has more than {MOST_PAGES} pages")
        } else if !self.0.insert(page.clone()) {
            "its next page is one that was read before".to_owned()
        } else {
            return Ok(());
        };
        let host = page.host_str().unwrap_or_default();
        Err(Failure::new(&code::UNEXPECTED_ANSWER, format!("`{host}` sent a list of apps that does not end"))
            .because(trouble)
            .fix("name the resource group with `--resource-group`: then no list is read"))
    }
}

/// The path of a slot below the subscription.
pub fn path(app: &App, slot: &Slot) -> String {
    let site = format!("/resourceGroups/{}/providers/Microsoft.Web/sites/{}", app.group, app.name);
    if slot.is_production() { site } else { format!("{site}/slots/{slot}") }
}

/// The body that swap calls take. Both fields are required.
pub fn swap_body(target: &Slot) -> Body {
    Body::Json(json!({"targetSlot": target.name(), "preserveVnet": true}))
}

fn group_of(id: &str) -> Option<String> {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
    parts.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{MOST_PAGES, Pages, code};

    #[test]
    fn a_list_ends_at_a_page_that_comes_back_and_at_the_limit() {
        let page = |number: usize| url::Url::parse(&format!("https://arm.example/sites?page={number}")).unwrap();
        let mut pages = Pages::default();
        assert!((0..MOST_PAGES).all(|number| pages.turn(&page(number)).is_ok()));
        let failure = pages.turn(&page(MOST_PAGES)).unwrap_err();
        assert_eq!(failure.code, &code::UNEXPECTED_ANSWER);
        let mut pages = Pages::default();
        assert!(pages.turn(&page(1)).is_ok() && pages.turn(&page(2)).is_ok() && pages.turn(&page(1)).is_err());
    }
}
