//! Security events: what happened to accounts and sessions, kept for the person and for operators. Names follow OWASP's
//! logging vocabulary; tokens appear only as keyed fingerprints, passwords and addresses never.

use super::session::SessionId;
use super::user::UserId;
use crate::clock::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    UserCreated,
    LoginSuccess,
    LoginFail,
    Reauthenticated,
    ReauthenticationFail,
    TokenRevoked,
    TokenReuse,
    /// A refresh token ahead of the store: the store went back in time.
    TokenAhead,
    PasswordChange,
    PasswordChangeFail,
    EmailChange,
    EmailChangeFail,
    UserDeleted,
    UserDeleteFail,
    KeysRotated,
}

impl EventKind {
    pub const ALL: [EventKind; 15] = [
        EventKind::UserCreated,
        EventKind::LoginSuccess,
        EventKind::LoginFail,
        EventKind::Reauthenticated,
        EventKind::ReauthenticationFail,
        EventKind::TokenRevoked,
        EventKind::TokenReuse,
        EventKind::TokenAhead,
        EventKind::PasswordChange,
        EventKind::PasswordChangeFail,
        EventKind::EmailChange,
        EventKind::EmailChangeFail,
        EventKind::UserDeleted,
        EventKind::UserDeleteFail,
        EventKind::KeysRotated,
    ];

    /// OWASP Logging Vocabulary Cheat Sheet, where it has a word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::UserCreated => "user_created",
            EventKind::LoginSuccess => "authn_login_success",
            EventKind::LoginFail => "authn_login_fail",
            EventKind::Reauthenticated => "authn_reauthenticate_success",
            EventKind::ReauthenticationFail => "authn_reauthenticate_fail",
            EventKind::TokenRevoked => "authn_token_revoked",
            EventKind::TokenReuse => "authn_token_reuse",
            EventKind::TokenAhead => "authn_token_ahead",
            EventKind::PasswordChange => "authn_password_change",
            EventKind::PasswordChangeFail => "authn_password_change_fail",
            EventKind::EmailChange => "user_email_change",
            EventKind::EmailChangeFail => "user_email_change_fail",
            EventKind::UserDeleted => "user_deleted",
            EventKind::UserDeleteFail => "user_delete_fail",
            EventKind::KeysRotated => "crypto_keys_rotated",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityEvent {
    pub at: Timestamp,
    pub kind: EventKind,
    pub user_id: Option<UserId>,
    pub session_id: Option<SessionId>,
    /// The `User-Agent` of the request, shortened.
    pub device: String,
    /// Why, in a word of a closed set ([`crate::api::error::RevokeReason`]), or a token's fingerprint.
    pub detail: String,
}

/// That an old refresh token of a session came back, kept until its owner has seen it. It says all there is to show, since
/// the session's row goes sooner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReuseNotice {
    /// Names the notice too: a session ends this way once.
    pub session_id: SessionId,
    pub user_id: UserId,
    pub at: Timestamp,
    /// The `User-Agent` of who presented the old token, shortened.
    pub device: String,
    pub session_device: String,
    pub session_created_at: Timestamp,
}

impl SecurityEvent {
    /// One structured line. The session appears as a keyed fingerprint: its id is in access tokens.
    pub fn log(&self, fingerprints: &super::secret::FingerprintKey) {
        let session = self.session_id.map(|id| fingerprints.of(&id.0)).unwrap_or_default();
        let user = self.user_id.map(|id| id.to_string()).unwrap_or_default();
        let (kind, detail) = (self.kind.as_str(), self.detail.as_str());
        match self.kind {
            EventKind::TokenReuse | EventKind::TokenAhead => {
                tracing::error!(target: "security", event = kind, user, session, detail, "alarm");
            }
            EventKind::LoginFail
            | EventKind::ReauthenticationFail
            | EventKind::PasswordChangeFail
            | EventKind::EmailChangeFail
            | EventKind::UserDeleteFail => {
                tracing::warn!(target: "security", event = kind, user, session, detail);
            }
            _ => tracing::info!(target: "security", event = kind, user, session, detail),
        }
    }
}
