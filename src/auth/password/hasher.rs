//! Password hashing: argon2id with OWASP's parameters, on a small thread pool ([`Pool`]). Each thread reuses one block of
//! memory, so a burst of log-ins queues instead of allocating gigabytes. The strength of new passwords is estimated on a thread
//! of its own, so that it delays no sign-in.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash::phc::PasswordHash};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use unicode_normalization::{UnicodeNormalization as _, is_nfc, is_nfd};
use zeroize::Zeroizing;

use crate::auth::error::AuthError;
use crate::auth::password::pool::{Load, Pool, WorkFor};
use crate::auth::password::rules::hard_to_guess;
use crate::auth::random;
use crate::auth::validation::ValidationError;

/// Bytes of a digest.
const DIGEST: usize = 32;
/// The pages of x86-64, in bytes.
const PAGE: usize = 4096;
const LARGE_PAGE: usize = 2 * 1024 * 1024;

/// The cost of a digest: argon2id with one lane. A stored hash names its own cost, so a change applies to new hashes only.
#[derive(Clone, Copy, Debug)]
pub struct HashCost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl HashCost {
    /// OWASP Password Storage Cheat Sheet: 19 MiB, two passes.
    pub const OWASP: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    fn params(self) -> Result<Params, AuthError> {
        Params::new(self.memory_kib, self.passes, 1, Some(DIGEST)).map_err(|_| AuthError::Internal("argon2 parameters"))
    }
}

/// The longest password, in bytes: far beyond any passphrase, short enough that hashing one is not a denial of service.
pub const PASSWORD_MAX: usize = 1024;

/// A password in Unicode's normalization form C (NIST SP 800-63B-4 section 3.1.1.2): keyboards and clipboards differ in how
/// they send an `é`. Prints as `[redacted]`, is wiped on drop.
#[derive(Clone)]
pub struct Password {
    nfc: Zeroizing<String>,
    /// As typed, where that differs.
    typed: Option<Zeroizing<String>>,
}

impl From<String> for Password {
    fn from(typed: String) -> Self {
        let typed = Zeroizing::new(typed);
        // One that is too long is refused, so it is not worth the work.
        if typed.len() > PASSWORD_MAX || is_nfc(&typed) {
            return Self { nfc: typed, typed: None };
        }
        // NFC is at most three times as long: a buffer that grew would leave copies behind.
        let mut nfc = Zeroizing::new(String::with_capacity(3 * typed.len()));
        nfc.extend(typed.nfc());
        Self { nfc, typed: Some(typed) }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

impl Password {
    /// The secret text. Only for the policy ([`crate::auth::password::rules`]).
    pub(super) fn reveal(&self) -> &str {
        &self.nfc
    }

    /// The spellings that a hash may have been made of, NFC first. Before passwords were normalized it was what one keyboard
    /// sent, so another one sends it composed or decomposed.
    fn spellings(&self) -> Vec<Zeroizing<String>> {
        let mut spellings = vec![self.nfc.clone()];
        spellings.extend(self.typed.clone());
        if !is_nfd(&self.nfc) {
            let mut nfd = Zeroizing::new(String::with_capacity(3 * self.nfc.len()));
            nfd.extend(self.nfc.nfd());
            if self.typed.as_ref() != Some(&nfd) {
                spellings.push(nfd);
            }
        }
        spellings
    }

    /// Refuses a password beyond [`PASSWORD_MAX`], before any work is done for it.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] at `field`.
    pub fn not_oversized(&self, field: &'static str) -> Result<(), AuthError> {
        if self.nfc.len() > PASSWORD_MAX || self.typed.as_ref().is_some_and(|typed| typed.len() > PASSWORD_MAX) {
            Err(AuthError::invalid(field, ValidationError::PasswordTooLong))
        } else {
            Ok(())
        }
    }
}

/// The outcome of verifying a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verification {
    Right,
    /// Right, but the stored hash is of another spelling of the password than NFC.
    RightNotNormalized,
    Wrong,
}

impl Verification {
    pub const fn is_right(self) -> bool {
        matches!(self, Self::Right | Self::RightNotNormalized)
    }
}

/// The thread pools. Clones share them.
#[derive(Clone)]
pub struct PasswordHasher {
    hashing: Arc<Pool<Vec<Block>>>,
    weighing: Arc<Pool<()>>,
    cost: HashCost,
    user: WorkFor,
    computed: Arc<AtomicU64>,
}

impl PasswordHasher {
    /// Starts `threads` threads with a queue of `waiting` jobs; beyond that callers get [`AuthError::Busy`].
    ///
    /// # Errors
    ///
    /// A thread could not be started.
    pub fn start(threads: usize, waiting: usize) -> std::io::Result<Self> {
        Self::start_with(HashCost::OWASP, threads, waiting)
    }

    /// Starts the pool with another cost for new hashes.
    ///
    /// # Errors
    ///
    /// A thread could not be started.
    pub fn start_with(cost: HashCost, threads: usize, waiting: usize) -> std::io::Result<Self> {
        Ok(Self {
            // The blocks are allocated by the first job: an idle server needs none.
            hashing: Arc::new(Pool::start("argon2", threads, waiting)?),
            weighing: Arc::new(Pool::start("zxcvbn", 1, waiting)?),
            cost,
            user: WorkFor::Program,
            computed: Arc::default(),
        })
    }

    /// The same threads, for the work of this user.
    pub fn working_for(&self, user: WorkFor) -> Self {
        Self { user, ..self.clone() }
    }

    /// The number of digests computed since the start (a metric).
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::SeqCst)
    }

    /// The work of the threads that hash.
    pub fn load(&self) -> Load {
        self.hashing.load()
    }

    /// Hashes a password with a random salt to a PHC string.
    ///
    /// # Errors
    ///
    /// [`AuthError::Busy`] when there is no place in the queue.
    pub async fn hash(&self, password: Password) -> Result<String, AuthError> {
        let cost = self.cost;
        self.compute(move |memory| hash(cost, &password, memory)).await
    }

    /// Hashes a new password after the strength check.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] at `field` for a weak password, [`AuthError::Busy`].
    pub async fn hash_new(&self, password: Password, email: &str, field: &'static str) -> Result<String, AuthError> {
        let (weighed, email) = (password.clone(), email.to_owned());
        self.weighing.run(self.user, move |()| hard_to_guess(&weighed, &email, field)).await?;
        self.hash(password).await
    }

    /// Verifies a password. Takes the same time whether or not there is a stored hash: `stored` is `None` for an unknown
    /// account, and the same work is done, so the response time reveals nothing (timing attack).
    ///
    /// # Errors
    ///
    /// [`AuthError::Busy`] when there is no place in the queue.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<Verification, AuthError> {
        let cost = self.cost;
        self.compute(move |memory| verify(cost, &password, stored.as_deref(), memory)).await
    }

    async fn compute<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> Result<R, AuthError> + Send + 'static,
    ) -> Result<R, AuthError> {
        let computed = self.computed.clone();
        let counted = move |memory: &mut Vec<Block>| {
            computed.fetch_add(1, Ordering::SeqCst);
            work(memory)
        };
        self.hashing.run(self.user, counted).await
    }
}

/// How many blocks to ask the allocator for. It maps a large amount by itself and needs a page of it, and only a mapping of whole
/// large pages begins at one.
fn mapped(blocks: usize) -> usize {
    let bytes = blocks * Block::SIZE;
    if bytes < LARGE_PAGE {
        return blocks;
    }
    ((bytes + PAGE).next_multiple_of(LARGE_PAGE) - PAGE) / Block::SIZE
}

fn digest(
    password: &str,
    salt: &[u8],
    params: Params,
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<(), AuthError> {
    let needed = params.block_count();
    if memory.len() < needed {
        memory.reserve_exact(mapped(needed) - memory.len());
        memory.resize(needed, Block::default());
    }
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory[..needed])
        .map_err(|_| AuthError::Internal("argon2 refused its input"))
}

fn hash(cost: HashCost, password: &Password, memory: &mut Vec<Block>) -> Result<String, AuthError> {
    let salt: [u8; 16] = random::bytes();
    let mut out = [0; DIGEST];
    digest(password.reveal(), &salt, cost.params()?, &mut out, memory)?;
    Ok(format!(
        "$argon2id$v=19$m={},t={},p=1${}${}",
        cost.memory_kib,
        cost.passes,
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(out)
    ))
}

fn verify(
    cost: HashCost,
    password: &Password,
    stored: Option<&str>,
    memory: &mut Vec<Block>,
) -> Result<Verification, AuthError> {
    const UNREADABLE: AuthError = AuthError::Internal("a stored password hash cannot be read");
    let Some(stored) = stored else {
        let mut out = [0; DIGEST];
        for spelling in password.spellings() {
            digest(&spelling, &random::bytes::<16>(), cost.params()?, &mut out, memory)?;
        }
        return Ok(Verification::Wrong);
    };
    let stored = PasswordHash::new(stored).map_err(|_| UNREADABLE)?;
    let (salt, expected) = stored.salt.as_ref().zip(stored.hash.as_ref()).ok_or(UNREADABLE)?;
    let mut out = vec![0; expected.as_bytes().len()];
    for (index, spelling) in password.spellings().iter().enumerate() {
        let params = Params::try_from(&stored).map_err(|_| UNREADABLE)?;
        digest(spelling, salt.as_ref(), params, &mut out, memory)?;
        if aws_lc_rs::constant_time::verify_slices_are_equal(&out, expected.as_bytes()).is_ok() {
            return Ok(if index == 0 { Verification::Right } else { Verification::RightNotNormalized });
        }
    }
    Ok(Verification::Wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_amount_of_memory_fills_large_pages_but_for_one_small_page() {
        for (asked, mapped_kib) in
            [(8, 8), (2047, 2047), (2048, 4092), (19 * 1024, 20 * 1024 - 4), (20 * 1024 - 4, 20 * 1024 - 4)]
        {
            assert_eq!(mapped(asked), mapped_kib, "{asked} blocks of a KiB");
        }
    }

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_and_no_other() {
        let hasher = PasswordHasher::start(1, 8).unwrap();
        let stored = hasher.hash("correct horse battery".to_owned().into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let verify = |typed: &str| hasher.verify(typed.to_owned().into(), Some(stored.clone()));
        assert_eq!(verify("correct horse battery").await.unwrap(), Verification::Right);
        assert_eq!(verify("correct horse batterY").await.unwrap(), Verification::Wrong);
        assert_eq!(hasher.verify("x".to_owned().into(), None).await.unwrap(), Verification::Wrong);
    }

    #[tokio::test]
    async fn a_password_is_right_however_its_letters_are_composed() {
        let hasher = PasswordHasher::start(1, 8).unwrap();
        let (nfc, nfd, mixed) = ("pr\u{e9}s du mus\u{e9}e", "pre\u{301}s du muse\u{301}e", "pr\u{e9}s du muse\u{301}e");
        let stored = hasher.hash(nfd.to_owned().into()).await.unwrap();
        for typed in [nfc, nfd, mixed] {
            let verified = hasher.verify(typed.to_owned().into(), Some(stored.clone())).await.unwrap();
            assert_eq!(verified, Verification::Right, "{typed:?}");
        }
        let wrong = hasher.verify("pres du musee".to_owned().into(), Some(stored)).await.unwrap();
        assert_eq!(wrong, Verification::Wrong);
        // As former versions made the hash: of what was typed.
        for (before, known) in [(nfd, &[nfc, nfd, mixed][..]), (mixed, &[mixed]), (nfc, &[nfc, nfd, mixed])] {
            let as_typed = Password { nfc: Zeroizing::new(before.to_owned()), typed: None };
            let stored = hasher.hash(as_typed).await.unwrap();
            for typed in known {
                let verified = hasher.verify((*typed).to_owned().into(), Some(stored.clone())).await.unwrap();
                assert_eq!(verified == Verification::RightNotNormalized, before != nfc, "{before:?} {typed:?}");
                assert!(verified.is_right(), "{before:?} {typed:?}");
            }
        }
    }

    #[test]
    fn a_password_is_too_long_in_either_spelling() {
        for (text, fits) in [("e\u{301}", 341), ("\u{fb2c}", 170)] {
            let of = |count: usize| Password::from(text.repeat(count)).not_oversized("password").is_ok();
            assert!(of(fits) && !of(fits + 1), "{text:?}");
        }
    }

    #[tokio::test]
    async fn the_argon2_crate_verifies_the_hash() {
        use argon2::{PasswordVerifier, password_hash::phc::PasswordHash};
        let hasher = PasswordHasher::start(1, 8).unwrap();
        let stored = hasher.hash("correct horse battery".to_owned().into()).await.unwrap();
        let parsed = PasswordHash::new(&stored).unwrap();
        assert!(Argon2::default().verify_password(b"correct horse battery", &parsed).is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_further_work() {
        let hasher = PasswordHasher::start(1, 1).unwrap();
        let calls = (0..8).map(|_| hasher.verify("x".to_owned().into(), None));
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().any(|answer| matches!(answer, Err(AuthError::Busy { .. }))));
        assert!(answers.iter().any(Result::is_ok));
    }
}
