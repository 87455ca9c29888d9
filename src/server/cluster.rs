//! The cluster link: applies the revocations and key rotations of the other instances on the same database. While the link is
//! down this instance is not ready; after a reconnect it first reloads what it may have missed (catch-up).

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;

use crate::auth::service::AuthService;

/// The pause before a failed change is applied again.
const RETRY: Duration = Duration::from_millis(200);

/// Applies the changes of other instances until the store is closed.
pub async fn follow(auth: Arc<AuthService>) {
    let mut changes = auth.changes();
    while let Some(change) = changes.next().await {
        while let Err(error) = auth.apply(&change).await {
            tracing::warn!(%error, "cluster link: a change could not be applied, retrying");
            tokio::time::sleep(RETRY).await;
        }
    }
}
