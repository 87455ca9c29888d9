//! What a person is told of what happened to the account: the last events in words, and the alarms they have not yet seen.
//! Events are kept for operators too, so what is told of each is decided here, by a pure function over a closed set.

use super::access_token::Verified;
use super::device::in_words;
use super::error::AuthError;
use super::event::{EventKind, ReuseNotice, SecurityEvent};
use super::service::AuthService;
use super::session::SessionId;
use crate::api::account::{HistoryEntry, HistoryKind, Notice};
use crate::api::error::RevokeReason;
use crate::lang::lang;

/// Most told at once, of either.
const MOST: u32 = 50;

impl AuthService {
    /// The newest events first.
    pub async fn history(&self, who: &Verified) -> Result<Vec<HistoryEntry>, AuthError> {
        let events = self.store.events_of_user(who.user_id, MOST).await?;
        Ok(events.iter().filter_map(|event| entry(event, who.session_id)).collect())
    }

    /// The alarms that were not dismissed, the newest first.
    pub async fn notices(&self, who: &Verified) -> Result<Vec<Notice>, AuthError> {
        let notices = self.store.notices_of_user(who.user_id, MOST).await?;
        Ok(notices.into_iter().map(told).collect())
    }

    pub async fn dismiss_notice(&self, who: &Verified, id: &str) -> Result<(), AuthError> {
        // Whoever came in by a stolen token must not be able to hide the alarm.
        self.recent(who)?;
        let session_id = SessionId::parse(id).ok_or(AuthError::NotFound)?;
        if self.store.dismiss_notice(who.user_id, session_id).await? { Ok(()) } else { Err(AuthError::NotFound) }
    }
}

fn told(notice: ReuseNotice) -> Notice {
    Notice {
        id: notice.session_id.to_string(),
        at: notice.at,
        device: in_words(&notice.device, lang()),
        session_device: in_words(&notice.session_device, lang()),
        session_signed_in_at: notice.session_created_at,
    }
}

/// `None` for what is not the person's to know.
fn entry(event: &SecurityEvent, current: SessionId) -> Option<HistoryEntry> {
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
        EventKind::TokenAhead => HistoryKind::Ahead,
        EventKind::PasswordChange => HistoryKind::PasswordChanged,
        EventKind::PasswordChangeFail => HistoryKind::PasswordChangeRefused,
        EventKind::EmailChange => HistoryKind::EmailChanged,
        EventKind::EmailChangeFail => HistoryKind::EmailChangeRefused,
        EventKind::UserDeleteFail => HistoryKind::AccountDeletionRefused,
        EventKind::UserDeleted | EventKind::KeysRotated => return None,
    };
    Some(HistoryEntry {
        at: event.at,
        kind,
        device: in_words(&event.device, lang()),
        current_session: event.session_id == Some(current),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

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
    fn signing_out_is_told_apart_from_being_ended() {
        let kind = |detail| entry(&event(EventKind::TokenRevoked, detail), HERE).unwrap().kind;
        assert_eq!(kind("logout"), HistoryKind::SignedOut);
        assert_eq!(kind("password_changed"), HistoryKind::SessionEnded);
        assert_eq!(kind("nonsense"), HistoryKind::SessionEnded);
    }

    #[test]
    fn an_entry_says_who_when_and_whether_it_was_here() {
        let told = entry(&event(EventKind::TokenReuse, "reuse"), HERE).unwrap();
        assert_eq!((told.at, told.device.as_str()), (Timestamp(7), "curl"));
        assert_eq!((told.current_session, told.reason), (true, Some(RevokeReason::Reuse)));
        let elsewhere = entry(&event(EventKind::LoginSuccess, ""), SessionId([2; 16])).unwrap();
        assert_eq!((elsewhere.current_session, elsewhere.reason), (false, None));
    }

    #[test]
    fn every_event_that_has_a_person_is_told() {
        for kind in EventKind::ALL {
            let of_nobody = matches!(kind, EventKind::UserDeleted | EventKind::KeysRotated);
            assert_eq!(entry(&event(kind, ""), HERE).is_none(), of_nobody, "{kind:?}");
        }
    }
}
