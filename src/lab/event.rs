//! The lab's one log. Everything the lab shows, exports, replays and tests is this list of events: each is something that
//! happened, in the server's flow, in a browser, or at the hand of the visitor. A closed set, redacted by construction: no type
//! here can hold a token or a password, only a [`Chip`] that stands for one.

use serde::{Deserialize, Serialize};

use crate::api::error::{Code, RevokeReason};
use crate::clock::Timestamp;

/// One event, as it is streamed (`id:` is `seq`), exported and replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// From 1, without gaps, in the order in which the server came to know.
    pub seq: u64,
    /// By the sandbox's clock, which the visitor can move.
    pub at: Timestamp,
    /// Microseconds since the sandbox was opened, by a clock that nobody moves.
    pub elapsed: u64,
    /// The request this belongs to: all events between a [`What::Request`] and its answer have the same.
    pub exchange: Option<u64>,
    #[serde(flatten)]
    pub what: What,
}

/// Who takes part: a lifeline of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifeline {
    You,
    Tab,
    Tab2,
    CookieJar,
    Server,
    Database,
    Thief,
    OtherSite,
}

/// What stands for a token: the same token has the same chip everywhere, two have different ones, and nobody can get from the
/// chip to the token. The key is the sandbox's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chip {
    /// Two words, `amber-otter`.
    pub words: String,
    /// Six hexadecimal digits.
    pub hex: String,
}

/// A refresh token that was seen: its chip, and the generation it names if its outer tag is genuine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshSeen {
    pub chip: Chip,
    pub generation: Option<u32>,
}

/// An access token that was seen, decoded. Decoded is not verified: that is [`What::AccessChecked`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessSeen {
    /// Of the whole token.
    pub chip: Chip,
    /// The JOSE header as JSON; empty where it cannot be read.
    pub header: serde_json::Map<String, serde_json::Value>,
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// Of the signature's bytes.
    pub signature: Chip,
}

/// A header line as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub name: String,
    /// Secrets replaced by their chip's words.
    pub value: String,
}

/// A field of a form. `value` is `None` for passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: Option<String>,
}

/// Whether one of the sandbox's two cookies came with a request, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieSent {
    pub name: String,
    pub sent: bool,
    pub why: CookieWhy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CookieWhy {
    /// Path and site fit.
    Fits,
    /// The path is not below the cookie's `Path`.
    OtherPath,
    /// `SameSite=Strict` and another site asked.
    OtherSite,
    /// There is none in this jar.
    NotInJar,
    /// It is not a browser that asks: it sends what it likes.
    NoBrowser,
}

/// A `Set-Cookie` line, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieSet {
    pub name: String,
    /// The refresh token in it, for the refresh cookie.
    pub refresh: Option<RefreshSeen>,
    /// `Max-Age=0`.
    pub cleared: bool,
    /// In order: `HttpOnly`, `Secure`, `SameSite=Strict`, `Path=…`, `Max-Age=…`.
    pub attributes: Vec<String>,
}

/// Where the time of an exchange went; the parts follow each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    pub name: HopName,
    pub micros: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopName {
    /// From arrival until the flow first spoke: layers, parsing, reading the session.
    Read,
    PasswordHash,
    Decide,
    Write,
    Sign,
    /// From the flow's last word until the answer was ready.
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Valid,
    Expired,
    /// Not one this server would have made: signature, algorithm, type, key or claims.
    Invalid,
    /// Genuine and in time, but its session is over.
    Revoked,
}

/// What the ratchet said (`docs/flow.md` section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    Rotate,
    Replay,
    ReKey,
    Reuse,
    Ahead,
    Ended,
}

/// A session's row as it lies in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    pub id: String,
    pub device: String,
    pub generation: u32,
    pub parent: Option<u32>,
    /// Superseded generations and when, newest last.
    pub ring: Vec<(u32, Timestamp)>,
    /// Stands for the salt.
    pub salt: Chip,
    /// Stands for the newest refresh token, which is *not* stored: it can be written again from the salt and the server's secret.
    pub newest: Chip,
    pub created_at: Timestamp,
    pub authenticated_at: Timestamp,
    pub last_used_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub revoked: Option<(Timestamp, RevokeReason)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    pub kid: String,
    /// `next`, `active` or `retired`.
    pub state: String,
}

/// What the visitor has set in this sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Seconds.
    pub access_ttl: u64,
    pub refresh_idle: u64,
    pub refresh_absolute: u64,
    pub grace: u64,
    /// The defences that are in their weak form.
    pub weak: Vec<Defence>,
    pub network: Network,
    /// What will happen to the next refresh.
    pub next_refresh: Option<RefreshFault>,
    /// 1 is real speed; 10 holds each hop ten times as long as a person needs to see it.
    pub slow_motion: u32,
    /// Whether each request waits for the visitor.
    pub stepping: bool,
}

/// What can be put into its weak form, for this sandbox alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defence {
    /// Weak: whatever was superseded rotates again, as if refresh tokens were not turned at all.
    ReuseDetection,
    /// Weak: no grace; whatever is not the newest is a reuse.
    Grace,
    /// Weak: the server does not look where a request comes from.
    OriginCheck,
    /// Weak: the refresh cookie is `SameSite=None`.
    SameSite,
    /// Weak: scripts can read the refresh cookie.
    HttpOnly,
    /// Weak: an access token lives on when its session has ended.
    InstantRevocation,
    /// Weak: the page allows inline scripts.
    ContentPolicy,
}

impl Defence {
    pub const ALL: [Defence; 7] = [
        Defence::ReuseDetection,
        Defence::Grace,
        Defence::OriginCheck,
        Defence::SameSite,
        Defence::HttpOnly,
        Defence::InstantRevocation,
        Defence::ContentPolicy,
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    Up,
    /// The tabs' requests do not arrive: connections are cut before the app sees them.
    Offline,
    /// Everything is answered 503 with `Retry-After`.
    Unavailable,
    /// Everything is answered 429 with `Retry-After`.
    TooMany,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshFault {
    /// The server turns the token, and the answer is lost on its way.
    DropAnswer,
    /// The answer takes three seconds.
    DelayAnswer,
    /// The server fails before it does anything: 503.
    Fail,
}

/// How an access token is altered before it is sent.
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

/// A page that belongs to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elsewhere {
    /// Another site: no cookie of `SameSite=Strict` goes along.
    OtherSite,
    /// The same host, another port: the same site, another origin. `SameSite` does not stop it.
    OtherPort,
}

/// A button of the lab, and the body of `POST /lab/{sandbox}/act`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// The sandbox's clock jumps past the end of the access token; the tab then asks for its notes.
    ExpireAccessToken,
    /// Access tokens of 20 seconds instead of 15 minutes; takes effect at the next one.
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
    /// Both tabs refresh without their lock, released together.
    RaceTwoTabs,
    FiftyCalls,
    /// The thief copies the refresh token out of the victim's jar.
    StealRefreshToken,
    /// The thief copies, then both use it: who comes first, and whether the second comes within the grace.
    StealAndReplay {
        thief_first: bool,
        within_grace: bool,
    },
    /// The thief, with what it has.
    ThiefRefreshes,
    StealAccessToken,
    /// The thief calls the API with the stolen access token.
    ThiefCalls,
    /// The stored row is copied, and the thief tries to sign in with what is in it.
    LeakDatabase,
    RotateKeys,
    /// Retired keys are forgotten at once: tokens signed with them stop being valid.
    RetireKeys,
    /// The tab's own clock is wrong by so many minutes.
    ClientClock {
        minutes: i32,
    },
    SignIn {
        tab2: bool,
    },
    SignOutHere,
    SignOutEverywhere,
    /// Ends the other session of the account (the thief's or a second device's), as the list of sessions does.
    SignOutOtherDevice,
    /// A second device signs in: another jar, the same account.
    SignInOtherDevice,
    ChangePassword,
    Network {
        state: Network,
    },
    Weaken {
        defence: Defence,
        weak: bool,
    },
    /// Memory is dropped; keys and sessions are read from the database again.
    Restart,
    SlowMotion {
        factor: u32,
    },
    /// Every request of a tab waits until `Step`.
    Stepping {
        on: bool,
    },
    Step,
    /// The sandbox is wiped and made anew.
    Reset,
}

/// What a tab is asked to do by the lab, over the stream (`event: ask`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub tab: Lifeline,
    pub deed: Deed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// So many protected calls at once.
    Call {
        times: u32,
    },
    /// A refresh, whether needed or not.
    Refresh,
    /// Whether refreshes hold the tabs' lock.
    Locks {
        on: bool,
    },
    ClientClock {
        minutes: i32,
    },
    SignIn,
    SignOut,
    SignOutEverywhere,
    SignOutOtherDevice,
    ChangePassword,
    Reload,
}

/// The browser's half, told by a tab (`POST /lab/{sandbox}/seen`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "saw", rename_all = "snake_case")]
pub enum Seen {
    /// The tab's auth state changed: `unknown`, `anonymous`, `signed-in`, `offline`.
    AuthState {
        state: String,
    },
    /// A token came into memory; `version` counts in this tab.
    TokenHeld {
        version: u64,
        expires_in: u64,
    },
    TokenForgotten,
    /// A call was refused with this, so the tab refreshes.
    Refused {
        code: Code,
    },
    /// A refresh was wanted while one was under way: it joins.
    JoinsRefresh,
    RefreshBegins,
    /// The call is sent again with the new token.
    Retries {
        path: String,
    },
    /// A person's unsaved text, in characters: it must survive.
    Draft {
        characters: u32,
    },
    /// A deed could not be done, in plain words.
    CouldNot {
        why: String,
    },
}

/// Where a token was kept when a script was injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    LocalStorage,
    ReadableCookie,
    Memory,
    HttpOnlyCookie,
}

/// What an injected script achieved with one way of storing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub storage: Storage,
    /// The script had the token's text.
    pub read: bool,
    /// The script could make the browser use it.
    pub used: bool,
    /// It is still there after the tab was closed.
    pub survives: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// The sandbox is there: the beginning of every log.
    Opened {
        email: String,
        mount: String,
    },
    /// The visitor pressed a button.
    Acted {
        action: Action,
    },
    /// A request arrived at the server's edge.
    Request(Request),
    /// The same exchange's end: what went back.
    Response(Response),
    /// The answer never reached who asked.
    Lost {
        to: Lifeline,
    },
    /// A request waits: at the barrier, for the visitor, or because the network is slow.
    Held {
        why: HeldBy,
        micros: u64,
    },
    PasswordChecked {
        right: bool,
    },
    AccessChecked {
        verdict: Verdict,
    },
    Decided {
        ruling: Ruling,
        presented: u32,
        newest: u32,
        parent: Option<u32>,
    },
    /// The compare-and-swap; `won: false` reads and decides again.
    Swapped {
        won: bool,
    },
    SessionEnded {
        session: String,
        reason: RevokeReason,
    },
    /// A row is different from before: the whole row, and which columns changed (all of them, when it is new).
    Row {
        row: SessionRow,
        changed: Vec<String>,
    },
    /// A row is gone.
    RowGone {
        id: String,
    },
    Keys {
        keys: Vec<KeyRow>,
    },
    /// The visitor moved the sandbox's clock.
    ClockJumped {
        seconds: u64,
    },
    Settings {
        settings: Settings,
    },
    Restarted,
    /// The thief has a copy of a refresh token.
    StoleRefresh {
        token: RefreshSeen,
    },
    StoleAccess {
        token: AccessSeen,
    },
    /// What a stolen row is worth: the columns the thief got.
    StoleRow {
        row: SessionRow,
    },
    Seen {
        tab: Lifeline,
        seen: Seen,
    },
    Probed {
        content_policy: bool,
        results: Vec<Probe>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    Barrier,
    Visitor,
    SlowMotion,
    SlowNetwork,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub from: Lifeline,
    pub method: String,
    /// Within the app: without the sandbox's mount.
    pub path: String,
    pub headers: Vec<Header>,
    pub fields: Vec<Field>,
    pub bearer: Option<AccessSeen>,
    pub refresh: Option<RefreshSeen>,
    /// The refresh cookie and its readable companion.
    pub cookies: Vec<CookieSent>,
    /// The page this is for is being loaded, as opposed to a call from a page.
    pub navigation: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    pub to: Lifeline,
    pub status: u16,
    pub code: Option<Code>,
    pub headers: Vec<Header>,
    pub cookies: Vec<CookieSet>,
    /// The access token in the body.
    pub access: Option<AccessSeen>,
    pub hops: Vec<Hop>,
    /// From arrival to answer.
    pub micros: u64,
}

/// The answer to `POST /lab/open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// `/lab/<sandbox>`.
    pub mount: String,
    pub email: String,
    /// Origins of the other site and the other port; `None` where this lab cannot have them.
    pub other_site: Option<String>,
    pub other_port: Option<String>,
    /// Minutes without use after which the sandbox is wiped.
    pub idle_minutes: u32,
}

/// The answer to `POST /lab/{sandbox}/credentials`, for the tab that signs in by itself. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub email: String,
    pub password: String,
    /// What the password is changed to next.
    pub next_password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_goes_round() {
        let event = Event {
            seq: 3,
            at: Timestamp(1_000),
            elapsed: 12,
            exchange: Some(1),
            what: What::Acted { action: Action::StealAndReplay { thief_first: true, within_grace: false } },
        };
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        assert!(json.contains(r#""kind":"acted""#), "{json}");
    }
}
