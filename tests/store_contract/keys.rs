//! What every store promises about signing keys.

use super::*;

pub async fn only_one_pair_of_first_keys_is_created(store: Arc<dyn Store>) {
    let founders = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            store.create_first_signing_keys(&key(KeyState::Active), &key(KeyState::Next)).await.unwrap();
        })
    });
    futures::future::join_all(founders).await.into_iter().for_each(|founder| founder.unwrap());
    let states: Vec<_> = store.signing_keys().await.unwrap().into_iter().map(|key| key.state).collect();
    assert_eq!(states.len(), 2);
    assert!(states.contains(&KeyState::Active) && states.contains(&KeyState::Next));
}

pub async fn keys_are_rotated_once_for_each_active_key(store: Arc<dyn Store>) {
    let (active, next) = (key(KeyState::Active), key(KeyState::Next));
    store.create_first_signing_keys(&active, &next).await.unwrap();
    let turns = (0..8).map(|_| {
        let (store, active) = (store.clone(), active.kid.clone());
        tokio::spawn(async move { store.rotate_signing_keys(&active, &key(KeyState::Next), NOW).await.unwrap() })
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

pub async fn keys_are_replaced_whole(store: Arc<dyn Store>) {
    let (active, next) = (key(KeyState::Active), key(KeyState::Next));
    store.create_first_signing_keys(&active, &next).await.unwrap();
    assert!(store.rotate_signing_keys(&active.kid, &key(KeyState::Next), NOW).await.unwrap());
    let (active, next) = (key(KeyState::Active), key(KeyState::Next));
    store.replace_signing_keys(&active, &next).await.unwrap();
    let mut kids: Vec<_> = store.signing_keys().await.unwrap().into_iter().map(|key| (key.kid, key.state)).collect();
    let mut wanted = vec![(active.kid, KeyState::Active), (next.kid, KeyState::Next)];
    kids.sort_by(|a, b| a.0.cmp(&b.0));
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(kids, wanted);
}
