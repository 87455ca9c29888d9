//! What every store promises about the sample, notes.

use futures::future::join_all;

use super::*;

pub const QUOTA: Quota = Quota { notes: 100, bytes: 100_000 };

/// All notes of a user.
pub async fn all(store: &dyn NotesStore, owner: UserId) -> Vec<Note> {
    store.notes(owner, &Place::start(), QUOTA).await.unwrap().notes
}

fn new_note(title: &str, at: i64) -> Note {
    let body = "Ünï\r\n\u{202e}👩‍👧".into();
    Note { id: Uuid::new_v4().to_string(), title: title.into(), body, version: 1, updated_at: Timestamp(at) }
}

pub async fn notes_belong_to_their_owner(database: Database) {
    use WriteNote::{NotFound, Written};
    let (users, store) = (database.store(), notes_store(&database));
    let (ada, eve) = (new_user(&*users).await.id, new_user(&*users).await.id);
    let (older, newer) = (new_note("older", 1), new_note("newer", 2));
    let create = async |owner, note: &Note| store.create_note(owner, note, QUOTA).await.unwrap();
    let update = async |owner, note: &Note| store.update_note(owner, note, seen(1), QUOTA).await.unwrap();
    let delete = async |owner, note: &Note| store.delete_note(owner, &note.id, note.version, NOW).await.unwrap();
    assert_eq!(create(ada, &older).await, Written(1));
    assert_eq!(create(ada, &newer).await, Written(1));
    assert_eq!(create(eve, &newer).await, NotFound, "an id is one owner's");
    assert_eq!(all(&*store, ada).await, [newer.clone(), older.clone()]);
    assert!(all(&*store, eve).await.is_empty());
    assert_eq!(store.note(ada, &older.id).await.unwrap(), Some(older.clone()));
    assert_eq!(store.note(eve, &older.id).await.unwrap(), None);
    assert_eq!(update(eve, &Note { title: "stolen".into(), ..older.clone() }).await, NotFound);
    assert_eq!(delete(eve, &older).await, DeleteNote::NotFound);
    let changed = Note { title: "changed".into(), version: 2, updated_at: Timestamp(3), ..older };
    assert_eq!(update(ada, &changed).await, Written(2));
    assert_eq!(delete(ada, &newer).await, DeleteNote::Deleted);
    assert_eq!(delete(ada, &newer).await, DeleteNote::NotFound);
    assert_eq!(update(ada, &newer).await, NotFound);
    assert_eq!(all(&*store, ada).await, [changed]);
}

fn seen(version: u32) -> Seen<'static> {
    Seen { version, change: None }
}

pub async fn nobody_overwrites_a_version_that_they_have_not_seen(database: Database) {
    use WriteNote::{NotFound, Stale, Written};
    let (users, store) = (database.store(), notes_store(&database));
    let ada = new_user(&*users).await.id;
    let text = |title: &str, note: &Note| Note { title: title.into(), ..note.clone() };
    let update = async |note: Note, version, change| {
        store.update_note(ada, &note, Seen { version, change }, QUOTA).await.unwrap()
    };
    let create = async |note: &Note| store.create_note(ada, note, QUOTA).await.unwrap();

    let milk = new_note("milk", 1);
    assert_eq!(create(&milk).await, Written(1));
    assert_eq!(create(&milk).await, Written(1), "the same insert again, with the same text");
    assert_eq!(create(&text("milk and rolls", &milk)).await, Written(2), "and with another");
    assert_eq!(update(text("one", &milk), 1, None).await, Stale);
    assert_eq!(update(text("one", &milk), 2, Some("K")).await, Written(3));
    assert_eq!(update(text("one", &milk), 2, Some("K")).await, Written(3), "the same change again");
    assert_eq!(update(text("one, two", &milk), 2, Some("K")).await, Written(4), "with more text");
    assert_eq!(update(text("one, two", &milk), 1, Some("L")).await, Written(4), "what is there already");
    assert_eq!(update(text("one", &milk), 3, Some("K")).await, Stale, "a change after the change");
    assert_eq!(create(&text("milk", &milk)).await, Stale, "an insert that waited undoes no change");
    assert_eq!(store.delete_note(ada, &milk.id, 3, NOW).await.unwrap(), DeleteNote::Stale);
    assert_eq!(store.delete_note(ada, &milk.id, 4, NOW).await.unwrap(), DeleteNote::Deleted);
    assert_eq!(create(&milk).await, Stale, "an insert that waited brings nothing back");
    assert_eq!(update(milk, 4, None).await, NotFound);
    assert!(all(&*store, ada).await.is_empty());

    // Of many that have seen the same version, one writes.
    let note = new_note("raced", 1);
    assert_eq!(create(&note).await, Written(1));
    let titles: Vec<_> = (0..10).map(|number| text(&number.to_string(), &note)).collect();
    let outcomes = join_all(titles.iter().map(|note| store.update_note(ada, note, seen(1), QUOTA))).await;
    let written = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Written(2)))).count();
    let stale = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Stale))).count();
    assert_eq!((written, stale), (1, 9));
}

pub async fn the_last_deleted_ids_are_remembered_and_no_more(database: Database) {
    let (users, store) = (database.store(), notes_store(&database));
    let ada = new_user(&*users).await.id;
    let notes: Vec<_> = (0..=i64::from(DELETED_IDS)).map(|at| new_note("x", at)).collect();
    for (note, at) in notes.iter().zip(0..) {
        assert_eq!(store.create_note(ada, note, QUOTA).await.unwrap(), WriteNote::Written(1));
        let deleted = store.delete_note(ada, &note.id, 1, Timestamp(at)).await.unwrap();
        assert_eq!(deleted, DeleteNote::Deleted);
    }
    assert_eq!(store.create_note(ada, &notes[1], QUOTA).await.unwrap(), WriteNote::Stale);
    assert_eq!(store.create_note(ada, &notes[0], QUOTA).await.unwrap(), WriteNote::Written(1));
}

pub async fn notes_stay_within_the_quota_whoever_writes_at_once(database: Database) {
    let (users, store) = (database.store(), notes_store(&database));
    let (ada, eve) = (new_user(&*users).await.id, new_user(&*users).await.id);
    let few = Quota { notes: 3, bytes: 100_000 };
    let notes: Vec<_> = (0..20).map(|at| new_note("x", at)).collect();
    let outcomes = join_all(notes.iter().map(|note| store.create_note(ada, note, few))).await;
    let written = outcomes.iter().filter(|outcome| matches!(outcome, Ok(WriteNote::Written(_)))).count();
    assert_eq!((written, all(&*store, ada).await.len()), (3, 3));
    let own = u64::from(notes[0].bytes());
    assert!(
        outcomes
            .iter()
            .any(|outcome| matches!(outcome, Ok(WriteNote::NoRoom(Usage { notes: 3, bytes })) if *bytes == 3 * own))
    );

    let bytes = notes[0].bytes();
    let short = Quota { notes: 100, bytes: bytes * 2 };
    let outcomes = join_all(notes.iter().map(|note| {
        let note = Note { id: Uuid::new_v4().to_string(), ..note.clone() };
        let store = &store;
        async move { (store.create_note(eve, &note, short).await.unwrap(), note) }
    }))
    .await;
    let kept: Vec<_> = outcomes.into_iter().filter(|(outcome, _)| *outcome == WriteNote::Written(1)).collect();
    assert_eq!(kept.len(), 2);
    let (first, second) = (&kept[0].1, &kept[1].1);
    let no_room = WriteNote::NoRoom(Usage { notes: 1, bytes: bytes.into() });
    let longer = Note { title: "xy".into(), ..first.clone() };
    assert_eq!(store.update_note(eve, &longer, seen(1), short).await.unwrap(), no_room);
    assert_eq!(store.create_note(eve, &longer, short).await.unwrap(), no_room);
    let changes = [first, second].map(|note| Note { title: String::new(), ..note.clone() });
    for change in &changes {
        assert_eq!(store.update_note(eve, change, seen(1), short).await.unwrap(), WriteNote::Written(2));
    }
    // Each alone has room to grow, both together have not.
    let grown = changes.map(|note| Note { title: "xy".into(), ..note });
    let outcomes = join_all(grown.iter().map(|note| store.update_note(eve, note, seen(2), short))).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(WriteNote::Written(_)))).count(), 1);
    // What is over the quota already may shrink, or stay as long as it is.
    let none = Quota { notes: 0, bytes: 0 };
    let stays = Note { updated_at: Timestamp(99), ..all(&*store, eve).await[0].clone() };
    assert_eq!(
        store.update_note(eve, &stays, seen(stays.version), none).await.unwrap(),
        WriteNote::Written(stays.version)
    );
}

pub async fn notes_come_in_pages_bounded_in_number_and_bytes(database: Database) {
    let (users, store) = (database.store(), notes_store(&database));
    let ada = new_user(&*users).await.id;
    let mut written: Vec<_> = (0..7).map(|number| new_note("x", number / 3)).collect();
    for note in &written {
        assert_eq!(store.create_note(ada, note, QUOTA).await.unwrap(), WriteNote::Written(1));
    }
    written.sort_by(|one, other| (other.updated_at, &other.id).cmp(&(one.updated_at, &one.id)));
    let bytes = written[0].bytes();
    for (most, length) in [
        (Quota { notes: 3, bytes: 100_000 }, 3),
        (Quota { notes: 100, bytes: bytes * 2 + 1 }, 2),
        (Quota { notes: 100, bytes: 1 }, 1),
        (Quota { notes: 7, bytes: 100_000 }, 7),
    ] {
        let (mut place, mut seen) = (Place::start(), Vec::new());
        loop {
            let FoundPage { notes, more } = store.notes(ada, &place, most).await.unwrap();
            seen.extend(notes.iter().cloned());
            assert_eq!(more, seen.len() < 7);
            if !more {
                break;
            }
            assert_eq!(notes.len(), length);
            place = Place::of(notes.last().unwrap());
        }
        assert_eq!(seen, written);
    }
    let nothing = FoundPage { notes: Vec::new(), more: false };
    assert_eq!(store.notes(ada, &Place::of(&written[6]), QUOTA).await.unwrap(), nothing);
}
