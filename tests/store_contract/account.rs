//! What every store promises about an account: its address, its recent sign-ins, its history and notices.

use super::*;

pub async fn an_email_changes_unless_it_is_somebody_elses(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let other = new_user(&*store).await;
    let change = async |to: &str| {
        let to = Email::parse(to).unwrap();
        store.change_email(&guard(&session, HASH), &to, &event(session.user_id, 1)).await.unwrap().unwrap()
    };
    assert!(!change(&other.email).await);
    assert_eq!(store.session(session.id).await.unwrap().unwrap().user_email, session.user_email);
    assert!(change("new@example.com").await);
    assert!(change("new@example.com").await);
    assert_eq!(store.session(session.id).await.unwrap().unwrap().user_email, "new@example.com");
    assert!(store.user_by_email(&session.user_email.to_lowercase()).await.unwrap().is_none());
    assert_eq!(store.events_of_user(session.user_id, 9).await.unwrap().len(), 3, "none for the refused change");
}

pub async fn a_hash_is_replaced_only_while_it_is_the_verified_one(store: Arc<dyn Store>) {
    let user = new_user(&*store).await;
    let hash = async || store.user(user.id).await.unwrap().unwrap().password_hash;
    assert!(!store.replace_hash(user.id, "another", "new").await.unwrap());
    assert_eq!(hash().await, HASH);
    assert!(store.replace_hash(user.id, HASH, "new").await.unwrap());
    assert!(!store.replace_hash(user.id, HASH, "newer").await.unwrap());
    assert_eq!(hash().await, "new");
}

async fn with_key(store: &dyn Store, key: &str, created_at: i64) -> UserId {
    let user = UserRecord { email: key.into(), email_key: key.into(), created_at: Timestamp(created_at), ..user() };
    assert_eq!(store.create_user(&user).await.unwrap(), CreateUser::Created);
    user.id
}

/// Drops the part before a bar. An address with an exclamation mark has no key.
fn after_the_bar(stored: &str) -> Option<String> {
    (!stored.contains('!')).then(|| stored.rsplit('|').next().unwrap().to_owned())
}

pub async fn addresses_get_their_key_the_oldest_account_first(store: Arc<dyn Store>) {
    let young = with_key(&*store, "é|andre@example.com", 2).await;
    let old = with_key(&*store, "e\u{301}|andre@example.com", 1).await;
    let alone = with_key(&*store, "ü|ada@example.com", 1).await;
    let odd = with_key(&*store, "ü|!@example.com", 1).await;
    let ascii = with_key(&*store, "x|eve@example.com", 1).await;
    let held = with_key(&*store, "bob@example.com", 9).await;
    let second = with_key(&*store, "ö|bob@example.com", 1).await;
    for _ in 0..2 {
        let clashes = store.settle_emails(after_the_bar).await.unwrap();
        let clashes: Vec<_> = clashes.into_iter().map(|clash| (clash.user_id, clash.email, clash.other)).collect();
        assert_eq!(clashes, [(second, "ö|bob@example.com".into(), held), (young, "é|andre@example.com".into(), old)]);
        for (key, id) in [
            ("andre@example.com", old),
            ("é|andre@example.com", young),
            ("ada@example.com", alone),
            ("ü|!@example.com", odd),
            ("x|eve@example.com", ascii),
            ("bob@example.com", held),
            ("ö|bob@example.com", second),
        ] {
            assert_eq!(store.user_by_email(key).await.unwrap().unwrap().id, id, "{key}");
        }
    }
}

pub async fn of_many_starts_at_once_each_finds_the_same(store: Arc<dyn Store>) {
    for index in 0..20 {
        with_key(&*store, &format!("e\u{301}|andre{index}@example.com"), index).await;
        with_key(&*store, &format!("é|andre{index}@example.com"), 20 + index).await;
    }
    let starts = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.settle_emails(after_the_bar).await.unwrap().len() })
    });
    for clashes in futures::future::join_all(starts).await {
        assert_eq!(clashes.unwrap(), 20);
    }
    for index in 0..20 {
        let key = format!("andre{index}@example.com");
        assert_eq!(store.user_by_email(&key).await.unwrap().unwrap().created_at, Timestamp(index));
    }
}

pub async fn the_time_of_the_password_moves_only_when_told(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let found = || async { store.session(session.id).await.unwrap().unwrap() };
    let entered = |at, rotate: Rotate| Rotate { authenticated_at: Some(Timestamp(at)), ..rotate };
    let write = async |rotate: Rotate| {
        let judged = store.rotate(session.id, judging(move |_| Some(rotate.clone()))).await.unwrap();
        assert!(judged.unwrap().write.is_some());
    };
    write(rotation(0, 50)).await;
    assert_eq!(found().await.authenticated_at, NOW);
    write(entered(7, rotation(1, 50))).await;
    write(rotation(2, 50)).await;
    assert_eq!((found().await.authenticated_at, found().await.created_at), (Timestamp(7), NOW));
    // A racer enters the password too late to rotate the token: the rotation state stays as it is.
    let here = found().await.rotation;
    write(entered(8, Rotate { next: here.clone(), ..rotation(3, 50) })).await;
    assert_eq!((found().await.authenticated_at, found().await.rotation), (Timestamp(8), here));
}

pub async fn events_come_back_newest_first(store: Arc<dyn Store>) {
    let ada = new_user(&*store).await.id;
    for at in [1, 3, 2, 3] {
        store.append_event(&event(ada, at)).await.unwrap();
    }
    let anonymous = SecurityEvent { user_id: None, session_id: None, ..event(ada, 9) };
    store.append_event(&anonymous).await.unwrap();
    let at: Vec<_> = store.events_of_user(ada, 3).await.unwrap().iter().map(|event| event.at.millis()).collect();
    assert_eq!(at, [3, 3, 2]);
    assert_eq!(store.events_of_user(ada, 1).await.unwrap()[0], event(ada, 3));
}

pub async fn old_events_are_purged_in_batches(store: Arc<dyn Store>) {
    let ada = new_user(&*store).await.id;
    for at in [5, 1, 2, 3, 4] {
        store.append_event(&event(ada, at)).await.unwrap();
    }
    store.append_event(&SecurityEvent { user_id: None, ..event(ada, 1) }).await.unwrap();
    assert_eq!(store.purge_events(Timestamp(4), 3).await.unwrap(), 3);
    assert_eq!(store.purge_events(Timestamp(4), 3).await.unwrap(), 1);
    let at: Vec<_> = store.events_of_user(ada, 9).await.unwrap().iter().map(|event| event.at.millis()).collect();
    assert_eq!(at, [5, 4]);
}

pub fn notice(session: &Session, at: i64) -> ReuseNotice {
    ReuseNotice {
        session_id: session.id,
        user_id: session.user_id,
        at: Timestamp(at),
        device: "thief".into(),
        session_device: session.device.clone(),
        session_created_at: session.created_at,
    }
}

pub async fn a_notice_stays_until_its_owner_dismisses_it(store: Arc<dyn Store>) {
    let laptop = new_session(&*store).await;
    let (phone, eve) = (new_session_of(&*store, laptop.user_id).await, new_session(&*store).await);
    for (session, at) in [(&laptop, 1), (&phone, 2), (&laptop, 3)] {
        let end = EndSession { notice: Some(notice(session, at)), ..end(session, RevokeReason::Reuse, Timestamp(at)) };
        assert_eq!(store.end_session(&end).await.unwrap(), at != 3);
    }
    // The rows of sessions go by age, a notice does not.
    assert_eq!(store.purge_sessions(Timestamp(i64::MAX), 9).await.unwrap(), 3);
    let kept = || async { store.notices_of_user(laptop.user_id, 9).await.unwrap() };
    assert_eq!(kept().await, [notice(&phone, 2), notice(&laptop, 1)]);
    assert_eq!(store.notices_of_user(laptop.user_id, 1).await.unwrap(), [notice(&phone, 2)]);
    assert!(!store.dismiss_notice(eve.user_id, phone.id).await.unwrap());
    assert!(store.dismiss_notice(phone.user_id, phone.id).await.unwrap());
    assert!(!store.dismiss_notice(phone.user_id, phone.id).await.unwrap());
    assert_eq!(kept().await, [notice(&laptop, 1)]);
}

/// As a server from before the column wrote them, and as one that still runs beside this one does.
#[tokio::test]
async fn a_session_without_a_time_of_its_own_was_authenticated_at_its_sign_in() {
    use sqlx::Connection as _;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/a.db", folder.path().display());
    let store = store::open(&url).await.unwrap().store();
    let user = new_user(&*store).await;
    let session = opened(&*store, &user, Session { authenticated_at: Timestamp(7), ..session(&user) }).await;
    let mut before = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE sessions SET authenticated_at = NULL").execute(&mut before).await.unwrap();
    assert_eq!(store.session(session.id).await.unwrap().unwrap().authenticated_at, session.created_at);
}
