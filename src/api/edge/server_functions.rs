//! Server functions without Leptos around them: each registered function is found once at start. A call renders nothing, so it
//! makes no reactive owner and no Leptos contexts. What a function may touch of its request and its response travels in a
//! task-local [`Call`], which [`RequestContext`](super::RequestContext) reads.

use std::{
    collections::HashMap,
    convert::Infallible,
    mem,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts},
    response::{IntoResponse as _, Response},
    routing::{MethodFilter, MethodRouter, any},
};
use futures::{
    FutureExt as _,
    future::{BoxFuture, Either, ready},
};
use leptos::server_fn::{
    axum::{get_server_fn_service, server_fn_paths},
    error::SERVER_FN_ERROR_HEADER,
    middleware::BoxedService,
};
use tower::{Layer, Service, service_fn};

use super::{app_state::AppState, bearer_guard, headers::NO_STORE, problem, request_body};
use crate::auth::error::AuthError;
use crate::auth::token::access::Verified;
use crate::protocol::problem::{Problem, with_problem};

/// Every path of the API.
const API: &str = "/api/";
/// The functions below take the refresh cookie, or no credential. All other paths of the API need a bearer token.
const WITHOUT_BEARER: &str = "/api/auth/";

/// In the response of a function that failed.
const FAILED: HeaderName = HeaderName::from_static(SERVER_FN_ERROR_HEADER);

tokio::task_local! {
    static CALL: Arc<Call>;
}

/// One call of a server function: what it reads of its request and adds to its response.
pub(super) struct Call {
    pub state: Arc<AppState>,
    pub parts: Parts,
    /// Of the bearer token; `None` below [`WITHOUT_BEARER`].
    pub verified: Option<Arc<Verified>>,
    headers: Mutex<Vec<(HeaderName, HeaderValue)>>,
}

impl Call {
    /// The call that this task answers; `None` outside of one.
    pub fn current() -> Option<Arc<Call>> {
        CALL.try_with(Arc::clone).ok()
    }

    /// Adds a `Set-Cookie` line to the response.
    pub fn set_cookie(&self, line: HeaderValue) {
        self.add_header((header::SET_COOKIE, line));
    }

    /// Adds a header to the response, beside any of the same name.
    pub fn add_header(&self, line: (HeaderName, HeaderValue)) {
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// The server functions below [`API`].
#[derive(Clone)]
pub struct ServerFunctions {
    by_path: Arc<ByPath>,
    state: Arc<AppState>,
}

type ByPath = HashMap<&'static str, Vec<(Method, Arc<Function>)>>;

impl ServerFunctions {
    /// All that are registered.
    #[must_use]
    pub fn registered(state: &AppState) -> Self {
        let state = Arc::new(state.clone());
        let mut by_path = ByPath::new();
        for (path, method) in server_fn_paths().filter(|(path, _)| path.starts_with(API)) {
            let Some(service) = get_server_fn_service(path, method.clone()) else { continue };
            let function = Function { service: Mutex::new(service), guard: Guard::of(path, &state) };
            by_path.entry(path).or_default().push((method, Arc::new(function)));
        }
        Self { by_path: Arc::new(by_path), state }
    }

    /// Their routes. Other methods are refused there, and other paths below [`API`] are unknown.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let unknown = |path: &str| {
            let guard = Guard::of(path, &self.state);
            move |request: Request| async move {
                guard.check(request.headers()).map(|_| Problem::from(AuthError::NotFound)).into_response()
            }
        };
        let wrong_method = |path: &str| {
            let guard = Guard::of(path, &self.state);
            move |request: Request| async move {
                match guard.check(request.headers()) {
                    Ok(_) => problem::method_not_allowed().await,
                    Err(problem) => problem,
                }
            }
        };
        let route = |path: &str, functions: &[(Method, Arc<Function>)]| {
            functions.iter().fold(MethodRouter::new().fallback(wrong_method(path)), |route, (method, function)| {
                let Ok(filter) = MethodFilter::try_from(method.clone()) else { return route };
                let function = function.clone();
                // A service and no handler: a handler boxes its future once more.
                route.on_service(filter, service_fn(move |request: Request| call(function.clone(), request).map(Ok)))
            })
        };
        self.by_path
            .iter()
            .fold(Router::new(), |routes, (path, functions)| routes.route(path, route(path, functions)))
            .route("/api/auth/{*endpoint}", any(unknown(WITHOUT_BEARER)))
            .route("/api/{*endpoint}", any(unknown(API)))
            .with_state(())
    }
}

/// Calls the functions without a router, whose way to a route is a third of what a call costs (docs/performance.md). What is no
/// call of a function goes on to the inner service.
impl<S> Layer<S> for ServerFunctions {
    type Service = ServerFunctionsFirst<S>;

    fn layer(&self, inner: S) -> ServerFunctionsFirst<S> {
        ServerFunctionsFirst { by_path: self.by_path.clone(), inner }
    }
}

/// The service of [`ServerFunctions`] as a layer.
#[derive(Clone)]
pub struct ServerFunctionsFirst<S> {
    by_path: Arc<ByPath>,
    inner: S,
}

impl<S: Service<Request, Response = Response, Error = Infallible>> Service<Request> for ServerFunctionsFirst<S> {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<BoxFuture<'static, Result<Response, Infallible>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let path = request.uri().path();
        let at_path = if path.starts_with(API) { self.by_path.get(path) } else { None };
        let called = at_path.and_then(|functions| functions.iter().find(|(method, _)| method == request.method()));
        match called {
            Some((_, function)) => Either::Left(call(function.clone(), request).map(Ok).boxed()),
            None => Either::Right(self.inner.call(request)),
        }
    }
}

/// What stands in front of a path.
#[derive(Clone)]
struct Guard {
    state: Arc<AppState>,
    needs_bearer: bool,
}

impl Guard {
    fn of(path: &str, state: &Arc<AppState>) -> Self {
        Self { state: state.clone(), needs_bearer: !path.starts_with(WITHOUT_BEARER) }
    }

    /// The verified bearer token, where the path needs one.
    fn check(&self, headers: &HeaderMap) -> Result<Option<Arc<Verified>>, Problem> {
        if self.needs_bearer { bearer_guard::authenticate(&self.state, headers).map(Some) } else { Ok(None) }
    }
}

/// A registered function.
struct Function {
    /// Locked only while a call begins.
    service: Mutex<BoxedService<Request, Response>>,
    guard: Guard,
}

/// Checks the guard, then reads the body; what is left of the request carries the arguments. All of it is done before the future is
/// made, where there is no body: a large future is copied, and boxed on both ways to a function.
fn call(function: Arc<Function>, request: Request) -> impl Future<Output = Response> {
    let (parts, body) = request.into_parts();
    let verified = match function.guard.check(&parts.headers) {
        Ok(verified) => verified,
        Err(refusal) => return Either::Left(ready(refusal.into_response())),
    };
    if body.is_end_stream() {
        return Either::Right(Either::Left(run(function, parts, verified, body)));
    }
    let receiving = async move {
        match request_body::read(&parts.headers, body).await {
            Ok(body) => run(function, parts, verified, body).await,
            Err(refusal) => refusal.into_response(),
        }
    };
    Either::Right(Either::Right(receiving.boxed()))
}

fn run(
    function: Arc<Function>,
    mut parts: Parts,
    verified: Option<Arc<Verified>>,
    body: Body,
) -> impl Future<Output = Response> {
    let mut arguments = Request::new(body);
    // Moved, since nothing else needs them.
    mem::swap(arguments.method_mut(), &mut parts.method);
    mem::swap(arguments.uri_mut(), &mut parts.uri);
    // `Accept` and `Referer` stay behind: with them Leptos would answer a request for HTML with a redirect.
    if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
        arguments.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    let state = function.guard.state.clone();
    let call = Arc::new(Call { state, parts, verified, headers: Mutex::default() });
    let running = function.service.lock().unwrap_or_else(PoisonError::into_inner).run(arguments);
    answer(function, call, running)
}

async fn answer(function: Arc<Function>, call: Arc<Call>, running: impl Future<Output = Response>) -> Response {
    let (mut response, problem) = with_problem(CALL.scope(call.clone(), running)).await;
    if response.headers_mut().remove(FAILED).is_some() {
        let unknown = || AuthError::Internal("a server function error without a problem").into();
        problem.unwrap_or_else(unknown).write_into(&mut response);
        if !function.guard.needs_bearer {
            // These endpoints take no bearer token, so there is no challenge (RFC 9110 section 11.6.1).
            response.headers_mut().remove(header::WWW_AUTHENTICATE);
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    for (name, value) in call.headers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        headers.append(name, value);
    }
    response
}
