//! Security events: the audit trail of accounts and sessions, for the user and for operators. The names follow the OWASP
//! Logging Vocabulary. Events contain no token, no password and no e-mail address; in the log even the session id is a keyed
//! fingerprint.

use crate::auth::model::secret::FingerprintKey;
use crate::auth::model::session::{Session, SessionId};
use crate::auth::model::user::UserId;
use crate::clock::Timestamp;

/// The kind of a security event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    UserCreated,
    LoginSuccess,
    LoginFail,
    Reauthenticated,
    ReauthenticationFail,
    TokenRevoked,
    /// Replay detection (RFC 9700 section 4.14.2): a superseded refresh token was used again.
    TokenReuse,
    /// Somebody with the session's refresh token answered for its device with another key.
    DeviceKeyWrong,
    /// A genuine refresh token is newer than the row: the database was restored from a backup.
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
    pub const ALL: [EventKind; 16] = [
        EventKind::UserCreated,
        EventKind::LoginSuccess,
        EventKind::LoginFail,
        EventKind::Reauthenticated,
        EventKind::ReauthenticationFail,
        EventKind::TokenRevoked,
        EventKind::TokenReuse,
        EventKind::DeviceKeyWrong,
        EventKind::TokenAhead,
        EventKind::PasswordChange,
        EventKind::PasswordChangeFail,
        EventKind::EmailChange,
        EventKind::EmailChangeFail,
        EventKind::UserDeleted,
        EventKind::UserDeleteFail,
        EventKind::KeysRotated,
    ];

    /// The name in the log and in the database: the OWASP Logging Vocabulary's, where it has one.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::UserCreated => "user_created",
            EventKind::LoginSuccess => "authn_login_success",
            EventKind::LoginFail => "authn_login_fail",
            EventKind::Reauthenticated => "authn_reauthenticate_success",
            EventKind::ReauthenticationFail => "authn_reauthenticate_fail",
            EventKind::TokenRevoked => "authn_token_revoked",
            EventKind::TokenReuse => "authn_token_reuse",
            EventKind::DeviceKeyWrong => "authn_device_key_wrong",
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

/// One entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityEvent {
    pub at: Timestamp,
    pub kind: EventKind,
    pub user_id: Option<UserId>,
    pub session_id: Option<SessionId>,
    /// The `User-Agent` of the request, shortened.
    pub device: String,
    /// Why a session ended: a [`RevokeReason`](crate::protocol::session::RevokeReason), or empty.
    pub detail: String,
}

/// The notice of a detected theft, kept until its owner dismisses it: a reuse, which ended the session, or a proof by a key that is
/// not its device's. It copies what the page shows of the session, because
/// the session's row may be purged earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReuseNotice {
    /// Identifies the notice too: one of a session is enough.
    pub session_id: SessionId,
    pub user_id: UserId,
    pub at: Timestamp,
    /// The `User-Agent` of the request that presented the superseded token, shortened.
    pub device: String,
    /// The `User-Agent` of the sign-in, shortened.
    pub session_device: String,
    pub session_created_at: Timestamp,
}

impl ReuseNotice {
    /// The notice of what an event says about a session.
    pub fn of(session: &Session, event: &SecurityEvent) -> Self {
        Self {
            session_id: session.id,
            user_id: session.user_id,
            at: event.at,
            device: event.device.clone(),
            session_device: session.device.clone(),
            session_created_at: session.created_at,
        }
    }
}

impl SecurityEvent {
    /// Writes one structured log line. The session appears as a keyed fingerprint, because its id is in access tokens.
    pub fn log(&self, fingerprints: &FingerprintKey) {
        let session = self.session_id.map(|id| fingerprints.of(&id.0)).unwrap_or_default();
        let user = self.user_id.map(|id| id.to_string()).unwrap_or_default();
        let (kind, detail) = (self.kind.as_str(), self.detail.as_str());
        match self.kind {
            EventKind::TokenReuse | EventKind::TokenAhead | EventKind::DeviceKeyWrong => {
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
