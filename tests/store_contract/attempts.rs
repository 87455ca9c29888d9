//! What every store promises about attempts: password guesses and registrations, counted before they are verified.

use super::*;

fn count(clean_at: i64, last_at: i64) -> Count {
    Count { clean_at: Timestamp(clean_at), last_at: Timestamp(last_at) }
}

fn counted(key: AttemptKey, expected: Option<Count>, next: Count) -> CountAttempt {
    CountAttempt { key, expected, next }
}

pub async fn attempts_are_counted_under_all_keys_or_none(store: Arc<dyn Store>) {
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
pub async fn of_many_attempts_at_once_each_is_counted(store: Arc<dyn Store>) {
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

pub async fn attempts_are_taken_back_forgotten_and_purged(store: Arc<dyn Store>) {
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
