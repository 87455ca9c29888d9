//! The lab's routes: its page, the control endpoints of each sandbox (`/lab/{sandbox}/-/…`), and everything else below a sandbox,
//! which is that sandbox's app. A sandbox's name is a capability URL: 128 random bits that only its visitor knows.

use std::sync::{Arc, OnceLock};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, Query, Request, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Version, header},
    middleware::{Next, from_fn},
    response::{Html, IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tower::ServiceBuilder;
use tower_http::csrf::ConfigError;
use tracing::Instrument as _;

use super::event_log::redaction::truncated;
use super::learn::LEARN;
use super::sandbox::{self, Sandbox};
use super::sandboxes::Sandboxes;
use super::scenario::scenario_runner;
use super::scenes::{SCENES, glossary::GLOSSARY, text::Numbers};
use super::{actor, document, event_stream, follow, injection, levers, recorder};
use crate::api::edge::app_state::AppState;
use crate::api::edge::{cookies, front::FrontLayer, headers, problem, same_origin};
use crate::auth::throttle::rules::Source;
use crate::base_path::BasePath;
use crate::lab::model::event::{Action, Lifeline, LogEventKind, SandboxCredentials, TabEvent, TabEventBatch};
use crate::lab::model::scene::{Scene, Word};
use crate::lab::words::t;
use crate::lang::{Lang, lang};
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

const COOKIE: &str = "__Secure-lab";
/// The largest body of a control endpoint, in bytes.
const BODY_MAX: usize = 64 * 1024;
/// Tab events in one report.
const TAB_EVENTS_MAX: usize = 200;
const PROBES_MAX: usize = 8;

#[derive(Clone)]
pub struct RouterState {
    pub sandboxes: Arc<Sandboxes>,
    pub app: AppState,
}

pub fn router(sandboxes: Arc<Sandboxes>, app: AppState) -> Result<Router, ConfigError> {
    let control = Router::new()
        .route("/lab", get(page))
        .route("/lab/open", post(open))
        .route("/lab/follow", post(follow::share))
        .route("/lab/scenes.json", in_each_language(scenes(&app)))
        .route("/lab/words.json", in_each_language(words))
        .route("/lab/levers.json", in_each_language(levers::levers))
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
                .layer(DefaultBodyLimit::max(BODY_MAX)),
        );
    let apps = Router::new()
        .route("/lab/{sandbox}", any(enter))
        .route("/lab/{sandbox}/", any(enter))
        .route("/lab/{sandbox}/{*path}", any(enter));
    Ok(control
        .merge(apps)
        .merge(follow::routes().layer(from_fn(headers::no_store)))
        .layer(ServiceBuilder::new().layer(FrontLayer::new(&app)).layer(from_fn(close_connection)))
        .with_state(RouterState { sandboxes, app }))
}

/// Disables keep-alive. A browser repeats a request by itself when a reused connection is cut, which would hide the cut. In HTTP/2 a
/// stream is cut, which it does not repeat, and there is no such header (RFC 9113 section 8.2.2).
async fn close_connection(request: Request, next: Next) -> Response {
    let version = request.version();
    let mut response = next.run(request).await;
    if version < Version::HTTP_2 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn page(State(lab): State<RouterState>, request: Request) -> Response {
    document::page(lab.app, request, &lab.sandboxes.foreign_origins.origins()).await
}

async fn open(State(lab): State<RouterState>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let source = Source::of(lab.app.proxies.client_of(&parts));
    let name = lab.app.base_path.cookie_name(COOKIE);
    let resumed = cookies::first(&parts.headers, &name);
    let sandbox = lab.sandboxes.open(resumed, source).await?;
    let mut response = Json(lab.sandboxes.opened(&sandbox)).into_response();
    let cookie = format!("{name}={}; HttpOnly; Secure; SameSite=Strict; Path=/lab", sandbox.id);
    let cookie = HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""));
    response.headers_mut().append(header::SET_COOKIE, cookie);
    for cookie in resumed.filter(|id| *id != sandbox.id).and_then(sandbox::mount).iter().flat_map(cookies_of_a_wiped) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Deletes the cookies of a visitor's earlier sandbox. A browser keeps a limited number per site, and drops older ones: without
/// this ninety sandboxes would push out the cookie of the real session.
fn cookies_of_a_wiped(mount: &BasePath) -> [HeaderValue; 2] {
    [cookies::refresh::clear(mount), cookies::session_hint::clear(mount)]
}

/// A document that is the same for everybody. It is made once in each language: to find the terms in all texts of all scenes takes
/// longer than everything else about a request.
fn in_each_language<T: Serialize>(
    document: impl Fn(Lang) -> T + Clone + Send + Sync + 'static,
) -> MethodRouter<RouterState> {
    let made: Arc<[OnceLock<Bytes>; Lang::ALL.len()]> = Arc::default();
    get(async move || {
        let lang = lang();
        let json = made[lang as usize].get_or_init(|| serde_json::to_vec(&document(lang)).unwrap_or_default().into());
        ([(header::CONTENT_TYPE, "application/json")], json.clone())
    })
}

/// The scenes as the lab's page shows them: their numbers are those of a sandbox.
fn scenes(app: &AppState) -> impl Fn(Lang) -> Vec<Scene> + Clone + use<> {
    let glossary = app.base_path.at(LEARN);
    move |lang| {
        let numbers = Numbers::of_a_sandbox();
        SCENES.iter().map(|scene| scene.scene(&numbers, lang, glossary.clone())).collect()
    }
}

/// The glossary, likewise.
fn words(lang: Lang) -> Vec<Word> {
    let numbers = Numbers::of_a_sandbox();
    GLOSSARY.iter().map(|term| term.word(&numbers, lang)).collect()
}

#[derive(Deserialize)]
struct EventsQuery {
    after: Option<u64>,
}

async fn events(
    State(lab): State<RouterState>,
    Path(id): Path<String>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let seq = last.or(query.after).unwrap_or(0);
    let sandbox = lab.sandbox(&id)?;
    let permit = lab.sandboxes.stream(&sandbox).ok_or_else(too_many_streams)?;
    // nginx holds a response back until its buffer is full, unless it is told not to.
    Ok(([("x-accel-buffering", "no")], event_stream::follow(&sandbox, permit, seq, lab.sandboxes.stopping.clone())))
}

type RawBody = Result<Bytes, BytesRejection>;

async fn act(State(lab): State<RouterState>, Path(id): Path<String>, body: RawBody) -> Result<StatusCode, Problem> {
    let (sandbox, action) = (lab.sandbox(&id)?, read::<Action>(body)?);
    if !sandbox.may_act() {
        return Err(Problem::too_many(1));
    }
    scenario_runner::run(lab.sandboxes, sandbox, action).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn seen(State(lab): State<RouterState>, Path(id): Path<String>, body: RawBody) -> Result<StatusCode, Problem> {
    let (sandbox, batch) = (lab.sandbox(&id)?, read::<TabEventBatch>(body)?);
    if !matches!(batch.tab, Lifeline::Tab | Lifeline::Tab2) || batch.seen.len() > TAB_EVENTS_MAX {
        return Err(unreadable());
    }
    for seen in batch.seen {
        sandbox.log.add(None, LogEventKind::Seen { tab: batch.tab, seen: shortened(seen) });
    }
    Ok(StatusCode::NO_CONTENT)
}

fn shortened(seen: TabEvent) -> TabEvent {
    match seen {
        TabEvent::AuthState { state } => TabEvent::AuthState { state: truncated(&state) },
        TabEvent::Retries { path } => TabEvent::Retries { path: truncated(&path) },
        TabEvent::CouldNot { why } => TabEvent::CouldNot { why: truncated(&why) },
        seen => seen,
    }
}

async fn credentials(
    State(lab): State<RouterState>,
    Path(id): Path<String>,
) -> Result<Json<SandboxCredentials>, Problem> {
    lab.sandbox(&id)?.credentials().map(Json).ok_or_else(typed_credentials)
}

/// The log as a JSON array, event by event: a slow reader holds one event, and not the log.
async fn export(State(lab): State<RouterState>, Path(id): Path<String>) -> Result<impl IntoResponse, Problem> {
    let sandbox = lab.sandbox(&id)?;
    let (log, last) = (Arc::downgrade(&sandbox.log), sandbox.log.latest());
    let parts = futures::stream::unfold(Some(0), move |sent: Option<u64>| {
        let event = sent.and_then(|seq| log.upgrade()?.next_after(seq)).filter(|event| event.seq <= last);
        let text = event.as_ref().and_then(|event| serde_json::to_string(&**event).ok());
        let part = match (sent, &text) {
            (None, _) => None,
            (Some(0), Some(text)) => Some(["[", text].concat()),
            (Some(0), None) => Some("[]".to_owned()),
            (Some(_), Some(text)) => Some([",", text].concat()),
            (Some(_), None) => Some("]".to_owned()),
        };
        let next = text.and(event).map(|event| event.seq);
        std::future::ready(part.map(|part| (Ok::<_, std::convert::Infallible>(part), next)))
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(parts)))
}

async fn injected(
    State(lab): State<RouterState>,
    Path(id): Path<String>,
    Query(query): Query<injection::InjectionQuery>,
) -> Result<Response, Problem> {
    Ok(injection::page(&*lab.sandbox(&id)?, &query))
}

async fn decoy(
    State(lab): State<RouterState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    lab.sandbox(&id)?;
    Ok(Json(injection::decoys_received(&headers)))
}

async fn probed(State(lab): State<RouterState>, Path(id): Path<String>, body: RawBody) -> Result<StatusCode, Problem> {
    let (sandbox, findings) = (lab.sandbox(&id)?, read::<injection::InjectionFindings>(body)?);
    if findings.results.len() > PROBES_MAX {
        return Err(unreadable());
    }
    let injection::InjectionFindings { content_policy, results } = findings;
    sandbox.log.add(None, LogEventKind::Probed { content_policy, results });
    Ok(StatusCode::NO_CONTENT)
}

/// Passes a request to the sandbox's app, with the path that the app knows.
async fn enter(State(lab): State<RouterState>, mut request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let id = path.split('/').nth(2).unwrap_or_default();
    let Some(sandbox) = lab.sandboxes.find(id) else { return gone(request.headers()) };
    let Some(address) = sandbox.mount.strip(request.uri()) else { return gone(request.headers()) };
    *request.uri_mut() = address;
    // The span marks a sandbox's log lines, so that an alarm inside the lab does not look like one of the app.
    Box::pin(recorder::pass(sandbox, request)).instrument(tracing::info_span!("lab")).await
}

impl RouterState {
    /// The sandbox of the visitor whose lab cookie this is.
    pub fn sandbox_of(&self, headers: &HeaderMap) -> Option<Arc<Sandbox>> {
        self.sandboxes.find(cookies::first(headers, &self.app.base_path.cookie_name(COOKIE))?)
    }

    fn sandbox(&self, id: &str) -> Result<Arc<Sandbox>, Problem> {
        self.sandboxes.find(id).ok_or_else(gone_problem)
    }
}

fn too_many_streams() -> Problem {
    let words = t(
        "Too many pages follow the lab at once. Close one, then reload.",
        "Zu viele Seiten folgen dem Labor zugleich. Schließe eine und lade dann neu.",
    );
    Problem::unavailable(words, 5)
}

fn typed_credentials() -> Problem {
    Problem::new(
        Code::ValidationFailed,
        t(
            "The e-mail or the password of this account was typed, and the lab gives out nothing that was typed. Sign in in the \
             app's own form, or reset the lab.",
            "E-Mail oder Passwort dieses Kontos wurde getippt, und das Labor gibt nichts Getipptes heraus. Melde dich im Formular \
             der App an, oder setze das Labor zurück.",
        ),
    )
}

fn gone_problem() -> Problem {
    Problem::new(
        Code::NotFound,
        t(
            "This sandbox is gone: it was reset or not used for long. Reload /lab for a new one.",
            "Dieser Sandkasten ist weg: zurückgesetzt oder lange nicht benutzt. Lade /lab neu für einen neuen.",
        ),
    )
}

fn gone(headers: &HeaderMap) -> Response {
    const PAGE: &str = "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>This sandbox is gone</title>\
        <h1>This sandbox is gone</h1><p>It was reset or not used for long. \
        <a href=\"/lab\" target=\"_top\">Open the lab</a> for a new one.</p>";
    if actor::header_contains(headers, header::ACCEPT.as_str(), "text/html") {
        (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], Html(PAGE)).into_response()
    } else {
        gone_problem().into_response()
    }
}

fn read<T: DeserializeOwned>(body: RawBody) -> Result<T, Problem> {
    let bytes = body.map_err(|_| unreadable())?;
    serde_json::from_slice(&bytes).map_err(|_| unreadable())
}

fn unreadable() -> Problem {
    Problem::new(
        Code::ValidationFailed,
        t(
            "The lab could not read this. Reload the lab and try again.",
            "Das Labor konnte das nicht lesen. Lade das Labor neu und versuche es wieder.",
        ),
    )
}
