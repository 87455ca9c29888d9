//! `/follow/{code}`: a presenter's sandbox on the phones of those who watch. Read-only: what is shown comes from a mirror, and nothing
//! that is sent here reaches the sandbox.

use std::convert::Infallible;

use axum::{
    Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header, request::Parts},
    response::{
        IntoResponse, Redirect, Response,
        sse::{Event as SseEvent, KeepAlive, Sse},
    },
    routing::get,
};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_meta::Stylesheet;
use serde::Deserialize;
use tokio::sync::watch;

use super::event_stream::KEEP_ALIVE;
use super::learn::{LEARN, LESSONS};
use super::mirrors::{Following, code_of};
use super::routes::RouterState;
use super::scenes::text::{Text, t};
use crate::api::edge::app_state::AppState;
use crate::base_path;
use crate::lang::{Lang, lang};
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::server::pages as app_pages;
use crate::ui::components::plain_page::PlainPage;
use crate::ui::shell::{plain_shell, stylesheet};

const TITLE: Text = t("Follow the lab", "Dem Labor folgen");
const ASK: Text = t("The code of the presenter", "Der Code der vortragenden Person");
const FOLLOW: Text = t("Follow", "Folgen");
const WHAT: Text = t(
    "This page shows what the presenter's browser and server do. Nothing that you do here reaches them.",
    "Diese Seite zeigt, was Browser und Server der vortragenden Person tun. Nichts, was du hier tust, erreicht sie.",
);
const UNKNOWN: Text = t(
    "No presentation has this code. Look at it again, or ask for a new one.",
    "Keine Vorführung hat diesen Code. Sieh noch einmal nach, oder frag nach einem neuen.",
);
const GONE: Text = t("The presentation is over.", "Die Vorführung ist zu Ende.");
const AWAY: Text =
    t("No connection. This page tries again by itself.", "Keine Verbindung. Diese Seite versucht es von selbst.");
const FULL: Text = t(
    "Too many follow already, or the presentation is over. Reload the page in a moment.",
    "Es folgen schon zu viele, oder die Vorführung ist zu Ende. Lade die Seite gleich noch einmal.",
);
const NO_SCRIPT: Text =
    t("This page needs JavaScript. The lessons do not:", "Diese Seite braucht JavaScript. Die Lektionen nicht:");
const OPEN_FIRST: Text = t(
    "There is no sandbox to follow. Open the lab, then press this once more.",
    "Es gibt keinen Sandkasten, dem jemand folgen könnte. Öffne das Labor und drücke noch einmal.",
);
const TOO_MANY: Text = t(
    "Too many presentations are followed at once. Try again in a few minutes.",
    "Zu vielen Vorführungen wird zugleich gefolgt. Versuche es in ein paar Minuten noch einmal.",
);

/// The routes for those who follow. [`share`] is among the lab's own.
pub fn routes() -> Router<RouterState> {
    Router::new()
        .route("/follow", get(ask))
        .route("/follow/follow.js", get(script))
        .route("/follow/{code}", get(page))
        .route("/follow/{code}/events", get(events))
}

/// A form of the lab's page: gives the visitor's sandbox a code, and leads to the page that shows it.
pub async fn share(State(lab): State<RouterState>, headers: HeaderMap) -> Result<Redirect, Problem> {
    let sandbox = lab.sandbox_of(&headers).ok_or_else(|| Problem::new(Code::NotFound, OPEN_FIRST.raw(lang())))?;
    let mirror = lab.sandboxes.mirrors.of(&sandbox.id, &sandbox.log);
    let mirror = mirror.ok_or_else(|| Problem::unavailable(TOO_MANY.raw(lang()), 60))?;
    Ok(Redirect::to(&["/follow/", &mirror.code].concat()))
}

#[derive(Deserialize)]
struct Typed {
    code: Option<String>,
}

async fn ask(State(lab): State<RouterState>, Query(typed): Query<Typed>, request: Request) -> Response {
    match typed.code.as_deref().map(code_of).filter(|code| !code.is_empty()) {
        Some(code) => Redirect::to(&["/follow/", &code].concat()).into_response(),
        None => render(lab, request, Content::Ask { unknown: false }).await,
    }
}

async fn page(State(lab): State<RouterState>, Path(typed): Path<String>, request: Request) -> Response {
    let code = code_of(&typed);
    match lab.sandboxes.mirrors.find(&code) {
        None => {
            let mut response = render(lab, request, Content::Ask { unknown: true }).await;
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
        Some(_) if typed != code => Redirect::to(&["/follow/", &code].concat()).into_response(),
        Some(_) => render(lab, request, Content::Follow { code }).await,
    }
}

/// What a page shows below its title. It travels to the view in the request's extensions.
#[derive(Clone)]
enum Content {
    Ask {
        /// The code that was asked for is none.
        unknown: bool,
    },
    Follow {
        code: String,
    },
}

async fn render(lab: RouterState, mut request: Request, content: Content) -> Response {
    request.extensions_mut().insert(content);
    app_pages::plain(lab.app, request, |options| plain_shell(options.clone(), || view(&options))).await
}

fn view(options: &LeptosOptions) -> AnyView {
    let content = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Content>().cloned());
    let lang = lang();
    let content = match content {
        Some(Content::Follow { code }) => following(&code, lang),
        Some(Content::Ask { unknown }) => form(unknown, lang),
        None => form(false, lang),
    };
    let links = view! { <a href=LEARN>{LESSONS.raw(lang)}</a> };
    let style = base_path::files().at(&stylesheet(options, "learn"));
    view! {
        <PlainPage title=TITLE.raw(lang).to_owned() links=links.into_any()>
            <Stylesheet href=style />
            <article class="learn follow">
                <h1>{TITLE.raw(lang)}</h1>
                {content}
            </article>
        </PlainPage>
    }
    .into_any()
}

fn form(unknown: bool, lang: Lang) -> AnyView {
    view! {
        <form action="/follow">
            {unknown.then(|| view! { <p class="problem" role="alert">{UNKNOWN.raw(lang)}</p> })}
            <label for="code">{ASK.raw(lang)}</label>
            <input id="code" name="code" required autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="16" />
            <button class="primary">{FOLLOW.raw(lang)}</button>
        </form>
    }
    .into_any()
}

fn following(code: &str, lang: Lang) -> AnyView {
    let (first, second) = code.split_at(code.len() / 2);
    let site = use_context::<AppState>().map(|state| state.public_url.to_string()).unwrap_or_default();
    view! {
        <p class="code">
            <strong>{[first, "-", second].concat()}</strong>
            <span>{[&*site, "/follow"].concat()}</span>
        </p>
        <p class="hint">{WHAT.raw(lang)}</p>
        <div id="shown"></div>
        <p id="said" role="status" data-gone=GONE.raw(lang) data-away=AWAY.raw(lang) data-full=FULL.raw(lang)></p>
        <noscript>
            <p>{NO_SCRIPT.raw(lang)} " " <a href=LEARN>{LESSONS.raw(lang)}</a></p>
        </noscript>
        <script src="/follow/follow.js" nonce=use_nonce() defer></script>
    }
    .into_any()
}

async fn script() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("follow.js"))
}

async fn events(State(lab): State<RouterState>, Path(code): Path<String>) -> Result<impl IntoResponse, Problem> {
    let mirror = lab.sandboxes.mirrors.find(&code_of(&code));
    let mirror = mirror.ok_or_else(|| Problem::new(Code::NotFound, UNKNOWN.raw(lang())))?;
    let following = lab.sandboxes.mirrors.follow(&mirror, lang());
    // The mirror ends when the lab forgets it, and not with the last who follows it.
    drop(mirror);
    let following = following.ok_or_else(|| Problem::unavailable(FULL.raw(lang()), 30))?;
    let told = Told { following, stopping: lab.sandboxes.stopping.clone(), state: Showing::First };
    let lines = futures::stream::unfold(told, async |mut told| {
        let event = told.next().await?;
        Some((Ok::<_, Infallible>(event), told))
    });
    let stream = Sse::new(lines).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(([("x-accel-buffering", "no")], stream))
}

enum Showing {
    First,
    Next,
    Over,
}

struct Told {
    following: Following,
    stopping: watch::Receiver<bool>,
    state: Showing,
}

impl Told {
    async fn next(&mut self) -> Option<SseEvent> {
        let goes_on = match self.state {
            Showing::Over => return None,
            Showing::First => true,
            Showing::Next => tokio::select! {
                goes_on = self.following.changed() => goes_on,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            },
        };
        self.state = if goes_on { Showing::Next } else { Showing::Over };
        Some(match goes_on {
            true => SseEvent::default().event("shown").data(self.following.now()),
            false => SseEvent::default().event("gone").data("-"),
        })
    }
}
