//! The token store: the access token, in memory only, never in web storage. A version that grows
//! with every change and an epoch that grows with every sign-in and sign-out let late answers be
//! discarded.

use std::{cell::RefCell, rc::Rc};

use super::auth_state::{self, TokenStatus};
use crate::api::transport::held_token::HeldToken;
use crate::client::observer::{ClientEvent, emit};
use crate::protocol::tokens::TokenResponse;

#[derive(Default)]
struct Memory {
    held: Option<Rc<HeldToken>>,
    version: u64,
    /// Grows with every sign-in and sign-out. A refresh that began in an earlier epoch must not
    /// overwrite it.
    epoch: u64,
    refreshes: u32,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

fn change<T>(act: impl FnOnce(&mut Memory) -> T) -> T {
    let (result, version) = MEMORY.with_borrow_mut(|memory| {
        memory.version += 1;
        (act(memory), memory.version)
    });
    auth_state::set_token_version(version);
    result
}

pub fn held() -> Option<Rc<HeldToken>> {
    MEMORY.with_borrow(|memory| memory.held.clone())
}

/// The number of sign-ins and sign-outs of this tab so far.
pub fn epoch() -> u64 {
    MEMORY.with_borrow(|memory| memory.epoch)
}

fn store(memory: &mut Memory, grant: TokenResponse) -> Rc<HeldToken> {
    let held = Rc::new(HeldToken::new(grant, memory.version));
    memory.held = Some(held.clone());
    emit(|| ClientEvent::TokenHeld { version: held.version, expires_in: held.expires_in });
    held
}

/// Stores the token of a new session; begins an epoch.
pub fn begin(grant: TokenResponse) -> Rc<HeldToken> {
    change(|memory| {
        memory.epoch += 1;
        memory.refreshes = 0;
        store(memory, grant)
    })
}

/// Stores the token of a refresh that began in `epoch`; `None` when a sign-in or sign-out has
/// happened since.
pub fn renew(grant: TokenResponse, epoch: u64) -> Option<Rc<HeldToken>> {
    if self::epoch() != epoch {
        return None;
    }
    Some(change(|memory| {
        memory.refreshes += 1;
        store(memory, grant)
    }))
}

/// Clears the token; begins an epoch.
pub fn forget() {
    change(|memory| {
        memory.epoch += 1;
        if memory.held.take().is_some() {
            emit(|| ClientEvent::TokenForgotten);
        }
    });
}

/// Facts about the token for the pages, without the token itself.
pub fn status() -> Option<TokenStatus> {
    MEMORY.with_borrow(|memory| {
        memory.held.as_ref().map(|held| TokenStatus {
            version: held.version,
            expires_in: held.expires_in,
            elapsed_ms: held.received.elapsed_ms(),
            refreshes: memory.refreshes,
        })
    })
}
