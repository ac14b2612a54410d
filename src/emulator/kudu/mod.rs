//! The SCM site of each slot: who may enter, and which part answers.

mod answers;
mod deployment;
mod extract;
mod history;
mod hostile;
mod lock;
mod log;
mod machine;
mod plan;
mod push;
mod reads;
mod scm;
mod site;
mod spool;
mod story;
mod sync;
#[cfg(test)]
mod tests;
mod time;
mod vfs;
mod work;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::clock::Clock;
use super::faults::Faults;
use super::runtime::{Runtime, decode};
use super::sites::{Os, Sites, SlotView};
use lock::LockFault;
use plan::Endpoint;
use scm::Scm;
use site::Site;

/// The SCM sites of all slots.
pub struct Kudu {
    runtime: Arc<Runtime>,
    sites: Arc<dyn Sites>,
    clock: Clock,
    faults: Faults,
    lock_fault: Arc<LockFault>,
    /// By the content's id, so that deployments move with a swap.
    scms: Mutex<BTreeMap<String, Arc<Scm>>>,
}

/// What ARM's `deploymentStatus` says of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// `BuildInProgress` … `RuntimeFailed`.
    pub status: &'static str,
    /// Whether the status never changes again (200 instead of 202).
    pub is_final: bool,
    /// Instances that are starting.
    pub in_progress: u32,
    /// Instances that run.
    pub successful: u32,
    /// Instances that did not start.
    pub failed: u32,
    /// The text of error `04915`, on `RuntimeFailed`.
    pub error: Option<String>,
}

impl Kudu {
    /// The SCM sites of `sites`, deploying into `runtime`.
    pub fn new(runtime: Arc<Runtime>, sites: Arc<dyn Sites>, clock: Clock, faults: Faults) -> Arc<Self> {
        Arc::new(Self { runtime, sites, clock, faults, lock_fault: Arc::default(), scms: Mutex::default() })
    }

    /// The whole SCM site of one slot, authorisation included.
    pub async fn handle(&self, app: &str, slot: &str, request: Request) -> Response {
        let Some(view) = self.sites.view(app, slot) else { return StatusCode::NOT_FOUND.into_response() };
        let headers: HeaderMap = request.headers().clone();
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Err(status) = self.sites.authorize_scm(app, slot, authorization) {
            return unauthorized(status, &view);
        }
        let Some(site) = self.site(view) else { return StatusCode::NOT_FOUND.into_response() };
        let view = site.view.clone();
        let mut answer = route(site, request).await;
        answers::sign(&mut answer, &view, &headers);
        answer
    }

    /// For ARM's `deploymentStatus`. `None` when the id is unknown, replaced by a newer push, not there yet, or on
    /// Windows.
    pub fn deployment_status(&self, app: &str, slot: &str, id: &str) -> Option<DeploymentStatus> {
        let site = self.site(self.sites.view(app, slot)?)?;
        site.scm.deployment_status(&site.view, id)
    }

    fn site(&self, view: SlotView) -> Option<Site> {
        let content = self.runtime.content(&view.app, &view.slot)?;
        let mut scms = self.scms.lock().unwrap_or_else(PoisonError::into_inner);
        let scm = Arc::clone(scms.entry(content.id().to_owned()).or_default());
        drop(scms);
        Some(Site {
            runtime: Arc::clone(&self.runtime),
            sites: Arc::clone(&self.sites),
            clock: self.clock,
            faults: self.faults.clone(),
            lock_fault: Arc::clone(&self.lock_fault),
            view,
            content,
            scm,
        })
    }
}

fn unauthorized(status: u16, view: &SlotView) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED);
    let mut answer = status.into_response();
    if status == StatusCode::UNAUTHORIZED
        && let Ok(challenge) = HeaderValue::from_str(&format!("Basic realm=\"{}\"", view.app))
    {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    answer
}

/// Most routes exist with and without `/api` (zip-deploy 1.1).
async fn route(site: Site, request: Request) -> Response {
    let uri = request.uri().clone();
    let path = uri.path().trim_start_matches('/');
    let path = path.strip_prefix("api/").unwrap_or(path);
    if let Some(file) = path.strip_prefix("vfs/").or_else(|| (path == "vfs").then_some("")) {
        return vfs::handle(&site, file, request).await;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let head = parts.first().map(|head| head.to_lowercase()).unwrap_or_default();
    let rest = parts.get(1..).unwrap_or_default();
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    match (&method, head.as_str(), rest) {
        (&Method::POST | &Method::PUT, "publish", []) => push::push(site, Endpoint::OneDeploy, request).await,
        (&Method::POST | &Method::PUT, "zipdeploy", []) => push::push(site, Endpoint::ZipDeploy, request).await,
        (_, "deployments", rest) => deployments(&site, &method, rest, request).await,
        (&Method::GET, "isdeploying", []) if site.view.os == Os::Linux => reads::is_deploying(&site),
        (&Method::GET, "settings", []) => machine::settings(&site),
        (&Method::POST, "settings", []) => machine::post_settings(&site, request.into_body()).await,
        (&Method::GET, "settings", [key]) => machine::setting(&site, &decode(key).unwrap_or_default()),
        (&Method::DELETE, "settings", [key]) => machine::delete_setting(&site, &decode(key).unwrap_or_default()),
        (&Method::GET, "environment", []) => machine::environment(&site),
        (&Method::GET, "diagnostics", ["runtime"]) => machine::runtime(&site),
        (&Method::POST, "app", ["restart"]) => {
            let SlotView { app, slot, running, launch, .. } = site.view;
            // A stopped slot has no container that could be recycled.
            if running {
                site.runtime.restart(&app, &slot, launch).await;
            }
            StatusCode::OK.into_response()
        }
        _ => no_route(),
    }
}

async fn deployments(site: &Site, method: &Method, rest: &[&str], request: Request) -> Response {
    let uri = request.uri();
    match (method, rest) {
        (&Method::GET, []) => reads::list(site, request.headers()),
        (&Method::GET, [id]) => reads::one(site, id, uri),
        (&Method::GET, [id, "log"]) => reads::log(site, id),
        (&Method::GET, [id, "log", log_id]) => reads::log_lines(site, id, log_id),
        (&Method::PUT, [id]) => push::put_metadata(site, id, request.into_body()).await,
        (&Method::DELETE, [id]) => reads::delete(site, id),
        _ => no_route(),
    }
}

fn no_route() -> Response {
    answers::error(StatusCode::NOT_FOUND, "No route registered for this request.")
}
