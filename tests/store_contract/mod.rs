//! The contract of the store ports, held against each implementation: SQLite and a real PostgreSQL.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use two_tokens::auth::model::event::{EventKind, SecurityEvent};
use two_tokens::auth::model::session::{Salt, Session, SessionId};
use two_tokens::auth::model::user::{UserId, UserRecord};
use two_tokens::auth::random;
use two_tokens::auth::store::{Change, CountAttempt, CreateUser, Rotate, Store, Swap};
use two_tokens::auth::throttle::rules::{AttemptKey, Count};
use two_tokens::auth::token::keys::{KeyState, StoredKey};
use two_tokens::auth::token::rotation::{RecentlySuperseded, RotationState, Superseded};
use two_tokens::clock::Timestamp;
use two_tokens::notes::protocol::Note;
use two_tokens::notes::store::NotesStore;
use two_tokens::protocol::session::RevokeReason;
use two_tokens::store::{self, Database};
use uuid::Uuid;

use crate::support::Databases;

mod account;
mod attempts;
mod keys;
mod notes;
mod sessions;

use account::*;
use attempts::*;
use keys::*;
use notes::*;
use sessions::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

type Promise = fn(Database) -> BoxFuture<'static, ()>;

/// What a promise is about: the ports of the rules, or the whole database.
trait Subject {
    fn of(database: Database) -> Self;
}

impl Subject for Arc<dyn Store> {
    fn of(database: Database) -> Self {
        database.store()
    }
}

impl Subject for Database {
    fn of(database: Database) -> Self {
        database
    }
}

fn notes_store(database: &Database) -> Arc<dyn NotesStore> {
    two_tokens::notes::store::of(database)
}

macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        const PROMISES: &[(&str, Promise)] = &[$((stringify!($name), |database| $name(Subject::of(database)).boxed())),*];
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
    a_revoked_session_never_rotates_and_keeps_its_first_reason,
    all_sessions_of_a_user_but_one_can_be_ended,
    revocations_since_a_time_are_listed,
    ended_sessions_are_purged_in_batches,
    a_deleted_user_takes_everything_along,
    only_one_pair_of_first_keys_is_created,
    keys_are_rotated_once_for_each_active_key,
    keys_are_replaced_whole,
    notes_belong_to_their_owner,
    attempts_are_counted_under_all_keys_or_none,
    of_many_attempts_at_once_each_is_counted,
    attempts_are_taken_back_forgotten_and_purged,
    events_come_back_newest_first,
    old_events_are_purged_in_batches,
    a_notice_stays_until_its_owner_dismisses_it,
    it_answers_a_ping,
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
    let databases = Databases::shared();
    for (name, promise) in PROMISES {
        println!("postgres: {name}");
        promise(store::open(&databases.empty().await).await.unwrap()).await;
    }
}

/// Only PostgreSQL has other instances to tell.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_tells_other_instances_what_committed() {
    let database = Databases::shared().empty().await;
    let open = async || store::open(&database).await.unwrap().store();
    let (here, there) = (open().await, open().await);
    let mut heard = there.changes();
    assert_eq!(heard.next().await, Some(Change::Connected));
    let first = new_session(&*here).await;
    let second = new_session_of(&*here, first.user_id).await;
    here.revoke_session(first.id, RevokeReason::Logout, NOW).await.unwrap();
    here.revoke_session(first.id, RevokeReason::Reuse, NOW).await.unwrap();
    here.revoke_sessions_of_user(first.user_id, None, RevokeReason::PasswordChanged, NOW).await.unwrap();
    let (active, next) = (key(KeyState::Active), key(KeyState::Next));
    here.create_first_signing_keys(&active, &next).await.unwrap();
    assert!(here.rotate_signing_keys(&active.kid, &key(KeyState::Next), NOW).await.unwrap());
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(heard.next().await.unwrap());
    }
    let revoked =
        |id, reason| Change::Revoked(two_tokens::auth::token::revoked::Revocation { session_id: id, at: NOW, reason });
    assert_eq!(
        told,
        [
            revoked(first.id, RevokeReason::Logout),
            revoked(second.id, RevokeReason::PasswordChanged),
            Change::KeysRotated
        ]
    );
}

/// The lock is held here as another instance that purges would hold it.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_instances_one_purges_at_a_time() {
    use sqlx::Connection as _;
    let url = Databases::shared().empty().await;
    let store = store::open(&url).await.unwrap().store();
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
        rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
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
    let mut ring = RecentlySuperseded::default();
    ring.push(Superseded { generation: expected, at: Timestamp(mark) });
    Rotate {
        session_id: session.id,
        expected,
        next: RotationState { generation: expected + 1, parent: Some(expected), recently_superseded: ring },
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

async fn a_deleted_user_takes_everything_along(database: Database) {
    let (store, notes) = (database.store(), notes_store(&database));
    let session = new_session(&*store).await;
    let note = Note { id: Uuid::new_v4().to_string(), title: "x".into(), body: "y".into(), updated_at: NOW };
    notes.create_note(session.user_id, &note).await.unwrap();
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
    assert!(notes.notes(session.user_id).await.unwrap().is_empty());
    assert!(store.events_of_user(session.user_id, 9).await.unwrap().is_empty());
    assert!(store.notices_of_user(session.user_id, 9).await.unwrap().is_empty());
    assert!(store.user(session.user_id).await.unwrap().is_none());
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

async fn it_answers_a_ping(store: Arc<dyn Store>) {
    store.ping().await.unwrap();
}
