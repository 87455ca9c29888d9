//! What every store promises about operations that must hold together: all of it is written or nothing, and the write decides by
//! what is stored then, not by what its caller read before.

use super::*;

async fn events(store: &dyn Store, user_id: UserId) -> usize {
    store.events_of_user(user_id, 500).await.unwrap().len()
}

fn password(session: &Session, verified: &'static str, new: &str) -> ChangePassword {
    ChangePassword {
        submission: None,
        guard: guard(session, verified),
        password_hash: new.into(),
        event: SecurityEvent { kind: EventKind::PasswordChange, ..event(session.user_id, NOW.millis()) },
        end: Some(end_all(session.user_id, Some(session.id), RevokeReason::PasswordChanged)),
    }
}

async fn disable(store: &dyn Store, user_id: UserId) -> EndedAll {
    let end = end_all(user_id, None, RevokeReason::AccountDisabled);
    store.disable_user(user_id, &end).await.unwrap().unwrap()
}

pub async fn a_registration_is_the_account_its_first_session_and_both_events(store: Arc<dyn Store>) {
    let ada = user();
    let session = session(&ada);
    let registered = store.register(&ada, &event(ada.id, 1), &opening(&ada, session.clone())).await.unwrap();
    assert!(matches!(registered, Register::Registered(opened) if opened.session_epoch == 0 && opened.ended.is_empty()));
    assert_eq!(store.session(session.id).await.unwrap().unwrap(), session);
    assert_eq!(events(&*store, ada.id).await, 2);
    let eve = UserRecord { email_key: ada.email_key.clone(), ..user() };
    let refused = store.register(&eve, &event(eve.id, 1), &opening(&eve, super::session(&eve))).await.unwrap();
    assert_eq!(refused, Register::EmailTaken);
    assert!(store.user(eve.id).await.unwrap().is_none());
    // The session's id is taken, so the last step fails, and nothing of the others stays.
    let bob = user();
    let same_id = Session { id: session.id, ..super::session(&bob) };
    store.register(&bob, &event(bob.id, 1), &opening(&bob, same_id)).await.unwrap_err();
    assert!(store.user(bob.id).await.unwrap().is_none(), "an account without a session");
    assert!(store.user_by_email(&bob.email_key).await.unwrap().is_none());
}

pub async fn a_user_is_disabled_and_enabled(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let ended = disable(&*store, session.user_id).await;
    assert_eq!((ended.count, ended.named, ended.revocation.epoch), (1, vec![session.id], 1));
    assert_eq!(store.user(session.user_id).await.unwrap().unwrap().disabled_at, Some(NOW));
    let found = store.session(session.id).await.unwrap().unwrap();
    assert!(found.user_disabled && found.revoked.is_some());
    store.enable_user(session.user_id).await.unwrap();
    let found = store.session(session.id).await.unwrap().unwrap();
    assert!(!found.user_disabled && found.revoked.is_some(), "what has ended stays ended");
    let nobody = UserId(Uuid::now_v7());
    assert!(store.disable_user(nobody, &end_all(nobody, None, RevokeReason::AccountDisabled)).await.unwrap().is_none());
}

pub async fn a_password_changes_once_for_each_verified_one(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let other = new_session_of(&*store, session.user_id).await;
    let racers = (0..8).map(|racer| {
        let (store, change) = (store.clone(), password(&session, HASH, &format!("new {racer}")));
        tokio::spawn(async move { (change.password_hash.clone(), store.change_password(&change).await.unwrap()) })
    });
    let outcomes = futures::future::join_all(racers).await.into_iter().map(|racer| racer.unwrap());
    let (done, stale): (Vec<_>, Vec<_>) = outcomes.partition(|(_, outcome)| outcome.is_ok());
    assert_eq!((done.len(), stale.len()), (1, 7));
    assert!(stale.iter().all(|(_, outcome)| *outcome == Err(Stale::Account)));
    assert_eq!(store.user(session.user_id).await.unwrap().unwrap().password_hash, done[0].0);
    let ended = done[0].1.clone().unwrap().unwrap();
    assert_eq!((ended.count, ended.named, ended.revocation.kept), (1, vec![other.id], Some(session.id)));
    assert_eq!(events(&*store, session.user_id).await, 4, "two sign-ins, one new password, one end");
    // With the other sessions left alone no epoch begins.
    let newest: &'static str = done[0].0.clone().leak();
    let kept = ChangePassword { end: None, ..password(&session, newest, "newer") };
    assert_eq!(store.change_password(&kept).await.unwrap(), Ok(None));
    assert_eq!(store.session(session.id).await.unwrap().unwrap().session_epoch, 1);
}

pub async fn a_change_by_an_ended_session_is_refused(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let other = new_session_of(&*store, session.user_id).await;
    end_one(&*store, &session, RevokeReason::SignedOutElsewhere, NOW).await;
    let before = events(&*store, session.user_id).await;
    let stale = Stale::Session(Some(RevokeReason::SignedOutElsewhere));
    let guard = guard(&session, HASH);
    assert_eq!(store.change_password(&password(&session, HASH, "new")).await.unwrap(), Err(stale));
    let renamed = store
        .change_email(&guard, &Email::parse("new@example.com").unwrap(), &event(session.user_id, 1))
        .await
        .unwrap();
    assert_eq!(renamed, Err(stale));
    let all = end_all(session.user_id, Some(session.id), RevokeReason::SignedOutElsewhere);
    assert_eq!(store.end_all_sessions(&guard, &all).await.unwrap(), Err(stale));
    assert_eq!(store.delete_user(&guard, &all).await.unwrap(), Err(stale));
    let unknown = Guard { session_id: Some(SessionId([9; 16])), ..guard };
    assert_eq!(store.end_all_sessions(&unknown, &all).await.unwrap(), Err(Stale::Session(None)));
    assert_eq!(store.user(session.user_id).await.unwrap().unwrap().password_hash, HASH);
    assert!(store.session(other.id).await.unwrap().unwrap().revoked.is_none());
    assert_eq!(events(&*store, session.user_id).await, before);
}

pub async fn a_session_opens_only_for_the_verified_password_of_an_enabled_account(store: Arc<dyn Store>) {
    let first = new_session(&*store).await;
    let ada = store.user(first.user_id).await.unwrap().unwrap();
    store.change_password(&password(&first, HASH, "new")).await.unwrap().unwrap().unwrap();
    let with_old = opening(&ada, session(&ada));
    assert_eq!(store.open_session(&with_old).await.unwrap(), Err(Stale::Account));
    assert!(store.session(with_old.session.id).await.unwrap().is_none());
    let ada = store.user(ada.id).await.unwrap().unwrap();
    let with_new = opened(&*store, &ada, session(&ada)).await;
    assert_eq!(with_new.session_epoch, 1);
    disable(&*store, ada.id).await;
    assert_eq!(store.open_session(&opening(&ada, session(&ada))).await.unwrap(), Err(Stale::Account));
    let nobody = user();
    assert_eq!(store.open_session(&opening(&nobody, session(&nobody))).await.unwrap(), Err(Stale::Account));
}

pub async fn a_sign_in_ends_the_session_that_it_replaces(store: Arc<dyn Store>) {
    for same_user in [true, false] {
        let old = new_session(&*store).await;
        let user_id = if same_user { old.user_id } else { new_user(&*store).await.id };
        let user = store.user(user_id).await.unwrap().unwrap();
        let replaces = Some(end(&old, RevokeReason::Replaced, NOW));
        let open = OpenSession { replaces, ..opening(&user, session(&user)) };
        // Refused, it ends nothing.
        let wrong = OpenSession { verified_hash: "another".into(), ..open.clone() };
        assert_eq!(store.open_session(&wrong).await.unwrap(), Err(Stale::Account));
        assert!(store.session(old.id).await.unwrap().unwrap().revoked.is_none());
        let opened = store.open_session(&open).await.unwrap().unwrap();
        assert_eq!(opened.ended, [Revocation { session_id: old.id, at: NOW, reason: RevokeReason::Replaced }]);
        assert_eq!(store.session(old.id).await.unwrap().unwrap().revoked.unwrap().reason, RevokeReason::Replaced);
    }
}

pub async fn the_same_submission_again_ends_the_session_that_it_opened(store: Arc<dyn Store>) {
    let (ada, eve) = (new_user(&*store).await, new_user(&*store).await);
    let (key, another) = (Submission::of("key").unwrap(), Submission::of("another").unwrap());
    let open = async |user: &UserRecord, submission| {
        let open = OpenSession { submission, ..opening(user, session(user)) };
        (open.session.id, store.open_session(&open).await.unwrap().unwrap().ended)
    };
    let (first, ended) = open(&ada, key).await;
    assert!(ended.is_empty());
    for (user, submission) in [(&ada, None), (&ada, another), (&eve, key)] {
        assert!(open(user, submission).await.1.is_empty(), "only the same submission of the same user ends a session");
    }
    let (_, ended) = open(&ada, key).await;
    assert_eq!(ended, [Revocation { session_id: first, at: NOW, reason: RevokeReason::Replaced }]);
    assert!(store.was_opened_by(ada.id, &key.unwrap()).await.unwrap());
    assert!(!store.was_opened_by(new_user(&*store).await.id, &key.unwrap()).await.unwrap());

    let of_ada = new_session_of(&*store, ada.id).await;
    let by_key = ChangePassword { submission: key, ..password(&of_ada, HASH, "new") };
    assert!(!store.password_was_set_by(ada.id, &key.unwrap()).await.unwrap());
    store.change_password(&by_key).await.unwrap().unwrap();
    assert!(store.password_was_set_by(ada.id, &key.unwrap()).await.unwrap());
    assert!(!store.password_was_set_by(ada.id, &another.unwrap()).await.unwrap());
    store.change_password(&password(&of_ada, "new", "newer")).await.unwrap().unwrap();
    assert!(!store.password_was_set_by(ada.id, &key.unwrap()).await.unwrap(), "another one has set the password since");
}

pub async fn beyond_the_limit_the_session_unused_longest_ends(store: Arc<dyn Store>) {
    let ada = new_user(&*store).await;
    let used_at = |at| Session { last_used_at: Timestamp(at), ..session(&ada) };
    let limited = |session| OpenSession { living_max: 3, ..opening(&ada, session) };
    let living = async || {
        let sessions = store.living_sessions_of_user(ada.id, SessionId([0; 16]), NOW, 9).await.unwrap();
        sessions.iter().map(|session| session.last_used_at.millis()).collect::<Vec<_>>()
    };
    // One that has expired takes no place, and neither does one that has ended.
    let expired = Session { idle_expires_at: NOW, ..used_at(100) };
    opened(&*store, &ada, expired).await;
    let ended = opened(&*store, &ada, used_at(101)).await;
    end_one(&*store, &ended, RevokeReason::Logout, NOW).await;
    for at in [30, 10, 20] {
        assert!(store.open_session(&limited(used_at(at))).await.unwrap().unwrap().ended.is_empty());
    }
    let before = events(&*store, ada.id).await;
    let fourth = store.open_session(&limited(used_at(40))).await.unwrap().unwrap();
    assert_eq!(fourth.ended.iter().map(|ended| ended.reason).collect::<Vec<_>>(), [RevokeReason::SessionLimit]);
    assert_eq!(living().await, [40, 30, 20]);
    let told = store.events_of_user(ada.id, 2).await.unwrap();
    assert!(told.iter().any(|event| event.session_id == Some(fourth.ended[0].session_id)));
    assert_eq!(events(&*store, ada.id).await, before + 2);
    // Together, however they meet.
    let at_once = (50..60).map(|at| {
        let (store, open) = (store.clone(), limited(used_at(at)));
        tokio::spawn(async move { store.open_session(&open).await.unwrap().unwrap() })
    });
    futures::future::join_all(at_once).await.into_iter().for_each(|opened| drop(opened.unwrap()));
    assert_eq!(living().await.len(), 3);
}

pub async fn the_living_sessions_are_listed_own_first(store: Arc<dyn Store>) {
    let own = new_session(&*store).await;
    let ada = store.user(own.user_id).await.unwrap().unwrap();
    let used_at = |at: i64| Session { last_used_at: Timestamp(NOW.millis() + at), ..session(&ada) };
    let (newer, newest) = (opened(&*store, &ada, used_at(1)).await, opened(&*store, &ada, used_at(2)).await);
    let gone = opened(&*store, &ada, used_at(3)).await;
    end_one(&*store, &gone, RevokeReason::Logout, NOW).await;
    let list = async |now, limit| {
        let sessions = store.living_sessions_of_user(ada.id, own.id, now, limit).await.unwrap();
        sessions.iter().map(|session| session.id).collect::<Vec<_>>()
    };
    assert_eq!(list(NOW, 9).await, [own.id, newest.id, newer.id]);
    assert_eq!(list(NOW, 2).await, [own.id, newest.id]);
    assert!(list(own.idle_expires_at, 9).await.is_empty(), "a limit includes its own instant");
}

pub async fn a_session_ends_with_its_event_and_notice_or_not_at_all(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let reused = EndSession { notice: Some(notice(&session, 1)), ..end(&session, RevokeReason::Reuse, NOW) };
    // The notice names a user who does not exist, so the second step fails.
    let nobodys = ReuseNotice { user_id: UserId(Uuid::now_v7()), ..notice(&session, 1) };
    store.end_session(&EndSession { notice: Some(nobodys), ..reused.clone() }).await.unwrap_err();
    assert!(store.session(session.id).await.unwrap().unwrap().revoked.is_none());
    assert_eq!(events(&*store, session.user_id).await, 1);
    assert!(store.end_session(&reused).await.unwrap());
    assert!(!store.end_session(&reused).await.unwrap());
    assert_eq!(store.notices_of_user(session.user_id, 9).await.unwrap().len(), 1);
    assert_eq!(events(&*store, session.user_id).await, 2);
}

pub async fn a_rotation_with_a_password_depends_on_it_and_records_it(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let entered = |generation| Rotate { authenticated_at: Some(Timestamp(7)), ..rotation(generation, 50) };
    let rotate = async |hash: &'static str, generation| {
        let event = event(session.user_id, NOW.millis());
        let judge = judging(move |row| (row.rotation.generation == generation).then(|| entered(generation)));
        let judged = store.rotate_guarded(&guard(&session, hash), session.id, judge, &event).await.unwrap();
        judged.map(|judged| judged.unwrap().write.is_some())
    };
    assert_eq!(rotate("another", 0).await, Err(Stale::Account));
    assert_eq!(rotate(HASH, 1).await, Ok(false));
    assert_eq!(events(&*store, session.user_id).await, 1);
    assert_eq!(rotate(HASH, 0).await, Ok(true));
    let found = store.session(session.id).await.unwrap().unwrap();
    assert_eq!((found.authenticated_at, found.rotation), (Timestamp(7), entered(0).next));
    assert_eq!(events(&*store, session.user_id).await, 2);
}

/// As many as an account could collect before there was a limit: their number costs no statement, no event, no notification.
#[expect(clippy::print_stdout, reason = "how long it took is the result")]
async fn all_of_very_many_sessions_end_at_once(url: &str, count: u32) {
    let store = store::open(url).await.unwrap().store();
    let kept = new_session(&*store).await;
    copies(url, count).await;
    let started = std::time::Instant::now();
    let ended = end_others(&*store, &kept).await;
    println!("{count} sessions ended in {:?}", started.elapsed());
    assert_eq!((ended.count, ended.named.len()), (count, 100));
    assert_eq!(events(&*store, kept.user_id).await, 2, "the sign-in, and one for all that ended");
    assert_eq!(store.revoked_since(NOW).await.unwrap(), [], "one entry for all");
    assert_eq!(store.users_revoked_since(NOW).await.unwrap(), [ended.revocation]);
    let alive = store.living_sessions_of_user(kept.user_id, kept.id, NOW, 9).await.unwrap();
    assert_eq!(alive.iter().map(|session| session.id).collect::<Vec<_>>(), [kept.id]);
    let started = std::time::Instant::now();
    let end = end_all(kept.user_id, None, RevokeReason::AccountDeleted);
    let end = EndAll { event: SecurityEvent { user_id: None, ..end.event.clone() }, ..end };
    store.delete_user(&guard(&kept, HASH), &end).await.unwrap().unwrap();
    println!("{count} sessions deleted with their user in {:?}", started.elapsed());
    assert!(store.session(kept.id).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_ends_ten_thousand_sessions_at_once() {
    let folder = tempfile::tempdir().unwrap();
    all_of_very_many_sessions_end_at_once(&format!("sqlite://{}/a.db", folder.path().display()), 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_ends_ten_thousand_sessions_at_once_and_tells_it_once() {
    let url = Databases::shared().empty().await;
    let there = store::open(&url).await.unwrap().store();
    let mut heard = there.changes();
    assert_eq!(heard.next().await, Some(Change::Connected));
    all_of_very_many_sessions_end_at_once(&url, 10_000).await;
    for reason in [RevokeReason::PasswordChanged, RevokeReason::AccountDeleted] {
        let told = heard.next().await;
        assert!(matches!(told, Some(Change::UserRevoked(end)) if end.reason == reason), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn soak_postgres_ends_three_hundred_thousand_sessions_at_once() {
    all_of_very_many_sessions_end_at_once(&Databases::shared().empty().await, 300_000).await;
}

/// Writes copies of the one session that there is, under other ids.
async fn copies(url: &str, count: u32) {
    use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
    let columns = "user_id, salt, generation, parent, ring, created_at, last_used_at, idle_expires_at, \
                   absolute_expires_at, device, authenticated_at";
    if url.starts_with("sqlite") {
        let sql = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
             INSERT INTO sessions (id, {columns}) SELECT randomblob(16), {columns} FROM sessions, n"
        );
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    } else {
        let sql = format!(
            "INSERT INTO sessions (id, {columns}) SELECT uuid_send(gen_random_uuid()), {columns} \
             FROM sessions, generate_series(1, {count})"
        );
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
}
