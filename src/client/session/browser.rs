//! What the first download has of the session: the start of the page, and the way to the
//! [`Commands`]. They are a part of their own (code splitting), because a page is live without them:
//! the transport and JSON would be a fifth of the first download. The part is fetched as soon as the
//! page is live, and earlier where a session is to be restored.

use std::cell::Cell;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::commands::{COMMANDS, Commands};
use crate::api::transport::decoration;
use crate::base_path;
use crate::client::auth_state::{self, AuthState};
use crate::client::connection::{FIRST_PAUSE, LONGEST_PAUSE};
use crate::client::session_hint_cookie;
use crate::dom;
use crate::lang::{LANGUAGE_HEADER, lang};
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::protocol::tokens::User;

thread_local! {
    static SIGN_OUT_PENDING: ArcRwSignal<bool> = ArcRwSignal::new(false);
    static STARTED: Cell<Option<&'static Commands>> = const { Cell::new(None) };
}

#[wasm_split(session, fallible)]
fn part() -> Result<&'static Commands, SplitLoaderError> {
    Ok(&COMMANDS)
}

async fn commands() -> Result<&'static Commands, SplitLoaderError> {
    let commands = part().await?;
    if STARTED.replace(Some(commands)).is_none() {
        (commands.start)();
    }
    Ok(commands)
}

/// Waits until the session's part is there.
///
/// # Errors
///
/// The part could not be downloaded. The next call tries again.
pub async fn ready() -> Result<(), SplitLoaderError> {
    commands().await.map(drop)
}

fn not_downloaded(_: SplitLoaderError) -> Problem {
    Problem::new(Code::NoAnswer, lang().problem_unreachable())
}

/// Whether the commands are there.
pub fn is_ready() -> bool {
    STARTED.get().is_some()
}

/// Whether a sign-out in this tab still has to reach the server.
pub fn sign_out_pending() -> ArcRwSignal<bool> {
    SIGN_OUT_PENDING.with(Clone::clone)
}

/// Whether the page came by plain HTTP from another computer (no secure context): browsers keep no
/// `Secure` cookie then.
pub fn is_plain_http() -> bool {
    web_sys::window().is_some_and(|window| !window.is_secure_context())
}

/// Whether this browser keeps no cookies for this site.
pub fn cookies_are_blocked() -> bool {
    !session_hint_cookie::can_be_kept()
}

/// Signs in, and tells the other tabs.
///
/// # Errors
///
/// The server's refusal, [`cookies_blocked`](super::cookies_blocked), `temporarily_unavailable`
/// without an answer in time, or `no_answer` without the session's part.
pub async fn sign_in(email: String, password: String, idempotency_key: String) -> Result<User, Problem> {
    let commands = commands().await.map_err(not_downloaded)?;
    (commands.sign_in)(email, password, idempotency_key).await
}

/// Creates an account and signs in.
///
/// # Errors
///
/// As for [`sign_in`].
pub async fn register(email: String, password: String, idempotency_key: String) -> Result<User, Problem> {
    let commands = commands().await.map_err(not_downloaded)?;
    (commands.register)(email, password, idempotency_key).await
}

/// Signs out this tab and the other tabs at once, and the server as soon as it can be reached. Does
/// nothing before the session's part is there: nobody is signed in then.
pub fn sign_out() {
    if let Some(commands) = STARTED.get() {
        (commands.sign_out)();
    }
}

/// To be called before hydration.
pub fn start() {
    dom::set_root_attribute("data-auth-state", AuthState::Unknown.as_str());
    let base_path = base_path::current();
    if !base_path.is_root() {
        leptos::server_fn::client::set_server_url(String::leak(base_path.as_str().to_owned()));
    }
    // The cookie of the language may have changed since this page was loaded.
    decoration::add(|request| request.headers().set(LANGUAGE_HEADER, lang().tag()));
    if auth_state::signed_in_hint() {
        spawn_local(fetch_commands());
    }
}

/// Marks the page as hydrated, and gets the session's part. To be called after hydration.
pub fn hydrated() {
    spawn_local(async {
        leptos::task::tick().await;
        dom::set_root_attribute("data-hydrated", "true");
        if !auth_state::signed_in_hint() {
            auth_state::set(AuthState::Anonymous { ended: None });
            fetch_commands().await;
        }
    });
}

/// Gets the session's part, however long it takes.
async fn fetch_commands() {
    let mut pause = FIRST_PAUSE;
    while ready().await.is_err() {
        auth_state::not_restored();
        dom::wait(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
