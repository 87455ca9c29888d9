//! What the notes page knows: the person's notes and what is being done with them. It asks the API from the browser alone;
//! that a call may wait for a silent refresh is none of its business. When the session ends it forgets the notes at once
//! and keeps only what the person is writing.

use leptos::{prelude::*, task::spawn_local};

use super::desk::Desk;
use crate::api::error::Problem;
use crate::api::notes::{self, Note};
use crate::client::auth_state::{AuthState, auth_state};
use crate::client::connection::patiently;

#[derive(Clone, Copy)]
pub struct Notebook {
    /// `None` until they have come, and whenever nobody is signed in.
    pub notes: RwSignal<Option<Vec<Note>>>,
    /// Why the list could not be loaded or a note not deleted.
    pub problem: RwSignal<Option<Problem>>,
    /// The note in the form, when it is not a new one.
    pub editing: RwSignal<Option<Note>>,
    /// The last success in a word, for eyes and screen readers.
    pub said: RwSignal<&'static str>,
    /// Grows with every change of the list, so that a list asked for earlier is known to be old.
    changes: StoredValue<u32>,
    open: StoredValue<bool>,
}

impl Notebook {
    pub fn new() -> Self {
        let book = Self {
            notes: RwSignal::new(None),
            problem: RwSignal::new(None),
            editing: RwSignal::new(None),
            said: RwSignal::new(""),
            changes: StoredValue::new(0),
            open: StoredValue::new(false),
        };
        book.follow_the_session();
        book
    }

    /// Loads when someone is signed in, again when the connection is back, and forgets when the session ends.
    fn follow_the_session(self) {
        let state = auth_state();
        let signed_in = Memo::new(move |_| match state.get() {
            AuthState::SignedIn { user } => Some(user.id),
            _ => None,
        });
        let gone = {
            let state = auth_state();
            Memo::new(move |_| matches!(state.get(), AuthState::Unknown | AuthState::Anonymous { .. }))
        };
        Effect::new(move |_| {
            if gone.get() {
                self.close();
            } else if signed_in.get().is_some() {
                self.load();
            }
        });
        let saved_behind = expect_context::<Desk>().saved_behind;
        Effect::new(move |first: Option<()>| {
            saved_behind.track();
            if first.is_some() {
                self.load();
            }
        });
    }

    fn close(self) {
        self.open.set_value(false);
        self.count_a_change();
        self.notes.set(None);
        self.said.set("");
    }

    pub fn load(self) {
        self.open.set_value(true);
        self.problem.set(None);
        spawn_local(async move {
            // Asks again when the list was changed meanwhile: the answer may be from before or after.
            while self.open.try_get_value() == Some(true) {
                let asked_at = self.changes.try_get_value();
                let answer = patiently(notes::list).await;
                if self.open.try_get_value() != Some(true) {
                    return;
                }
                match answer {
                    Err(problem) => return self.problem.set(Some(problem)),
                    Ok(list) if self.changes.try_get_value() == asked_at => return self.notes.set(Some(list)),
                    Ok(_) => {}
                }
            }
        });
    }

    /// Puts a new or changed note on top.
    pub fn put(self, note: Note) {
        self.count_a_change();
        self.notes.update(|notes| {
            if let Some(notes) = notes {
                notes.retain(|other| other.id != note.id);
                notes.insert(0, note);
            }
        });
    }

    pub fn remove(self, id: &str) {
        self.count_a_change();
        self.notes.update(|notes| {
            if let Some(notes) = notes {
                notes.retain(|note| note.id != id);
            }
        });
    }

    /// `false` when the page was left while an answer was under way.
    pub fn is_there(self) -> bool {
        self.open.try_get_value().is_some()
    }

    fn count_a_change(self) {
        self.changes.try_update_value(|changes| *changes = changes.wrapping_add(1));
    }
}
