//! Use cases that meet (linearizability, cancellation safety): random interleavings of sign-in, registration, new password,
//! disabling, deletion, refresh, step-up and the ends of sessions, with callers that are dropped after a random number of polls.
//! After each round, when everything that was accepted is carried out, the promises hold: no session and no token made with an
//! old password lives, nothing of a deleted or disabled account does, and there is no half of anything.
//!
//! The device of a sign-in, and of a password change, is the number of its password: so the rows say what they were made with.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use two_tokens::auth::error::AuthError;
use two_tokens::auth::model::device::Device;
use two_tokens::auth::model::event::{EventKind, SecurityEvent};
use two_tokens::auth::model::session::{Session, SessionId};
use two_tokens::auth::model::user::{UserId, UserRecord};
use two_tokens::auth::password::hasher::{HashCost, Password, PasswordHasher, Verification};
use two_tokens::auth::service::{AuthService, Grant};
use two_tokens::auth::sign_in::Visitor;
use two_tokens::auth::store::Store;
use two_tokens::clock::{ManualClock, Timestamp};
use two_tokens::protocol::session::RevokeReason;
use two_tokens::server::assemble::{self, AppOptions, leptos_options};
use two_tokens::store;

use crate::support::{Databases, config, secret};

#[derive(Clone, Debug)]
enum Deed {
    Register,
    SignIn { right: bool },
    ChangePassword { right: bool, keep: bool },
    Disable,
    Enable,
    Delete,
    Refresh,
    Reauthenticate { right: bool },
    RevokeOne(Index),
    RevokeOthers,
    LogOut,
}

/// One call, by the holder `who` of a session where it needs one.
#[derive(Clone, Debug)]
struct Call {
    deed: Deed,
    who: Index,
    /// How often it lets the others go first.
    yields: u8,
    /// After how many polls its caller goes away; `None` waits for the answer.
    polls: Option<u8>,
}

/// The calls of a round run at the same time.
type Plan = Vec<Vec<Call>>;

fn deed() -> impl Strategy<Value = Deed> {
    let right = || prop::bool::weighted(0.8);
    prop_oneof![
        2 => Just(Deed::Register),
        8 => right().prop_map(|right| Deed::SignIn { right }),
        5 => (right(), prop::bool::weighted(0.1)).prop_map(|(right, keep)| Deed::ChangePassword { right, keep }),
        1 => Just(Deed::Disable),
        2 => Just(Deed::Enable),
        1 => Just(Deed::Delete),
        4 => Just(Deed::Refresh),
        3 => right().prop_map(|right| Deed::Reauthenticate { right }),
        2 => any::<Index>().prop_map(Deed::RevokeOne),
        2 => Just(Deed::RevokeOthers),
        1 => Just(Deed::LogOut),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let polls = prop::option::weighted(0.4, 0u8..12);
    let call = (deed(), any::<Index>(), 0u8..4, polls);
    let call = call.prop_map(|(deed, who, yields, polls)| Call { deed, who, yields, polls });
    prop::collection::vec(prop::collection::vec(call, 1..8), 1..6)
}

/// A browser that got an answer with tokens.
#[derive(Clone)]
struct Holder {
    user_id: UserId,
    session_id: SessionId,
    refresh: String,
    access: Vec<String>,
}

#[derive(Default)]
struct Known {
    holders: Vec<Holder>,
    /// How many passwords were thought of; the number of the one that is believed to be current.
    passwords: usize,
    believed: usize,
    /// Sessions were kept on purpose when the password changed, so their passwords say nothing.
    kept: bool,
    /// Password changes that were answered with success, and those whose caller went away, by user.
    changed: HashMap<UserId, usize>,
    unanswered: HashMap<UserId, usize>,
}

/// One account on a database that it shares with those of other cases.
struct World {
    auth: Arc<AuthService>,
    store: Arc<dyn Store>,
    hasher: PasswordHasher,
    email: String,
    known: Mutex<Known>,
}

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn password(number: usize) -> Password {
    format!("correct horse battery staple {number}").into()
}

fn device(number: usize) -> Device {
    Device::from_user_agent(&format!("password {number}"))
}

fn visitor(number: usize) -> Visitor {
    Visitor { device: device(number), ..Visitor::default() }
}

async fn service(store: &Arc<dyn Store>, hasher: &PasswordHasher) -> Arc<AuthService> {
    let config = config(&["--throttle", "off"]);
    let (leptos, clock) = (leptos_options(&config).unwrap(), Arc::new(ManualClock::at(NOW)));
    let options = AppOptions { passwords: Some(hasher.clone()), ..AppOptions::default() };
    assemble::state(&config, &secret(), store.clone(), clock, leptos, options).await.unwrap().auth.clone()
}

/// Polls a future at most so often, then drops it at whatever it waits for.
async fn until_dropped<T>(work: impl Future<Output = T>, polls: Option<u8>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), polls);
    std::future::poll_fn(|context| {
        match &mut left {
            Some(0) => return Poll::Ready(None),
            Some(left) => *left -= 1,
            None => {}
        }
        match work.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if left == Some(0) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

impl World {
    async fn begin(auth: Arc<AuthService>, store: Arc<dyn Store>, hasher: PasswordHasher) -> Arc<Self> {
        let email = format!("{}@example.com", uuid::Uuid::new_v4());
        let world = Arc::new(Self { auth, store, hasher, email, known: Mutex::default() });
        world.call(Call { deed: Deed::Register, who: any_index(), yields: 0, polls: None }).await;
        world
    }

    async fn run(self: &Arc<Self>, plan: &Plan) {
        for round in plan {
            let calls = round.iter().cloned().map(|call| {
                let world = self.clone();
                tokio::spawn(async move { world.call(call).await })
            });
            for done in futures::future::join_all(calls).await {
                done.unwrap();
            }
            self.auth.settled().await;
            self.check().await;
        }
        self.check_after_a_restart().await;
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    async fn call(&self, Call { deed, who, yields, polls }: Call) {
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        let holder = {
            let known = self.known();
            (!known.holders.is_empty()).then(|| who.get(&known.holders).clone())
        };
        let believed = |right| if right { self.known().believed } else { who.index(self.known().passwords.max(1)) };
        match (deed, holder) {
            (Deed::Register, _) => {
                let number = self.next_password();
                let registered = self.auth.register(&self.email, password(number), visitor(number));
                if let Some(grant) = self.answer(registered, polls).await {
                    self.known().believed = number;
                    self.holds(&grant, None);
                }
            }
            (Deed::SignIn { right }, _) => {
                let number = believed(right);
                let signed_in = self.auth.login(&self.email, password(number), visitor(number));
                if let Some(grant) = self.answer(signed_in, polls).await {
                    self.holds(&grant, None);
                }
            }
            (Deed::Disable, _) => drop(self.answer(self.auth.disable_user(&self.email), polls).await),
            (Deed::Enable, _) => drop(self.answer(self.auth.enable_user(&self.email), polls).await),
            (_, None) => {}
            (deed, Some(holder)) => self.call_signed_in(deed, holder, believed, polls).await,
        }
    }

    /// The calls that need a session.
    async fn call_signed_in(&self, deed: Deed, holder: Holder, believed: impl Fn(bool) -> usize, polls: Option<u8>) {
        let Ok(user) = self.auth.authenticate(holder.access.last().unwrap()) else { return };
        let presented = || self.auth.open_refresh_token(&holder.refresh).unwrap();
        let nowhere = Device::default();
        match deed {
            Deed::ChangePassword { right, keep } => {
                let (old, new) = (believed(right), self.next_password());
                self.known().kept |= keep;
                let device = device(new);
                let change = self.auth.change_password(&user, password(old), password(new), keep, None, &device);
                let outcome = until_dropped(change, polls).await;
                let mut known = self.known();
                match outcome {
                    Some(Ok(_)) => {
                        known.believed = new;
                        *known.changed.entry(user.user_id).or_default() += 1;
                    }
                    Some(Err(error)) => expected(error),
                    None => *known.unanswered.entry(user.user_id).or_default() += 1,
                }
            }
            Deed::Delete => {
                let _ = self.answer(self.auth.delete_account(&user, password(believed(true)), &nowhere), polls).await;
            }
            Deed::Refresh => {
                let granted = self.answer(self.auth.refresh(presented(), nowhere), polls).await;
                granted.iter().for_each(|grant| self.holds(grant, Some(&holder)));
            }
            Deed::Reauthenticate { right } => {
                let again = self.auth.reauthenticate(presented(), password(believed(right)), nowhere);
                let granted = self.answer(again, polls).await;
                granted.iter().for_each(|grant| self.holds(grant, Some(&holder)));
            }
            Deed::RevokeOne(other) => {
                let id = other.get(&self.known().holders).session_id.to_string();
                let _ = self.answer(self.auth.revoke_session(&user, &id, &nowhere), polls).await;
            }
            Deed::RevokeOthers => {
                let _ = self.answer(self.auth.revoke_other_sessions(&user, &nowhere), polls).await;
            }
            Deed::LogOut => drop(self.answer(self.auth.logout(Some(presented()), &nowhere), polls).await),
            Deed::Register | Deed::SignIn { .. } | Deed::Disable | Deed::Enable => unreachable!(),
        }
    }

    /// The answer, if the caller waited for it and it was granted.
    async fn answer<T>(&self, call: impl Future<Output = Result<T, AuthError>>, polls: Option<u8>) -> Option<T> {
        match until_dropped(call, polls).await? {
            Ok(answer) => Some(answer),
            Err(error) => {
                expected(error);
                None
            }
        }
    }

    fn next_password(&self) -> usize {
        let mut known = self.known();
        known.passwords += 1;
        known.passwords - 1
    }

    fn holds(&self, grant: &Grant, before: Option<&Holder>) {
        let mut known = self.known();
        let (refresh, access) = (grant.refresh_token.reveal().to_owned(), grant.access_token.reveal().to_owned());
        match known.holders.iter_mut().find(|holder| holder.session_id == grant.session_id) {
            Some(holder) => {
                holder.refresh = refresh;
                holder.access.push(access);
            }
            None => {
                assert!(before.is_none(), "a refresh came back as another session");
                let (user_id, session_id) = (grant.user_id, grant.session_id);
                known.holders.push(Holder { user_id, session_id, refresh, access: vec![access] });
            }
        }
    }

    /// Everything that must hold between two rounds.
    async fn check(&self) {
        let user = self.store.user_by_email(&self.email).await.unwrap();
        self.check_tokens(&self.auth).await;
        let users: Vec<_> = self.known().holders.iter().map(|holder| holder.user_id).collect();
        for user_id in users {
            if user.as_ref().is_none_or(|user| user.id != user_id) {
                assert!(self.store.sessions_of_user(user_id).await.unwrap().is_empty(), "of a deleted user");
                assert!(self.store.events_of_user(user_id, 1).await.unwrap().is_empty(), "of a deleted user");
            }
        }
        if let Some(user) = user {
            let sessions = self.store.sessions_of_user(user.id).await.unwrap();
            let events = self.store.events_of_user(user.id, 10_000).await.unwrap();
            self.check_password(&user, &sessions, &events).await;
            check_events(&user, &sessions, &events);
        }
    }

    /// The row and the memory agree about every session: all tokens of a living one work, none of an ended one does.
    async fn check_tokens(&self, auth: &AuthService) {
        let holders = self.known().holders.clone();
        for holder in holders {
            let row = self.store.session(holder.session_id).await.unwrap();
            let alive = row.as_ref().is_some_and(|row| row.revoked.is_none());
            for access in &holder.access {
                let accepted = auth.authenticate(access).is_ok();
                assert_eq!(accepted, alive, "accepted {accepted}, though the row is {row:?}");
            }
            if !alive {
                let presented = auth.open_refresh_token(&holder.refresh).unwrap();
                let refused = auth.refresh(presented, Device::default()).await.unwrap_err();
                assert!(matches!(refused, AuthError::SessionEnded(..) | AuthError::RefreshTokenInvalid), "{refused:?}");
            }
        }
    }

    /// Only sessions made with today's password live, and the one that set it.
    async fn check_password(&self, user: &UserRecord, sessions: &[Session], events: &[SecurityEvent]) {
        let changes: Vec<_> = events.iter().filter(|event| event.kind == EventKind::PasswordChange).collect();
        let (answered, unanswered, kept) = {
            let known = self.known();
            let of_user = |counts: &HashMap<UserId, usize>| counts.get(&user.id).copied().unwrap_or(0);
            (of_user(&known.changed), of_user(&known.unanswered), known.kept)
        };
        let done = changes.len();
        assert!((answered..=answered + unanswered).contains(&done), "{done} changes, {answered} answered with success");
        let last = changes.first().copied();
        let set_by = last.or_else(|| events.iter().rfind(|event| event.kind == EventKind::UserCreated)).unwrap();
        let current = set_by.device.strip_prefix("password ").unwrap().parse().unwrap();
        let verified = self.hasher.verify(password(current), Some(user.password_hash.clone())).await.unwrap();
        assert_eq!(verified, Verification::Right, "the last event says that password {current} was set");
        self.known().believed = current;
        for session in sessions.iter().filter(|session| session.revoked.is_none()) {
            assert!(user.disabled_at.is_none(), "a session lives on a disabled account: {session:?}");
            let set_it = last.is_some_and(|change| change.session_id == Some(session.id));
            let with_current = session.device == set_by.device;
            assert!(kept || set_it || with_current, "alive, made with an old password: {session:?}");
        }
    }

    /// A service that starts now reads from the store what this one remembers.
    async fn check_after_a_restart(&self) {
        let restarted = service(&self.store, &self.hasher).await;
        self.check_tokens(&restarted).await;
    }
}

/// Each row has the events that belong to it, and each event its row.
fn check_events(user: &UserRecord, sessions: &[Session], events: &[SecurityEvent]) {
    let count = |kind, id| events.iter().filter(|event| (event.kind, event.session_id) == (kind, id)).count();
    assert_eq!(count(EventKind::UserCreated, None), 1);
    for session in sessions {
        let id = Some(session.id);
        assert_eq!(count(EventKind::LoginSuccess, id), 1, "{session:?}");
        let ends = count(EventKind::TokenRevoked, id) + count(EventKind::TokenReuse, id);
        let of_all = |reason: RevokeReason| {
            events.iter().any(|event| event.session_id.is_none() && event.detail == reason.as_str())
        };
        match session.revoked.map(|revoked| revoked.reason) {
            None => assert_eq!(ends, 0, "{session:?}"),
            Some(reason @ (RevokeReason::PasswordChanged | RevokeReason::AccountDisabled)) => {
                assert!(ends == 0 && of_all(reason), "{session:?}");
            }
            Some(RevokeReason::SignedOutElsewhere) => {
                assert!(ends == 1 || ends == 0 && of_all(RevokeReason::SignedOutElsewhere), "{session:?}");
            }
            Some(_) => assert_eq!(ends, 1, "{session:?}"),
        }
    }
    let rows = events.iter().filter(|event| event.kind == EventKind::LoginSuccess);
    for event in rows {
        let row = sessions.iter().any(|session| Some(session.id) == event.session_id);
        assert!(row, "signed in to {user:?}, and there is no session: {event:?}");
    }
}

/// A refusal that a caller may get when it meets others. The database never fails here, a deadlock included.
fn expected(error: AuthError) {
    let unexpected = matches!(error, AuthError::Store(_) | AuthError::Internal(_) | AuthError::TooManyAttempts { .. });
    assert!(!unexpected, "{error:?}");
}

fn any_index() -> Index {
    any::<Index>().new_tree(&mut TestRunner::deterministic()).unwrap().current()
}

/// Runs so many random plans on one database, each with an account of its own.
fn interleave(cases: u32, url: impl AsyncFnOnce() -> String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let hasher = PasswordHasher::start_with(HashCost { memory_kib: 8, passes: 1 }, 2, 64).unwrap();
    let (auth, store) = runtime.block_on(async {
        let store = store::open(&url().await).await.unwrap().store();
        (service(&store, &hasher).await, store)
    });
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let outcome = TestRunner::new(config).run(&plan(), |plan| {
        runtime.block_on(async {
            let world = World::begin(auth.clone(), store.clone(), hasher.clone()).await;
            world.run(&plan).await;
        });
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

fn on_sqlite(cases: u32) {
    let folder = tempfile::tempdir().unwrap();
    interleave(cases, async || format!("sqlite://{}/a.db", folder.path().display()));
}

fn on_postgres(cases: u32) {
    interleave(cases, async || Databases::shared().empty().await);
}

#[test]
fn no_interleaving_leaves_an_old_password_alive_or_half_of_anything_on_sqlite() {
    on_sqlite(40);
}

#[test]
fn no_interleaving_leaves_an_old_password_alive_or_half_of_anything_on_postgres() {
    on_postgres(40);
}

#[test]
#[ignore = "make soak"]
fn soak_very_many_interleavings_on_sqlite() {
    on_sqlite(3000);
}

#[test]
#[ignore = "make soak"]
fn soak_very_many_interleavings_on_postgres() {
    on_postgres(3000);
}
