//! What every store promises about the sample, notes.

use super::*;

pub async fn notes_belong_to_their_owner(database: Database) {
    let (users, store) = (database.store(), notes_store(&database));
    let (ada, eve) = (new_user(&*users).await.id, new_user(&*users).await.id);
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
