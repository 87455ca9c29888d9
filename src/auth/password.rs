//! Password hashing: argon2id with OWASP's parameters, on a few threads of its own. Each thread keeps one block of memory
//! and uses it again, so a burst of logins queues instead of asking for gigabytes, and the async threads never wait.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash::phc::PasswordHash};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::error::AuthError;
use super::flaw::Flaw;
use super::password_rules::hard_to_guess;
use super::random;

/// OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const DIGEST: usize = 32;

/// Longest, in bytes: far beyond any passphrase, short enough that nobody makes the server hash a novel.
pub const PASSWORD_MAX: usize = 1024;

/// A password as it was typed. Prints as `[redacted]`, is wiped on drop.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl From<String> for Password {
    fn from(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

impl Password {
    /// For what weighs it ([`super::password_rules`]), and nothing else.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    pub fn not_oversized(&self, field: &'static str) -> Result<(), AuthError> {
        if self.0.len() > PASSWORD_MAX { Err(AuthError::invalid(field, Flaw::PasswordTooLong)) } else { Ok(()) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verification {
    Right,
    Wrong,
}

enum Job {
    Hash {
        password: Password,
        /// The owner's address and the form field, where it must be hard to guess.
        judged: Option<(String, &'static str)>,
        reply: oneshot::Sender<Result<String, AuthError>>,
    },
    /// `stored` is `None` when there is no such account: the work is done all the same, so the time tells nothing.
    Verify { password: Password, stored: Option<String>, reply: oneshot::Sender<Result<Verification, AuthError>> },
}

/// A few threads, one queue.
#[derive(Clone)]
pub struct PasswordHasher {
    queue: SyncSender<Job>,
    computed: Arc<AtomicU64>,
}

impl PasswordHasher {
    /// `threads` hashes at once, `waiting` more in the queue; beyond that callers are told to come back.
    pub fn start(threads: usize, waiting: usize) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(waiting);
        let jobs = Arc::new(Mutex::new(jobs));
        let computed = Arc::new(AtomicU64::new(0));
        for index in 0..threads.max(1) {
            let (jobs, computed) = (jobs.clone(), computed.clone());
            std::thread::Builder::new().name(format!("argon2-{index}")).spawn(move || work(&jobs, &computed))?;
        }
        Ok(Self { queue, computed })
    }

    /// Digests computed since the start, whatever they were for.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::SeqCst)
    }

    /// A PHC string with a salt of its own.
    pub async fn hash(&self, password: Password) -> Result<String, AuthError> {
        self.hash_judged(password, None).await
    }

    /// The same for what becomes somebody's password, if it is not easy to guess. Here, because weighing one may take as
    /// long as a digest.
    pub async fn hash_new(&self, password: Password, email: &str, field: &'static str) -> Result<String, AuthError> {
        self.hash_judged(password, Some((email.to_owned(), field))).await
    }

    async fn hash_judged(
        &self,
        password: Password,
        judged: Option<(String, &'static str)>,
    ) -> Result<String, AuthError> {
        let (reply, answer) = oneshot::channel();
        self.submit(Job::Hash { password, judged, reply })?;
        answer.await.map_err(|_| AuthError::Internal("a hasher thread is gone"))?
    }

    /// Costs the same whether or not there is a stored hash.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<Verification, AuthError> {
        let (reply, answer) = oneshot::channel();
        self.submit(Job::Verify { password, stored, reply })?;
        answer.await.map_err(|_| AuthError::Internal("a hasher thread is gone"))?
    }

    fn submit(&self, job: Job) -> Result<(), AuthError> {
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => AuthError::Busy { retry_after: 1 },
            TrySendError::Disconnected(_) => AuthError::Internal("the hasher threads are gone"),
        })
    }
}

fn work(jobs: &Mutex<Receiver<Job>>, computed: &AtomicU64) {
    // Grown by the first job: a server nobody has signed in to yet needs none.
    let mut memory = Vec::new();
    loop {
        let next = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        computed.fetch_add(1, Ordering::SeqCst);
        match next {
            Ok(Job::Hash { password, judged, reply }) => {
                let judged = judged.map_or(Ok(()), |(email, field)| hard_to_guess(&password, &email, field));
                let _ = reply.send(judged.and_then(|()| hash(&password, &mut memory)));
            }
            Ok(Job::Verify { password, stored, reply }) => {
                let _ = reply.send(verify(&password, stored.as_deref(), &mut memory));
            }
            Err(_) => return,
        }
    }
}

fn digest(
    password: &Password,
    salt: &[u8],
    params: Params,
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<(), AuthError> {
    let needed = params.block_count();
    if memory.len() < needed {
        memory.resize(needed, Block::default());
    }
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.0.as_bytes(), salt, out, &mut memory[..needed])
        .map_err(|_| AuthError::Internal("argon2 refused its input"))
}

fn current_params() -> Result<Params, AuthError> {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(DIGEST)).map_err(|_| AuthError::Internal("argon2 parameters"))
}

fn hash(password: &Password, memory: &mut Vec<Block>) -> Result<String, AuthError> {
    let salt: [u8; 16] = random::bytes();
    let mut out = [0; DIGEST];
    digest(password, &salt, current_params()?, &mut out, memory)?;
    Ok(format!(
        "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${}${}",
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(out)
    ))
}

fn verify(password: &Password, stored: Option<&str>, memory: &mut Vec<Block>) -> Result<Verification, AuthError> {
    const UNREADABLE: AuthError = AuthError::Internal("a stored password hash cannot be read");
    let Some(stored) = stored else {
        let mut out = [0; DIGEST];
        digest(password, &random::bytes::<16>(), current_params()?, &mut out, memory)?;
        return Ok(Verification::Wrong);
    };
    let stored = PasswordHash::new(stored).map_err(|_| UNREADABLE)?;
    let params = Params::try_from(&stored).map_err(|_| UNREADABLE)?;
    let (salt, expected) = stored.salt.as_ref().zip(stored.hash.as_ref()).ok_or(UNREADABLE)?;
    let mut out = vec![0; expected.as_bytes().len()];
    digest(password, salt.as_ref(), params, &mut out, memory)?;
    match aws_lc_rs::constant_time::verify_slices_are_equal(&out, expected.as_bytes()) {
        Ok(()) => Ok(Verification::Right),
        Err(_) => Ok(Verification::Wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    async fn the_hash_is_the_one_the_argon2_crate_would_make() {
        use argon2::{PasswordVerifier, password_hash::phc::PasswordHash};
        let hasher = PasswordHasher::start(1, 8).unwrap();
        let stored = hasher.hash("correct horse battery".to_owned().into()).await.unwrap();
        let parsed = PasswordHash::new(&stored).unwrap();
        assert!(Argon2::default().verify_password(b"correct horse battery", &parsed).is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_says_come_back() {
        let hasher = PasswordHasher::start(1, 1).unwrap();
        let calls = (0..8).map(|_| hasher.verify("x".to_owned().into(), None));
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().any(|answer| matches!(answer, Err(AuthError::Busy { .. }))));
        assert!(answers.iter().any(Result::is_ok));
    }
}
