//! The agent inside a frame (remote control and telemetry): it reports the tab's events to the sandbox, and runs the page's commands
//! by calling the functions that the app's own buttons call. It takes no shortcuts, so the diagram shows what a user would cause.

use std::{cell::Cell, rc::Rc, time::Duration};

use futures::{StreamExt as _, channel::mpsc, future::join_all};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::WithUntracked as _;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::wire::{self, FrameChannel, FrameMessage};
use crate::api::account;
use crate::api::transport::decoration;
use crate::base_path;
use crate::client::auth_state::{AuthState, auth_state};
use crate::client::observer::{self, ClientEvent};
use crate::client::{session, test_controls};
use crate::clock::Stopwatch;
use crate::dom;
use crate::lab::model::event::{Lifeline, SandboxCredentials, TabCommand, TabEvent, TabEventBatch, TabTask};
use crate::lab::words::t;
use crate::notes::api;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::protocol::tokens::AccessToken;

/// Typing is reported after a pause, not at every letter (debounce).
const TYPING_PAUSE: Duration = Duration::from_millis(400);
/// How long to wait until the tab knows its auth state. Milliseconds.
const RESTORING_TIMEOUT: f64 = 8_000.0;

type EventSender = mpsc::UnboundedSender<TabEvent>;

/// Starts the agent before the app starts in a frame, so that no event is missed. Outside a frame it does nothing. If the download
/// fails, the app works as usual, and the lab's page reports that the tab does not answer.
pub async fn start() {
    let Some(tab) = this_tab() else { return };
    decoration::add(name_the_frame);
    if let Ok(begin) = whole().await {
        begin(tab);
    }
}

#[wasm_split(stage, fallible)]
fn whole() -> Result<fn(Lifeline), SplitLoaderError> {
    Ok(begin)
}

fn begin(tab: Lifeline) {
    let (report, seen) = mpsc::unbounded();
    spawn_local(send_reports(tab, seen));
    let sights = report.clone();
    observer::observe(move |sight| report_event(&sights, logged(sight)));
    watch_the_draft(report.clone());
    pass_keys_on();
    run_commands(tab, report);
}

fn this_tab() -> Option<Lifeline> {
    match frame_name()?.as_str() {
        "tab2" => Some(Lifeline::Tab2),
        _ => Some(Lifeline::Tab),
    }
}

/// The name the lab's page gave this frame; `None` outside its frames.
fn frame_name() -> Option<String> {
    if !base_path::current().as_str().starts_with("/lab/") {
        return None;
    }
    web_sys::window()?.name().ok().filter(|name| name == "tab" || name == "tab2")
}

/// Names the frame in a request header: two tabs of a sandbox send the same cookie.
fn name_the_frame(request: &gloo_net::http::Request) {
    if let Some(frame) = frame_name() {
        request.headers().set("lab-tab", &frame);
    }
}

fn report_event(report: &EventSender, seen: TabEvent) {
    let _ = report.unbounded_send(seen);
}

fn logged(sight: ClientEvent) -> TabEvent {
    match sight {
        ClientEvent::AuthState(state) => TabEvent::AuthState { state: state.to_owned() },
        ClientEvent::TokenHeld { version, expires_in } => TabEvent::TokenHeld { version, expires_in },
        ClientEvent::TokenForgotten => TabEvent::TokenForgotten,
        ClientEvent::Refused(code) => TabEvent::Refused { code },
        ClientEvent::RefreshBegins => TabEvent::RefreshBegins,
        ClientEvent::JoinsRefresh => TabEvent::JoinsRefresh,
        ClientEvent::Retries(path) => TabEvent::Retries { path },
    }
}

/// Sends one request at a time, so that the reports arrive in order.
async fn send_reports(tab: Lifeline, mut seen: mpsc::UnboundedReceiver<TabEvent>) {
    let endpoint = base_path::at("/-/seen");
    while let Some(first) = seen.next().await {
        let mut batch = vec![first];
        while let Ok(next) = seen.try_recv() {
            batch.push(next);
        }
        // A lost report leaves a gap in the log; nothing else depends on it.
        let _ = wire::post(&endpoint, &TabEventBatch { tab, seen: batch }).await;
    }
}

/// Gives a key that no field of the app takes to the page around the frame, so that its shortcuts work while the focus is in here.
fn pass_keys_on() {
    let Some(window) = web_sys::window() else { return };
    let Ok(Some(frame)) = window.frame_element() else { return };
    dom::on(&window, "keydown", move |event| {
        let Some(pressed) = event.dyn_ref::<web_sys::KeyboardEvent>() else { return };
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let is_taken = pressed.default_prevented()
            || pressed.ctrl_key()
            || pressed.alt_key()
            || pressed.meta_key()
            || target.is_some_and(|target| {
                target.closest("input, textarea, select, dialog, [popover]").is_ok_and(|field| field.is_some())
            });
        if is_taken {
            return;
        }
        let init = web_sys::KeyboardEventInit::new();
        init.set_key(&pressed.key());
        init.set_bubbles(true);
        init.set_cancelable(true);
        if let Ok(copy) = web_sys::KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init) {
            let around = frame.parent_element();
            // `false`: the page has used it.
            if around.is_some_and(|around| around.dispatch_event(&copy) == Ok(false)) {
                event.prevent_default();
            }
        }
    });
}

/// Reports the length of a draft note, never its text.
fn watch_the_draft(report: EventSender) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let latest = Rc::new(Cell::new(0_u32));
    let root = document.clone();
    dom::on(&root, "input", move |event| {
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
            TimeoutFuture::new(u32::try_from(TYPING_PAUSE.as_millis()).unwrap_or(0)).await;
            if latest.get() == turn {
                report_event(&report, TabEvent::Draft { characters: length_of_the_draft(&document) });
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

fn run_commands(tab: Lifeline, report: EventSender) {
    let Some(channel) = FrameChannel::open(base_path::current().as_str()) else { return };
    channel.hear(move |message| {
        let FrameMessage::Command { command: TabCommand { tab: addressee, task } } = message else { return };
        if addressee != tab {
            return;
        }
        let report = report.clone();
        spawn_local(async move {
            if let Err(why) = perform(task).await {
                report_event(&report, TabEvent::CouldNot { why });
            }
        });
    });
    channel.say(&FrameMessage::Ready { tab });
}

/// Runs a task.
///
/// # Errors
/// The reason in plain words. A refusal by the server that the log shows anyway is not an error.
async fn perform(task: TabTask) -> Result<(), String> {
    match task {
        TabTask::Call { times } => {
            signed_in().await?;
            join_all((0..times).map(|_| api::list(None))).await;
            Ok(())
        }
        TabTask::CallAlone { times } => {
            signed_in().await?;
            join_all((0..times).map(|_| call_alone())).await;
            Ok(())
        }
        TabTask::Refresh => {
            signed_in().await?;
            test_controls::refresh().await;
            Ok(())
        }
        TabTask::Locks { on } => {
            test_controls::locks(on);
            Ok(())
        }
        TabTask::ClientClock { minutes } => {
            test_controls::wall_clock_ahead(minutes);
            Ok(())
        }
        TabTask::Type { text } => type_a_title(&text).ok_or_else(|| {
            t("There is no new note on this page.", "Auf dieser Seite ist keine neue Notiz.").to_owned()
        }),
        TabTask::SignIn => {
            let credentials = credentials().await?;
            in_words(session::sign_in(credentials.email, credentials.password, String::new()).await)
        }
        TabTask::SignOut => {
            signed_in().await?;
            session::sign_out();
            Ok(())
        }
        TabTask::SignOutEverywhere => {
            signed_in().await?;
            in_words(confirmed(async || account::revoke_other_sessions().await).await)?;
            session::sign_out();
            Ok(())
        }
        TabTask::SignOutOtherDevice => sign_out_other_device().await,
        TabTask::ChangePassword => {
            signed_in().await?;
            let SandboxCredentials { password, next_password, .. } = credentials().await?;
            in_words(account::change_password(password, next_password, None, String::new()).await)
        }
        TabTask::Reload => web_sys::window()
            .and_then(|window| window.location().reload().ok())
            .ok_or_else(|| t("This tab could not be reloaded.", "Dieser Tab ließ sich nicht neu laden.").to_owned()),
    }
}

/// A call of a page without single-flight: where it is refused, it refreshes for itself.
async fn call_alone() {
    let Some(token) = test_controls::access_token() else { return };
    if ask_with(&token).await != Some(401) {
        return;
    }
    if let Some(token) = test_controls::refresh_alone().await {
        ask_with(&token).await;
    }
}

/// Asks for the notes with that access token; `None` where no answer came.
async fn ask_with(token: &AccessToken) -> Option<u16> {
    let request = gloo_net::http::Request::get(&base_path::at("/api/notes/list"));
    let request = request.header("authorization", &["Bearer ", token.reveal()].concat()).build().ok()?;
    name_the_frame(&request);
    request.send().await.ok().map(|answer| answer.status())
}

/// Types into the title of a new note. `None` where the page has none.
fn type_a_title(text: &str) -> Option<()> {
    let window = web_sys::window()?;
    let field = window.document()?.get_element_by_id("title")?;
    let field = field.dyn_into::<web_sys::HtmlInputElement>().ok()?;
    // In sight without a focus, which would scroll the page around the frame as well.
    window.scroll_to_with_x_and_y(0.0, f64::from(field.offset_top() - 60));
    field.set_value(text);
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    let input = web_sys::Event::new_with_event_init_dict("input", &init).ok()?;
    field.dispatch_event(&input).ok().map(drop)
}

fn in_words<T>(answer: Result<T, Problem>) -> Result<(), String> {
    answer.map(drop).map_err(|problem| problem.detail)
}

/// Waits until the tab knows its auth state; an error unless it is signed in.
async fn signed_in() -> Result<(), String> {
    let since = Stopwatch::start();
    while state_is(|state| *state == AuthState::Unknown) && since.elapsed_ms() < RESTORING_TIMEOUT {
        TimeoutFuture::new(50).await;
    }
    if state_is(|state| matches!(state, AuthState::Anonymous { .. } | AuthState::Unknown)) {
        let words = t(
            "Nobody is signed in in this tab. Sign in first.",
            "In diesem Tab ist niemand angemeldet. Melde dich zuerst an.",
        );
        return Err(words.to_owned());
    }
    Ok(())
}

fn state_is(so: impl FnOnce(&AuthState) -> bool) -> bool {
    auth_state().with_untracked(so)
}

async fn credentials() -> Result<SandboxCredentials, String> {
    wire::post_for(&base_path::at("/-/credentials"), &()).await.map_err(|problem| problem.detail)
}

async fn sign_out_other_device() -> Result<(), String> {
    signed_in().await?;
    let sessions = account::sessions().await.map_err(|problem| problem.detail)?;
    let other = sessions.into_iter().find(|session| !session.current);
    let id = other.map(|session| session.id).ok_or_else(|| {
        t(
            "There is no other device. Let a second device sign in first.",
            "Es gibt kein anderes Gerät. Lass zuerst ein zweites Gerät sich anmelden.",
        )
    })?;
    in_words(confirmed(async || account::revoke_session(id.clone()).await).await)
}

/// Repeats a call after step-up authentication (RFC 9470) if the server requires it, as the dialog of the sessions page does.
async fn confirmed<T>(call: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    match call().await {
        Err(problem) if problem.code == Code::InsufficientUserAuthentication => {
            let credentials = wire::post_for::<SandboxCredentials>(&base_path::at("/-/credentials"), &()).await?;
            session::reauthenticate(credentials.password).await?;
            call().await
        }
        answer => answer,
    }
}
