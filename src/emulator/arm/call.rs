//! One checked request to ARM, and the slot that its path names.

use std::sync::Arc;

use serde_json::Value;

use super::authorize;
use super::error::{ArmError, not_found};
use crate::emulator::cloud::Cloud;
use crate::emulator::directory::Caller;
use crate::emulator::estate::Site;
use crate::emulator::message::Incoming;
use crate::emulator::sites::PRODUCTION;

/// A request whose caller is known.
pub(super) struct Call<'a> {
    /// The services.
    pub(super) cloud: &'a Arc<Cloud>,
    /// The request.
    pub(super) incoming: &'a Incoming,
    /// Who asks.
    pub(super) caller: Caller,
    /// The path, without empty segments.
    pub(super) segments: &'a [&'a str],
}

/// The slot that a path names, in canonical spelling.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The app.
    pub(super) app: String,
    /// The slot's key: lower case.
    pub(super) slot: String,
    /// The resource id.
    pub(super) id: String,
}

impl Place {
    /// Whether this is production.
    pub(super) fn is_production(&self) -> bool {
        self.slot == PRODUCTION
    }

    /// `Microsoft.Web/sites` or `Microsoft.Web/sites/slots`.
    pub(super) fn kind(&self) -> &'static str {
        if self.is_production() { "Microsoft.Web/sites" } else { "Microsoft.Web/sites/slots" }
    }
}

impl Call<'_> {
    /// The slot `app[/slots/slot]`, or 404. A site that the caller may not see is not there.
    pub(super) fn place(&self, app: &str, slot: Option<&str>) -> Result<Place, ArmError> {
        let wanted = slot.unwrap_or(PRODUCTION);
        let group = &self.cloud.config.resource_group.name;
        let found = self.cloud.estate.with(app, wanted, |site, key| {
            let id = site_id(self.cloud, &site.name);
            let id = slot.map_or_else(|| id.clone(), |_| format!("{id}/slots/{}", site.slots[key].name));
            Place { app: site.name.clone(), slot: key.to_owned(), id }
        });
        found.ok_or_else(|| match slot {
            None => not_found(&format!("Microsoft.Web/sites/{app}"), group),
            Some(slot) => not_found(&format!("Microsoft.Web/sites/{app}/slots/{slot}"), group),
        })
    }

    /// Does something with a slot that was found.
    pub(super) fn with<R>(&self, place: &Place, act: impl FnOnce(&mut Site, &str) -> R) -> R {
        self.cloud.estate.with(&place.app, &place.slot, act).expect("slots are never removed")
    }

    /// Checks the caller's role for an action on a slot, such as `restart/action`.
    pub(super) fn require(&self, place: &Place, action: &str) -> Result<(), ArmError> {
        authorize::require(&self.caller, &format!("{}/{action}", place.kind()), &place.id)
    }

    /// Refuses while an operation holds the site, or while the slot is prepared for a swap.
    pub(super) fn require_free(&self, place: &Place) -> Result<(), ArmError> {
        self.with(place, |site, slot| {
            super::swap::refuse_while_busy(site)?;
            if site.slots[slot].prepared.is_some() {
                let message =
                    "The slot cannot be changed because its configuration settings have been prepared for swap.";
                return Err(ArmError::conflict(message));
            }
            Ok(())
        })
    }

    /// `properties` of a JSON body.
    pub(super) fn properties(&self) -> Result<serde_json::Map<String, Value>, ArmError> {
        let body = self.incoming.json();
        match body.as_ref().and_then(|body| body["properties"].as_object()) {
            Some(properties) => Ok(properties.clone()),
            None => Err(ArmError::bad_request("The parameter properties has an invalid value.")),
        }
    }

    /// The region by its display name.
    pub(super) fn location(&self) -> &str {
        &self.cloud.config.resource_group.location
    }
}

/// The resource group's id.
pub(super) fn group_id(cloud: &Cloud) -> String {
    format!("/subscriptions/{}/resourceGroups/{}", cloud.config.subscription.id, cloud.config.resource_group.name)
}

/// A site's id.
pub(super) fn site_id(cloud: &Cloud, app: &str) -> String {
    format!("{}/providers/Microsoft.Web/sites/{app}", group_id(cloud))
}
