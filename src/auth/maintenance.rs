//! Periodic maintenance: key rotation by age, garbage collection of expired rows, and the changes that other instances of
//! the cluster announce (distributed revocation, cache invalidation).

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use futures::stream::BoxStream;
use tokio::sync::Mutex;

use super::audit::Subject;
use super::error::AuthError;
use super::model::device::Device;
use super::model::event::EventKind;
use super::observer::FlowEvent;
use super::service::AuthService;
use super::store::{Change, StoreError};
use super::token::{
    keys::{KeyState, StoredKey},
    revoked::LOADED,
};
use crate::clock::Timestamp;

/// The age at which the active signing key is rotated out.
const KEY_AGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long the row of an ended session is kept, so that its refresh token is refused with the reason.
const KEEP_ENDED: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long security events, and with them the history of accounts, are kept.
const KEEP_EVENTS: Duration = Duration::from_secs(180 * 24 * 3600);
/// Rows deleted by one statement: a long delete would block writers.
const PURGE_BATCH: u32 = 500;

/// Whether the link to the other instances is up, and what the last probe found. Until an instance follows the others it
/// counts as linked.
#[derive(Debug)]
pub(super) struct ClusterLink {
    connected: AtomicBool,
    /// Whether this instance follows the others and has not been linked yet.
    starting: AtomicBool,
    /// How many probes have started, and the last one that has ended with its result.
    probes: AtomicU64,
    last: Mutex<(u64, Result<(), StoreError>)>,
    /// Whether the log says that this instance is not ready.
    told: AtomicBool,
}

impl Default for ClusterLink {
    fn default() -> Self {
        Self {
            connected: AtomicBool::new(true),
            starting: AtomicBool::new(false),
            probes: AtomicU64::new(0),
            last: Mutex::new((0, Ok(()))),
            told: AtomicBool::new(false),
        }
    }
}

/// Why the service is not ready to take requests.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// Nothing is wrong yet: the cluster link is being made for the first time.
    #[error("the link to the other instances is being made")]
    Starting,
    /// The cluster link is down: revocations by other instances do not arrive.
    #[error("the link to the other instances is down")]
    Disconnected,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthService {
    /// Rotates the signing keys when the active one is old enough, and purges expired rows. Idempotent: safe to repeat after
    /// an error, and on several instances at once. A step that fails is logged and does not stop the others. Call it about
    /// every 30 seconds.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`] of the first step that failed; the next call continues.
    pub async fn maintain(&self) -> Result<(), AuthError> {
        self.revoked.purge(Instant::now());
        let steps = [
            ("signing keys", self.maintain_keys().await),
            ("attempts", self.attempts.purge_expired().await),
            ("ended sessions of users", self.purge_ended().await),
            ("sessions", self.purge_sessions().await),
            ("events", self.purge_events().await),
        ];
        let mut outcome = Ok(());
        for (step, failed) in steps {
            if let Err(error) = &failed {
                tracing::warn!(step, %error, "maintenance: this step failed, the others ran");
            }
            outcome = outcome.and(failed);
        }
        outcome
    }

    async fn maintain_keys(&self) -> Result<(), AuthError> {
        self.tokens.keys.maintain(&*self.store, self.clock.now(), KEY_AGE).await?;
        Ok(())
    }

    async fn purge_ended(&self) -> Result<(), AuthError> {
        self.store.purge_ended(self.clock.now().minus(LOADED)).await?;
        Ok(())
    }

    async fn purge_sessions(&self) -> Result<(), AuthError> {
        let before = self.clock.now().minus(KEEP_ENDED);
        while self.store.purge_sessions(before, PURGE_BATCH).await? == u64::from(PURGE_BATCH) {}
        Ok(())
    }

    async fn purge_events(&self) -> Result<(), AuthError> {
        let before = self.clock.now().minus(KEEP_EVENTS);
        while self.store.purge_events(before, PURGE_BATCH).await? == u64::from(PURGE_BATCH) {}
        Ok(())
    }

    /// Rotates the signing keys now. Access tokens signed with the old key stay valid until they expire. `false` when another
    /// instance rotated the keys first.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn rotate_keys(&self) -> Result<bool, AuthError> {
        let rotated = self.tokens.keys.rotate(&*self.store, self.clock.now()).await?;
        if rotated {
            self.observers.emit(|| FlowEvent::KeysChanged);
            self.audit.record(EventKind::KeysRotated, Subject::None, &Device::default()).await?;
        }
        Ok(rotated)
    }

    /// Replaces every signing key, after one was lost to somebody else: every access token issued so far is refused at once, on
    /// all instances as soon as they hear of it, and clients get new ones by a refresh. No session ends.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn replace_keys(&self) -> Result<(), AuthError> {
        self.tokens.keys.replace(&*self.store, self.clock.now()).await?;
        self.observers.emit(|| FlowEvent::KeysChanged);
        self.audit.record(EventKind::KeysRotated, Subject::None, &Device::default()).await
    }

    /// Deletes the retired keys before their last token has expired; such tokens are refused at once. Returns how many there
    /// were.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn forget_retired_keys(&self) -> Result<u64, AuthError> {
        let forgotten = self.tokens.keys.forget_retired(&*self.store, self.clock.now()).await?;
        self.observers.emit(|| FlowEvent::KeysChanged);
        Ok(forgotten)
    }

    /// Every signing key, oldest first. The private parts are sealed.
    pub fn signing_keys(&self) -> Vec<StoredKey> {
        self.tokens.keys.current().stored.clone()
    }

    async fn reload_keys(&self) -> Result<(), AuthError> {
        self.tokens.keys.reload(&*self.store).await?;
        Ok(())
    }

    /// The stream of changes that other instances make, for [`AuthService::apply`]. From now on the service is not ready
    /// until the stream has said that it is connected.
    pub fn changes(&self) -> BoxStream<'static, Change> {
        self.cluster.starting.store(true, Ordering::SeqCst);
        self.cluster.connected.store(false, Ordering::SeqCst);
        self.store.changes()
    }

    /// Applies a change made by another instance.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`]: apply the same change again. Until that succeeds this instance may lack a revocation or a key.
    pub async fn apply(&self, change: &Change) -> Result<(), AuthError> {
        match change {
            Change::Revoked(revocation) => {
                self.revoked.add(*revocation);
                self.heard(revocation.at);
            }
            Change::UserRevoked(revocation) => {
                self.revoked.add_user(*revocation);
                self.heard(revocation.at);
            }
            Change::KeysRotated => self.reload_keys().await?,
            Change::Disconnected => self.cluster.connected.store(false, Ordering::SeqCst),
            Change::Connected => {
                self.reload_revoked().await?;
                self.reload_keys().await?;
                self.cluster.connected.store(true, Ordering::SeqCst);
                self.cluster.starting.store(false, Ordering::SeqCst);
            }
        }
        Ok(())
    }

    fn heard(&self, ended_at: Timestamp) {
        let lag = u64::try_from(self.clock.now().since(ended_at)).unwrap_or(0);
        self.observers.emit(|| FlowEvent::EndHeard { lag: Duration::from_millis(lag) });
    }

    /// Whether the changes of other instances arrive; true where there are none to hear of.
    pub fn is_linked(&self) -> bool {
        self.cluster.connected.load(Ordering::SeqCst)
    }

    /// How old the signing key is that signs now.
    pub fn signing_key_age(&self) -> Duration {
        let now = self.clock.now();
        let active = self.signing_keys().into_iter().find(|key| key.state == KeyState::Active);
        let since = active.and_then(|key| key.activated_at).map_or(0, |at| now.since(at));
        Duration::from_millis(u64::try_from(since).unwrap_or(0))
    }

    /// Readiness: the cluster link is up, and the database answers and takes writes. The log says when that changes, but not at
    /// a start: then whoever asks is only early.
    ///
    /// # Errors
    ///
    /// The reason why the service is not ready.
    pub async fn ready(&self) -> Result<(), NotReady> {
        let ready = match self.cluster.connected.load(Ordering::SeqCst) {
            true => self.probe().await.map_err(NotReady::Store),
            false if self.cluster.starting.load(Ordering::SeqCst) => return Err(NotReady::Starting),
            false => Err(NotReady::Disconnected),
        };
        let told = self.cluster.told.swap(ready.is_err(), Ordering::SeqCst);
        match &ready {
            Err(reason) if !told => tracing::warn!(%reason, "not ready"),
            Ok(()) if told => tracing::info!("ready again"),
            _ => {}
        }
        ready
    }

    /// Writes to the database. Callers that come while a probe runs share the next one (single-flight): anybody may ask.
    async fn probe(&self) -> Result<(), StoreError> {
        let ClusterLink { probes, last, .. } = &self.cluster;
        let before = probes.load(Ordering::SeqCst);
        let mut last = last.lock().await;
        if last.0 <= before {
            let number = probes.fetch_add(1, Ordering::SeqCst) + 1;
            *last = (number, self.store.ping().await);
        }
        last.1.clone()
    }
}
