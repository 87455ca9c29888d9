//! The database as the lab shows it: after each exchange the sandbox's sessions and keys are read from its store, as anybody
//! with the file could, and what is different from before is told. Read, not guessed from what the flow said.

use std::collections::BTreeMap;

use super::chips::Chips;
use crate::auth::{refresh_token::RefreshTokenKey, session::Session, user::UserId};
use crate::lab::event::{KeyRow, SessionRow, What};
use crate::server::app_state::AppState;
use crate::store::StoreError;

#[derive(Default)]
pub struct Rows {
    sessions: BTreeMap<String, SessionRow>,
    keys: Vec<KeyRow>,
}

impl Rows {
    /// What changed since the last time.
    pub async fn read(&mut self, state: &AppState, chips: &Chips, user: UserId) -> Result<Vec<What>, StoreError> {
        let auth = &state.auth;
        let (sessions, keys) = (auth.store.sessions_of_user(user).await?, auth.store.signing_keys().await?);
        let now: BTreeMap<_, _> = sessions.iter().map(|session| row(session, &auth.refresh_tokens, chips)).collect();
        let mut told = self.differences(&now);
        self.sessions = now;
        let keys: Vec<_> =
            keys.into_iter().map(|key| KeyRow { kid: key.kid, state: key.state.as_str().into() }).collect();
        if keys != self.keys {
            self.keys = keys.clone();
            told.push(What::Keys { keys });
        }
        Ok(told)
    }

    /// The row of the session that was used last and is not over.
    pub fn newest(&self) -> Option<&SessionRow> {
        let alive = self.sessions.values().filter(|row| row.revoked.is_none());
        alive.max_by_key(|row| row.last_used_at)
    }

    fn differences(&self, now: &BTreeMap<String, SessionRow>) -> Vec<What> {
        let gone = self.sessions.keys().filter(|id| !now.contains_key(*id)).map(|id| What::RowGone { id: id.clone() });
        let changed = now.values().filter_map(|row| {
            let changed = changed_columns(self.sessions.get(&row.id), row);
            (!changed.is_empty()).then(|| What::Row { row: row.clone(), changed })
        });
        gone.chain(changed).collect()
    }
}

fn row(session: &Session, tokens: &RefreshTokenKey, chips: &Chips) -> (String, SessionRow) {
    let ratchet = &session.ratchet;
    let newest = tokens.token(session.id, &session.salt, ratchet.generation);
    let row = SessionRow {
        id: session.id.to_string(),
        device: session.device.clone(),
        generation: ratchet.generation,
        parent: ratchet.parent,
        ring: ratchet.ring.entries().iter().map(|entry| (entry.generation, entry.at)).collect(),
        salt: chips.of(&session.salt.0),
        newest: chips.of(newest.reveal().as_bytes()),
        created_at: session.created_at,
        authenticated_at: session.authenticated_at,
        last_used_at: session.last_used_at,
        idle_expires_at: session.idle_expires_at,
        absolute_expires_at: session.absolute_expires_at,
        revoked: session.revoked.map(|revoked| (revoked.at, revoked.reason)),
    };
    (row.id.clone(), row)
}

/// By name; all of them for a row that is new.
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
