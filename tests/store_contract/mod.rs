//! The contract of the store ports, held against each implementation: SQLite and a real PostgreSQL.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use two_tokens::auth::binding::rule::Binding;
use two_tokens::auth::model::email::Email;
use two_tokens::auth::model::event::{EventKind, ReuseNotice, SecurityEvent};
use two_tokens::auth::model::session::{Salt, Session, SessionId};
use two_tokens::auth::model::submission::Submission;
use two_tokens::auth::model::user::{UserId, UserRecord};
use two_tokens::auth::random;
use two_tokens::auth::store::{
    BindingJudge, Change, ChangePassword, CountAttempt, CreateUser, EndAll, EndSession, EndedAll, Guard, Judge, Judged,
    OpenSession, Register, Rotate, Stale, Store, StoreError, Swap,
};
use two_tokens::auth::throttle::rules::{AttemptKey, Count};
use two_tokens::auth::token::keys::{KeyState, StoredKey};
use two_tokens::auth::token::revoked::Revocation;
use two_tokens::auth::token::rotation::{RecentlySuperseded, RotationState, Superseded};
use two_tokens::clock::Timestamp;
use two_tokens::notes::protocol::Note;
use two_tokens::notes::store::{DELETED_IDS, DeleteNote, FoundPage, NotesStore, Place, Quota, Seen, Usage, WriteNote};
use two_tokens::protocol::session::RevokeReason;
use two_tokens::store::{self, Access, Database};
use uuid::Uuid;

use crate::support::Databases;

mod account;
mod attempts;
mod keys;
mod notes;
mod sessions;
mod transactions;

use account::*;
use attempts::*;
use keys::*;
use notes::*;
use sessions::*;
use transactions::*;

const HASH: &str = "$argon2id$…";
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
    a_registration_is_the_account_its_first_session_and_both_events,
    a_user_is_disabled_and_enabled,
    a_password_changes_once_for_each_verified_one,
    a_change_by_an_ended_session_is_refused,
    an_email_changes_unless_it_is_somebody_elses,
    a_hash_is_replaced_only_while_it_is_the_verified_one,
    addresses_get_their_key_the_oldest_account_first,
    of_many_starts_at_once_each_finds_the_same,
    a_session_opens_only_for_the_verified_password_of_an_enabled_account,
    a_sign_in_ends_the_session_that_it_replaces,
    the_same_submission_again_ends_the_session_that_it_opened,
    beyond_the_limit_the_session_unused_longest_ends,
    the_living_sessions_are_listed_own_first,
    a_session_is_found_as_written_with_what_its_user_row_says,
    a_judge_sees_the_row_and_what_it_says_is_written,
    rotations_of_one_session_and_of_many_arrive_together,
    what_is_prepared_belongs_to_the_answer_that_was_committed,
    the_panic_of_a_judge_is_the_failure_of_its_own_caller,
    the_time_of_the_password_moves_only_when_told,
    of_many_racers_exactly_one_wins,
    a_revoked_session_never_rotates_and_keeps_its_first_reason,
    a_judge_binds_a_session_and_what_it_says_is_written,
    of_many_bindings_at_once_each_judge_sees_what_those_before_it_wrote,
    a_notice_of_a_living_session_comes_with_its_event_once_until_it_is_dismissed,
    a_session_ends_with_its_event_and_notice_or_not_at_all,
    a_rotation_with_a_password_depends_on_it_and_records_it,
    all_sessions_of_a_user_but_one_can_be_ended,
    revocations_since_a_time_are_listed,
    ended_sessions_are_purged_in_batches,
    a_deleted_user_takes_everything_along,
    only_one_pair_of_first_keys_is_created,
    keys_are_rotated_once_for_each_active_key,
    keys_are_replaced_whole,
    notes_belong_to_their_owner,
    notes_stay_within_the_quota_whoever_writes_at_once,
    nobody_overwrites_a_version_that_they_have_not_seen,
    the_last_deleted_ids_are_remembered_and_no_more,
    notes_come_in_pages_bounded_in_number_and_bytes,
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

#[tokio::test(flavor = "multi_thread")]
async fn a_bounded_database_is_full_at_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let bytes = 1024 * 1024;
    let database = store::open_for(&store::url_of_file(&file), Access::Bounded { bytes }).await.unwrap();
    let (users, notes) = (database.store(), notes_store(&database));
    let ada = new_user(&*users).await.id;
    let quota = Quota { notes: 1_000, bytes: 100_000_000 };
    let body = "x".repeat(10_000);
    let mut written = 0;
    let refused = loop {
        let note =
            Note { id: Uuid::new_v4().to_string(), title: "x".into(), body: body.clone(), version: 1, updated_at: NOW };
        match notes.create_note(ada, &note, quota).await {
            Ok(outcome) => assert_eq!(outcome, WriteNote::Written(1)),
            Err(error) => break error,
        }
        written += 1;
        assert!(written < 200, "no bound");
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    assert!(written > 50 && file.metadata().unwrap().len() <= bytes.into());
    assert_eq!(notes.notes(ada, &Place::start(), QUOTA).await.unwrap().notes.len(), written.min(9));
}

/// The payload of a panic that panics once more when it is dropped: not even catching it helps.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "the payload of a panic panics");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_dies_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let store = store::open(&format!("sqlite://{}/a.db", folder.path().display())).await.unwrap().store();
    let session = new_session(&*store).await;
    let died = store.rotate(session.id, Box::new(|_| std::panic::panic_any(Bomb))).await;
    assert!(matches!(&died, Err(StoreError::Unavailable(why)) if why.contains("died")), "{died:?}");
    assert!(rotated(&*store, &session, 0, 50).await);
}

/// Without turns a stream of rotations would keep other writes out until they give up.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_rotations_keeps_nobody_from_writing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store::open(&format!("sqlite://{}/a.db", folder.path().display())).await.unwrap().store();
    let mut streams = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (store, session) = (store.clone(), new_session(&*store).await);
        streams.spawn(async move {
            loop {
                let next = judging(|row| Some(rotation(row.rotation.generation, 50)));
                store.rotate(session.id, next).await.unwrap();
            }
        });
    }
    for _ in 0..200 {
        new_user(&*store).await;
    }
    streams.shutdown().await;
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
    end_one(&*here, &first, RevokeReason::Logout, NOW).await;
    end_one(&*here, &first, RevokeReason::Reuse, NOW).await;
    let ended = end_others(&*here, &second).await;
    let (active, next) = (key(KeyState::Active), key(KeyState::Next));
    here.create_first_signing_keys(&active, &next).await.unwrap();
    assert!(here.rotate_signing_keys(&active.kid, &key(KeyState::Next), NOW).await.unwrap());
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(heard.next().await.unwrap());
    }
    let revoked = Revocation { session_id: first.id, at: NOW, reason: RevokeReason::Logout };
    assert_eq!(told, [Change::Revoked(revoked), Change::UserRevoked(ended.revocation), Change::KeysRotated]);
}

/// The lock is held here as another instance that purges would hold it.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_instances_one_purges_at_a_time() {
    use sqlx::Connection as _;
    let url = Databases::shared().empty().await;
    let store = store::open(&url).await.unwrap().store();
    let ended = new_session(&*store).await;
    end_one(&*store, &ended, RevokeReason::Logout, Timestamp(10)).await;
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
        email: format!("{id}@Example.com"),
        email_key: format!("{id}@example.com"),
        password_hash: HASH.into(),
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
        session_epoch: 0,
        salt: Salt(random::bytes()),
        rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
        created_at: NOW,
        authenticated_at: NOW,
        last_used_at: NOW,
        idle_expires_at: NOW.plus(Duration::from_secs(100)),
        absolute_expires_at: NOW.plus(Duration::from_secs(1000)),
        revoked: None,
        device: "Tëst \"device\"".into(),
        binding: None,
    }
}

/// A session to open for a user whose password was verified; it replaces none.
fn opening(user: &UserRecord, session: Session) -> OpenSession {
    let event = |kind| SecurityEvent { kind, session_id: Some(session.id), ..event(session.user_id, NOW.millis()) };
    OpenSession {
        verified_hash: user.password_hash.clone(),
        event: event(EventKind::LoginSuccess),
        replaces: None,
        submission: None,
        repeated_event: event(EventKind::TokenRevoked),
        living_max: 100,
        limit_event: event(EventKind::TokenRevoked),
        session,
    }
}

async fn opened(store: &dyn Store, user: &UserRecord, session: Session) -> Session {
    let opened = store.open_session(&opening(user, session.clone())).await.unwrap().unwrap();
    Session { session_epoch: opened.session_epoch, ..session }
}

async fn new_session(store: &dyn Store) -> Session {
    let user = new_user(store).await;
    opened(store, &user, session(&user)).await
}

async fn new_session_of(store: &dyn Store, user_id: UserId) -> Session {
    let user = store.user(user_id).await.unwrap().unwrap();
    opened(store, &user, session(&user)).await
}

fn end(session: &Session, reason: RevokeReason, at: Timestamp) -> EndSession {
    let event = SecurityEvent { session_id: Some(session.id), ..event(session.user_id, at.millis()) };
    EndSession { user_id: session.user_id, session_id: session.id, reason, event, notice: None }
}

async fn end_one(store: &dyn Store, session: &Session, reason: RevokeReason, at: Timestamp) -> bool {
    store.end_session(&end(session, reason, at)).await.unwrap()
}

fn end_all(user_id: UserId, kept: Option<SessionId>, reason: RevokeReason) -> EndAll {
    let event = SecurityEvent { kind: EventKind::TokenRevoked, session_id: None, ..event(user_id, NOW.millis()) };
    EndAll { kept, reason, event }
}

/// Ends every session of a user but this one.
async fn end_others(store: &dyn Store, kept: &Session) -> EndedAll {
    let end = end_all(kept.user_id, Some(kept.id), RevokeReason::PasswordChanged);
    store.end_all_sessions(&guard(kept, None), &end).await.unwrap().unwrap()
}

/// What a change by the user of a session relies on; `hash` is the one that the password was verified against.
fn guard(session: &Session, hash: impl Into<Option<&'static str>>) -> Guard {
    let verified_hash = hash.into().map(str::to_owned);
    Guard { user_id: session.user_id, verified_hash, session_id: Some(session.id) }
}

/// The rotation from a generation to the next.
fn rotation(generation: u32, mark: i64) -> Rotate {
    let mut ring = RecentlySuperseded::default();
    ring.push(Superseded { generation, at: Timestamp(mark) });
    Rotate {
        next: RotationState { generation: generation + 1, parent: Some(generation), recently_superseded: ring },
        idle_expires_at: Timestamp(mark + 1),
        last_used_at: Timestamp(mark),
        authenticated_at: None,
    }
}

/// Decides by the row alone.
fn judging(mut write: impl FnMut(&Session) -> Option<Rotate> + Send + 'static) -> Box<dyn Judge> {
    Box::new(move |session| Judged { now: NOW, decision: None, write: write(&session), tokens: None, session })
}

/// Rotates a row of this generation, and leaves any other as it is.
fn judge(generation: u32, mark: i64) -> Box<dyn Judge> {
    judging(move |row| (row.rotation.generation == generation).then(|| rotation(generation, mark)))
}

/// Whether a rotation from this generation was written.
async fn rotated(store: &dyn Store, session: &Session, generation: u32, mark: i64) -> bool {
    let judged = store.rotate(session.id, judge(generation, mark)).await.unwrap();
    judged.is_some_and(|judged| judged.write.is_some())
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
    for found in [store.user(ada.id).await, store.user_by_email(&ada.email_key).await] {
        let found = found.unwrap().unwrap();
        assert_eq!(
            (found.id, found.email, found.password_hash),
            (ada.id, ada.email.clone(), ada.password_hash.clone())
        );
        assert_eq!((found.created_at, found.disabled_at), (NOW, None));
    }
    let same_address = UserRecord { email_key: ada.email_key.clone(), ..user() };
    assert_eq!(store.create_user(&same_address).await.unwrap(), CreateUser::EmailTaken);
    assert!(store.user(same_address.id).await.unwrap().is_none());
    assert!(store.user_by_email("nobody@example.com").await.unwrap().is_none());
}

async fn a_deleted_user_takes_everything_along(database: Database) {
    let (store, notes) = (database.store(), notes_store(&database));
    let session = new_session(&*store).await;
    let note =
        Note { id: Uuid::new_v4().to_string(), title: "x".into(), body: "y".into(), version: 1, updated_at: NOW };
    assert_eq!(notes.create_note(session.user_id, &note, QUOTA).await.unwrap(), WriteNote::Written(1));
    store.append_event(&event(session.user_id, 1)).await.unwrap();
    let phone = new_session_of(&*store, session.user_id).await;
    let reused = EndSession { notice: Some(notice(&phone, 1)), ..end(&phone, RevokeReason::Reuse, NOW) };
    assert!(store.end_session(&reused).await.unwrap());
    let deleted = SecurityEvent { user_id: None, ..event(session.user_id, NOW.millis()) };
    let end = EndAll { event: deleted, ..end_all(session.user_id, None, RevokeReason::AccountDeleted) };
    let revocation = store.delete_user(&guard(&session, HASH), &end).await.unwrap().unwrap();
    assert_eq!((revocation.epoch, revocation.kept, revocation.at), (1, None, NOW));
    let told = store.users_revoked_since(NOW).await.unwrap();
    assert_eq!(told, [revocation], "an access token of theirs may still live");
    assert_eq!(store.purge_ended(NOW).await.unwrap(), 0);
    assert_eq!(store.purge_ended(NOW.plus(Duration::from_millis(1))).await.unwrap(), 1);
    assert!(store.users_revoked_since(NOW).await.unwrap().is_empty());
    assert!(store.session(session.id).await.unwrap().is_none());
    assert!(all(&*notes, session.user_id).await.is_empty());
    assert!(store.events_of_user(session.user_id, 9).await.unwrap().is_empty());
    assert!(store.notices_of_user(session.user_id, 9).await.unwrap().is_empty());
    assert!(store.user(session.user_id).await.unwrap().is_none());
    // A refusal that was on its way is no failure of the database.
    store.append_event(&event(session.user_id, 1)).await.unwrap();
    assert_eq!(store.delete_user(&guard(&session, HASH), &end).await.unwrap(), Err(Stale::Account));
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
