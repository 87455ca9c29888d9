//! Every route and every layer, on one screen. A request passes the layers of a `ServiceBuilder` from top to bottom.

use axum::{
    Router,
    extract::{Request, State},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use futures::future::BoxFuture;
use tower::{Layer, layer::util::Stack, util::Either};
use tower_http::csrf::{ConfigError, CsrfLayer};

use super::{health, openapi, test_clock};
use crate::api::edge::app_state::AppState;
use crate::api::edge::{
    bearer_guard, front::FrontLayer, headers, problem, same_origin, same_origin::Refusal, secure_session,
    server_functions::ServerFunctions, site::SiteFiles,
};
use crate::api::{device_binding, export};
use crate::auth::traces;

/// The pages of an app.
pub struct Pages {
    /// The routes of the pages.
    pub routes: Router<AppState>,
    /// The fallback: the 404 page.
    pub not_found: fn(AppState, Request) -> BoxFuture<'static, Response>,
}

impl Pages {
    /// No pages: the server is an API only.
    pub fn none() -> Self {
        Self {
            routes: Router::new(),
            not_found: |_, _| Box::pin(async { problem::nothing_here().await.into_response() }),
        }
    }
}

/// The whole server: the routes, and around them what every request passes.
pub type App = Either<<Outer as Layer<<ServerFunctions as Layer<Router>>::Service>>::Service, Router>;
type Outer = Stack<CsrfLayer<Refusal>, FrontLayer>;

/// The whole server as one service.
///
/// # Errors
///
/// The public URL is not an origin.
pub fn app(state: AppState, pages: Pages) -> Result<App, ConfigError> {
    let outer = Stack::new(same_origin::layer(&state.public_url)?, FrontLayer::new(&state));
    // Around the router a layer costs nothing, and a server function needs no route; in it each layer is boxed. But only there is
    // the route known, of which the metrics and the traces tell.
    let tells_routes = state.request_observer.is_some() || traces::are_on();
    let functions = ServerFunctions::registered(&state);
    let routes = routes(state, &functions, pages);
    Ok(match tells_routes {
        true => Either::Right(routes.layer(outer)),
        false => Either::Left(outer.layer(functions.layer(routes))),
    })
}

/// The whole server as a router, to be merged into another one.
///
/// # Errors
///
/// The public URL is not an origin.
pub fn router(state: AppState, pages: Pages) -> Result<Router, ConfigError> {
    Ok(Router::new().fallback_service(app(state, pages)?))
}

fn routes(state: AppState, functions: &ServerFunctions, pages: Pages) -> Router {
    let export = Router::new()
        .route("/api/account/export", get(export::download))
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(state.clone(), bearer_guard::layer))
        .layer(from_fn(headers::no_store));

    let Pages { routes, not_found } = pages;
    let pages = routes.layer(from_fn(headers::no_store));

    let status = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/version", get(health::version))
        .route("/.well-known/jwks.json", get(health::jwks))
        .route("/.well-known/change-password", get(change_password))
        .route("/openapi.json", get(openapi::handler(&state)))
        .method_not_allowed_fallback(problem::method_not_allowed);

    let for_tests = match state.test_clock.clone() {
        Some(clock) => Router::new().route("/test/clock", test_clock::route(clock)),
        None => Router::new(),
    };

    let binding = Router::new()
        .route(secure_session::BIND, post(device_binding::bind).fallback(problem::nothing_here))
        .route(secure_session::RENEW, post(device_binding::renew).fallback(problem::nothing_here));

    let files = state.site.files("");
    Router::new()
        .merge(functions.routes())
        .merge(binding)
        .merge(export)
        .merge(pages)
        .merge(status)
        .merge(for_tests)
        .nest_service("/pkg", built_files(&state))
        // A program that failed is loaded anew from here; see `ui/start.js`.
        .nest_service("/pkg/again", built_files(&state))
        .fallback(async move |State(state): State<AppState>, request: Request| {
            fallback(state, files.clone(), request, not_found).await
        })
        .with_state(state)
}

/// The well-known URL for changing passwords (W3C): password managers open it.
async fn change_password(State(state): State<AppState>) -> Redirect {
    Redirect::to(&state.base_path.at("/account"))
}

/// The build's files: content-hashed names, precompressed.
fn built_files(state: &AppState) -> Router {
    let files = state.site.files(&state.leptos.site_pkg_dir);
    let file = async move |request: Request| files.clone().serve(request).await;
    Router::new().fallback(file).layer(from_fn(headers::immutable))
}

/// A static file of the site root, else the 404 page; below `/api/` a problem document.
async fn fallback(
    state: AppState,
    files: SiteFiles,
    request: Request,
    not_found: fn(AppState, Request) -> BoxFuture<'static, Response>,
) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.path().starts_with("/api/") {
        return problem::nothing_here().await.into_response();
    }
    let file = Request::from_parts(parts.clone(), axum::body::Body::empty());
    let found = files.serve(file).await;
    match found.status().is_success() || found.status().is_redirection() {
        true => found,
        false => not_found(state, Request::from_parts(parts, body)).await,
    }
}
