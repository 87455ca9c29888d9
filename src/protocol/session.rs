//! Sessions, the security history and notices as wire types, and the name of the session hint
//! cookie.

use serde::{Deserialize, Deserializer, Serialize};

use crate::base_path::BasePath;
use crate::clock::Timestamp;

/// The name of the session hint cookie, which is readable by scripts, not secret, and no proof of a
/// session. The name depends on the base path, because pages below a base path also see the cookies
/// of the root, and on the port, which cookies do not know. At the root it names this app, because
/// other apps of the host have cookies there too.
pub fn hint_cookie_name(base_path: &BasePath) -> String {
    let name = match base_path.as_str().split('/').nth(1) {
        Some(first) => [first, "_signed_in"].concat(),
        None => "two_tokens_signed_in".to_owned(),
    };
    base_path.cookie_name(&name)
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// Signed out in this browser.
    Logout,
    /// Replaced by another sign-in in the same browser.
    Replaced,
    /// Ended from the session list of another browser.
    SignedOutElsewhere,
    /// A superseded refresh token was presented after the grace period: possible theft (replay
    /// detection).
    Reuse,
    PasswordChanged,
    AccountDeleted,
    AccountDisabled,
    /// Ended by an operator, who keeps the account: for its safety, or after a restored backup.
    EndedByOperator,
    /// The account had too many sessions, and this one was unused longest.
    SessionLimit,
    /// Not revoked but expired: it was unused for longer than the idle limit. Never in the database.
    IdleLimit,
    /// Not revoked but expired: it reached the absolute limit. Never in the database.
    AbsoluteLimit,
}

impl RevokeReason {
    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            RevokeReason::Logout => "logout",
            RevokeReason::Replaced => "replaced",
            RevokeReason::SignedOutElsewhere => "signed_out_elsewhere",
            RevokeReason::Reuse => "reuse",
            RevokeReason::PasswordChanged => "password_changed",
            RevokeReason::AccountDeleted => "account_deleted",
            RevokeReason::AccountDisabled => "account_disabled",
            RevokeReason::EndedByOperator => "ended_by_operator",
            RevokeReason::SessionLimit => "session_limit",
            RevokeReason::IdleLimit => "idle_limit",
            RevokeReason::AbsoluteLimit => "absolute_limit",
        }
    }

    /// The reasons of a revocation: those that the database holds.
    pub const REVOKED: [Self; 9] = [
        RevokeReason::Logout,
        RevokeReason::Replaced,
        RevokeReason::SignedOutElsewhere,
        RevokeReason::Reuse,
        RevokeReason::PasswordChanged,
        RevokeReason::AccountDeleted,
        RevokeReason::AccountDisabled,
        RevokeReason::EndedByOperator,
        RevokeReason::SessionLimit,
    ];

    /// The reasons of a session that was not revoked but expired.
    pub const EXPIRED: [Self; 2] = [RevokeReason::IdleLimit, RevokeReason::AbsoluteLimit];

    /// The reason of a name on the wire; `None` for one that this program does not know, of a newer server.
    pub fn known(name: &str) -> Option<Self> {
        Self::REVOKED.into_iter().chain(Self::EXPIRED).find(|reason| reason.as_str() == name)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::REVOKED.into_iter().find(|reason| reason.as_str() == text)
    }

    /// The reason that a database or another instance gives. One that this program does not know, of a
    /// newer one, counts as signed out elsewhere: the session has ended whatever the word is.
    pub fn of_any_version(text: &str) -> Self {
        Self::parse(text).unwrap_or(RevokeReason::SignedOutElsewhere)
    }
}

/// The claims of the access token, answered without a database query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    pub id: String,
    pub session_id: String,
    /// When the password was last entered: the `auth_time` claim.
    pub signed_in_at: Timestamp,
    pub access_token_issued_at: Timestamp,
    pub access_token_expires_at: Timestamp,
}

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub id: String,
    pub current: bool,
    /// The browser, as in "Firefox on Linux".
    pub device: String,
    pub signed_in_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whether the session is bound to its device, so that a copy of its cookie is worthless elsewhere.
    #[serde(default)]
    pub bound: bool,
}

/// How many sessions a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnded {
    pub ended: u32,
}

/// Reads the reason of a newer server as none: the session has ended whatever the word for it is.
fn known_reason<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RevokeReason>, D::Error> {
    let name = Option::<String>::deserialize(from)?;
    Ok(name.as_deref().and_then(RevokeReason::known))
}

/// The kinds of events in the owner's security history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    SignedUp,
    SignedIn,
    SignInRefused,
    SignedOut,
    /// A session ended other than by signing out in its own browser; `reason` says why.
    SessionEnded,
    /// A superseded refresh token was presented after the grace period, so its session was revoked.
    #[serde(rename = "refresh_token_reused")]
    Reuse,
    /// Somebody had the session's refresh token, and another device than the session is bound to.
    WrongDevice,
    /// A refresh token was newer than the stored generation, as after restoring a backup.
    #[serde(rename = "refresh_token_ahead")]
    Ahead,
    Reauthenticated,
    ReauthenticationRefused,
    PasswordChanged,
    PasswordChangeRefused,
    EmailChanged,
    EmailChangeRefused,
    AccountDeletionRefused,
    /// One that this program does not know, of a newer server. Never sent.
    #[serde(other)]
    Other,
}

/// One entry of the security history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    pub at: Timestamp,
    pub kind: HistoryKind,
    /// The browser that did it, as in "Firefox on Linux"; for a session that was ended, the browser
    /// that ended it.
    pub device: String,
    /// Whether it happened to the session of this request.
    pub current_session: bool,
    /// With [`HistoryKind::SignedOut`], [`HistoryKind::SessionEnded`] and [`HistoryKind::Reuse`].
    #[serde(default, deserialize_with = "known_reason", skip_serializing_if = "Option::is_none")]
    pub reason: Option<RevokeReason>,
}

/// An alarm: a superseded refresh token was presented, so its session was revoked. Shown until
/// dismissed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: String,
    pub at: Timestamp,
    /// The browser that presented the token, as in "Firefox on Linux".
    pub device: String,
    /// The browser that the session belonged to.
    pub session_device: String,
    pub session_signed_in_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_of_a_newer_server_is_read_by_an_older_tab() {
        let entry = |kind: &str, reason: &str| {
            let entry = serde_json::json!({
                "at": 0, "kind": kind, "device": "d", "current_session": false, "reason": reason,
            });
            serde_json::from_value::<HistoryEntry>(entry).unwrap()
        };
        let known = entry("session_ended", "replaced");
        assert_eq!((known.kind, known.reason), (HistoryKind::SessionEnded, Some(RevokeReason::Replaced)));
        assert_eq!(entry("session_ended", "moved_away").reason, None);
        assert_eq!(entry("passkey_added", "idle_limit").kind, HistoryKind::Other);
    }

    #[test]
    fn the_name_on_the_wire_is_the_name_of_the_reason() {
        for reason in RevokeReason::REVOKED.into_iter().chain(RevokeReason::EXPIRED) {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(RevokeReason::known(reason.as_str()), Some(reason));
        }
    }

    #[test]
    fn each_base_path_and_port_has_its_own_hint_cookie() {
        for (base_path, name) in
            [("", "two_tokens_signed_in"), ("/my-app", "my-app_signed_in"), ("/a/b", "a_signed_in")]
        {
            assert_eq!(hint_cookie_name(&BasePath::new(base_path)), name);
            let on_port = BasePath::new(base_path).on_port(Some(3001));
            assert_eq!(hint_cookie_name(&on_port), [name, "-3001"].concat());
        }
    }
}
