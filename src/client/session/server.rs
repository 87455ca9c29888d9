//! Server stubs: pages are rendered without a session, so no command does anything.

use leptos::prelude::*;
use wasm_split_helpers::SplitLoaderError;

use crate::protocol::problem::Problem;
use crate::protocol::tokens::User;

fn only_in_a_browser<T>() -> Result<T, Problem> {
    Err(Problem::unavailable("Only a browser can do this.", 1))
}

pub async fn ready() -> Result<(), SplitLoaderError> {
    Ok(())
}

pub fn is_ready() -> bool {
    false
}

pub async fn sign_in(_email: String, _password: String, _idempotency_key: String) -> Result<User, Problem> {
    only_in_a_browser()
}

pub async fn register(_email: String, _password: String, _idempotency_key: String) -> Result<User, Problem> {
    only_in_a_browser()
}

pub async fn reauthenticate(_password: String) -> Result<(), Problem> {
    only_in_a_browser()
}

pub fn user_changed(_user: User) {}

pub fn sign_out() {}

pub fn account_deleted() {}

pub fn is_plain_http() -> bool {
    false
}

pub fn cookies_are_blocked() -> bool {
    false
}

pub fn sign_out_pending() -> ArcRwSignal<bool> {
    ArcRwSignal::new(false)
}
