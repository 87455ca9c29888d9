//! What the account's endpoints tell of the model, in the language of the request.

use super::edge::wording;
use crate::auth::history::AccountEvent;
use crate::auth::model::event::ReuseNotice;
use crate::auth::model::session::Session;
use crate::auth::token::access::Verified;
use crate::lang::lang;
use crate::protocol::session::{HistoryEntry, Notice, SessionView};

pub(super) fn session(session: &Session, user: &Verified) -> SessionView {
    SessionView {
        id: session.id.to_string(),
        current: session.id == user.session_id,
        device: wording::device(&session.device, lang()),
        signed_in_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.idle_expires_at.min(session.absolute_expires_at),
        bound: session.binding.is_some(),
    }
}

pub(super) fn event(event: &AccountEvent) -> HistoryEntry {
    HistoryEntry {
        at: event.at,
        kind: event.kind,
        device: wording::device(&event.device, lang()),
        current_session: event.current_session,
        reason: event.reason,
    }
}

pub(super) fn notice(notice: &ReuseNotice) -> Notice {
    Notice {
        id: notice.session_id.to_string(),
        at: notice.at,
        device: wording::device(&notice.device, lang()),
        session_device: wording::device(&notice.session_device, lang()),
        session_signed_in_at: notice.session_created_at,
    }
}
