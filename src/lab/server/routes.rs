//! The lab's routes: its page, the desk of each sandbox (`/lab/{sandbox}/-/…`), and everything else below a sandbox, which is
//! that sandbox's app. Whoever knows a sandbox's name may use it; the name is 128 random bits and no other visitor has it.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, Request, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{Html, IntoResponse, Response},
    routing::{any, get, post},
};
use serde::{Deserialize, de::DeserializeOwned};
use tower::ServiceBuilder;
use tower_http::{catch_panic::CatchPanicLayer, csrf::ConfigError};
use tracing::Instrument as _;

use super::redacted::short;
use super::rooms::Rooms;
use super::sandbox::Sandbox;
use super::{director, injection, recorder, stream, who};
use crate::api::error::{Code, Problem};
use crate::auth::throttle::Source;
use crate::lab::event::{Action, Credentials, Event, Lifeline, Seen, What};
use crate::server::{app_state::AppState, cookies, headers, problem, same_origin};

const COOKIE: &str = "__Secure-lab";
/// What a tab has seen since it told last.
const DESK_MAX: usize = 64 * 1024;
const SEEN_MAX: usize = 200;
const PROBES_MAX: usize = 8;

#[derive(Clone)]
struct Lab {
    rooms: Arc<Rooms>,
    app: AppState,
}

pub fn router(rooms: Arc<Rooms>, app: AppState) -> Result<Router, ConfigError> {
    let desk = Router::new()
        .route("/lab", get(page))
        .route("/lab/open", post(open))
        .route("/lab/{sandbox}/-/events", get(events))
        .route("/lab/{sandbox}/-/act", post(act))
        .route("/lab/{sandbox}/-/seen", post(seen))
        .route("/lab/{sandbox}/-/credentials", post(credentials))
        .route("/lab/{sandbox}/-/export.json", get(export))
        .route("/lab/{sandbox}/-/injection", get(injected))
        .route("/lab/{sandbox}/-/injection.js", get(injection::script))
        .route("/lab/{sandbox}/-/decoy", post(decoy))
        .route("/lab/{sandbox}/-/probed", post(probed))
        .route("/lab/{sandbox}/-/{*other}", any(problem::nothing_here))
        .layer(
            ServiceBuilder::new()
                .layer(from_fn(headers::no_store))
                .layer(same_origin::layer(&app.public_url)?)
                .layer(DefaultBodyLimit::max(DESK_MAX)),
        );
    let apps = Router::new()
        .route("/lab/{sandbox}", any(enter))
        .route("/lab/{sandbox}/", any(enter))
        .route("/lab/{sandbox}/{*path}", any(enter));
    Ok(desk
        .merge(apps)
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(app.clone(), headers::layer))
                .layer(CatchPanicLayer::custom(problem::from_panic))
                .layer(from_fn(one_connection_each)),
        )
        .with_state(Lab { rooms, app }))
}

/// A browser repeats a request by itself when a connection that it had used before is cut, and nobody would see the cut.
async fn one_connection_each(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn page(State(lab): State<Lab>, request: Request) -> Response {
    super::page::page(lab.app, request, &lab.rooms.others.origins()).await
}

async fn open(State(lab): State<Lab>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let source = Source::of(lab.app.proxies.client_of(&parts));
    let sandbox = lab.rooms.open(resumed(&parts), source).await?;
    let mut response = Json(lab.rooms.opened(&sandbox)).into_response();
    let cookie = format!("{COOKIE}={}; HttpOnly; Secure; SameSite=Strict; Path=/lab", sandbox.id);
    let cookie = HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""));
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The sandbox this visitor had before.
fn resumed(parts: &Parts) -> Option<&str> {
    cookies::first(&parts.headers, COOKIE)
}

#[derive(Deserialize)]
struct From {
    after: Option<u64>,
}

async fn events(
    State(lab): State<Lab>,
    Path(id): Path<String>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let seq = last.or(from.after).unwrap_or(0);
    Ok(stream::follow(lab.sandbox(&id)?, seq, lab.rooms.stopping.clone()))
}

type Body = Result<Bytes, BytesRejection>;

async fn act(State(lab): State<Lab>, Path(id): Path<String>, body: Body) -> Result<StatusCode, Problem> {
    let (sandbox, action) = (lab.sandbox(&id)?, read::<Action>(body)?);
    if !sandbox.may_act() {
        return Err(Problem::too_many(1));
    }
    director::act(lab.rooms, sandbox, action).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Told {
    tab: Lifeline,
    seen: Vec<Seen>,
}

async fn seen(State(lab): State<Lab>, Path(id): Path<String>, body: Body) -> Result<StatusCode, Problem> {
    let (sandbox, told) = (lab.sandbox(&id)?, read::<Told>(body)?);
    if !matches!(told.tab, Lifeline::Tab | Lifeline::Tab2) || told.seen.len() > SEEN_MAX {
        return Err(unreadable());
    }
    for seen in told.seen {
        if sandbox.log.is_full() {
            break;
        }
        sandbox.log.add(None, What::Seen { tab: told.tab, seen: shortened(seen) });
    }
    Ok(StatusCode::NO_CONTENT)
}

fn shortened(seen: Seen) -> Seen {
    match seen {
        Seen::AuthState { state } => Seen::AuthState { state: short(&state) },
        Seen::Retries { path } => Seen::Retries { path: short(&path) },
        Seen::CouldNot { why } => Seen::CouldNot { why: short(&why) },
        seen => seen,
    }
}

async fn credentials(State(lab): State<Lab>, Path(id): Path<String>) -> Result<Json<Credentials>, Problem> {
    Ok(Json(lab.sandbox(&id)?.credentials()))
}

async fn export(State(lab): State<Lab>, Path(id): Path<String>) -> Result<Json<Vec<Event>>, Problem> {
    Ok(Json(lab.sandbox(&id)?.log.after(0)))
}

async fn injected(
    State(lab): State<Lab>,
    Path(id): Path<String>,
    Query(asked): Query<injection::Asked>,
) -> Result<Response, Problem> {
    Ok(injection::page(&*lab.sandbox(&id)?, &asked))
}

async fn decoy(
    State(lab): State<Lab>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    lab.sandbox(&id)?;
    Ok(Json(injection::came(&headers)))
}

async fn probed(State(lab): State<Lab>, Path(id): Path<String>, body: Body) -> Result<StatusCode, Problem> {
    let (sandbox, found) = (lab.sandbox(&id)?, read::<injection::Found>(body)?);
    if found.results.len() > PROBES_MAX || sandbox.log.is_full() {
        return Err(unreadable());
    }
    let injection::Found { content_policy, results } = found;
    sandbox.log.add(None, What::Probed { content_policy, results });
    Ok(StatusCode::NO_CONTENT)
}

/// The sandbox's app.
async fn enter(State(lab): State<Lab>, mut request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let id = path.split('/').nth(2).unwrap_or_default();
    let Some(sandbox) = lab.rooms.find(id) else { return gone(request.headers()) };
    let address = request.uri().path_and_query().map(|address| address.as_str()).unwrap_or_default();
    let within = sandbox.mount.within(address);
    // `/lab/x?a=1` is the root with a query.
    let within = if within.starts_with('/') { within.to_owned() } else { format!("/{within}") };
    let Ok(address) = within.parse::<Uri>() else { return gone(request.headers()) };
    *request.uri_mut() = address;
    // The log says which lines are a sandbox's: nobody need be alarmed by an alarm of the lab.
    Box::pin(recorder::pass(sandbox, request)).instrument(tracing::info_span!("lab")).await
}

impl Lab {
    fn sandbox(&self, id: &str) -> Result<Arc<Sandbox>, Problem> {
        self.rooms.find(id).ok_or_else(gone_problem)
    }
}

fn gone_problem() -> Problem {
    Problem::new(Code::NotFound, "This sandbox is gone: it was reset or not used for long. Reload /lab for a new one.")
}

fn gone(headers: &HeaderMap) -> Response {
    const PAGE: &str = "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>This sandbox is gone</title>\
        <h1>This sandbox is gone</h1><p>It was reset or not used for long. \
        <a href=\"/lab\" target=\"_top\">Open the lab</a> for a new one.</p>";
    if who::says(headers, header::ACCEPT.as_str(), "text/html") {
        (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], Html(PAGE)).into_response()
    } else {
        gone_problem().into_response()
    }
}

fn read<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let bytes = body.map_err(|_| unreadable())?;
    serde_json::from_slice(&bytes).map_err(|_| unreadable())
}

fn unreadable() -> Problem {
    Problem::new(Code::ValidationFailed, "The lab could not read this. Reload the lab and try again.")
}
