//! The cluster link: applies the changes of other instances on the same database, and of commands beside this server. While the
//! link is down this instance is not ready; after a reconnect it first reloads what it may have missed (catch-up).

use std::{future::Future, sync::Arc, time::Duration};

use futures::StreamExt as _;
use tracing::Instrument as _;

use crate::auth::service::AuthService;
use crate::auth::store::Change;
use crate::auth::traces;

/// The pause before a failed change is applied again.
const RETRY: Duration = Duration::from_millis(200);

/// Applies the changes of other instances until the store is closed. From this call on the service is not ready, until the
/// link is up.
pub fn follow(auth: Arc<AuthService>) -> impl Future<Output = ()> + Send + 'static {
    // A store for one instance has no changes of others: being connected is all it says.
    let mut changes = auth.changes().chain(futures::stream::iter([Change::Connected]));
    async move {
        while let Some(change) = changes.next().await {
            let notice = tracing::trace_span!(
                target: traces::TARGET, "cluster notice", otel.kind = "consumer", change = name(&change)
            );
            apply(&auth, &change).instrument(notice).await;
        }
    }
}

async fn apply(auth: &AuthService, change: &Change) {
    let mut told = false;
    while let Err(error) = auth.apply(change).await {
        if !std::mem::replace(&mut told, true) {
            tracing::warn!(%error, "cluster link: a change could not be applied, retrying");
        }
        tokio::time::sleep(RETRY).await;
    }
}

const fn name(change: &Change) -> &'static str {
    match change {
        Change::Revoked(_) => "revoked",
        Change::UserRevoked(_) => "user_revoked",
        Change::KeysRotated => "keys_rotated",
        Change::Disconnected => "disconnected",
        Change::Connected => "connected",
    }
}
