//! The form for a new note, which also takes an existing one to change it. What is in it belongs to the person: it is cleared
//! only after the server has it, and a new note that was begun comes back when the change of another is done.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use super::{
    at_once::at_once,
    browser,
    notebook::Notebook,
    parts::{concerns, invalid},
};
use crate::api::error::Problem;
use crate::api::notes::{self, Note};

/// What is written in the two fields.
#[derive(Clone, Default, PartialEq, Eq)]
struct Draft {
    title: String,
    body: String,
}

#[derive(Clone, Copy)]
struct Editor {
    book: Notebook,
    title: NodeRef<html::Input>,
    body: NodeRef<html::Textarea>,
    problem: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
    /// The new note that was begun before a change.
    put_aside: StoredValue<Draft>,
}

impl Editor {
    fn new(book: Notebook) -> Self {
        let editor = Self {
            book,
            title: NodeRef::new(),
            body: NodeRef::new(),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            put_aside: StoredValue::new(Draft::default()),
        };
        editor.follow_what_is_edited();
        editor
    }

    fn read(self) -> Option<Draft> {
        let (title, body) = (self.title.try_get_untracked()??, self.body.try_get_untracked()??);
        Some(Draft { title: title.value(), body: body.value() })
    }

    fn write(self, draft: &Draft) {
        if let (Some(title), Some(body)) = (self.title.get_untracked(), self.body.get_untracked()) {
            title.set_value(&draft.title);
            body.set_value(&draft.body);
        }
    }

    fn follow_what_is_edited(self) {
        Effect::new(move |before: Option<bool>| {
            let now = self.book.editing.get();
            match &now {
                Some(note) => {
                    self.put_aside.set_value(self.read().unwrap_or_default());
                    self.write(&Draft { title: note.title.clone(), body: note.body.clone() });
                    self.book.said.set("");
                    browser::focus("#title");
                }
                None if before == Some(true) => self.write(&self.put_aside.get_value()),
                None => {}
            }
            self.problem.set(None);
            now.is_some()
        });
    }

    fn submit(self, event: SubmitEvent) {
        event.prevent_default();
        let Some(draft) = self.read() else { return };
        if self.busy.get_untracked() {
            return;
        }
        self.problem.set(None);
        self.book.said.set("");
        self.busy.set(true);
        let id = self.book.editing.with_untracked(|note| note.as_ref().map(|note| note.id.clone()));
        spawn_local(async move {
            let Draft { title, body } = draft.clone();
            let answer = match id.clone() {
                Some(id) => notes::update(id, title, body).await,
                None => notes::create(title, body).await,
            };
            if !self.book.is_there() {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(note) => self.saved(id, &draft, note),
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    fn saved(self, id: Option<String>, sent: &Draft, note: Note) {
        let note_id = note.id.clone();
        self.book.put(note);
        self.book.said.set("Saved.");
        let still_the_same = id == self.book.editing.with_untracked(|note| note.as_ref().map(|note| note.id.clone()));
        // Whatever was typed while the answer was under way is not saved yet.
        if !still_the_same || self.read().as_ref() != Some(sent) {
            return;
        }
        if id.is_some() {
            self.book.editing.set(None);
            browser::focus(&edit_button(&note_id));
        } else {
            self.write(&Draft::default());
            browser::focus("#title");
        }
    }

    fn cancel(self) {
        if let Some(note) = self.book.editing.get_untracked() {
            self.book.editing.set(None);
            browser::focus(&edit_button(&note.id));
        }
    }
}

/// How to find the button that edits a note.
fn edit_button(id: &str) -> String {
    ["[data-edit=\"", id, "\"]"].concat()
}

#[component]
pub fn NoteEditor(book: Notebook) -> impl IntoView {
    let editor = Editor::new(book);
    let busy = editor.busy;
    let changing = Memo::new(move |_| book.editing.with(Option::is_some));
    at_once(view! {
        <form class="card" method="post" on:submit=move |event| editor.submit(event)>
            <h2>{move || if changing.get() { "Change this note" } else { "New note" }}</h2>
            <Fields editor=editor />
            {move || {
                let detail = editor.problem.get()?.detail;
                Some(view! { <p id="note-problem" class="problem" role="alert">{detail}</p> })
            }}
            <div class="actions">
                <button class="primary" type="submit" disabled=busy aria-busy=move || busy.get().then_some("true")>
                    {move || match (busy.get(), changing.get()) {
                        (true, _) => "Saving…",
                        (false, true) => "Save changes",
                        (false, false) => "Save note",
                    }}
                </button>
                {move || {
                    changing
                        .get()
                        .then(|| {
                            view! {
                                <button type="button" on:click=move |_| editor.cancel()>
                                    "Cancel"
                                </button>
                            }
                        })
                }}
                <p class="said" aria-live="polite">{move || book.said.get()}</p>
            </div>
        </form>
    })
}

#[component]
fn Fields(editor: Editor) -> impl IntoView {
    let title_is_wrong = concerns(editor.problem, "title");
    let body_is_wrong = concerns(editor.problem, "body");
    let forget_what_was_said = move |_| {
        if !editor.book.said.get_untracked().is_empty() {
            editor.book.said.set("");
        }
    };
    view! {
        <div class="field" on:input=forget_what_was_said>
            <label for="title">"Title"</label>
            <input
                id="title"
                name="title"
                type="text"
                autocomplete="off"
                aria-invalid=invalid(title_is_wrong)
                aria-describedby=move || title_is_wrong.get().then_some("note-problem")
                node_ref=editor.title
            />
        </div>
        <div class="field" on:input=forget_what_was_said>
            <label for="body">"Note"</label>
            <textarea
                id="body"
                name="body"
                rows="4"
                aria-invalid=invalid(body_is_wrong)
                aria-describedby=move || body_is_wrong.get().then_some("note-problem")
                node_ref=editor.body
            ></textarea>
        </div>
    }
}
