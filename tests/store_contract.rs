//! What every store promises, tried on each: SQLite and a real PostgreSQL.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use two_tokens::{
    api::{error::RevokeReason, notes::Note},
    auth::{
        event::{EventKind, SecurityEvent},
        keys::{KeyState, StoredKey},
        random,
        rotation::{Ratchet, Ring, Superseded},
        session::{Salt, Session, SessionId},
        throttle::{AttemptKey, Count},
        user::{UserId, UserRecord},
    },
    clock::Timestamp,
    store::{self, Change, CountAttempt, CreateUser, Rotate, Store, Swap},
};
use uuid::Uuid;

#[path = "store_contract/account.rs"]
mod account;
#[path = "support/postgres.rs"]
mod postgres;

use account::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

type Promise = fn(Arc<dyn Store>) -> BoxFuture<'static, ()>;

macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        const PROMISES: &[(&str, Promise)] = &[$((stringify!($name), |store| $name(store).boxed())),*];
    };
}

promises![
    a_user_is_found_as_written_and_an_email_is_unique,
    a_password_and_the_disabling_of_a_user_are_kept,
    an_email_changes_unless_it_is_somebody_elses,
    a_session_is_found_as_written_with_what_its_user_row_says,
    a_rotation_is_a_compare_and_swap,
    the_time_of_the_password_moves_only_when_told_and_only_with_the_swap,
    of_many_racers_exactly_one_wins,
    a_revoked_session_never_turns_and_keeps_its_first_reason,
    all_sessions_of_a_user_end_but_one,
    what_was_revoked_since_is_told,
    ended_sessions_are_purged_in_batches,
    a_deleted_user_takes_everything_along,
    only_one_pair_of_first_keys_is_founded,
    keys_turn_once_for_each_active_key,
    notes_belong_to_their_owner,
    attempts_are_counted_under_all_keys_or_none,
    of_many_attempts_at_once_each_is_counted,
    attempts_are_taken_back_forgotten_and_purged,
    events_come_back_newest_first,
    old_events_are_purged_in_batches,
    a_notice_stays_until_its_owner_dismisses_it,
    it_answers_when_asked,
];

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_every_promise() {
    for (name, promise) in PROMISES {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/a.db", folder.path().display());
        println!("sqlite: {name}");
        promise(store::open(&url).await.unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_every_promise() {
    let databases = postgres::Databases::start();
    for (name, promise) in PROMISES {
        println!("postgres: {name}");
        promise(store::open(&databases.empty().await).await.unwrap()).await;
    }
}

/// Only PostgreSQL has other instances to tell.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_tells_other_instances_what_committed() {
    let url = postgres::Databases::start();
    let database = url.empty().await;
    let (here, there) = (store::open(&database).await.unwrap(), store::open(&database).await.unwrap());
    let mut heard = there.changes();
    assert_eq!(heard.next().await, Some(Change::LineUp));
    let first = new_session(&*here).await;
    let second = new_session_of(&*here, first.user_id).await;
    here.revoke_session(first.id, RevokeReason::Logout, NOW).await.unwrap();
    here.revoke_session(first.id, RevokeReason::Reuse, NOW).await.unwrap();
    here.revoke_sessions_of_user(first.user_id, None, RevokeReason::PasswordChanged, NOW).await.unwrap();
    let (active, next) = (key(KeyState::Active), key(KeyState::Next));
    here.found_signing_keys(&active, &next).await.unwrap();
    assert!(here.turn_signing_keys(&active.kid, &key(KeyState::Next), NOW).await.unwrap());
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(heard.next().await.unwrap());
    }
    let revoked =
        |id, reason| Change::Revoked(two_tokens::auth::revoked::Revocation { session_id: id, at: NOW, reason });
    assert_eq!(
        told,
        [
            revoked(first.id, RevokeReason::Logout),
            revoked(second.id, RevokeReason::PasswordChanged),
            Change::KeysTurned
        ]
    );
}

/// The lock is held here as another instance that purges would hold it.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_instances_one_purges_at_a_time() {
    use sqlx::Connection as _;
    let databases = postgres::Databases::start();
    let url = databases.empty().await;
    let store = store::open(&url).await.unwrap();
    let ended = new_session(&*store).await;
    store.revoke_session(ended.id, RevokeReason::Logout, Timestamp(10)).await.unwrap();
    let mut other = sqlx::PgConnection::connect(&url).await.unwrap();
    let mut purging = other.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(store::postgres::PURGE_LOCK)
        .execute(&mut *purging)
        .await
        .unwrap();
    assert_eq!(store.purge_sessions(Timestamp(11), 10).await.unwrap(), 0);
    purging.rollback().await.unwrap();
    assert_eq!(store.purge_sessions(Timestamp(11), 10).await.unwrap(), 1);
}

fn user() -> UserRecord {
    let id = UserId(Uuid::now_v7());
    UserRecord {
        id,
        email: format!("{id}@example.com"),
        password_hash: "$argon2id$…".into(),
        created_at: NOW,
        disabled_at: None,
    }
}

async fn new_user(store: &dyn Store) -> UserRecord {
    let user = user();
    assert_eq!(store.create_user(&user).await.unwrap(), CreateUser::Created);
    user
}

fn session(user: &UserRecord) -> Session {
    Session {
        id: SessionId(random::bytes()),
        user_id: user.id,
        user_email: user.email.clone(),
        user_disabled: false,
        salt: Salt(random::bytes()),
        ratchet: Ratchet { generation: 0, parent: None, ring: Ring::default() },
        created_at: NOW,
        authenticated_at: NOW,
        last_used_at: NOW,
        idle_expires_at: NOW.plus(Duration::from_secs(100)),
        absolute_expires_at: NOW.plus(Duration::from_secs(1000)),
        revoked: None,
        device: "Tëst \"device\"".into(),
    }
}

async fn new_session(store: &dyn Store) -> Session {
    let session = session(&new_user(store).await);
    store.create_session(&session).await.unwrap();
    session
}

async fn new_session_of(store: &dyn Store, user_id: UserId) -> Session {
    let session = session(&store.user(user_id).await.unwrap().unwrap());
    store.create_session(&session).await.unwrap();
    session
}

fn turn(session: &Session, expected: u32, mark: i64) -> Rotate {
    let mut ring = Ring::default();
    ring.push(Superseded { generation: expected, at: Timestamp(mark) });
    Rotate {
        session_id: session.id,
        expected,
        next: Ratchet { generation: expected + 1, parent: Some(expected), ring },
        idle_expires_at: Timestamp(mark + 1),
        last_used_at: Timestamp(mark),
        authenticated_at: None,
    }
}

fn key(state: KeyState) -> StoredKey {
    StoredKey {
        kid: Uuid::new_v4().to_string(),
        state,
        sealed: random::bytes::<60>().to_vec(),
        created_at: NOW,
        activated_at: (state == KeyState::Active).then_some(NOW),
        retired_at: None,
    }
}

async fn a_user_is_found_as_written_and_an_email_is_unique(store: Arc<dyn Store>) {
    let ada = new_user(&*store).await;
    for found in [store.user(ada.id).await, store.user_by_email(&ada.email).await] {
        let found = found.unwrap().unwrap();
        assert_eq!(
            (found.id, found.email, found.password_hash),
            (ada.id, ada.email.clone(), ada.password_hash.clone())
        );
        assert_eq!((found.created_at, found.disabled_at), (NOW, None));
    }
    let same_address = UserRecord { email: ada.email.clone(), ..user() };
    assert_eq!(store.create_user(&same_address).await.unwrap(), CreateUser::EmailTaken);
    assert!(store.user(same_address.id).await.unwrap().is_none());
    assert!(store.user_by_email("nobody@example.com").await.unwrap().is_none());
}

async fn a_password_and_the_disabling_of_a_user_are_kept(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    store.set_password(session.user_id, "another").await.unwrap();
    store.set_disabled(session.user_id, Some(NOW)).await.unwrap();
    let user = store.user(session.user_id).await.unwrap().unwrap();
    assert_eq!((user.password_hash.as_str(), user.disabled_at), ("another", Some(NOW)));
    assert!(store.session(session.id).await.unwrap().unwrap().user_disabled);
    store.set_disabled(session.user_id, None).await.unwrap();
    assert!(!store.session(session.id).await.unwrap().unwrap().user_disabled);
}

async fn a_session_is_found_as_written_with_what_its_user_row_says(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    assert_eq!(store.session(session.id).await.unwrap().unwrap(), session);
    assert!(store.session(SessionId([0; 16])).await.unwrap().is_none());
}

async fn a_rotation_is_a_compare_and_swap(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    assert_eq!(store.rotate(turn(&session, 0, 50)).await.unwrap(), Swap::Done);
    assert_eq!(store.rotate(turn(&session, 0, 60)).await.unwrap(), Swap::Lost);
    assert_eq!(store.rotate(turn(&session, 2, 60)).await.unwrap(), Swap::Lost);
    let found = store.session(session.id).await.unwrap().unwrap();
    let turned = turn(&session, 0, 50);
    assert_eq!(found.ratchet, turned.next);
    assert_eq!((found.idle_expires_at, found.last_used_at), (turned.idle_expires_at, turned.last_used_at));
    assert_eq!(found.absolute_expires_at, session.absolute_expires_at);
    let unknown = Rotate { session_id: SessionId([9; 16]), ..turn(&session, 1, 70) };
    assert_eq!(store.rotate(unknown).await.unwrap(), Swap::Lost);
}

async fn of_many_racers_exactly_one_wins(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    for generation in 0..20 {
        let racers = (0..32).map(|mark| {
            let (store, rotate) = (store.clone(), turn(&session, generation, mark));
            tokio::spawn(async move { store.rotate(rotate).await.unwrap() })
        });
        let outcomes = futures::future::join_all(racers).await;
        let won = outcomes.into_iter().filter(|outcome| *outcome.as_ref().unwrap() == Swap::Done).count();
        assert_eq!(won, 1, "generation {generation}");
    }
}

async fn a_revoked_session_never_turns_and_keeps_its_first_reason(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    assert!(store.revoke_session(session.id, RevokeReason::Reuse, NOW).await.unwrap());
    assert!(!store.revoke_session(session.id, RevokeReason::Logout, Timestamp(1)).await.unwrap());
    assert_eq!(store.rotate(turn(&session, 0, 50)).await.unwrap(), Swap::Lost);
    let revoked = store.session(session.id).await.unwrap().unwrap().revoked.unwrap();
    assert_eq!((revoked.at, revoked.reason), (NOW, RevokeReason::Reuse));
    assert!(!store.revoke_session(SessionId([8; 16]), RevokeReason::Logout, NOW).await.unwrap());
}

async fn all_sessions_of_a_user_end_but_one(store: Arc<dyn Store>) {
    let kept = new_session(&*store).await;
    let mut others = [new_session_of(&*store, kept.user_id).await.id, new_session_of(&*store, kept.user_id).await.id];
    let stranger = new_session(&*store).await;
    let end = |except| store.revoke_sessions_of_user(kept.user_id, except, RevokeReason::PasswordChanged, NOW);
    let mut ended = end(Some(kept.id)).await.unwrap();
    ended.sort_unstable();
    others.sort_unstable();
    assert_eq!(ended, others);
    assert!(end(Some(kept.id)).await.unwrap().is_empty());
    assert_eq!(store.sessions_of_user(kept.user_id).await.unwrap().len(), 3);
    assert_eq!(end(None).await.unwrap(), [kept.id]);
    assert!(store.session(stranger.id).await.unwrap().unwrap().revoked.is_none());
}

async fn what_was_revoked_since_is_told(store: Arc<dyn Store>) {
    let (old, new) = (new_session(&*store).await, new_session(&*store).await);
    new_session(&*store).await;
    store.revoke_session(old.id, RevokeReason::Logout, Timestamp(10)).await.unwrap();
    store.revoke_session(new.id, RevokeReason::Reuse, Timestamp(20)).await.unwrap();
    let since: Vec<_> = store.revoked_since(Timestamp(20)).await.unwrap();
    assert_eq!(since.len(), 1);
    assert_eq!((since[0].session_id, since[0].at, since[0].reason), (new.id, Timestamp(20), RevokeReason::Reuse));
}

async fn ended_sessions_are_purged_in_batches(store: Arc<dyn Store>) {
    let living = new_session(&*store).await;
    for _ in 0..5 {
        let ended = new_session(&*store).await;
        store.revoke_session(ended.id, RevokeReason::Logout, Timestamp(10)).await.unwrap();
    }
    assert_eq!(store.purge_sessions(Timestamp(10), 3).await.unwrap(), 0);
    assert_eq!(store.purge_sessions(Timestamp(11), 3).await.unwrap(), 3);
    assert_eq!(store.purge_sessions(Timestamp(11), 3).await.unwrap(), 2);
    assert!(store.session(living.id).await.unwrap().is_some());
    assert_eq!(store.purge_sessions(living.absolute_expires_at.plus(Duration::from_millis(1)), 3).await.unwrap(), 1);
}

async fn a_deleted_user_takes_everything_along(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let note = Note { id: Uuid::new_v4().to_string(), title: "x".into(), body: "y".into(), updated_at: NOW };
    store.create_note(session.user_id, &note).await.unwrap();
    store.append_event(&event(session.user_id, 1)).await.unwrap();
    store.add_notice(&notice(&session, 1)).await.unwrap();
    store.revoke_session(session.id, RevokeReason::AccountDeleted, NOW).await.unwrap();
    store.delete_user(session.user_id).await.unwrap();
    let told = store.revoked_since(NOW).await.unwrap();
    assert_eq!((told.len(), told[0].session_id), (1, session.id), "an access token of theirs may still live");
    assert_eq!(store.purge_ended(NOW).await.unwrap(), 0);
    assert_eq!(store.purge_ended(NOW.plus(Duration::from_millis(1))).await.unwrap(), 1);
    assert!(store.revoked_since(NOW).await.unwrap().is_empty());
    assert!(store.session(session.id).await.unwrap().is_none());
    assert!(store.notes(session.user_id).await.unwrap().is_empty());
    assert!(store.events_of_user(session.user_id, 9).await.unwrap().is_empty());
    assert!(store.notices_of_user(session.user_id, 9).await.unwrap().is_empty());
    assert!(store.user(session.user_id).await.unwrap().is_none());
}

async fn only_one_pair_of_first_keys_is_founded(store: Arc<dyn Store>) {
    let founders = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            store.found_signing_keys(&key(KeyState::Active), &key(KeyState::Next)).await.unwrap();
        })
    });
    futures::future::join_all(founders).await.into_iter().for_each(|founder| founder.unwrap());
    let states: Vec<_> = store.signing_keys().await.unwrap().into_iter().map(|key| key.state).collect();
    assert_eq!(states.len(), 2);
    assert!(states.contains(&KeyState::Active) && states.contains(&KeyState::Next));
}

async fn keys_turn_once_for_each_active_key(store: Arc<dyn Store>) {
    let (active, next) = (key(KeyState::Active), key(KeyState::Next));
    store.found_signing_keys(&active, &next).await.unwrap();
    let turns = (0..8).map(|_| {
        let (store, active) = (store.clone(), active.kid.clone());
        tokio::spawn(async move { store.turn_signing_keys(&active, &key(KeyState::Next), NOW).await.unwrap() })
    });
    let turned = futures::future::join_all(turns).await.into_iter().filter(|turned| *turned.as_ref().unwrap()).count();
    assert_eq!(turned, 1);
    let keys = store.signing_keys().await.unwrap();
    let state = |kid: &str| keys.iter().find(|key| key.kid == kid).unwrap();
    assert_eq!((state(&active.kid).state, state(&active.kid).retired_at), (KeyState::Retired, Some(NOW)));
    assert_eq!((state(&next.kid).state, state(&next.kid).activated_at), (KeyState::Active, Some(NOW)));
    assert_eq!(state(&next.kid).sealed, next.sealed);
    assert_eq!(keys.len(), 3);
    assert_eq!(store.forget_retired_keys(Timestamp(NOW.millis() - 1)).await.unwrap(), 0);
    assert_eq!(store.forget_retired_keys(NOW).await.unwrap(), 1);
}

async fn notes_belong_to_their_owner(store: Arc<dyn Store>) {
    let (ada, eve) = (new_user(&*store).await.id, new_user(&*store).await.id);
    let note = |title: &str, at| Note {
        id: Uuid::new_v4().to_string(),
        title: title.into(),
        body: "Ünï\r\n\u{202e}👩‍👧".into(),
        updated_at: Timestamp(at),
    };
    let (older, newer) = (note("older", 1), note("newer", 2));
    assert!(store.create_note(ada, &older).await.unwrap());
    assert!(store.create_note(ada, &Note { title: "not yet".into(), ..newer.clone() }).await.unwrap());
    assert!(store.create_note(ada, &newer).await.unwrap(), "the same id again is the same note");
    assert!(!store.create_note(eve, &newer).await.unwrap(), "an id is one owner's");
    assert_eq!(store.notes(ada).await.unwrap(), [newer.clone(), older.clone()]);
    assert!(store.notes(eve).await.unwrap().is_empty());
    let stolen = Note { title: "stolen".into(), ..older.clone() };
    assert!(!store.update_note(eve, &stolen).await.unwrap());
    assert!(!store.delete_note(eve, &older.id).await.unwrap());
    let changed = Note { title: "changed".into(), updated_at: Timestamp(3), ..older };
    assert!(store.update_note(ada, &changed).await.unwrap());
    assert!(store.delete_note(ada, &newer.id).await.unwrap());
    assert!(!store.delete_note(ada, &newer.id).await.unwrap());
    assert_eq!(store.notes(ada).await.unwrap(), [changed]);
}

fn count(clean_at: i64, last_at: i64) -> Count {
    Count { clean_at: Timestamp(clean_at), last_at: Timestamp(last_at) }
}

fn counted(key: AttemptKey, expected: Option<Count>, next: Count) -> CountAttempt {
    CountAttempt { key, expected, next }
}

async fn attempts_are_counted_under_all_keys_or_none(store: Arc<dyn Store>) {
    let (one, two) = (AttemptKey(random::bytes()), AttemptKey(random::bytes()));
    assert_eq!(store.attempts(one).await.unwrap(), None);
    let both = [counted(one, None, count(10, 1)), counted(two, None, count(20, 1))];
    assert_eq!(store.count_attempts(&both).await.unwrap(), Swap::Done);
    assert_eq!(store.count_attempts(&both).await.unwrap(), Swap::Lost);
    assert_eq!(store.attempts(one).await.unwrap(), Some(count(10, 1)));
    for stale in [None, Some(count(20, 2)), Some(count(21, 1))] {
        for order in [[one, two], [two, one]] {
            let half = order.map(|key| match key == one {
                true => counted(one, Some(count(10, 1)), count(11, 2)),
                false => counted(two, stale, count(21, 2)),
            });
            assert_eq!(store.count_attempts(&half).await.unwrap(), Swap::Lost);
        }
    }
    assert_eq!(store.attempts(one).await.unwrap(), Some(count(10, 1)), "half of it was counted");
    let next = [counted(one, Some(count(10, 1)), count(11, 2)), counted(two, Some(count(20, 1)), count(21, 2))];
    assert_eq!(store.count_attempts(&next).await.unwrap(), Swap::Done);
    assert_eq!(store.attempts(two).await.unwrap(), Some(count(21, 2)));
}

/// Each racer shares one key with all and has one of its own; all came at the same moment.
async fn of_many_attempts_at_once_each_is_counted(store: Arc<dyn Store>) {
    let shared = AttemptKey(random::bytes());
    let racers = (0..16).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let own = counted(AttemptKey(random::bytes()), None, count(1, 1));
            loop {
                let expected = store.attempts(shared).await.unwrap();
                let next = count(expected.map_or(0, |count| count.clean_at.millis()) + 1, 7);
                if store.count_attempts(&[own, counted(shared, expected, next)]).await.unwrap() == Swap::Done {
                    return next.clean_at.millis();
                }
            }
        })
    });
    let mut counts: Vec<_> = futures::future::join_all(racers).await.into_iter().map(|racer| racer.unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=16).collect::<Vec<_>>());
}

async fn attempts_are_taken_back_forgotten_and_purged(store: Arc<dyn Store>) {
    let keys: Vec<_> = (0..5).map(|_| AttemptKey(random::bytes())).collect();
    for key in &keys {
        assert_eq!(store.count_attempts(&[counted(*key, None, count(100, 5))]).await.unwrap(), Swap::Done);
    }
    store.take_back_attempt(keys[0], Duration::from_millis(40)).await.unwrap();
    assert_eq!(store.attempts(keys[0]).await.unwrap(), Some(count(60, 5)));
    store.forget_attempts(keys[1]).await.unwrap();
    assert_eq!(store.attempts(keys[1]).await.unwrap(), None);
    store.take_back_attempt(keys[1], Duration::from_millis(40)).await.unwrap();
    assert_eq!(store.attempts(keys[1]).await.unwrap(), None);
    assert_eq!(store.purge_attempts(Timestamp(59), 2).await.unwrap(), 0);
    assert_eq!(store.purge_attempts(Timestamp(60), 2).await.unwrap(), 1);
    assert_eq!(store.purge_attempts(Timestamp(100), 2).await.unwrap(), 2);
    assert_eq!(store.purge_attempts(Timestamp(100), 2).await.unwrap(), 1);
}

fn event(user_id: UserId, at: i64) -> SecurityEvent {
    SecurityEvent {
        at: Timestamp(at),
        kind: EventKind::LoginFail,
        user_id: Some(user_id),
        session_id: Some(SessionId([3; 16])),
        device: "d".into(),
        detail: at.to_string(),
    }
}

async fn it_answers_when_asked(store: Arc<dyn Store>) {
    store.ping().await.unwrap();
}
