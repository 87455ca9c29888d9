//! What this instance learns from the others: sessions they ended, keys they turned. While it cannot hear them it must not
//! say it is ready, and once it can again it reads what it may have missed before it does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::StreamExt as _;

use crate::auth::{error::AuthError, service::AuthService};
use crate::store::Change;

const TRY_AGAIN: Duration = Duration::from_millis(200);

/// Whether this instance hears the others. One that has no others always does.
#[derive(Clone, Debug)]
pub struct Hearing(Arc<AtomicBool>);

impl Default for Hearing {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Hearing {
    pub fn hears(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn set(&self, hears: bool) {
        self.0.store(hears, Ordering::SeqCst);
    }
}

/// Listens until the store is closed.
pub async fn listen(auth: Arc<AuthService>, hearing: Hearing) {
    let mut changes = auth.store.changes();
    while let Some(change) = changes.next().await {
        match change {
            Change::Revoked(revocation) => auth.revoked.add(revocation),
            Change::KeysTurned => until_done(|| auth.reload_keys()).await,
            Change::LineDown => hearing.set(false),
            Change::LineUp => {
                until_done(|| auth.reload_revoked()).await;
                until_done(|| auth.reload_keys()).await;
                hearing.set(true);
            }
        }
    }
}

async fn until_done<F: Future<Output = Result<(), AuthError>>>(act: impl Fn() -> F) {
    while let Err(error) = act().await {
        tracing::warn!(%error, "will read again what other instances did");
        tokio::time::sleep(TRY_AGAIN).await;
    }
}
