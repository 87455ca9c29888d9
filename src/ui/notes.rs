//! The notes: the sample of a page whose data needs an access token. It is guarded, and otherwise written as if tokens did not
//! exist.

use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};
use leptos_meta::Title;

use super::{
    at_once::{at_once, in_browser},
    browser,
    note_editor::NoteEditor,
    notebook::Notebook,
    parts::When,
    signed_in_only::SignedInOnly,
};
use crate::api::error::Code;
use crate::api::notes::{self, Note};
use crate::client::auth_state::{AuthState, auth_state};
use crate::client::connection::patiently;
use crate::lang::lang;

#[component]
pub fn Notes() -> impl IntoView {
    at_once(view! {
        <Title text=lang().common_notes() />
        <SignedInOnly>
            <NotesPage />
        </SignedInOnly>
    })
}

#[component]
fn NotesPage() -> impl IntoView {
    let book = Notebook::new();
    in_browser(view! {
        <h1 tabindex="-1">{lang().common_notes()}</h1>
        <div class="desk">
            <NoteEditor book=book />
            <section aria-labelledby="notes-title">
                <h2 id="notes-title" tabindex="-1">
                    {lang().notes_yours()}
                </h2>
                <Trouble book=book />
                <List book=book />
            </section>
        </div>
    })
}

#[component]
fn Trouble(book: Notebook) -> impl IntoView {
    move || {
        let detail = book.problem.get()?.detail;
        let not_loaded = book.notes.with(Option::is_none);
        Some(view! {
            <p class="problem" role="alert">
                {detail}
            </p>
            {not_loaded
                .then(|| {
                    view! {
                        <button type="button" on:click=move |_| book.load()>
                            {lang().common_try_again()}
                        </button>
                    }
                })}
        })
    }
}

#[component]
fn List(book: Notebook) -> impl IntoView {
    let state = auth_state();
    let word = move || {
        let offline = matches!(state.get(), AuthState::Offline { .. });
        match book.notes.with(|notes| notes.as_ref().map(Vec::len)) {
            None if book.problem.with(Option::is_some) => "",
            None if offline => lang().notes_later(),
            None => lang().notes_loading(),
            Some(0) => lang().notes_none(),
            Some(_) => "",
        }
    };
    in_browser(view! {
        <p class="hint delayed">{word}</p>
        <ul class="notes" aria-label=lang().notes_yours()>
            <For
                each=move || book.notes.get().unwrap_or_default()
                key=|note| (note.id.clone(), note.updated_at)
                let:note
            >
                <Item book=book note=note />
            </For>
        </ul>
    })
}

#[component]
fn Item(book: Notebook, note: Note) -> impl IntoView {
    let Note { id, title, body, updated_at } = note.clone();
    let edit_label = lang().notes_edit_this(&title);
    in_browser(view! {
        <li class="note">
            <h3>{title}</h3>
            {(!body.is_empty()).then(|| view! { <p class="text">{body}</p> })}
            <div class="actions">
                <When at=updated_at />
                <button
                    class="quiet"
                    type="button"
                    aria-label=edit_label
                    data-edit=id
                    disabled=move || book.editing.with(Option::is_some)
                    on:click={
                        let note = note.clone();
                        move |_| book.editing.set(Some(note.clone()))
                    }
                >
                    {lang().notes_edit()}
                </button>
                <Delete book=book note=note />
            </div>
        </li>
    })
}

/// Asks once more in its own place: no dialog to find and to close.
#[component]
fn Delete(book: Notebook, note: Note) -> impl IntoView {
    let asked = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let id = StoredValue::new(note.id);
    let label = move || {
        if asked.get() { lang().notes_really_delete_this(&note.title) } else { lang().notes_delete_this(&note.title) }
    };
    let press = move |event: MouseEvent| {
        if !asked.get_untracked() {
            asked.set(true);
        } else if event.detail() < 2 {
            // The second half of a double click is no answer.
            delete(book, id.get_value(), busy);
        }
    };
    let in_the_form = move || book.editing.with(|note| note.as_ref().is_some_and(|note| note.id == id.get_value()));
    view! {
        <button
            class="quiet"
            class:danger=asked
            type="button"
            aria-label=label
            disabled=move || busy.get() || in_the_form()
            on:click=press
            on:blur=move |_| asked.set(false)
        >
            {move || if asked.get() { lang().notes_really_delete() } else { lang().notes_delete() }}
        </button>
    }
}

fn delete(book: Notebook, id: String, busy: RwSignal<bool>) {
    busy.set(true);
    book.problem.set(None);
    book.said.set("");
    spawn_local(async move {
        let answer = patiently(async || notes::delete(id.clone()).await).await;
        if !book.is_there() {
            return;
        }
        busy.set(false);
        match answer {
            Err(problem) if problem.code != Code::NotFound => book.problem.set(Some(problem)),
            // Gone is gone: an earlier attempt may have done it and only its answer was lost, or another tab.
            _ => {
                book.remove(&id);
                book.said.set(lang().notes_deleted());
                browser::focus("#notes-title");
            }
        }
    });
}
