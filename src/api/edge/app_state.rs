//! The application state that all requests share (dependency injection by `axum::State`).

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, atomic::AtomicBool},
};

use axum::{
    extract::FromRef,
    http::{Extensions, HeaderValue},
};
use futures::future::BoxFuture;
use leptos::config::LeptosOptions;

use super::client_address::TrustedProxies;
use super::request_observer::RequestObserver;
use super::site::Site;
use super::{headers, public_url};
use crate::auth::model::user::UserId;
use crate::auth::service::AuthService;
use crate::base_path::BasePath;
use crate::clock::ShiftedClock;
use crate::lang::Lang;
use crate::protocol::openapi::Operations;
use crate::protocol::problem::Problem;

/// A link in the header of every page, to routes served beside the app.
#[derive(Clone, Copy, Debug)]
pub struct ExtraLink {
    pub href: &'static str,
    /// The text, in each language.
    pub label: fn(Lang) -> &'static str,
}

/// What a resource adds to a user's download of their data.
#[derive(Clone, Copy)]
pub struct Export {
    /// The name of the part.
    pub name: &'static str,
    /// The part of a user.
    pub of: fn(AppState, UserId) -> BoxFuture<'static, Result<serde_json::Value, Problem>>,
}

/// The application state. One pointer, because the router clones the state several times for each request.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What an [`AppState`] points to. It is put together before the server starts.
#[derive(Clone)]
pub struct Shared {
    pub auth: Arc<AuthService>,
    pub leptos: LeptosOptions,
    /// The public origin, and the issuer of access tokens.
    pub public_url: Arc<str>,
    /// The files of the browser's program and their kin.
    pub site: Site,
    /// The promise of TLS in each response (HSTS).
    pub hsts: Option<HeaderValue>,
    /// The path below which the app is served.
    pub base_path: BasePath,
    /// Whether another app in this process embeds this one: that app serves the built files, and its pages may frame this one.
    pub embedded: bool,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub proxies: TrustedProxies,
    /// Told of every answered request.
    pub request_observer: Option<Arc<dyn RequestObserver>>,
    /// Additional links in the pages' header.
    pub extra_link: Option<ExtraLink>,
    /// The clock that `POST /test/clock` advances; only with `--test-clock`.
    pub test_clock: Option<Arc<ShiftedClock>>,
    /// Whether the server shuts down: it is no longer ready.
    pub stopping: Arc<AtomicBool>,
    resources: Extensions,
    exports: Vec<Export>,
    operations: Vec<Operations>,
}

impl AppState {
    /// A state without proxies, extra links, test clock and resources.
    pub fn new(auth: AuthService, leptos: LeptosOptions, public_url: &str, base_path: BasePath) -> Self {
        Self(Arc::new(Shared {
            auth: Arc::new(auth),
            site: Site::Folder((&*leptos.site_root).into()),
            leptos,
            public_url: public_url.into(),
            hsts: public_url::takes_hsts(public_url).then_some(headers::HSTS),
            base_path,
            embedded: false,
            proxies: TrustedProxies::default(),
            request_observer: None,
            extra_link: None,
            test_clock: None,
            stopping: Arc::default(),
            resources: Extensions::new(),
            exports: Vec::new(),
            operations: Vec::new(),
        }))
    }

    /// The base path of the built files.
    pub fn files_base(&self) -> BasePath {
        if self.embedded { BasePath::default() } else { self.base_path.clone() }
    }

    /// Serves these files instead of those in a folder.
    #[must_use]
    pub fn with_site(mut self, site: Site) -> Self {
        self.site = site;
        self
    }

    /// Adds a resource of your own; one per type. Its server functions read it with
    /// [`RequestContext::resource`](super::RequestContext::resource).
    #[must_use]
    pub fn with_resource<T: Send + Sync + 'static>(mut self, resource: T) -> Self {
        self.resources.insert(Arc::new(resource));
        self
    }

    /// Adds a part to the download of a user's data (`GET /api/account/export`).
    #[must_use]
    pub fn with_export(mut self, export: Export) -> Self {
        self.exports.push(export);
        self
    }

    /// The parts that were added.
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    /// Adds the operations of a resource to the API's document (`GET /openapi.json`).
    #[must_use]
    pub fn with_operations(mut self, operations: Operations) -> Self {
        self.operations.push(operations);
        self
    }

    /// The lists of operations that were added.
    pub fn operations(&self) -> &[Operations] {
        &self.operations
    }

    /// The resource of this type, if it was added.
    pub fn resource<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.resources.get::<Arc<T>>().cloned()
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Changes this state alone: clones made before keep what they had.
impl DerefMut for AppState {
    fn deref_mut(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.0)
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
