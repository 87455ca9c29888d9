//! The note editor: one form for new and existing notes. The input is a draft in [`Drafts`]. It is
//! cleared only after the server has saved it; while the server is unreachable it is kept and
//! retried.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use crate::client::auth_state::{AuthState, auth_state};
use crate::client::connection::retry_while_offline;
use crate::lang::lang;
use crate::notes::api;
use crate::notes::drafts::{Draft, Drafts, NoteText};
use crate::notes::list::NoteList;
use crate::notes::protocol::Note;
use crate::protocol::code::{Code, Reaction};
use crate::protocol::problem::Problem;
use crate::ui::components::parts::{ErrorSummary, FieldError, FieldWords, LocalTime, Refused, offline_for_a_while};
use crate::ui::support::browser;
use crate::ui::support::sync_hydrated::client_only;

/// The note of the draft is not as its writer has seen it.
#[derive(Clone)]
enum Conflict {
    Changed(Note),
    Deleted,
}

#[derive(Clone, Copy)]
struct Editor {
    list: NoteList,
    drafts: Drafts,
    title: NodeRef<html::Input>,
    body: NodeRef<html::Textarea>,
    problem: RwSignal<Option<Problem>>,
    conflict: RwSignal<Option<Conflict>>,
    busy: RwSignal<bool>,
}

impl Editor {
    fn new(list: NoteList) -> Self {
        let editor = Self {
            list,
            drafts: Drafts::of_this_tab(),
            title: NodeRef::new(),
            body: NodeRef::new(),
            problem: RwSignal::new(None),
            conflict: RwSignal::new(None),
            busy: RwSignal::new(false),
        };
        editor.drafts.claim();
        editor.drafts.show_form(Callback::new(move |()| editor.text()));
        list.editing.set(editor.drafts.original());
        editor.follow_selection();
        editor.follow_drafts();
        editor.clear_after_sign_in();
        editor
    }

    /// What the fields show.
    fn text(self) -> Option<NoteText> {
        let (title, body) = (self.title.try_get_untracked()??, self.body.try_get_untracked()??);
        Some(NoteText { title: title.value(), body: body.value() })
    }

    fn typed(self) {
        if let Some(text) = self.text() {
            self.drafts.write(text);
        }
        if !self.list.announcement.get_untracked().is_empty() {
            self.list.announcement.set("");
        }
    }

    fn follow_drafts(self) {
        Effect::new(move |_| {
            self.drafts.replaced.track();
            let NoteText { title: title_text, body: body_text } = self.drafts.current().text;
            if let (Some(title), Some(body)) = (self.title.get_untracked(), self.body.get_untracked()) {
                title.set_value(&title_text);
                body.set_value(&body_text);
            }
        });
    }

    /// Removes the message about an ended session after a new sign-in.
    fn clear_after_sign_in(self) {
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

    fn follow_selection(self) {
        Effect::new(move |_| {
            let selected = self.list.editing.get();
            let original = self.drafts.original();
            self.problem.set(None);
            self.conflict.set(None);
            match (selected, original) {
                (Some(note), original) if original.as_ref().is_none_or(|original| original.id != note.id) => {
                    self.drafts.edit(note);
                    self.list.announcement.set("");
                    browser::focus("#title");
                }
                (None, Some(_)) => self.drafts.resume_new_note(),
                _ => {}
            }
        });
    }

    fn submit(self, event: SubmitEvent) {
        event.prevent_default();
        if !self.busy.get_untracked() {
            // Autofill may set a field without an `input` event.
            self.typed();
            self.send();
        }
    }

    fn send(self) {
        self.problem.set(None);
        self.conflict.set(None);
        self.busy.set(true);
        let draft = self.drafts.current();
        spawn_local(async move {
            let (sent, answer) = save(self.drafts, draft.clone()).await;
            let answer = match answer {
                Err(problem) if is_conflict(&draft, &problem) => now_at(&draft.id).await.map(Saved::Conflict),
                answer => answer.map(Saved::Note),
            };
            let mounted = self.list.is_mounted();
            if let Ok(Saved::Note(note)) = &answer {
                self.drafts.saved(note, &sent);
                if !mounted {
                    self.drafts.saved_in_background.update(|count| *count = count.wrapping_add(1));
                }
            }
            if !mounted {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(Saved::Note(note)) => self.saved(note),
                Ok(Saved::Conflict(conflict)) => {
                    self.conflict.set(Some(conflict));
                    browser::focus("#conflict");
                }
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    /// The text in the form replaces the one that was saved elsewhere, in the version that is in
    /// sight: a newer one is another conflict.
    fn keep_mine(self, theirs: Note) {
        self.drafts.base_on(theirs.clone());
        self.list.editing.set(Some(theirs));
        self.send();
    }

    fn save_as_new(self, theirs: Option<Note>) {
        self.show_theirs(theirs);
        self.drafts.as_new_note();
        self.list.editing.set(None);
        self.send();
    }

    /// Gives up the text in the form.
    fn keep_theirs(self, theirs: Option<Note>) {
        self.conflict.set(None);
        self.show_theirs(theirs);
        self.list.editing.set(None);
        self.drafts.resume_new_note();
        browser::focus("#title");
    }

    fn saved(self, note: Note) {
        let id = note.id.clone();
        self.list.put(note);
        self.list.announcement.set(lang().notes_saved());
        let before = self.list.editing.get_untracked();
        let now = self.drafts.original();
        if before.as_ref().map(|note| &note.id) == now.as_ref().map(|note| &note.id) && now.is_some() {
            return;
        }
        self.list.editing.set(now.clone());
        if now.is_none() {
            let was_changed = before.is_some_and(|before| before.id == id);
            browser::focus(&if was_changed { edit_button(&id) } else { "#title".to_owned() });
        }
    }

    /// Brings the list to what the conflict has shown.
    fn show_theirs(self, theirs: Option<Note>) {
        match theirs {
            Some(note) => self.list.put(note),
            None => self.list.remove(&self.drafts.current().id),
        }
    }

    fn cancel(self) {
        if let Some(note) = self.list.editing.get_untracked() {
            self.list.editing.set(None);
            browser::focus(&edit_button(&note.id));
        }
    }
}

enum Saved {
    Note(Note),
    Conflict(Conflict),
}

/// Whether a refused save means that the note is not as the draft's writer has seen it.
fn is_conflict(draft: &Draft, problem: &Problem) -> bool {
    match problem.code {
        Code::PreconditionFailed => true,
        Code::NotFound => draft.original.is_some(),
        _ => false,
    }
}

/// The note as it is now.
async fn now_at(id: &str) -> Result<Conflict, Problem> {
    match retry_while_offline(async || api::get(id.to_owned()).await).await {
        Ok(note) => Ok(Conflict::Changed(note)),
        Err(problem) if problem.code == Code::NotFound => Ok(Conflict::Deleted),
        Err(problem) => Err(problem),
    }
}

/// Saves a draft, retried until the server answers. Each attempt sends the current text; returns
/// what the last one sent.
async fn save(drafts: Drafts, draft: Draft) -> (NoteText, Result<Note, Problem>) {
    let sent = StoredValue::new(draft.text);
    let answer = retry_while_offline(async || {
        let now = drafts.current();
        if now.id == draft.id {
            sent.set_value(now.text);
        }
        let NoteText { title, body } = sent.get_value();
        match &draft.original {
            Some(note) => api::update(note.id.clone(), note.version, title, body, Some(draft.change.clone())).await,
            None => api::create(title, body, Some(draft.id.clone())).await,
        }
    });
    let answer = answer.await;
    (sent.get_value(), answer)
}

/// The CSS selector of a note's edit button.
fn edit_button(id: &str) -> String {
    ["[data-edit=\"", id, "\"]"].concat()
}

#[component]
pub fn NoteEditor(list: NoteList) -> impl IntoView {
    let editor = Editor::new(list);
    let busy = editor.busy;
    let changing = Memo::new(move |_| list.editing.with(Option::is_some));
    let waiting = offline_for_a_while();
    client_only(view! {
        <form class="card" method="post" on:submit=move |event| editor.submit(event)>
            <h2>{move || if changing.get() { lang().notes_change() } else { lang().notes_new() }}</h2>
            <ErrorSummary
                problem=editor.problem
                left=RwSignal::new(None)
                id="note-problem"
                fields=&[("title", "title"), ("body", "body")]
            />
            <Fields editor=editor />
            <ConflictChoice editor=editor />
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
                <p class="said" aria-live="polite">{move || list.announcement.get()}</p>
            </div>
        </form>
    })
}

/// Both texts in sight, and what can be done. Nothing happens by itself.
#[component]
fn ConflictChoice(editor: Editor) -> impl IntoView {
    move || {
        let conflict = editor.conflict.get()?;
        let (title, theirs) = match conflict {
            Conflict::Changed(note) => (lang().notes_conflict_changed(), Some(note)),
            Conflict::Deleted => (lang().notes_conflict_deleted(), None),
        };
        let text = theirs.clone().map(|note| {
            view! {
                <figure>
                    <figcaption>{lang().notes_conflict_theirs()} " · " <LocalTime at=note.updated_at /></figcaption>
                    <p class="text"><strong>{note.title}</strong></p>
                    <p class="text">{note.body}</p>
                </figure>
            }
        });
        let keep_mine = theirs.clone().map(|note| {
            let press = move |_| editor.keep_mine(note.clone());
            view! { <button type="button" on:click=press>{lang().notes_conflict_keep_mine()}</button> }
        });
        let for_new = theirs.clone();
        let give_up =
            if theirs.is_some() { lang().notes_conflict_take_theirs() } else { lang().notes_conflict_discard() };
        Some(view! {
            <section id="conflict" class="notice conflict" role="alert" tabindex="-1">
                <h3>{title}</h3>
                <p>{lang().notes_conflict_yours()}</p>
                {text}
                <div class="actions">
                    {keep_mine}
                    <button type="button" on:click=move |_| editor.save_as_new(for_new.clone())>{lang().notes_conflict_save_as_new()}</button>
                    <button type="button" on:click=move |_| editor.keep_theirs(theirs.clone())>{give_up}</button>
                </div>
            </section>
        })
    }
}

#[component]
fn Fields(editor: Editor) -> impl IntoView {
    let words = |name| FieldWords { problem: editor.problem, name, refused: Refused::Other };
    let (title, body) = (words("title"), words("body"));
    let typed = move |_| editor.typed();
    view! {
        <div class="field" on:input=typed>
            <label for="title">{lang().notes_title()}</label>
            <FieldError id="title" words=title />
            <input
                id="title"
                name="title"
                type="text"
                autocomplete="off"
                aria-invalid=move || title.invalid()
                aria-describedby=move || title.explained_by("title")
                node_ref=editor.title
            />
        </div>
        <div class="field" on:input=typed>
            <label for="body">{lang().notes_body()}</label>
            <FieldError id="body" words=body />
            <textarea
                id="body"
                name="body"
                rows="4"
                aria-invalid=move || body.invalid()
                aria-describedby=move || body.explained_by("body")
                node_ref=editor.body
            ></textarea>
        </div>
    }
}
