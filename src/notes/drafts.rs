//! Drafts: unsaved input of the note editor. A draft survives a change of page, but is held in
//! memory only and cleared when the user signs out or another user signs in. Only over a reload that
//! the app itself offers it lies in the tab's `sessionStorage`, until the page is there again. They
//! come with the part of the notes page (lazy loading): before that there are none.

use std::cell::RefCell;

use leptos::{ev, prelude::*};
use serde::{Deserialize, Serialize};

use crate::client::auth_state::{AuthState, EndReason, auth_state};
use crate::lang::lang;
use crate::notes::protocol::Note;
use crate::ui::support::browser;

/// The content of the two fields.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteText {
    pub title: String,
    pub body: String,
}

impl NoteText {
    fn of(note: &Note) -> Self {
        Self { title: note.title.clone(), body: note.body.clone() }
    }
}

/// A draft of a new note or of a change. The client chooses the idempotency keys before the first
/// attempt to save, so a retry after a lost answer creates no second note and is no conflict.
#[derive(Clone, Serialize, Deserialize)]
pub struct Draft {
    /// The note's id, and the key of its creation.
    pub id: String,
    /// The key of the change.
    pub change: String,
    /// The saved note being changed; `None` for a new note.
    pub original: Option<Note>,
    pub text: NoteText,
}

impl Draft {
    fn new_note() -> Self {
        Self { id: browser::random_uuid(), change: String::new(), original: None, text: NoteText::default() }
    }

    fn change_of(note: Note) -> Self {
        Self { id: note.id.clone(), change: browser::random_uuid(), text: NoteText::of(&note), original: Some(note) }
    }

    fn is_saved(&self) -> bool {
        self.text == self.original.as_ref().map(NoteText::of).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
struct Contents {
    /// The id of the user the drafts belong to.
    owner: Option<String>,
    /// The draft in the form.
    current: Draft,
    /// The draft of a new note, while an existing note is in the form.
    suspended: Option<Draft>,
}

/// The form on the page.
#[derive(Clone)]
struct Form {
    /// Whose text it shows.
    owner: Option<String>,
    fields: Callback<(), Option<NoteText>>,
}

thread_local! {
    /// With an owner of their own, so that they outlive the page.
    static OF_THIS_TAB: RefCell<Option<(Owner, Drafts)>> = const { RefCell::new(None) };
}

/// All drafts of a tab.
#[derive(Clone, Copy)]
pub struct Drafts {
    contents: StoredValue<Contents>,
    unsaved: RwSignal<bool>,
    /// Reads the fields of the form, as long as there is one. An extension may fill them in without an event.
    form: StoredValue<Option<Form>>,
    /// Changes when the current draft is replaced other than by typing: the form must show it.
    pub replaced: RwSignal<u32>,
    /// Changes when a save completes after its page was left: a mounted list reloads.
    pub saved_in_background: RwSignal<u32>,
}

impl Drafts {
    /// Made when they are first asked for.
    pub fn of_this_tab() -> Self {
        OF_THIS_TAB.with_borrow_mut(|kept| {
            let (_, drafts) = kept.get_or_insert_with(|| {
                let owner = Owner::new_root(None);
                let drafts = owner.with(Self::new);
                (owner, drafts)
            });
            *drafts
        })
    }

    fn new() -> Self {
        let kept = browser::take_back().and_then(|text| serde_json::from_str(&text).ok());
        let contents = kept.unwrap_or_else(|| Contents { owner: None, current: Draft::new_note(), suspended: None });
        let drafts = Self {
            contents: StoredValue::new(contents),
            unsaved: RwSignal::new(false),
            form: StoredValue::new(None),
            replaced: RwSignal::new(0),
            saved_in_background: RwSignal::new(0),
        };
        drafts.follow_auth_state();
        drafts.warn_before_unload();
        drafts.ask_before_sign_out();
        drafts.survive_a_reload();
        drafts.update_unsaved();
        drafts
    }

    fn follow_auth_state(self) {
        let state = auth_state();
        Effect::new(move |_| match state.get() {
            AuthState::Anonymous { ended: None | Some(EndReason::SignedOutHere | EndReason::AccountGone) } => {
                self.clear(None);
            }
            AuthState::SignedIn { .. } | AuthState::Offline { .. } => self.claim(),
            AuthState::Anonymous { .. } | AuthState::Unknown => {}
        });
    }

    fn warn_before_unload(self) {
        Effect::new(move |_| {
            if self.unsaved.get() {
                let listener = window_event_listener(ev::beforeunload, |event| event.prevent_default());
                on_cleanup(move || listener.remove());
            }
        });
    }

    fn ask_before_sign_out(self) {
        let listener = window_event_listener_untyped(browser::BEFORE_SIGN_OUT, move |event| {
            self.read_form();
            if self.unsaved.get_untracked() && !browser::confirm(lang().notes_sign_out_unsaved()) {
                event.prevent_default();
            }
        });
        on_cleanup(move || listener.remove());
    }

    /// Shows the fields of the form while it is on the page.
    pub fn show_form(self, fields: Callback<(), Option<NoteText>>) {
        let owner = self.contents.with_value(|contents| contents.owner.clone());
        self.form.set_value(Some(Form { owner, fields }));
        on_cleanup(move || {
            self.read_form();
            self.form.set_value(None);
        });
    }

    /// Takes over what the form shows, unless it is on its way out: its user has signed out, or another one has signed in.
    fn read_form(self) {
        let Some(Form { owner, fields }) = self.form.get_value() else { return };
        if owner.is_some()
            && self.contents.with_value(|contents| contents.owner == owner)
            && let Some(text) = fields.run(())
        {
            self.write(text);
        }
    }

    fn survive_a_reload(self) {
        let listener = window_event_listener_untyped(browser::BEFORE_RELOAD, move |_| {
            self.read_form();
            if let Ok(text) = self.contents.with_value(serde_json::to_string) {
                browser::put_away(&text);
                self.unsaved.set(false);
            }
        });
        on_cleanup(move || listener.remove());
    }

    /// Assigns the drafts to the signed-in user; clears those of another user.
    pub fn claim(self) {
        let Some(user) = auth_state().with_untracked(|state| state.user().map(|user| user.id.clone())) else { return };
        if self.contents.with_value(|contents| contents.owner.as_ref().is_some_and(|owner| *owner != user)) {
            self.clear(Some(user));
        } else {
            self.contents.update_value(|contents| contents.owner = Some(user));
        }
    }

    fn clear(self, owner: Option<String>) {
        self.replace(|contents| *contents = Contents { owner, current: Draft::new_note(), suspended: None });
    }

    /// The draft in the form.
    pub fn current(self) -> Draft {
        self.contents.with_value(|contents| contents.current.clone())
    }

    /// The saved version of the note in the form; `None` for a new note.
    pub fn original(self) -> Option<Note> {
        self.contents.with_value(|contents| contents.current.original.clone())
    }

    /// Stores the typed text in the current draft.
    pub fn write(self, text: NoteText) {
        self.contents.update_value(|contents| contents.current.text = text);
        self.update_unsaved();
    }

    /// Starts a change of `note`. A draft of a new note is suspended.
    pub fn edit(self, note: Note) {
        self.replace(|contents| {
            let before = std::mem::replace(&mut contents.current, Draft::change_of(note));
            if before.original.is_none() {
                contents.suspended = Some(before);
            }
        });
    }

    /// Ends a change: back to the suspended draft, or to an empty one.
    pub fn resume_new_note(self) {
        self.replace(|contents| contents.current = contents.suspended.take().unwrap_or_else(Draft::new_note));
    }

    /// The server has saved `sent` as `note`. Text typed since then remains as a change of that
    /// note.
    pub fn saved(self, note: &Note, sent: &NoteText) {
        let current = self.current();
        if current.id != note.id {
            self.contents.update_value(|contents| {
                contents.suspended.take_if(|draft| draft.id == note.id && draft.text == *sent);
            });
            return self.update_unsaved();
        }
        if current.text == *sent {
            return self.resume_new_note();
        }
        self.base_on(note.clone());
    }

    /// The text in the form becomes a change of this version of its note.
    pub fn base_on(self, note: Note) {
        self.make_it(Draft::change_of(note));
    }

    /// The text in the form becomes that of a new note.
    pub fn as_new_note(self) {
        self.make_it(Draft::new_note());
    }

    /// The current draft becomes another one, with the text that it has.
    fn make_it(self, draft: Draft) {
        self.contents.update_value(|contents| {
            let text = std::mem::take(&mut contents.current.text);
            contents.current = Draft { text, ..draft };
        });
        self.update_unsaved();
    }

    fn replace(self, change: impl FnOnce(&mut Contents)) {
        self.contents.update_value(change);
        self.update_unsaved();
        self.replaced.update(|count| *count = count.wrapping_add(1));
    }

    fn update_unsaved(self) {
        let unsaved = self.contents.with_value(|contents| {
            !contents.current.is_saved() || contents.suspended.as_ref().is_some_and(|draft| !draft.is_saved())
        });
        if self.unsaved.get_untracked() != unsaved {
            self.unsaved.set(unsaved);
        }
    }
}
