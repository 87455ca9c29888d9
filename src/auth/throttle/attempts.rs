//! The attempt counter: throttles password attempts, registrations and refreshes. It chooses the keys, applies the rules of
//! [`crate::auth::throttle::rules`] and stores the counts by compare-and-swap (optimistic concurrency). An attempt is counted
//! **before** the password is verified and taken back on success; otherwise concurrent guesses would all pass the check
//! (TOCTOU).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::auth::error::AuthError;
use crate::auth::model::email::Email;
use crate::auth::model::secret::{FingerprintKey, ServerSecret};
use crate::auth::model::session::{Session, SessionId};
use crate::auth::model::user::{UserId, UserRecord};
use crate::auth::observer::{FlowEvent, Observers};
use crate::auth::password::pool::WorkFor;
use crate::auth::store::{Attempts, CountAttempt, Swap};
use crate::auth::throttle::attempt::{Caller, CountedAttempt, Counter, OnSuccess};
use crate::auth::throttle::device_cookie::{BrowserId, DeviceCookie, DeviceCookieKey};
use crate::auth::throttle::refusal_log::RefusalLog;
use crate::auth::throttle::rules::{self, AttemptKey, Count, Source, ThrottleRule};
use crate::auth::throttle::work::WorkMeter;
use crate::auth::token::access::Verified;
use crate::clock::{Clock, Timestamp};

/// How many times the compare-and-swap is tried. Only a flood of concurrent attempts loses this often.
const SWAP_TRIES: usize = 16;
/// The name of the counter of confirmations in one session: another session has its own.
const SESSION: &str = "session";
/// Rows deleted by one statement.
const PURGE_BATCH: u32 = 500;

/// Throttles attempts. The counts are in the store, so all instances share them; those of refreshes are in memory.
pub struct AttemptCounter {
    store: Arc<dyn Attempts>,
    clock: Arc<dyn Clock>,
    fingerprints: FingerprintKey,
    device_cookies: DeviceCookieKey,
    refreshes: Mutex<HashMap<SessionId, Timestamp>>,
    work: Mutex<WorkMeter>,
    refusals: Mutex<RefusalLog>,
    observers: Observers,
    /// Off for tests and benchmarks, never on an address that others can reach.
    enabled: bool,
}

impl AttemptCounter {
    /// A counter on a store.
    pub fn new(
        secret: &ServerSecret,
        store: Arc<dyn Attempts>,
        clock: Arc<dyn Clock>,
        observers: Observers,
        enabled: bool,
    ) -> Self {
        Self {
            store,
            clock,
            fingerprints: secret.throttle_key(),
            device_cookies: DeviceCookieKey::new(secret),
            refreshes: Mutex::default(),
            work: Mutex::default(),
            refusals: Mutex::default(),
            observers,
            enabled,
        }
    }

    /// Counts a sign-in, whether or not the account exists. A browser with a genuine device cookie of `account`, the account that
    /// has the address, has its own count, and one together with its like; all others share the account's count and their
    /// network's count.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooManyAttempts`]: nothing is counted.
    pub async fn sign_in(
        &self,
        email: &Email,
        account: Option<&UserRecord>,
        caller: &Caller,
    ) -> Result<CountedAttempt, AuthError> {
        let known = account.filter(|_| self.enabled).and_then(|account| self.known(account, caller));
        let (counters, work_for) = match known {
            Some((id, user_id)) => {
                let browser = self.counter("browser", &id, rules::OWN, OnSuccess::Clear);
                let together = self.counter("devices", user_id.0.as_bytes(), rules::TOGETHER, OnSuccess::TakeBack);
                (vec![browser, together], WorkFor::Member(user_id))
            }
            None => {
                let account = self.counter("account", email.as_str().as_bytes(), rules::ACCOUNT, OnSuccess::Clear);
                // A success clears only its own attempt: signing in to an account of one's own must not buy guesses at others.
                let sources =
                    self.by_network(["source", "source/56", "source/48"], caller, rules::SOURCE, OnSuccess::TakeBack);
                (std::iter::once(account).chain(sources).collect(), work_of(caller))
            }
        };
        self.count(counters, known.map(|(browser, _)| browser), work_for).await
    }

    /// The browser, when one of the caller's device cookies is genuine.
    fn known(&self, account: &UserRecord, caller: &Caller) -> Option<(BrowserId, UserId)> {
        let now = self.clock.now();
        let opened = caller.device_cookies.iter().find_map(|cookie| self.device_cookies.open(cookie, account, now));
        opened.map(|browser| (browser, account.id))
    }

    /// Counts a signed-in user's password confirmation. Guessing here requires one of the user's access tokens.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooManyAttempts`]: nothing is counted.
    pub async fn confirm_password(&self, user: &Verified) -> Result<CountedAttempt, AuthError> {
        self.confirmation([SESSION, "member"], user.user_id, user.session_id, None).await
    }

    /// Counts a reauthentication. Guessing here requires one of the user's refresh tokens, so whoever has an access token alone
    /// cannot exhaust it.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooManyAttempts`]: nothing is counted.
    pub async fn reauthenticate(&self, session: &Session) -> Result<CountedAttempt, AuthError> {
        let names = ["reauthentication", "reauthentication of member"];
        self.confirmation(names, session.user_id, session.id, None).await
    }

    /// Counts a change of the e-mail address. A signed-in user could otherwise probe which addresses are taken.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooManyAttempts`]: nothing is counted.
    pub async fn change_email(&self, user: &Verified) -> Result<CountedAttempt, AuthError> {
        let address = self.counter("address", user.user_id.0.as_bytes(), rules::ADDRESS, OnSuccess::Keep);
        self.confirmation([SESSION, "member"], user.user_id, user.session_id, Some(address)).await
    }

    /// Counts a password of a signed-in user, for the session and for all sessions of the user together.
    async fn confirmation(
        &self,
        [session, member]: [&'static str; 2],
        user_id: UserId,
        session_id: SessionId,
        more: Option<Counter>,
    ) -> Result<CountedAttempt, AuthError> {
        let session = self.counter(session, &session_id.0, rules::OWN, OnSuccess::Clear);
        let member = self.counter(member, user_id.0.as_bytes(), rules::TOGETHER, OnSuccess::TakeBack);
        let counters = [session, member].into_iter().chain(more).collect();
        self.count(counters, None, WorkFor::Member(user_id)).await
    }

    /// The counters of the caller's network and of the IPv6 networks around it.
    fn by_network(
        &self,
        [own, site, provider]: [&'static str; 3],
        caller: &Caller,
        rule: ThrottleRule,
        on_success: OnSuccess,
    ) -> impl Iterator<Item = Counter> {
        let counter = |name, network: Option<Source>, rule| {
            network.map(|network| self.counter(name, network.bytes(), rule, on_success))
        };
        let around = |prefix| caller.source.and_then(|source| source.around(prefix));
        let counters = [
            counter(own, caller.source, rule),
            counter(site, around(56), rules::SOURCE_56),
            counter(provider, around(48), rules::SOURCE_48),
        ];
        counters.into_iter().flatten()
    }

    /// Counts a registration.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooManyAttempts`]: nothing is counted.
    pub async fn register(&self, caller: &Caller) -> Result<CountedAttempt, AuthError> {
        let names = ["registration", "registration/56", "registration/48"];
        let networks = self.by_network(names, caller, rules::REGISTRATION, OnSuccess::Keep);
        self.count(networks.collect(), None, work_of(caller)).await
    }

    /// The device cookie after a successful sign-in; `None` when throttling is off.
    pub fn device_cookie(&self, user: &UserRecord, browser: Option<BrowserId>) -> Option<DeviceCookie> {
        self.enabled.then(|| self.device_cookies.issue(user, browser, self.clock.now()))
    }

    /// Adjusts the counts after a correct password.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn succeeded(&self, attempt: &CountedAttempt) -> Result<(), AuthError> {
        for counter in &attempt.counters {
            match counter.on_success {
                OnSuccess::Clear => self.store.forget_attempts(counter.key).await?,
                OnSuccess::TakeBack => self.store.take_back_attempt(counter.key, counter.rule.forget).await?,
                OnSuccess::Keep => {}
            }
        }
        Ok(())
    }

    /// Takes the attempt back: the password was not verified, because the server was too busy.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn cancel(&self, attempt: &CountedAttempt) -> Result<(), AuthError> {
        for counter in &attempt.counters {
            self.store.take_back_attempt(counter.key, counter.rule.forget).await?;
        }
        Ok(())
    }

    /// Counts a refresh, in this instance's memory only: it costs no query. With n instances the limit is n times as high.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooManyAttempts`].
    pub fn refresh(&self, id: SessionId) -> Result<(), AuthError> {
        if !self.enabled {
            return Ok(());
        }
        let now = self.clock.now();
        let mut refreshes = self.refreshes.lock().unwrap_or_else(PoisonError::into_inner);
        match rules::REFRESHES.admit(refreshes.get(&id).copied(), now) {
            Ok(arrival) => {
                refreshes.insert(id, arrival);
                Ok(())
            }
            Err(wait) => Err(self.too_many("refresh", self.key("refresh", &id.0), wait)),
        }
    }

    /// Deletes the counts that have expired.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`].
    pub async fn purge_expired(&self) -> Result<(), AuthError> {
        let now = self.clock.now();
        self.refreshes.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, arrival| *arrival > now);
        self.work.lock().unwrap_or_else(PoisonError::into_inner).purge(now);
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).purge(now);
        while self.store.purge_attempts(now, PURGE_BATCH).await? == u64::from(PURGE_BATCH) {}
        Ok(())
    }

    fn counter(&self, name: &'static str, subject: &[u8], rule: ThrottleRule, on_success: OnSuccess) -> Counter {
        Counter { name, key: self.key(name, subject), rule, on_success }
    }

    /// Counts the attempt under all counters, or refuses it with the longest wait and counts nothing. A lost compare-and-swap
    /// means that a concurrent attempt was counted in between: read and decide again.
    async fn count(
        &self,
        counters: Vec<Counter>,
        browser: Option<BrowserId>,
        work_for: WorkFor,
    ) -> Result<CountedAttempt, AuthError> {
        if !self.enabled || counters.is_empty() {
            return Ok(CountedAttempt { counters: Vec::new(), browser, work_for });
        }
        let mut metered = false;
        for _ in 0..SWAP_TRIES {
            let mut counted = Vec::with_capacity(counters.len());
            let mut longest = (counters[0], Duration::ZERO);
            for counter in &counters {
                let expected: Option<Count> = self.store.attempts(counter.key).await?;
                let now = self.clock.now();
                let wait = counter.rule.wait(expected, now);
                if wait > longest.1 {
                    longest = (*counter, wait);
                }
                counted.push(CountAttempt { key: counter.key, expected, next: counter.rule.counted(expected, now) });
            }
            if !longest.1.is_zero() {
                return Err(self.too_many(longest.0.name, longest.0.key, longest.1));
            }
            if !std::mem::replace(&mut metered, true) {
                self.count_work(work_for)?;
            }
            if self.store.count_attempts(&counted).await? == Swap::Done {
                return Ok(CountedAttempt { counters, browser, work_for });
            }
        }
        Err(self.too_many("crowd", counters[0].key, Duration::from_secs(1)))
    }

    fn count_work(&self, work_for: WorkFor) -> Result<(), AuthError> {
        let counted = self.work.lock().unwrap_or_else(PoisonError::into_inner).count(work_for, self.clock.now());
        let key = match &work_for {
            WorkFor::Program => self.key("work", &[]),
            WorkFor::Network(source) => self.key("work for network", source.bytes()),
            WorkFor::Member(user_id) => self.key("work for member", user_id.0.as_bytes()),
        };
        counted.map_err(|wait| self.too_many("work", key, wait))
    }

    fn too_many(&self, by: &'static str, key: AttemptKey, wait: Duration) -> AuthError {
        self.observers.emit(|| FlowEvent::Throttled { by });
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.is_news(key, self.clock.now(), wait) {
            tracing::info!(target: "security", event = "excess_rate_limit_exceeded", by);
        }
        AuthError::TooManyAttempts { retry_after: rules::retry_after_seconds(wait), sign_in_helps: by == SESSION }
    }

    fn key(&self, name: &str, subject: &[u8]) -> AttemptKey {
        AttemptKey(self.fingerprints.long(name, subject))
    }
}

fn work_of(caller: &Caller) -> WorkFor {
    caller.source.map_or(WorkFor::Program, |source| WorkFor::Network(source.widest()))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::auth::store::StoreError;
    use crate::clock::ManualClock;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    /// A store with one count. Between each read and its compare-and-swap a rival counts an attempt first, until `rivals` have.
    struct Contended(Mutex<SharedCount>);

    struct SharedCount {
        count: Option<Count>,
        rivals: u32,
    }

    #[async_trait]
    impl Attempts for Contended {
        async fn attempts(&self, _: AttemptKey) -> Result<Option<Count>, StoreError> {
            Ok(self.0.lock().unwrap().count)
        }

        async fn count_attempts(&self, counts: &[CountAttempt]) -> Result<Swap, StoreError> {
            let mut state = self.0.lock().unwrap();
            if let Some(left) = state.rivals.checked_sub(1) {
                *state = SharedCount { count: Some(rules::OWN.counted(state.count, NOW)), rivals: left };
            }
            if state.count != counts[0].expected {
                return Ok(Swap::Lost);
            }
            state.count = Some(counts[0].next);
            Ok(Swap::Done)
        }

        async fn take_back_attempt(&self, _: AttemptKey, _: Duration) -> Result<(), StoreError> {
            Ok(())
        }

        async fn forget_attempts(&self, _: AttemptKey) -> Result<(), StoreError> {
            Ok(())
        }

        async fn purge_attempts(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    /// One attempt against `rivals`; its outcome, and how many attempts are stored afterwards.
    async fn attempt_against(rivals: u32) -> (Result<CountedAttempt, AuthError>, i64) {
        let store = Arc::new(Contended(Mutex::new(SharedCount { count: None, rivals })));
        let clock = Arc::new(ManualClock::at(NOW));
        let counter =
            AttemptCounter::new(&ServerSecret::new([7; 32]), store.clone(), clock, Observers::default(), true);
        let own = vec![counter.counter("own", b"", rules::OWN, OnSuccess::Clear)];
        let outcome = counter.count(own, None, WorkFor::Program).await;
        let clean_at = store.0.lock().unwrap().count.unwrap().clean_at;
        (outcome, clean_at.since(NOW) / i64::try_from(rules::OWN.forget.as_millis()).unwrap())
    }

    #[tokio::test]
    async fn an_attempt_that_loses_its_swap_is_counted_once_on_top_of_the_winners() {
        let (outcome, stored) = attempt_against(2).await;
        assert!(outcome.is_ok());
        assert_eq!(stored, 3);
    }

    #[tokio::test]
    async fn an_attempt_that_loses_its_swap_is_refused_when_the_winners_used_up_the_free_ones() {
        let (outcome, stored) = attempt_against(rules::OWN.free).await;
        assert!(matches!(outcome, Err(AuthError::TooManyAttempts { retry_after: 1, .. })), "{outcome:?}");
        assert_eq!(stored, i64::from(rules::OWN.free), "a refused attempt is not counted");
    }
}
