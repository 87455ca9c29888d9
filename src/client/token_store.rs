//! The access token, in this tab's memory and nowhere else, with a version that grows at every change: an answer that comes
//! late is dropped by its version, not by hope.

use std::{cell::RefCell, rc::Rc};

use super::auth_state::{self, Held};
use super::witness::{Sight, saw};
use crate::api::auth::{AccessToken, TokenResponse};
use crate::clock::Stopwatch;

/// Whose token it is. A request is never repeated under another identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user_id: String,
    pub session_id: String,
}

#[derive(Clone, Debug)]
pub struct HeldToken {
    pub token: AccessToken,
    pub version: u64,
    pub identity: Identity,
    received: Stopwatch,
    expires_in: u64,
}

impl HeldToken {
    /// By elapsed time since receipt: the browser's clock may be wrong.
    pub fn is_past_its_time(&self) -> bool {
        self.received.elapsed_ms() >= self.expires_in as f64 * 1000.0
    }
}

#[derive(Default)]
struct Memory {
    held: Option<Rc<HeldToken>>,
    version: u64,
    /// Grows when somebody signs in or out: a refresh that began before must not undo that.
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
    auth_state::set_held_version(version);
    result
}

pub fn held() -> Option<Rc<HeldToken>> {
    MEMORY.with_borrow(|memory| memory.held.clone())
}

pub fn epoch() -> u64 {
    MEMORY.with_borrow(|memory| memory.epoch)
}

fn store(memory: &mut Memory, grant: TokenResponse) -> Rc<HeldToken> {
    let held = Rc::new(HeldToken {
        token: grant.access_token,
        version: memory.version,
        identity: Identity { user_id: grant.user.id, session_id: grant.session_id },
        received: Stopwatch::start(),
        expires_in: grant.expires_in,
    });
    memory.held = Some(held.clone());
    saw(|| Sight::TokenHeld { version: held.version, expires_in: held.expires_in });
    held
}

/// After a sign-in.
pub fn begin(grant: TokenResponse) -> Rc<HeldToken> {
    change(|memory| {
        memory.epoch += 1;
        memory.refreshes = 0;
        store(memory, grant)
    })
}

/// After a refresh that began at `epoch`; `None` when somebody signed in or out since.
pub fn renew(grant: TokenResponse, epoch: u64) -> Option<Rc<HeldToken>> {
    if self::epoch() != epoch {
        return None;
    }
    Some(change(|memory| {
        memory.refreshes += 1;
        store(memory, grant)
    }))
}

/// The session is over.
pub fn forget() {
    change(|memory| {
        memory.epoch += 1;
        if memory.held.take().is_some() {
            saw(|| Sight::TokenForgotten);
        }
    });
}

pub fn about() -> Option<Held> {
    MEMORY.with_borrow(|memory| {
        memory.held.as_ref().map(|held| Held {
            version: held.version,
            expires_in: held.expires_in,
            elapsed_ms: held.received.elapsed_ms(),
            refreshes: memory.refreshes,
        })
    })
}
