//! The actions a visitor can trigger: the command messages of the lab, sent as `POST /lab/{sandbox}/-/act`.

use serde::{Deserialize, Serialize};

use super::settings::{Defence, Network, RefreshFault};
use super::tagged::tagged;

/// A button of the lab, and the body of `POST /lab/{sandbox}/-/act`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Action {
    /// The sandbox's clock jumps past the access token's expiry; the tab then requests its notes.
    ExpireAccessToken,
    /// The tab calls the API once, with the access token that it has.
    Call,
    /// Half a note is typed into the tab's page, and not saved.
    TypeNote,
    /// The tab loads its page again: its memory is gone.
    Reload,
    /// Access tokens of 20 seconds instead of 15 minutes, from the next one issued.
    ShortLifetimes {
        on: bool,
    },
    JumpClock {
        seconds: u32,
    },
    Tamper {
        how: Tamper,
    },
    NextRefresh {
        fault: RefreshFault,
    },
    /// Both tabs refresh without the lock between them, released at the same moment.
    RaceTwoTabs,
    FiftyCalls,
    /// The thief copies the refresh token out of the victim's cookie jar.
    StealRefreshToken,
    /// The thief copies the refresh token, then both use it. The fields say who uses it first, and whether the second use falls
    /// within the grace.
    StealAndReplay {
        thief_first: bool,
        within_grace: bool,
    },
    /// The thief refreshes with the token it holds.
    ThiefRefreshes,
    /// The second device signs in and binds its session to its key. The thief copies its refresh token and uses it; then the device
    /// refreshes.
    StealFromBoundDevice,
    StealAccessToken,
    /// The thief calls the API with the stolen access token.
    ThiefCalls,
    /// The thief copies the session's row and tries to refresh with a token built from it.
    LeakDatabase,
    RotateKeys,
    /// Forgets retired keys at once: tokens signed with them stop being valid.
    RetireKeys,
    /// Sets the tab's own wall clock wrong by this many minutes.
    ClientClock {
        minutes: i32,
    },
    SignIn {
        tab2: bool,
    },
    SignOutHere,
    SignOutEverywhere,
    /// Ends the account's other session (the thief's or another device's), as the list of sessions does.
    SignOutOtherDevice,
    /// A second device signs in to the same account, with a cookie jar of its own.
    SignInOtherDevice,
    ChangePassword,
    Network {
        state: Network,
    },
    Weaken {
        defence: Defence,
        weak: bool,
    },
    /// Drops the server's memory; keys and sessions are read from the database again.
    Restart,
    SlowMotion {
        factor: u32,
    },
    /// Every request of a tab waits until `Step`.
    Stepping {
        on: bool,
    },
    Step,
    /// Wipes the sandbox and opens a new one.
    Reset,
}

tagged!(Action, "action");

impl Action {
    /// Whether the action only prepares what comes later: a single event, and no request.
    pub fn only_prepares(&self) -> bool {
        matches!(self, Action::ShortLifetimes { .. } | Action::NextRefresh { .. } | Action::Weaken { .. })
    }
}

/// How an access token is altered before it is sent (RFC 8725 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    Subject,
    Expiry,
    SignatureBit,
    AlgNone,
    OtherKey,
}

impl Tamper {
    pub const ALL: [Tamper; 5] =
        [Tamper::Subject, Tamper::Expiry, Tamper::SignatureBit, Tamper::AlgNone, Tamper::OtherKey];
}

/// Where an attacker's page is served from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignOrigin {
    /// Another site: the browser withholds `SameSite=Strict` cookies.
    OtherSite,
    /// The same host, another port: same-site but cross-origin, so `SameSite` does not stop it.
    OtherPort,
}
