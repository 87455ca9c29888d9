//! What must happen now and then: keys turn by age, ended sessions leave the memory and later the table, old events go.

use std::{sync::Arc, time::Duration};

use crate::auth::service::AuthService;

const EVERY: Duration = Duration::from_secs(30);
/// Age at which the signing key turns.
const KEY_AGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long an ended session stays in the table, for the person's history.
const KEEP_ENDED: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long the history of accounts is kept.
const KEEP_EVENTS: Duration = Duration::from_secs(180 * 24 * 3600);
const PURGE_BATCH: u32 = 500;

/// Runs until dropped.
pub async fn run(auth: Arc<AuthService>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = tidy(&auth).await {
            tracing::warn!(%error, "housekeeping will try again");
        }
    }
}

pub async fn tidy(auth: &AuthService) -> Result<(), crate::auth::error::AuthError> {
    let now = auth.clock.now();
    auth.revoked.forget_dead(now, auth.lifetimes.access);
    if auth.keys.keep_house(&*auth.store, now, KEY_AGE, auth.lifetimes.access).await? {
        auth.access_tokens.forget_verified();
    }
    auth.attempts.tidy().await?;
    auth.store.purge_ended(now.minus(auth.lifetimes.access)).await?;
    let before = now.minus(KEEP_ENDED);
    while auth.store.purge_sessions(before, PURGE_BATCH).await? == u64::from(PURGE_BATCH) {}
    let before = now.minus(KEEP_EVENTS);
    while auth.store.purge_events(before, PURGE_BATCH).await? == u64::from(PURGE_BATCH) {}
    Ok(())
}
