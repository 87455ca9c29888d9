//! The key ring of an instance: the current set of signing keys, its rotation, and its replacement in an emergency.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::auth::error::AuthError;
use crate::auth::model::secret::SealingKey;
use crate::auth::store::SigningKeys;
use crate::auth::token::access::ACCESS_TTL_MAX;
use crate::auth::token::keys::{KeySet, KeyState, StoredKey, generate};
use crate::clock::Timestamp;

/// The current key set of this instance, reloaded when the store changes.
pub struct KeyRing {
    sealing: SealingKey,
    current: RwLock<Arc<KeySet>>,
    version: AtomicU64,
    /// One reload at a time: of two, the one that read first could install its older set last.
    reloading: tokio::sync::Mutex<()>,
}

/// How long a retired key keeps verifying beyond the longest access-token lifetime: another instance signs with it until it
/// learns of the rotation.
pub const PROPAGATION_DELAY: Duration = Duration::from_secs(120);

impl KeyRing {
    /// Loads the keys. The very first start creates an active and a next key.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`]: corrupt when the keys were sealed with another server secret.
    pub async fn open(store: &dyn SigningKeys, sealing: SealingKey, now: Timestamp) -> Result<Self, AuthError> {
        let mut stored = store.signing_keys().await?;
        if !stored.iter().any(|key| key.state == KeyState::Active) {
            let (active, next) = new_keys(&sealing, now)?;
            store.create_first_signing_keys(&active, &next).await?;
            stored = store.signing_keys().await?;
        }
        let set = KeySet::unseal(&sealing, stored)?;
        let version = AtomicU64::new(set.version);
        Ok(Self { sealing, current: RwLock::new(Arc::new(set)), version, reloading: tokio::sync::Mutex::default() })
    }

    /// The version of [`KeyRing::current`], without a lock.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The key set in use.
    pub fn current(&self) -> Arc<KeySet> {
        self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Reloads the keys from the store; `true` when they changed.
    ///
    /// # Errors
    ///
    /// As [`KeyRing::open`]; the current set stays in use.
    pub async fn reload(&self, store: &dyn SigningKeys) -> Result<bool, AuthError> {
        let _one_at_a_time = self.reloading.lock().await;
        let stored = store.signing_keys().await?;
        let current = self.current();
        if stored == current.stored {
            return Ok(false);
        }
        let mut set = KeySet::unseal(&self.sealing, stored)?;
        set.version = current.version + 1;
        let version = set.version;
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(set);
        self.version.store(version, Ordering::Release);
        Ok(true)
    }

    /// Rotates the keys: the active key retires, `next` becomes active, and a new `next` is published. `false` when another
    /// instance rotated first.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn rotate(&self, store: &dyn SigningKeys, now: Timestamp) -> Result<bool, AuthError> {
        let next = generate(&self.sealing, KeyState::Next, now)?;
        let rotated = store.rotate_signing_keys(&self.current().active_kid, &next, now).await?;
        self.reload(store).await?;
        Ok(rotated)
    }

    /// Replaces every key: tokens signed with any earlier one are refused at once.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn replace(&self, store: &dyn SigningKeys, now: Timestamp) -> Result<(), AuthError> {
        replace_stored(store, &self.sealing, now).await?;
        self.reload(store).await?;
        Ok(())
    }

    /// Deletes the retired keys: tokens signed with them are refused at once. Returns how many there were.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn forget_retired(&self, store: &dyn SigningKeys, now: Timestamp) -> Result<u64, AuthError> {
        let forgotten = store.forget_retired_keys(now).await?;
        self.reload(store).await?;
        Ok(forgotten)
    }

    /// Rotates the keys when the active one is older than `max_age`, and deletes retired keys that no valid token needs. `true`
    /// when the set changed, `false` also when another instance rotated first.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn maintain(
        &self,
        store: &dyn SigningKeys,
        now: Timestamp,
        max_age: Duration,
    ) -> Result<bool, AuthError> {
        let unused_since = now.minus(ACCESS_TTL_MAX + PROPAGATION_DELAY);
        store.forget_retired_keys(unused_since).await?;
        let changed = self.reload(store).await?;
        match self.current().active_since() {
            Some(since) if since.plus(max_age) <= now => self.rotate(store, now).await,
            _ => Ok(changed),
        }
    }
}

/// Replaces every stored key by a new active and a new next one, also where the old ones cannot be read.
///
/// # Errors
///
/// [`AuthError::Store`].
pub async fn replace_stored(store: &dyn SigningKeys, sealing: &SealingKey, now: Timestamp) -> Result<(), AuthError> {
    let (active, next) = new_keys(sealing, now)?;
    Ok(store.replace_signing_keys(&active, &next).await?)
}

/// A key that signs, and the one that will.
fn new_keys(sealing: &SealingKey, now: Timestamp) -> Result<(StoredKey, StoredKey), AuthError> {
    Ok((generate(sealing, KeyState::Active, now)?, generate(sealing, KeyState::Next, now)?))
}

#[cfg(test)]
pub(in crate::auth) mod tests {
    use super::*;
    use crate::auth::store::StoreError;
    use crate::auth::token::keys::tests::{sealing, set};

    /// A ring of new keys.
    pub(in crate::auth) fn ring() -> KeyRing {
        KeyRing {
            sealing: sealing(),
            current: RwLock::new(Arc::new(KeySet::unseal(&sealing(), set()).unwrap())),
            version: AtomicU64::new(0),
            reloading: tokio::sync::Mutex::default(),
        }
    }

    impl KeyRing {
        /// Takes another ring's keys for its next set.
        pub(in crate::auth::token) fn becomes(&self, other: KeyRing) {
            let mut set = Arc::into_inner(other.current.into_inner().unwrap()).unwrap();
            set.version = self.version() + 1;
            self.version.store(set.version, Ordering::Release);
            *self.current.write().unwrap() = Arc::new(set);
        }
    }

    /// A store whose first read returns an old set, once it is let go.
    struct Slow {
        sets: [Vec<StoredKey>; 2],
        reads: AtomicU64,
        reading: tokio::sync::Notify,
        go: tokio::sync::Notify,
    }

    #[async_trait::async_trait]
    impl SigningKeys for Slow {
        async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
            if self.reads.fetch_add(1, Ordering::SeqCst) > 0 {
                return Ok(self.sets[1].clone());
            }
            self.reading.notify_one();
            self.go.notified().await;
            Ok(self.sets[0].clone())
        }
        async fn create_first_signing_keys(&self, _: &StoredKey, _: &StoredKey) -> Result<(), StoreError> {
            unreachable!()
        }
        async fn replace_signing_keys(&self, _: &StoredKey, _: &StoredKey) -> Result<(), StoreError> {
            unreachable!()
        }
        async fn rotate_signing_keys(&self, _: &str, _: &StoredKey, _: Timestamp) -> Result<bool, StoreError> {
            unreachable!()
        }
        async fn forget_retired_keys(&self, _: Timestamp) -> Result<u64, StoreError> {
            unreachable!()
        }
    }

    #[tokio::test]
    async fn an_older_set_never_replaces_a_newer_one() {
        let ring = ring();
        let slow = Slow {
            sets: [set(), set()],
            reads: AtomicU64::new(0),
            reading: tokio::sync::Notify::new(),
            go: tokio::sync::Notify::new(),
        };
        let second = async {
            slow.reading.notified().await;
            let mut reload = std::pin::pin!(ring.reload(&slow));
            assert!(futures::poll!(reload.as_mut()).is_pending(), "the second reload waits for the first");
            slow.go.notify_one();
            reload.await
        };
        let (first, second) = tokio::join!(ring.reload(&slow), second);
        assert!(first.unwrap() && second.unwrap());
        assert!(ring.current().stored == slow.sets[1]);
        assert_eq!((ring.version(), ring.current().version), (2, 2));
    }
}
