//! What every store promises about sessions: between what a judge sees and what it writes nobody changes the row, and a
//! revocation is final.

use super::*;

pub async fn a_session_is_found_as_written_with_what_its_user_row_says(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    assert_eq!(store.session(session.id).await.unwrap().unwrap(), session);
    assert!(store.session(SessionId([0; 16])).await.unwrap().is_none());
}

pub async fn a_judge_sees_the_row_and_what_it_says_is_written(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    assert!(rotated(&*store, &session, 0, 50).await);
    assert!(!rotated(&*store, &session, 0, 60).await);
    assert!(!rotated(&*store, &session, 2, 60).await);
    let found = store.session(session.id).await.unwrap().unwrap();
    let expected = rotation(0, 50);
    assert_eq!(found.rotation, expected.next);
    assert_eq!((found.idle_expires_at, found.last_used_at), (expected.idle_expires_at, expected.last_used_at));
    assert_eq!(found.absolute_expires_at, session.absolute_expires_at);
    let judged = store.rotate(session.id, judge(7, 70)).await.unwrap().unwrap();
    assert_eq!((judged.session, judged.write), (found, None), "the row is shown as it is");
    assert!(store.rotate(SessionId([9; 16]), judge(1, 70)).await.unwrap().is_none());
}

/// One commit carries them all, and each judge sees what those before it wrote.
pub async fn rotations_of_one_session_and_of_many_arrive_together(store: Arc<dyn Store>) {
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(new_session(&*store).await);
    }
    let all = sessions.iter().flat_map(|session| (0..6).map(move |_| session.clone())).map(|session| {
        let store = store.clone();
        async move {
            store.rotate(session.id, judging(|row| Some(rotation(row.rotation.generation, 50)))).await.unwrap().unwrap()
        }
    });
    let seen: Vec<_> = futures::future::join_all(all).await;
    for session in &sessions {
        let mut generations: Vec<_> = seen
            .iter()
            .filter(|judged| judged.session.id == session.id)
            .map(|judged| judged.session.rotation.generation)
            .collect();
        generations.sort_unstable();
        assert_eq!(generations, [0, 1, 2, 3, 4, 5], "nobody judged a row that another has changed");
        assert_eq!(store.session(session.id).await.unwrap().unwrap().rotation.generation, 6);
    }
}

/// Rotates whatever it is shown, and marks what it prepares.
struct Preparing;

impl Judge for Preparing {
    fn judge(&mut self, session: Session) -> Judged {
        let write = Some(rotation(session.rotation.generation, 50));
        Judged { now: NOW, decision: None, write, tokens: None, session }
    }

    fn prepare(&mut self, judged: &mut Judged) {
        let is_first = judged.now == NOW;
        judged.now = Timestamp(if is_first { judged.session.rotation.generation.into() } else { -1 });
    }
}

pub async fn what_is_prepared_belongs_to_the_answer_that_was_committed(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let racers = (0..32).map(|_| store.rotate(session.id, Box::new(Preparing)));
    let committed: Vec<_> =
        futures::future::join_all(racers).await.into_iter().map(|judged| judged.unwrap().unwrap()).collect();
    for judged in &committed {
        let own = Timestamp(judged.session.rotation.generation.into());
        assert!([NOW, own].contains(&judged.now), "prepared for {:?}, committed {own:?}", judged.now);
    }
    assert_eq!(store.session(session.id).await.unwrap().unwrap().rotation.generation, 32);
}

pub async fn the_panic_of_a_judge_is_the_failure_of_its_own_caller(store: Arc<dyn Store>) {
    let (ada, bob) = (new_session(&*store).await, new_session(&*store).await);
    let (id, beside) = (ada.id, store.clone());
    let panics = tokio::spawn(async move { beside.rotate(id, Box::new(|_| panic!("a judge"))).await.is_err() });
    let (panicked, rotated) = tokio::join!(panics, rotated(&*store, &bob, 0, 50));
    assert!(panicked.unwrap_or(true) && rotated);
    assert!(self::rotated(&*store, &ada, 0, 50).await, "nothing of it stays");
}

pub async fn of_many_racers_exactly_one_wins(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    for generation in 0..20 {
        let racers = (0..32).map(|mark| {
            let (store, session) = (store.clone(), session.clone());
            tokio::spawn(async move { rotated(&*store, &session, generation, mark).await })
        });
        let outcomes = futures::future::join_all(racers).await;
        let won = outcomes.into_iter().filter(|outcome| *outcome.as_ref().unwrap()).count();
        assert_eq!(won, 1, "generation {generation}");
    }
}

pub async fn a_revoked_session_never_rotates_and_keeps_its_first_reason(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    assert!(end_one(&*store, &session, RevokeReason::Reuse, NOW).await);
    assert!(!end_one(&*store, &session, RevokeReason::Logout, Timestamp(1)).await);
    let stubborn = store.rotate(session.id, judge(0, 50)).await;
    assert!(matches!(stubborn, Err(StoreError::Corrupt(_))), "a judge that rotates an ended session is refused");
    let revoked = store.session(session.id).await.unwrap().unwrap().revoked.unwrap();
    assert_eq!((revoked.at, revoked.reason), (NOW, RevokeReason::Reuse));
    let unknown = Session { id: SessionId([8; 16]), ..session.clone() };
    assert!(!end_one(&*store, &unknown, RevokeReason::Logout, NOW).await);
    let nobodys = Session { user_id: UserId(Uuid::now_v7()), ..session };
    assert!(!end_one(&*store, &nobodys, RevokeReason::Logout, NOW).await);
}

pub async fn all_sessions_of_a_user_but_one_can_be_ended(store: Arc<dyn Store>) {
    let kept = new_session(&*store).await;
    let others = [new_session_of(&*store, kept.user_id).await, new_session_of(&*store, kept.user_id).await];
    let stranger = new_session(&*store).await;
    let ended = end_others(&*store, &kept).await;
    assert_eq!((ended.count, ended.named.len()), (2, 2));
    assert!(others.iter().all(|session| ended.named.contains(&session.id)));
    let revocation = ended.revocation;
    assert_eq!((revocation.user_id, revocation.epoch, revocation.kept), (kept.user_id, 1, Some(kept.id)));
    for session in others {
        let found = store.session(session.id).await.unwrap().unwrap();
        assert_eq!(found.revoked.unwrap().reason, RevokeReason::PasswordChanged);
        assert!(store.rotate(session.id, judge(0, 50)).await.is_err());
    }
    assert_eq!(store.session(kept.id).await.unwrap().unwrap().session_epoch, 1);
    assert!(store.session(stranger.id).await.unwrap().unwrap().revoked.is_none());
    assert_eq!(store.events_of_user(kept.user_id, 9).await.unwrap().len(), 4, "one for all that ended");
    let again = end_others(&*store, &kept).await;
    assert_eq!((again.count, again.revocation.epoch), (0, 2));
    assert_eq!(store.events_of_user(kept.user_id, 9).await.unwrap().len(), 4, "nothing ended");
    assert_eq!(store.sessions_of_user(kept.user_id).await.unwrap().len(), 3);
}

pub async fn revocations_since_a_time_are_listed(store: Arc<dyn Store>) {
    let (old, new) = (new_session(&*store).await, new_session(&*store).await);
    let kept = new_session(&*store).await;
    new_session_of(&*store, kept.user_id).await;
    end_one(&*store, &old, RevokeReason::Logout, Timestamp(10)).await;
    end_one(&*store, &new, RevokeReason::Reuse, Timestamp(20)).await;
    let of_all = end_others(&*store, &kept).await.revocation;
    let since: Vec<_> = store.revoked_since(Timestamp(20)).await.unwrap();
    assert_eq!(since, [Revocation { session_id: new.id, at: Timestamp(20), reason: RevokeReason::Reuse }]);
    assert_eq!(store.users_revoked_since(NOW).await.unwrap(), [of_all], "however many sessions, one entry");
    let of_all = end_others(&*store, &kept).await.revocation;
    assert_eq!(store.users_revoked_since(NOW).await.unwrap(), [of_all], "the last time counts");
}

pub async fn ended_sessions_are_purged_in_batches(store: Arc<dyn Store>) {
    let living = new_session(&*store).await;
    for _ in 0..5 {
        let ended = new_session(&*store).await;
        end_one(&*store, &ended, RevokeReason::Logout, Timestamp(10)).await;
    }
    assert_eq!(store.purge_sessions(Timestamp(10), 3).await.unwrap(), 0);
    assert_eq!(store.purge_sessions(Timestamp(11), 3).await.unwrap(), 3);
    assert_eq!(store.purge_sessions(Timestamp(11), 3).await.unwrap(), 2);
    assert!(store.session(living.id).await.unwrap().is_some());
    assert_eq!(store.purge_sessions(living.absolute_expires_at.plus(Duration::from_millis(1)), 3).await.unwrap(), 1);
}

fn binding(proofs: u32) -> Binding {
    Binding { key: "a key with an ü".into(), at: Timestamp(7), proofs }
}

/// A judge that counts one more proof.
fn one_more() -> BindingJudge {
    Box::new(|session| Some(binding(session.binding.as_ref().map_or(0, |binding| binding.proofs) + 1)))
}

pub async fn a_judge_binds_a_session_and_what_it_says_is_written(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    assert_eq!(store.bind(session.id, Box::new(|_| None)).await.unwrap(), None);
    assert_eq!(store.session(session.id).await.unwrap().unwrap(), session);
    assert_eq!(store.bind(session.id, one_more()).await.unwrap(), Some(binding(1)));
    let bound = Session { binding: Some(binding(1)), ..session };
    assert_eq!(store.session(bound.id).await.unwrap().unwrap(), bound, "nothing else changes");
    let judged = store.rotate(bound.id, judge(0, 50)).await.unwrap().unwrap();
    assert_eq!(judged.session, bound, "the judge of a rotation sees it");
    let found = store.session(bound.id).await.unwrap().unwrap();
    assert_eq!((found.binding, found.rotation.generation), (Some(binding(1)), 1), "a rotation leaves it alone");
    assert_eq!(store.bind(SessionId([9; 16]), one_more()).await.unwrap(), None);
    end_one(&*store, &bound, RevokeReason::Logout, NOW).await;
    assert_eq!(store.bind(bound.id, one_more()).await.unwrap(), None, "an ended session is not bound");
    assert_eq!(store.session(bound.id).await.unwrap().unwrap().binding, Some(binding(1)));
}

pub async fn of_many_bindings_at_once_each_judge_sees_what_those_before_it_wrote(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let racers = (0..16).map(|_| {
        let (store, id) = (store.clone(), session.id);
        tokio::spawn(async move { store.bind(id, one_more()).await.unwrap().unwrap().proofs })
    });
    let mut seen: Vec<_> = futures::future::join_all(racers).await.into_iter().map(Result::unwrap).collect();
    seen.sort_unstable();
    assert_eq!(seen, (1..=16).collect::<Vec<_>>());
}

pub async fn a_notice_of_a_living_session_comes_with_its_event_once_until_it_is_dismissed(store: Arc<dyn Store>) {
    let session = new_session(&*store).await;
    let before = store.events_of_user(session.user_id, 9).await.unwrap().len();
    let (notice, event) = (notice(&session, 1), event(session.user_id, 1));
    for (first, more) in [(true, 1), (false, 1)] {
        assert_eq!(store.add_notice(&notice, &event).await.unwrap(), first);
        assert_eq!(store.events_of_user(session.user_id, 9).await.unwrap().len(), before + more);
    }
    assert_eq!(store.notices_of_user(session.user_id, 9).await.unwrap(), std::slice::from_ref(&notice));
    assert!(store.session(session.id).await.unwrap().unwrap().revoked.is_none());
    assert!(store.dismiss_notice(session.user_id, session.id).await.unwrap());
    assert!(store.add_notice(&notice, &event).await.unwrap());
    let nobodys = ReuseNotice { user_id: UserId(Uuid::now_v7()), session_id: SessionId([8; 16]), ..notice };
    assert!(!store.add_notice(&nobodys, &event).await.unwrap(), "the account is gone");
}
