//! The notes page: sample of a protected page. It is guarded, and otherwise written as if tokens
//! did not exist.

use leptos::{either::Either, prelude::*, task::spawn_local};
use leptos_meta::Title;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::client::auth_state::{AuthState, auth_state};
use crate::client::connection::retry_while_offline;
use crate::lang::lang;
use crate::notes::api;
use crate::notes::drafts::Drafts;
use crate::notes::editor::NoteEditor;
use crate::notes::list::NoteList;
use crate::notes::protocol::Note;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::ui::components::parts::LocalTime;
use crate::ui::support::browser;
use crate::ui::support::lazy_page::{LazyPage, LazyPart};
use crate::ui::support::signed_in_only::SignedInOnly;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};

#[component]
pub fn Notes() -> impl IntoView {
    sync_hydrated(view! {
        <Title text=lang().common_notes() />
        <SignedInOnly>
            <LazyPage page=notes_page />
        </SignedInOnly>
    })
}

#[wasm_split(notes, fallible)]
fn notes_page() -> LazyPart {
    Ok(|()| NotesPage().into_any())
}

/// Takes back drafts that were put away over a reload: from now on the tab asks before it drops them.
pub fn take_back_drafts() {
    Effect::new(move |_| {
        if browser::is_put_away() {
            spawn_local(async { _ = drafts().await });
        }
    });
}

#[wasm_split(notes, fallible)]
fn drafts() -> Result<(), SplitLoaderError> {
    Drafts::of_this_tab();
    Ok(())
}

#[component]
fn NotesPage() -> impl IntoView {
    let list = NoteList::new();
    client_only(view! {
        <h1 tabindex="-1">{lang().common_notes()}</h1>
        <div class="desk">
            <NoteEditor list=list />
            <section aria-labelledby="notes-title">
                <h2 id="notes-title" tabindex="-1">
                    {lang().notes_yours()}
                </h2>
                <ListProblem list=list />
                <List list=list />
            </section>
        </div>
    })
}

#[component]
fn ListProblem(list: NoteList) -> impl IntoView {
    move || {
        let detail = list.problem.get()?.detail;
        let not_loaded = list.notes.with(Option::is_none);
        Some(view! {
            <p class="problem" role="alert">
                {detail}
            </p>
            {not_loaded
                .then(|| {
                    view! {
                        <button type="button" on:click=move |_| list.load()>
                            {lang().common_try_again()}
                        </button>
                    }
                })}
        })
    }
}

#[component]
fn List(list: NoteList) -> impl IntoView {
    let state = auth_state();
    let word = move || {
        let offline = matches!(state.get(), AuthState::Offline { .. });
        match list.notes.with(|notes| notes.as_ref().map(Vec::len)) {
            None if list.problem.with(Option::is_some) => "",
            None if offline => lang().notes_later(),
            None => lang().notes_loading(),
            Some(0) => lang().notes_none(),
            Some(_) => "",
        }
    };
    client_only(view! {
        <p class="hint delayed">{word}</p>
        <ul class="notes" aria-label=lang().notes_yours()>
            <For
                each=move || list.notes.get().unwrap_or_default()
                key=|note| (note.id.clone(), note.version, note.updated_at)
                let:note
            >
                <Item list=list note=note />
            </For>
        </ul>
        <LoadMore list=list />
    })
}

/// The button that loads the next page. It stays where it is while it loads; with the last page it goes, and the focus moves to
/// the first note of that page.
#[component]
fn LoadMore(list: NoteList) -> impl IntoView {
    let there = Memo::new(move |_| list.next.with(Option::is_some));
    let before = StoredValue::new(None::<usize>);
    Effect::new(move |_| {
        let shown = list.notes.with(|notes| notes.as_ref().map_or(0, Vec::len));
        if let Some(first_new) = before.get_value().filter(|before| *before < shown)
            && !there.get()
        {
            before.set_value(None);
            let id = list.notes.with_untracked(|notes| Some(notes.as_ref()?.get(first_new)?.id.clone()));
            if let Some(id) = id {
                browser::focus(&["[data-edit=\"", &id, "\"]"].concat());
            }
        }
    });
    let press = move |_| {
        before.set_value(list.notes.with_untracked(|notes| notes.as_ref().map(Vec::len)));
        list.load_more();
    };
    move || {
        there.get().then(|| {
            view! {
                <button type="button" class="more" aria-busy=move || list.loading_more.get().then_some("true") on:click=press>
                    {move || if list.loading_more.get() { lang().notes_loading_more() } else { lang().notes_load_more() }}
                </button>
            }
        })
    }
}

#[component]
fn Item(list: NoteList, note: Note) -> impl IntoView {
    let Note { id, title, body, updated_at, .. } = note.clone();
    let edit_label = lang().notes_edit_this(&title);
    client_only(view! {
        <li class="note">
            <h3>{title}</h3>
            {(!body.is_empty()).then(|| view! { <p class="text">{body}</p> })}
            <div class="actions">
                <LocalTime at=updated_at />
                <button
                    class="quiet"
                    type="button"
                    aria-label=edit_label
                    data-edit=id
                    disabled=move || list.editing.with(Option::is_some)
                    on:click={
                        let note = note.clone();
                        move |_| list.editing.set(Some(note.clone()))
                    }
                >
                    {lang().notes_edit()}
                </button>
                <Delete list=list note=note />
            </div>
        </li>
    })
}

/// The delete button. It asks in its place, without a dialog; the answer is a button of its own, so no second click and no held
/// key gives it.
#[component]
fn Delete(list: NoteList, note: Note) -> impl IntoView {
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let Note { id, title, version, .. } = note;
    let id = StoredValue::new(id);
    let title = StoredValue::new(title);
    let in_form = move || list.editing.with(|note| note.as_ref().is_some_and(|note| note.id == id.get_value()));
    let ask = move |_| {
        asking.set(true);
        browser::focus(&["[data-keep=\"", &id.get_value(), "\"]"].concat());
    };
    let keep = move |_| {
        asking.set(false);
        browser::focus(&["[data-delete=\"", &id.get_value(), "\"]"].concat());
    };
    move || {
        let label = title.with_value(|title| match asking.get() {
            true => lang().notes_really_delete_this(title),
            false => lang().notes_delete_this(title),
        });
        if !asking.get() {
            return Either::Left(view! {
                <button class="quiet" type="button" aria-label=label data-delete=id.get_value() disabled=in_form on:click=ask>
                    {lang().notes_delete()}
                </button>
            });
        }
        Either::Right(view! {
            <button class="quiet" type="button" data-keep=id.get_value() on:click=keep>
                {lang().notes_keep()}
            </button>
            <button
                class="quiet danger"
                type="button"
                aria-label=label
                disabled=busy
                on:click=move |_| delete(list, id.get_value(), version, busy)
            >
                {lang().notes_really_delete()}
            </button>
        })
    }
}

fn delete(list: NoteList, id: String, version: u32, busy: RwSignal<bool>) {
    busy.set(true);
    list.problem.set(None);
    list.announcement.set("");
    spawn_local(async move {
        let answer = retry_while_offline(async || api::delete(id.clone(), version).await).await;
        if !list.is_mounted() {
            return;
        }
        busy.set(false);
        match answer {
            Err(problem) if problem.code == Code::PreconditionFailed => {
                list.load();
                let detail = lang().notes_changed_before_delete().to_owned();
                list.problem.set(Some(Problem { detail, ..problem }));
            }
            Err(problem) if problem.code != Code::NotFound => list.problem.set(Some(problem)),
            // `not_found` counts as success: an earlier attempt whose answer was lost, or another
            // tab, has deleted it.
            _ => {
                list.remove(&id);
                list.announcement.set(lang().notes_deleted());
                browser::focus("#notes-title");
            }
        }
    });
}
