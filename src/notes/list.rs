//! The state of the notes page: the user's notes, updated locally after each change, and the note
//! being edited. It calls the API from the browser only; the transport handles silent refreshes.
//! When the session ends, the notes are cleared at once and only drafts remain.

use leptos::{prelude::*, task::spawn_local};

use crate::client::auth_state::{AuthState, auth_state};
use crate::client::connection::retry_while_offline;
use crate::notes::api;
use crate::notes::drafts::Drafts;
use crate::notes::protocol::{Note, NotePage};
use crate::protocol::problem::Problem;

/// The signals of the page.
#[derive(Clone, Copy)]
pub struct NoteList {
    /// `None` until loaded, and while no user is signed in.
    pub notes: RwSignal<Option<Vec<Note>>>,
    /// The cursor of the next page; `None` when all notes are loaded.
    pub next: RwSignal<Option<String>>,
    /// Whether the next page is being loaded.
    pub loading_more: RwSignal<bool>,
    /// Why loading the list or deleting a note failed.
    pub problem: RwSignal<Option<Problem>>,
    /// The existing note in the form; `None` for a new note.
    pub editing: RwSignal<Option<Note>>,
    /// The last success message, in a live region.
    pub announcement: RwSignal<&'static str>,
    /// Version of the list: grows with every local change, so an earlier response is recognized as
    /// stale.
    changes: StoredValue<u32>,
    open: StoredValue<bool>,
}

impl NoteList {
    pub(crate) fn new() -> Self {
        let list = Self {
            notes: RwSignal::new(None),
            next: RwSignal::new(None),
            loading_more: RwSignal::new(false),
            problem: RwSignal::new(None),
            editing: RwSignal::new(None),
            announcement: RwSignal::new(""),
            changes: StoredValue::new(0),
            open: StoredValue::new(false),
        };
        list.follow_session();
        list
    }

    /// Loads on sign-in and on reconnect; clears when the session ends.
    fn follow_session(self) {
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
        let saved_in_background = Drafts::of_this_tab().saved_in_background;
        Effect::new(move |first: Option<()>| {
            saved_in_background.track();
            if first.is_some() {
                self.load();
            }
        });
    }

    fn close(self) {
        self.open.set_value(false);
        self.bump_version();
        self.notes.set(None);
        self.next.set(None);
        self.announcement.set("");
    }

    /// Loads the notes, retried until the server answers: as many pages as were shown.
    pub fn load(self) {
        self.open.set_value(true);
        self.problem.set(None);
        spawn_local(async move {
            // Reloads after a local change meanwhile: the response may predate it.
            while self.open.try_get_value() == Some(true) {
                let version = self.changes.try_get_value();
                let shown = self.notes.with_untracked(|notes| notes.as_ref().map_or(0, Vec::len));
                let answer = pages(shown).await;
                if self.open.try_get_value() != Some(true) {
                    return;
                }
                match answer {
                    Err(problem) => return self.problem.set(Some(problem)),
                    Ok(NotePage { notes, next }) if self.changes.try_get_value() == version => {
                        self.next.set(next);
                        return self.notes.set(Some(notes));
                    }
                    Ok(_) => {}
                }
            }
        });
    }

    /// Loads the next page and adds it to the list.
    pub fn load_more(self) {
        let Some(next) = self.next.get_untracked().filter(|_| !self.loading_more.get_untracked()) else { return };
        self.loading_more.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let answer = retry_while_offline(async || api::list(Some(next.clone())).await).await;
            if self.loading_more.try_set(false).is_some() {
                return;
            }
            match answer {
                Err(problem) => self.problem.set(Some(problem)),
                // The list was reloaded or cleared meanwhile.
                Ok(_) if self.next.with_untracked(|now| now.as_ref() != Some(&next)) => {}
                Ok(page) => {
                    self.next.set(page.next);
                    self.notes.update(|notes| add(notes.get_or_insert_default(), page.notes));
                }
            }
        });
    }

    /// Adds or updates a note locally, on top of the list.
    pub fn put(self, note: Note) {
        self.bump_version();
        self.notes.update(|notes| {
            if let Some(notes) = notes {
                notes.retain(|other| other.id != note.id);
                notes.insert(0, note);
            }
        });
    }

    /// Removes a note locally.
    pub fn remove(self, id: &str) {
        self.bump_version();
        self.notes.update(|notes| {
            if let Some(notes) = notes {
                notes.retain(|note| note.id != id);
            }
        });
    }

    /// `false` after the page was left.
    pub fn is_mounted(self) -> bool {
        self.open.try_get_value().is_some()
    }

    fn bump_version(self) {
        self.changes.try_update_value(|changes| *changes = changes.wrapping_add(1));
    }
}

/// The first pages of the list, with at least `shown` notes in them if there are so many.
async fn pages(shown: usize) -> Result<NotePage, Problem> {
    let mut all = NotePage { notes: Vec::new(), next: None };
    loop {
        let page = retry_while_offline(async || api::list(all.next.clone()).await).await?;
        add(&mut all.notes, page.notes);
        all.next = page.next;
        if all.next.is_none() || all.notes.len() >= shown {
            return Ok(all);
        }
    }
}

/// Adds a page to the end. A note that was changed meanwhile is in the list already, further up.
fn add(notes: &mut Vec<Note>, page: Vec<Note>) {
    let new: Vec<_> = page.into_iter().filter(|note| notes.iter().all(|other| other.id != note.id)).collect();
    notes.extend(new);
}
