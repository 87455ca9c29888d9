//! The lab's hands and eyes inside a frame: it tells the sandbox what this tab sees, and does what the lab's page asks by
//! calling what the app's own buttons call. So nothing here is a shortcut, and what the diagram shows is what a person would
//! have caused.

use std::{cell::Cell, rc::Rc, time::Duration};

use futures::{StreamExt as _, channel::mpsc, future::join_all};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::WithUntracked as _;
use serde::Serialize;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::wire::{self, Channel, Word};
use crate::api::account;
use crate::api::error::{Code, Problem};
use crate::api::notes;
use crate::client::auth_state::{AuthState, auth_state};
use crate::client::witness::{self, Sight};
use crate::client::{self, levers, session};
use crate::clock::Stopwatch;
use crate::lab::event::{Ask, Credentials, Deed, Lifeline, Seen};
use crate::mount;

/// A person who types is told of when they pause, not at every letter.
const PAUSE_IN_TYPING: Duration = Duration::from_millis(400);
/// In milliseconds.
const RESTORING_LIMIT: f64 = 8_000.0;

type Report = mpsc::UnboundedSender<Seen>;

/// Before the app starts in a frame, so that nothing it does is missed. Anywhere else it does nothing. Without this part
/// the app is as good as ever, and the lab's page says that the tab does not answer.
pub async fn start() {
    if let Some(tab) = this_tab()
        && let Ok(begin) = whole().await
    {
        begin(tab);
    }
}

#[wasm_split(stage, fallible)]
fn whole() -> Result<fn(Lifeline), SplitLoaderError> {
    Ok(begin)
}

fn begin(tab: Lifeline) {
    let (report, seen) = mpsc::unbounded();
    spawn_local(tell_the_sandbox(tab, seen));
    let sights = report.clone();
    witness::listen(move |sight| say(&sights, in_the_log(sight)));
    watch_the_draft(report.clone());
    obey(tab, report);
}

fn this_tab() -> Option<Lifeline> {
    match witness::frame()?.as_str() {
        "tab2" => Some(Lifeline::Tab2),
        _ => Some(Lifeline::Tab),
    }
}

fn say(report: &Report, seen: Seen) {
    let _ = report.unbounded_send(seen);
}

fn in_the_log(sight: Sight) -> Seen {
    match sight {
        Sight::AuthState(state) => Seen::AuthState { state: state.to_owned() },
        Sight::TokenHeld { version, expires_in } => Seen::TokenHeld { version, expires_in },
        Sight::TokenForgotten => Seen::TokenForgotten,
        Sight::Refused(code) => Seen::Refused { code },
        Sight::RefreshBegins => Seen::RefreshBegins,
        Sight::JoinsRefresh => Seen::JoinsRefresh,
        Sight::Retries(path) => Seen::Retries { path },
    }
}

#[derive(Serialize)]
struct Sightings {
    tab: Lifeline,
    seen: Vec<Seen>,
}

/// One request at a time, so that what was seen first arrives first.
async fn tell_the_sandbox(tab: Lifeline, mut seen: mpsc::UnboundedReceiver<Seen>) {
    let desk = mount::at("/-/seen");
    while let Some(first) = seen.next().await {
        let mut batch = vec![first];
        while let Ok(next) = seen.try_recv() {
            batch.push(next);
        }
        // A report that is lost leaves a gap in the log, and nothing else depends on it.
        let _ = wire::post(&desk, &Sightings { tab, seen: batch }).await;
    }
}

/// The length of what is typed into a note, and nothing of it.
fn watch_the_draft(report: Report) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let latest = Rc::new(Cell::new(0_u32));
    let root = document.clone();
    client::on(&root, "input", move |event| {
        let in_a_note = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| element.matches("#title, #body").unwrap_or(false));
        if !in_a_note {
            return;
        }
        let turn = latest.get().wrapping_add(1);
        latest.set(turn);
        let (latest, report, document) = (latest.clone(), report.clone(), document.clone());
        spawn_local(async move {
            TimeoutFuture::new(u32::try_from(PAUSE_IN_TYPING.as_millis()).unwrap_or(0)).await;
            if latest.get() == turn {
                say(&report, Seen::Draft { characters: length_of_the_draft(&document) });
            }
        });
    });
}

fn length_of_the_draft(document: &web_sys::Document) -> u32 {
    let title =
        document.get_element_by_id("title").and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok());
    let body =
        document.get_element_by_id("body").and_then(|field| field.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
    let characters =
        title.map_or(0, |field| field.value().chars().count()) + body.map_or(0, |field| field.value().chars().count());
    u32::try_from(characters).unwrap_or(u32::MAX)
}

fn obey(tab: Lifeline, report: Report) {
    let Some(channel) = Channel::open(mount::current().as_str()) else { return };
    channel.hear(move |word| {
        let Word::Please { ask: Ask { tab: asked, deed } } = word else { return };
        if asked != tab {
            return;
        }
        let report = report.clone();
        spawn_local(async move {
            if let Err(why) = perform(deed).await {
                say(&report, Seen::CouldNot { why });
            }
        });
    });
    channel.say(&Word::Here { tab });
}

/// Why it could not be done, in plain words. A refusal of the server that the log shows anyway is no failure here.
async fn perform(deed: Deed) -> Result<(), String> {
    match deed {
        Deed::Call { times } => {
            signed_in().await?;
            join_all((0..times).map(|_| notes::list())).await;
            Ok(())
        }
        Deed::Refresh => {
            signed_in().await?;
            levers::refresh().await;
            Ok(())
        }
        Deed::Locks { on } => {
            levers::locks(on);
            Ok(())
        }
        Deed::ClientClock { minutes } => {
            levers::wall_clock_ahead(minutes);
            Ok(())
        }
        Deed::SignIn => {
            let credentials = credentials().await?;
            in_words(session::sign_in(credentials.email, credentials.password).await)
        }
        Deed::SignOut => {
            signed_in().await?;
            session::sign_out();
            Ok(())
        }
        Deed::SignOutEverywhere => {
            signed_in().await?;
            in_words(confirmed(async || account::revoke_other_sessions().await).await)?;
            session::sign_out();
            Ok(())
        }
        Deed::SignOutOtherDevice => sign_out_other_device().await,
        Deed::ChangePassword => {
            signed_in().await?;
            let Credentials { password, next_password, .. } = credentials().await?;
            in_words(account::change_password(password, next_password, None).await)
        }
        Deed::Reload => web_sys::window()
            .and_then(|window| window.location().reload().ok())
            .ok_or_else(|| "This tab could not be reloaded.".to_owned()),
    }
}

fn in_words<T>(answer: Result<T, Problem>) -> Result<(), String> {
    answer.map(drop).map_err(|problem| problem.detail)
}

/// A page that has just loaded does not know yet.
async fn signed_in() -> Result<(), String> {
    let since = Stopwatch::start();
    while state_is(|state| *state == AuthState::Unknown) && since.elapsed_ms() < RESTORING_LIMIT {
        TimeoutFuture::new(50).await;
    }
    if state_is(|state| matches!(state, AuthState::Anonymous { .. } | AuthState::Unknown)) {
        return Err("Nobody is signed in in this tab. Sign in first.".to_owned());
    }
    Ok(())
}

fn state_is(so: impl FnOnce(&AuthState) -> bool) -> bool {
    auth_state().with_untracked(so)
}

async fn credentials() -> Result<Credentials, String> {
    wire::post_for(&mount::at("/-/credentials"), &()).await.map_err(|problem| problem.detail)
}

async fn sign_out_other_device() -> Result<(), String> {
    signed_in().await?;
    let sessions = account::sessions().await.map_err(|problem| problem.detail)?;
    let other = sessions.into_iter().find(|session| !session.current);
    let id = other.ok_or("There is no other device. Let a second device sign in first.")?.id;
    in_words(confirmed(async || account::revoke_session(id.clone()).await).await)
}

/// With the password entered again where the server wants that first, as the dialog of the sessions page does.
async fn confirmed<T>(call: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    match call().await {
        Err(problem) if problem.code == Code::InsufficientUserAuthentication => {
            let credentials = wire::post_for::<Credentials>(&mount::at("/-/credentials"), &()).await?;
            session::reauthenticate(credentials.password).await?;
            call().await
        }
        answer => answer,
    }
}
