//! Counting what must not be tried at will: guesses at passwords, registrations, refreshes of one session. The rules are in
//! [`super::throttle`]; this asks them about the right keys and keeps what they say. An attempt is counted **before** the
//! password is looked at, and taken back when it was right: guesses that come together would otherwise all pass.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::error::AuthError;
use super::known_browser::{BrowserId, KnownBrowserKey};
use super::secret::{FingerprintKey, ServerSecret};
use super::session::SessionId;
use super::throttle::{self, AttemptKey, Count, Rule, Source};
use super::user::{Email, UserId};
use crate::clock::{Clock, Timestamp};
use crate::store::{CountAttempt, Store, Swap};

/// How often a count that lost the race to another is made again. Who loses more often is one of very many at once.
const ROUNDS: usize = 16;
const PURGE_BATCH: u32 = 500;

/// Who asks to be let in, as far as the request shows.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// `None` is this program itself.
    pub source: Option<Source>,
    /// What the browser says of an earlier sign-in, not looked at yet.
    pub known: Option<String>,
}

/// What an attempt was counted under.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    counters: Vec<Counter>,
    /// The browser, if the account's owner has used it before.
    pub browser: Option<BrowserId>,
}

#[derive(Clone, Copy, Debug)]
struct Counter {
    name: &'static str,
    key: AttemptKey,
    rule: Rule,
    when_right: WhenRight,
}

/// What a right password does to a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhenRight {
    Clears,
    /// Only this attempt.
    TakesBack,
    /// What is counted is no guess.
    Nothing,
}

pub struct Attempts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    fingerprints: FingerprintKey,
    pub known_browsers: KnownBrowserKey,
    refreshes: Mutex<HashMap<SessionId, Timestamp>>,
    /// Off for tests and measurements, never on an address that others reach.
    pub on: bool,
}

impl Attempts {
    pub fn new(secret: &ServerSecret, store: Arc<dyn Store>, clock: Arc<dyn Clock>, on: bool) -> Self {
        Self {
            store,
            clock,
            fingerprints: secret.throttle_key(),
            known_browsers: KnownBrowserKey::new(secret),
            refreshes: Mutex::default(),
            on,
        }
    }

    /// Before a guess from outside. Whether the account exists plays no part. A browser its owner has used is counted by
    /// itself; all others together, under the account and under where they come from.
    pub async fn sign_in(&self, email: &Email, caller: &Caller) -> Result<Attempt, AuthError> {
        let now = self.clock.now();
        let known = caller.known.as_deref().filter(|_| self.on);
        let browser = known.and_then(|known| self.known_browsers.open(known, email, now));
        let counters = match browser {
            Some(id) => vec![self.counter("browser", &id, throttle::OWN, WhenRight::Clears)],
            None => {
                let account = self.counter("account", email.as_str().as_bytes(), throttle::ACCOUNT, WhenRight::Clears);
                // One right password must not buy a network more guesses at other accounts.
                let by_source =
                    |source: Source| self.counter("source", source.bytes(), throttle::SOURCE, WhenRight::TakesBack);
                let source = caller.source.map(by_source);
                std::iter::once(account).chain(source).collect()
            }
        };
        self.count(counters, browser).await
    }

    /// Before somebody who is signed in gives their password again. A guess at it needs a session of theirs.
    pub async fn confirm(&self, user_id: UserId) -> Result<Attempt, AuthError> {
        self.count(vec![self.member(user_id)], None).await
    }

    /// Before the same for a new address: who knows their password could ask for address after address whether it is taken.
    pub async fn change_of_address(&self, user_id: UserId) -> Result<Attempt, AuthError> {
        let address = self.counter("address", user_id.0.as_bytes(), throttle::ADDRESS, WhenRight::Nothing);
        self.count(vec![self.member(user_id), address], None).await
    }

    fn member(&self, user_id: UserId) -> Counter {
        self.counter("member", user_id.0.as_bytes(), throttle::OWN, WhenRight::Clears)
    }

    /// Before an account is made.
    pub async fn register(&self, caller: &Caller) -> Result<Attempt, AuthError> {
        let by_source =
            |source: Source| self.counter("registration", source.bytes(), throttle::REGISTRATION, WhenRight::Nothing);
        let source = caller.source.map(by_source);
        self.count(source.into_iter().collect(), None).await
    }

    /// The password was right.
    pub async fn succeeded(&self, attempt: &Attempt) -> Result<(), AuthError> {
        for counter in &attempt.counters {
            match counter.when_right {
                WhenRight::Clears => self.store.forget_attempts(counter.key).await?,
                WhenRight::TakesBack => self.store.take_back_attempt(counter.key, counter.rule.forget).await?,
                WhenRight::Nothing => {}
            }
        }
        Ok(())
    }

    /// The password was not looked at, because the server was too busy.
    pub async fn not_made(&self, attempt: &Attempt) -> Result<(), AuthError> {
        for counter in &attempt.counters {
            self.store.take_back_attempt(counter.key, counter.rule.forget).await?;
        }
        Ok(())
    }

    /// Before a refresh. In this instance's memory alone: it costs no query, and several instances let through that many
    /// times more, which is still a limit.
    pub fn refresh(&self, id: SessionId) -> Result<(), AuthError> {
        if !self.on {
            return Ok(());
        }
        let now = self.clock.now();
        let mut refreshes = self.refreshes.lock().unwrap_or_else(PoisonError::into_inner);
        match throttle::REFRESHES.step(refreshes.get(&id).copied(), now) {
            Ok(until) => {
                refreshes.insert(id, until);
                Ok(())
            }
            Err(wait) => Err(too_many("refresh", wait)),
        }
    }

    /// Forgets what no longer counts.
    pub async fn tidy(&self) -> Result<(), AuthError> {
        let now = self.clock.now();
        self.refreshes.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, until| *until > now);
        while self.store.purge_attempts(now, PURGE_BATCH).await? == u64::from(PURGE_BATCH) {}
        Ok(())
    }

    fn counter(&self, name: &'static str, who: &[u8], rule: Rule, when_right: WhenRight) -> Counter {
        Counter { name, key: AttemptKey(self.fingerprints.long(name, who)), rule, when_right }
    }

    /// Lets the attempt be made and counts it, or says how long to wait and counts nothing.
    async fn count(&self, counters: Vec<Counter>, browser: Option<BrowserId>) -> Result<Attempt, AuthError> {
        if !self.on || counters.is_empty() {
            return Ok(Attempt { counters: Vec::new(), browser });
        }
        for _ in 0..ROUNDS {
            let mut counted = Vec::with_capacity(counters.len());
            let mut longest = ("", Duration::ZERO);
            for Counter { name, key, rule, .. } in &counters {
                let expected: Option<Count> = self.store.attempts(*key).await?;
                let now = self.clock.now();
                let wait = rule.wait(expected, now);
                if wait > longest.1 {
                    longest = (name, wait);
                }
                counted.push(CountAttempt { key: *key, expected, next: rule.counted(expected, now) });
            }
            if !longest.1.is_zero() {
                return Err(too_many(longest.0, longest.1));
            }
            if self.store.count_attempts(&counted).await? == Swap::Done {
                return Ok(Attempt { counters, browser });
            }
        }
        Err(too_many("crowd", Duration::from_secs(1)))
    }
}

fn too_many(by: &'static str, wait: Duration) -> AuthError {
    tracing::info!(target: "security", event = "excess_rate_limit_exceeded", by);
    AuthError::TooManyAttempts { retry_after: throttle::in_seconds(wait) }
}
