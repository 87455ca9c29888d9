//! What a story is made of: facts of the log, each with the numbers that its sentence names. `words` has the sentences.

use serde::{Deserialize, Serialize};

use crate::lab::model::event::{Lifeline, Tamper};
use crate::protocol::session::RevokeReason;

/// One thing that happened, as its causes in the log tell it. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// These calls were refused, so a tab refreshes.
    AccessExpired {
        calls: usize,
    },
    AccessMissing {
        calls: usize,
    },
    /// The key that signed the access token is no longer known.
    AccessKeyForgotten,
    AccessNotGenuine,
    /// The tab has no access token and nothing was refused: it was loaded.
    NoAccessYet {
        who: Lifeline,
    },
    /// The tab refreshes though its access token is still good.
    WantsFresh {
        who: Lifeline,
    },
    /// The answer to the refresh before did not arrive, or said to wait.
    AsksAgain {
        who: Lifeline,
    },
    ThiefSends {
        number: u32,
    },
    /// A refresh token that was built without the server's secret.
    ForgerySent,
    Sent {
        who: Lifeline,
        number: u32,
    },
    /// Single-flight is off: each of the refused calls refreshed.
    EachRefreshed {
        calls: usize,
    },
    /// The same: others had used the token up meanwhile.
    TakenForRaces {
        grace: u64,
    },
    /// The same refresh token, while the other request with it was under way.
    SentToo {
        who: Lifeline,
        number: u32,
    },
    NothingToSend,

    Rotated {
        old: u32,
        new: u32,
    },
    /// Reuse detection is off: a token that was used up is rotated.
    RotatedAgain {
        old: u32,
        new: u32,
    },
    ReplayedToRacer {
        newest: u32,
        grace: u64,
    },
    /// The answer with it was lost.
    ReplayedLost {
        newest: u32,
        grace: u64,
    },
    /// A thief and the owner used one token within the grace.
    ReplayedToSecondHolder {
        newest: u32,
        grace: u64,
        first: Lifeline,
    },
    Replayed {
        newest: u32,
        grace: u64,
    },
    /// The answer with `unused` was lost.
    ReKeyedLost {
        unused: u32,
        new: u32,
    },
    /// `unused` has arrived at somebody else.
    ReKeyedHeld {
        unused: u32,
        new: u32,
        holder: Lifeline,
    },
    ReKeyed {
        unused: u32,
        new: u32,
    },
    ReusedTripwire {
        number: u32,
    },
    ReusedAfter {
        number: u32,
        first: Lifeline,
    },
    /// Without the grace: nobody has stolen anything.
    FalseAlarm {
        number: u32,
    },
    Ahead,
    /// The session is bound to a device, and the caller has no proof that it is there.
    NotTheDevice,
    SessionOver {
        reason: Option<RevokeReason>,
        idle: u64,
        absolute: u64,
    },
    ForgeryRefused,
    /// The token is genuine, but its session was forgotten.
    SessionForgotten,
    NobodySignedIn,
    /// 503 or 429: nothing was done.
    Busy {
        status: u16,
    },
    Deciding,

    AnswerLost {
        kept: Option<u32>,
    },
    LockedOut,
    SignsOut {
        who: Lifeline,
    },
    ThiefHasFresh,
    /// The same, where reuse detection is off.
    ThiefStays,
    SentAgain {
        calls: usize,
        done: usize,
        status: u16,
        typed: bool,
    },
    SentAgainLost,

    SignedIn,
    PasswordWrong,
    AccessInBody {
        lives: u64,
    },
    RefreshInCookie {
        number: u32,
        http_only: bool,
    },
    OtherDeviceSignedIn,
    SignedOut,
    SessionEnded {
        reason: RevokeReason,
    },
    Called,
    CallOfEndedSession,
    ThiefRead,
    /// Instant revocation is off: the session has ended.
    ThiefReadAfterEnd,
    ThiefReadNothing,
    ThiefTooLate,
    Forged {
        how: Tamper,
    },
    ForgedAccepted {
        how: Tamper,
    },

    CookieKeptBack,
    CookieSentAlong,
    /// `SameSite` is off.
    CookieSentFromOtherSite,
    OriginRefused {
        calls: usize,
    },
    OriginNotChecked,
    FollowedLink,
    ScriptStopped,
    ScriptRan {
        read: usize,
        places: usize,
    },
    CookieUnreadable,
    CookieRead,

    ClockMoved {
        by: u64,
    },
    Restarted,
    /// Stored sessions are off.
    RestartedEmpty,
    KeysRotated,
    KeysRetired,
    StoleRefresh {
        number: u32,
    },
    StoleAccess {
        lives: u64,
    },
    StoleRow,
    NotReached {
        who: Lifeline,
    },
    Answered {
        status: u16,
    },
}

/// What a sentence is to the account's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Plain,
    /// Something is safe, or whole again.
    Good,
    /// Somebody got what is not theirs, or the owner lost what is.
    Bad,
}

impl Fact {
    pub const fn mood(&self) -> Mood {
        match self {
            Fact::LockedOut
            | Fact::SentAgain { status: 200..=299, .. }
            | Fact::ReplayedToRacer { .. }
            | Fact::ReplayedLost { .. }
            | Fact::ReKeyedLost { .. }
            | Fact::ReusedTripwire { .. }
            | Fact::ReusedAfter { .. }
            | Fact::ForgeryRefused
            | Fact::NotTheDevice
            | Fact::SignedIn
            | Fact::SignedOut
            | Fact::Called
            | Fact::ThiefReadNothing
            | Fact::ThiefTooLate
            | Fact::Forged { .. }
            | Fact::CookieKeptBack
            | Fact::OriginRefused { .. }
            | Fact::ScriptStopped => Mood::Good,
            Fact::RotatedAgain { .. }
            | Fact::ReplayedToSecondHolder { .. }
            | Fact::ReKeyedHeld { .. }
            | Fact::FalseAlarm { .. }
            | Fact::Ahead
            | Fact::ThiefHasFresh
            | Fact::ThiefStays
            | Fact::PasswordWrong
            | Fact::RefreshInCookie { http_only: false, .. }
            | Fact::ThiefRead
            | Fact::ThiefReadAfterEnd
            | Fact::ForgedAccepted { .. }
            | Fact::CookieSentFromOtherSite
            | Fact::OriginNotChecked
            | Fact::ScriptRan { .. }
            | Fact::CookieRead
            | Fact::RestartedEmpty
            | Fact::SessionForgotten
            | Fact::EachRefreshed { .. }
            | Fact::StoleRefresh { .. }
            | Fact::StoleAccess { .. }
            | Fact::StoleRow => Mood::Bad,
            _ => Mood::Plain,
        }
    }
}
