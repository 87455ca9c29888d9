//! What the person is writing. It outlives the page, so that a look at another one loses nothing, and it never outlives the
//! person: it is in memory alone, and gone when somebody signs out or another one signs in.

use leptos::{ev, prelude::*};

use super::browser;
use crate::api::notes::Note;
use crate::client::auth_state::{AuthState, EndReason, auth_state};

/// What is written in the two fields.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub title: String,
    pub body: String,
}

impl Draft {
    fn of(note: &Note) -> Self {
        Self { title: note.title.clone(), body: note.body.clone() }
    }
}

/// A text under way, and the note that it is to become. The id is chosen before the first attempt to save it, so that an
/// attempt whose answer was lost can be repeated.
#[derive(Clone)]
pub struct Work {
    pub id: String,
    /// The note as it is saved, when it is no new one.
    pub changing: Option<Note>,
    pub text: Draft,
}

impl Work {
    fn new_note() -> Self {
        Self { id: browser::random_uuid(), changing: None, text: Draft::default() }
    }

    fn change_of(note: Note) -> Self {
        Self { id: note.id.clone(), text: Draft::of(&note), changing: Some(note) }
    }

    fn is_saved(&self) -> bool {
        self.text == self.changing.as_ref().map(Draft::of).unwrap_or_default()
    }
}

struct Papers {
    owner: Option<String>,
    work: Work,
    /// The new note that was begun before a change.
    put_aside: Option<Work>,
}

#[derive(Clone, Copy)]
pub struct Desk {
    papers: StoredValue<Papers>,
    unsaved: RwSignal<bool>,
    /// Changes when the text does by another hand than the person's: the fields are to be written.
    pub rewritten: RwSignal<u32>,
    /// Counts what was saved after its page had been left: a page that is there looks again.
    pub saved_behind: RwSignal<u32>,
}

impl Desk {
    pub fn provide() -> Self {
        let desk = Self {
            papers: StoredValue::new(Papers { owner: None, work: Work::new_note(), put_aside: None }),
            unsaved: RwSignal::new(false),
            rewritten: RwSignal::new(0),
            saved_behind: RwSignal::new(0),
        };
        provide_context(desk);
        desk.clear_after_the_person();
        desk.warn_before_closing();
        desk
    }

    fn clear_after_the_person(self) {
        let state = auth_state();
        Effect::new(move |_| match state.get() {
            AuthState::Anonymous { ended: None | Some(EndReason::SignedOutHere | EndReason::AccountGone) } => {
                self.clear(None);
            }
            AuthState::SignedIn { .. } | AuthState::Offline { .. } => self.claim(),
            AuthState::Anonymous { .. } | AuthState::Unknown => {}
        });
    }

    fn warn_before_closing(self) {
        Effect::new(move |_| {
            if self.unsaved.get() {
                let listener = window_event_listener(ev::beforeunload, |event| event.prevent_default());
                on_cleanup(move || listener.remove());
            }
        });
    }

    /// Clears it when it is another person's.
    pub fn claim(self) {
        let Some(user) = auth_state().with_untracked(|state| state.user().map(|user| user.id.clone())) else { return };
        if self.papers.with_value(|papers| papers.owner.as_ref().is_some_and(|owner| *owner != user)) {
            self.clear(Some(user));
        } else {
            self.papers.update_value(|papers| papers.owner = Some(user));
        }
    }

    fn clear(self, owner: Option<String>) {
        self.rewrite(|papers| *papers = Papers { owner, work: Work::new_note(), put_aside: None });
    }

    pub fn work(self) -> Work {
        self.papers.with_value(|papers| papers.work.clone())
    }

    /// The note in hand as it is saved, when it is no new one.
    pub fn changing(self) -> Option<Note> {
        self.papers.with_value(|papers| papers.work.changing.clone())
    }

    /// As it is typed.
    pub fn write(self, text: Draft) {
        self.papers.update_value(|papers| papers.work.text = text);
        self.look();
    }

    /// Takes a note in hand; a new one that was begun is put aside.
    pub fn change(self, note: Note) {
        self.rewrite(|papers| {
            let before = std::mem::replace(&mut papers.work, Work::change_of(note));
            if before.changing.is_none() {
                papers.put_aside = Some(before);
            }
        });
    }

    /// Back to the new note.
    pub fn put_back(self) {
        self.rewrite(|papers| papers.work = papers.put_aside.take().unwrap_or_else(Work::new_note));
    }

    /// The server has `note`, made from `sent`. What was typed since stays, as a change of that note.
    pub fn saved(self, note: &Note, sent: &Draft) {
        let work = self.work();
        if work.id != note.id {
            self.papers.update_value(|papers| {
                papers.put_aside.take_if(|aside| aside.id == note.id && aside.text == *sent);
            });
            return self.look();
        }
        if work.text == *sent {
            return self.put_back();
        }
        self.papers.update_value(|papers| papers.work.changing = Some(note.clone()));
        self.look();
    }

    fn rewrite(self, change: impl FnOnce(&mut Papers)) {
        self.papers.update_value(change);
        self.look();
        self.rewritten.update(|count| *count = count.wrapping_add(1));
    }

    fn look(self) {
        let unsaved = self.papers.with_value(|papers| {
            !papers.work.is_saved() || papers.put_aside.as_ref().is_some_and(|aside| !aside.is_saved())
        });
        if self.unsaved.get_untracked() != unsaved {
            self.unsaved.set(unsaved);
        }
    }
}
