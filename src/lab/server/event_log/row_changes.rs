//! Row-level change capture: after each exchange the sandbox's sessions and keys are read from its store and compared with the last
//! read. The rows are read from the database, not inferred from the auth flow.

use std::collections::BTreeMap;

use super::token_fingerprints::TokenFingerprints;
use crate::auth::model::session::Session;
use crate::auth::model::user::UserId;
use crate::auth::store::{Store, StoreError};
use crate::auth::token::refresh::RefreshTokenKey;
use crate::lab::model::event::{KeyRow, LogEventKind, SessionRow};

#[derive(Default)]
pub struct RowChanges {
    sessions: BTreeMap<String, SessionRow>,
    keys: Vec<KeyRow>,
}

impl RowChanges {
    /// Reads the rows and returns the changes since the last read.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn read(
        &mut self,
        store: &dyn Store,
        key: &RefreshTokenKey,
        fingerprints: &TokenFingerprints,
        user: UserId,
    ) -> Result<Vec<LogEventKind>, StoreError> {
        let (sessions, keys) = (store.sessions_of_user(user).await?, store.signing_keys().await?);
        let now: BTreeMap<_, _> = sessions.iter().map(|session| row(session, key, fingerprints)).collect();
        let mut changes = self.differences(&now);
        self.sessions = now;
        let keys: Vec<_> =
            keys.into_iter().map(|key| KeyRow { kid: key.kid, state: key.state.as_str().into() }).collect();
        if keys != self.keys {
            self.keys = keys.clone();
            changes.push(LogEventKind::Keys { keys });
        }
        Ok(changes)
    }

    /// The row of the session that was used last and has not ended.
    pub fn newest(&self) -> Option<&SessionRow> {
        let alive = self.sessions.values().filter(|row| row.revoked.is_none());
        alive.max_by_key(|row| row.last_used_at)
    }

    fn differences(&self, now: &BTreeMap<String, SessionRow>) -> Vec<LogEventKind> {
        let gone =
            self.sessions.keys().filter(|id| !now.contains_key(*id)).map(|id| LogEventKind::RowGone { id: id.clone() });
        let changed = now.values().filter_map(|row| {
            let changed = changed_columns(self.sessions.get(&row.id), row);
            (!changed.is_empty()).then(|| LogEventKind::Row { row: row.clone(), changed })
        });
        gone.chain(changed).collect()
    }
}

fn row(session: &Session, tokens: &RefreshTokenKey, fingerprints: &TokenFingerprints) -> (String, SessionRow) {
    let rotation = &session.rotation;
    let newest = tokens.token(session.id, &session.salt, rotation.generation);
    let row = SessionRow {
        id: session.id.to_string(),
        device: session.device.clone(),
        generation: rotation.generation,
        parent: rotation.parent,
        ring: rotation.recently_superseded.entries().iter().map(|entry| (entry.generation, entry.at)).collect(),
        salt: fingerprints.of(&session.salt.0),
        newest: fingerprints.of(newest.reveal().as_bytes()),
        created_at: session.created_at,
        authenticated_at: session.authenticated_at,
        last_used_at: session.last_used_at,
        idle_expires_at: session.idle_expires_at,
        absolute_expires_at: session.absolute_expires_at,
        revoked: session.revoked.map(|revoked| (revoked.at, revoked.reason)),
    };
    (row.id.clone(), row)
}

/// The names of the changed columns; all of them for a new row.
fn changed_columns(before: Option<&SessionRow>, now: &SessionRow) -> Vec<String> {
    let differs = |same: fn(&SessionRow, &SessionRow) -> bool| before.is_none_or(|before| !same(before, now));
    let columns = [
        ("id", differs(|a, b| a.id == b.id)),
        ("device", differs(|a, b| a.device == b.device)),
        ("generation", differs(|a, b| a.generation == b.generation)),
        ("parent", differs(|a, b| a.parent == b.parent)),
        ("ring", differs(|a, b| a.ring == b.ring)),
        ("salt", differs(|a, b| a.salt == b.salt)),
        ("created_at", differs(|a, b| a.created_at == b.created_at)),
        ("authenticated_at", differs(|a, b| a.authenticated_at == b.authenticated_at)),
        ("last_used_at", differs(|a, b| a.last_used_at == b.last_used_at)),
        ("idle_expires_at", differs(|a, b| a.idle_expires_at == b.idle_expires_at)),
        ("absolute_expires_at", differs(|a, b| a.absolute_expires_at == b.absolute_expires_at)),
        ("revoked", differs(|a, b| a.revoked == b.revoked)),
    ];
    columns.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}
