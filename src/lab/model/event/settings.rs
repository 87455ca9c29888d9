//! What the visitor can set in a sandbox: lifetimes, weakened defences, and injected network faults (fault injection).

use serde::{Deserialize, Serialize};

/// The sandbox's settings at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxSettings {
    /// Seconds, as the three that follow.
    pub access_ttl: u64,
    pub refresh_idle: u64,
    pub refresh_absolute: u64,
    pub grace: u64,
    /// The defences that are weakened.
    pub weak: Vec<Defence>,
    pub network: Network,
    /// The fault that the next refresh meets.
    pub next_refresh: Option<RefreshFault>,
    /// 1 is real speed; n holds each request and each response for n times a visible delay.
    pub slow_motion: u32,
    /// Whether each request of a tab waits for the visitor.
    pub stepping: bool,
}

/// A defence that can be weakened, in one sandbox only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defence {
    /// Weakened: a superseded token rotates again, as if refresh tokens were not rotated at all.
    ReuseDetection,
    /// Weakened: no grace; any token but the newest counts as reuse.
    Grace,
    /// Weakened: the server does not check the request's origin.
    OriginCheck,
    /// Weakened: the refresh cookie is `SameSite=None`.
    SameSite,
    /// Weakened: scripts can read the refresh cookie.
    HttpOnly,
    /// Weakened: an access token stays valid after its session has ended.
    InstantRevocation,
    /// Weakened: the page allows inline scripts.
    ContentPolicy,
    /// Weakened: a session that is bound to a device refreshes from anywhere.
    DeviceBinding,
    /// Weakened: the server reads the claims of an access token and does not check its signature.
    SignatureCheck,
    /// Weakened: the server gives out no refresh token.
    RefreshToken,
    /// Weakened: of the calls that a tab makes at once, each refreshes for itself.
    SingleFlight,
    /// Weakened: a restart forgets the sessions and the signing keys.
    StoredSessions,
}

impl Defence {
    pub const ALL: [Defence; 12] = [
        Defence::ReuseDetection,
        Defence::Grace,
        Defence::OriginCheck,
        Defence::SameSite,
        Defence::HttpOnly,
        Defence::InstantRevocation,
        Defence::ContentPolicy,
        Defence::DeviceBinding,
        Defence::SignatureCheck,
        Defence::RefreshToken,
        Defence::SingleFlight,
        Defence::StoredSessions,
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    Up,
    /// The tabs' requests do not arrive: connections are cut before the app sees them.
    Offline,
    /// Every call is answered 503 with `Retry-After`.
    Unavailable,
    /// Every call is answered 429 with `Retry-After`.
    TooMany,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshFault {
    /// The server rotates the token, and the response is lost on its way.
    DropAnswer,
    /// The response takes three seconds.
    DelayAnswer,
    /// The server fails before it does anything: 503.
    Fail,
}
