//! The account's activity history and the notices of replay detection. Security events are kept for operators too; one pure
//! function decides which of them the owner sees.

use super::error::AuthError;
use super::model::event::{EventKind, ReuseNotice, SecurityEvent};
use super::model::session::SessionId;
use super::service::AuthService;
use super::token::access::Verified;
use crate::clock::Timestamp;
use crate::protocol::session::{HistoryKind, RevokeReason};

/// The most events, and the most notices, that one call returns.
const LIST_MAX: u32 = 50;

/// One entry of the account's history. The device is still a `User-Agent`; the edge puts it into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    pub at: Timestamp,
    pub kind: HistoryKind,
    /// The `User-Agent` of the request, shortened.
    pub device: String,
    /// Whether the event concerns the caller's own session.
    pub current_session: bool,
    /// Why the session ended, for an event that ended one.
    pub reason: Option<RevokeReason>,
}

impl AuthService {
    /// The account's history, newest first, at most 50 entries.
    pub async fn history(&self, user: &Verified) -> Result<Vec<AccountEvent>, AuthError> {
        let events = self.store.events_of_user(user.user_id, LIST_MAX).await?;
        Ok(events.iter().filter_map(|event| entry(event, user.session_id)).collect())
    }

    /// The notices of replay that the user has not dismissed, newest first, at most 50.
    pub async fn notices(&self, user: &Verified) -> Result<Vec<ReuseNotice>, AuthError> {
        Ok(self.store.notices_of_user(user.user_id, LIST_MAX).await?)
    }

    /// Dismisses a notice; `id` is the session's.
    ///
    /// # Errors
    ///
    /// [`AuthError::StepUpRequired`]; [`AuthError::NotFound`] for another user's notice too.
    pub async fn dismiss_notice(&self, user: &Verified, id: &str) -> Result<(), AuthError> {
        // A thief who holds a stolen access token must not be able to hide the alarm.
        self.require_step_up(user)?;
        let session_id = SessionId::parse(id).ok_or(AuthError::NotFound)?;
        if self.store.dismiss_notice(user.user_id, session_id).await? { Ok(()) } else { Err(AuthError::NotFound) }
    }
}

/// Maps a security event to a history entry; `None` for events that the owner does not see.
fn entry(event: &SecurityEvent, current: SessionId) -> Option<AccountEvent> {
    let reason = RevokeReason::parse(&event.detail);
    let kind = match event.kind {
        EventKind::UserCreated => HistoryKind::SignedUp,
        EventKind::LoginSuccess => HistoryKind::SignedIn,
        EventKind::LoginFail => HistoryKind::SignInRefused,
        EventKind::Reauthenticated => HistoryKind::Reauthenticated,
        EventKind::ReauthenticationFail => HistoryKind::ReauthenticationRefused,
        EventKind::TokenRevoked if reason == Some(RevokeReason::Logout) => HistoryKind::SignedOut,
        EventKind::TokenRevoked => HistoryKind::SessionEnded,
        EventKind::TokenReuse => HistoryKind::Reuse,
        EventKind::DeviceKeyWrong => HistoryKind::WrongDevice,
        EventKind::TokenAhead => HistoryKind::Ahead,
        EventKind::PasswordChange => HistoryKind::PasswordChanged,
        EventKind::PasswordChangeFail => HistoryKind::PasswordChangeRefused,
        EventKind::EmailChange => HistoryKind::EmailChanged,
        EventKind::EmailChangeFail => HistoryKind::EmailChangeRefused,
        EventKind::UserDeleteFail => HistoryKind::AccountDeletionRefused,
        EventKind::UserDeleted | EventKind::KeysRotated => return None,
    };
    Some(AccountEvent {
        at: event.at,
        kind,
        device: event.device.clone(),
        current_session: event.session_id == Some(current),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: SessionId = SessionId([1; 16]);

    fn event(kind: EventKind, detail: &str) -> SecurityEvent {
        SecurityEvent {
            at: Timestamp(7),
            kind,
            user_id: None,
            session_id: Some(HERE),
            device: "curl/8.14.1".into(),
            detail: detail.into(),
        }
    }

    #[test]
    fn signing_out_and_being_signed_out_are_different_entries() {
        let kind = |detail| entry(&event(EventKind::TokenRevoked, detail), HERE).unwrap().kind;
        assert_eq!(kind("logout"), HistoryKind::SignedOut);
        assert_eq!(kind("password_changed"), HistoryKind::SessionEnded);
        assert_eq!(kind("nonsense"), HistoryKind::SessionEnded);
    }

    #[test]
    fn an_entry_has_its_time_device_session_and_reason() {
        let here = entry(&event(EventKind::TokenReuse, "reuse"), HERE).unwrap();
        assert_eq!((here.at, here.device.as_str()), (Timestamp(7), "curl/8.14.1"));
        assert_eq!((here.current_session, here.reason), (true, Some(RevokeReason::Reuse)));
        let elsewhere = entry(&event(EventKind::LoginSuccess, ""), SessionId([2; 16])).unwrap();
        assert_eq!((elsewhere.current_session, elsewhere.reason), (false, None));
    }

    #[test]
    fn every_event_about_an_existing_account_is_in_its_history() {
        for kind in EventKind::ALL {
            let no_account = matches!(kind, EventKind::UserDeleted | EventKind::KeysRotated);
            assert_eq!(entry(&event(kind, ""), HERE).is_none(), no_account, "{kind:?}");
        }
    }
}
