//! The form for a new note, which also takes an existing one to change it. What is in it belongs to the person and lies on the
//! [`Desk`]: it is cleared only after the server has it, and while the server cannot be reached it waits and is sent again.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use super::{
    at_once::in_browser,
    browser,
    desk::{Desk, Draft, Work},
    notebook::Notebook,
    parts::{concerns, invalid, offline_for_a_while},
};
use crate::api::error::{Problem, Reaction};
use crate::api::notes::{self, Note};
use crate::client::auth_state::{AuthState, auth_state};
use crate::client::connection::patiently;
use crate::lang::lang;

#[derive(Clone, Copy)]
struct Editor {
    book: Notebook,
    desk: Desk,
    title: NodeRef<html::Input>,
    body: NodeRef<html::Textarea>,
    problem: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
}

impl Editor {
    fn new(book: Notebook) -> Self {
        let editor = Self {
            book,
            desk: expect_context(),
            title: NodeRef::new(),
            body: NodeRef::new(),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
        };
        editor.desk.claim();
        book.editing.set(editor.desk.changing());
        editor.follow_what_is_edited();
        editor.follow_the_desk();
        editor.forget_the_end();
        editor
    }

    fn typed(self) {
        if let (Some(title), Some(body)) = (self.title.get_untracked(), self.body.get_untracked()) {
            self.desk.write(Draft { title: title.value(), body: body.value() });
        }
        if !self.book.said.get_untracked().is_empty() {
            self.book.said.set("");
        }
    }

    fn follow_the_desk(self) {
        Effect::new(move |_| {
            self.desk.rewritten.track();
            let Draft { title: title_text, body: body_text } = self.desk.work().text;
            if let (Some(title), Some(body)) = (self.title.get_untracked(), self.body.get_untracked()) {
                title.set_value(&title_text);
                body.set_value(&body_text);
            }
        });
    }

    /// That the session had ended is no news for who has signed in again.
    fn forget_the_end(self) {
        let state = auth_state();
        Effect::new(move |_| {
            if matches!(state.get(), AuthState::SignedIn { .. }) {
                self.problem.update(|problem| {
                    if problem.as_ref().is_some_and(|problem| problem.code.reaction() == Reaction::SignOut) {
                        *problem = None;
                    }
                });
            }
        });
    }

    fn follow_what_is_edited(self) {
        Effect::new(move |_| {
            let wanted = self.book.editing.get();
            let in_hand = self.desk.changing();
            self.problem.set(None);
            match (wanted, in_hand) {
                (Some(note), in_hand) if in_hand.as_ref().is_none_or(|held| held.id != note.id) => {
                    self.desk.change(note);
                    self.book.said.set("");
                    browser::focus("#title");
                }
                (None, Some(_)) => self.desk.put_back(),
                _ => {}
            }
        });
    }

    fn submit(self, event: SubmitEvent) {
        event.prevent_default();
        if self.busy.get_untracked() {
            return;
        }
        // A browser may have filled in a field without an event.
        self.typed();
        self.problem.set(None);
        self.busy.set(true);
        let work = self.desk.work();
        spawn_local(async move {
            let (sent, answer) = save(self.desk, work).await;
            let is_there = self.book.is_there();
            if let Ok(note) = &answer {
                self.desk.saved(note, &sent);
                if !is_there {
                    self.desk.saved_behind.update(|count| *count = count.wrapping_add(1));
                }
            }
            if !is_there {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(note) => self.saved(note),
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    fn saved(self, note: Note) {
        let id = note.id.clone();
        self.book.put(note);
        self.book.said.set(lang().notes_saved());
        let before = self.book.editing.get_untracked();
        let now = self.desk.changing();
        if before.as_ref().map(|note| &note.id) == now.as_ref().map(|note| &note.id) && now.is_some() {
            return;
        }
        self.book.editing.set(now.clone());
        if now.is_none() {
            let was_changed = before.is_some_and(|before| before.id == id);
            browser::focus(&if was_changed { edit_button(&id) } else { "#title".to_owned() });
        }
    }

    fn cancel(self) {
        if let Some(note) = self.book.editing.get_untracked() {
            self.book.editing.set(None);
            browser::focus(&edit_button(&note.id));
        }
    }
}

/// Until the server has answered. Each attempt sends what is written by then, and the last one is told.
async fn save(desk: Desk, work: Work) -> (Draft, Result<Note, Problem>) {
    let sent = StoredValue::new(work.text);
    let answer = patiently(async || {
        let now = desk.work();
        if now.id == work.id {
            sent.set_value(now.text);
        }
        let Draft { title, body } = sent.get_value();
        match &work.changing {
            Some(note) => notes::update(note.id.clone(), title, body).await,
            None => notes::create(title, body, Some(work.id.clone())).await,
        }
    });
    let answer = answer.await;
    (sent.get_value(), answer)
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
    let waiting = offline_for_a_while();
    in_browser(view! {
        <form class="card" method="post" on:submit=move |event| editor.submit(event)>
            <h2>{move || if changing.get() { lang().notes_change() } else { lang().notes_new() }}</h2>
            <Fields editor=editor />
            {move || {
                let detail = editor.problem.get()?.detail;
                Some(view! { <p id="note-problem" class="problem" role="alert">{detail}</p> })
            }}
            <div class="actions">
                <button class="primary" type="submit" disabled=busy aria-busy=move || busy.get().then_some("true")>
                    {move || match (busy.get(), waiting.get(), changing.get()) {
                        (true, true, _) => lang().notes_waiting(),
                        (true, false, _) => lang().notes_saving(),
                        (false, _, true) => lang().notes_save_changes(),
                        (false, _, false) => lang().notes_save(),
                    }}
                </button>
                {move || {
                    changing
                        .get()
                        .then(|| {
                            view! {
                                <button type="button" on:click=move |_| editor.cancel()>
                                    {lang().common_cancel()}
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
    let typed = move |_| editor.typed();
    view! {
        <div class="field" on:input=typed>
            <label for="title">{lang().notes_title()}</label>
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
        <div class="field" on:input=typed>
            <label for="body">{lang().notes_body()}</label>
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
