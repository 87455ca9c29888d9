//! The account page: change the e-mail address or the password, read the security history, delete
//! the account. Each is a row that opens its form (disclosure). Each form asks for the current
//! password, so access to an unlocked screen is not enough.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use wasm_split_helpers::wasm_split;

use crate::api::account;
use crate::base_path::at;
use crate::client::auth_state::auth_state;
use crate::client::connection::retry_while_offline;
use crate::lang::lang;
use crate::ui::components::download_data::DownloadData;
use crate::ui::pages::account_forms::{ChangeEmail, ChangePassword, DeleteAccount};
use crate::ui::pages::history::History;
use crate::ui::support::browser;
use crate::ui::support::lazy_page::{LazyPage, LazyPart};
use crate::ui::support::signed_in_only::SignedInOnly;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};

#[component]
pub fn Account() -> impl IntoView {
    sync_hydrated(view! {
        <Title text=lang().account_title() />
        <SignedInOnly>
            <LazyPage page=account_page />
        </SignedInOnly>
    })
}

#[wasm_split(account, fallible)]
fn account_page() -> LazyPart {
    Ok(|()| AccountPage().into_any())
}

/// A row of the page: a fact about the account, and the form that changes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    Email,
    Password,
    Delete,
}

impl Row {
    /// The id of the row, which links to the page name.
    const fn id(self) -> &'static str {
        match self {
            Row::Email => "email-row",
            Row::Password => "password",
            Row::Delete => "delete",
        }
    }
}

/// The rows: at most one form is open. A form that is closed is gone, with what was typed into it.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    open: RwSignal<Option<Row>>,
    /// The success message of each row, in a live region that outlives the form.
    said: RwSignal<(Option<Row>, String)>,
}

impl Rows {
    fn toggle(self, row: Row) {
        self.said.set((None, String::new()));
        if self.open.get_untracked() == Some(row) {
            return self.close(row);
        }
        self.open.set(Some(row));
        browser::focus(&["#", row.id(), " input:not([hidden])"].concat());
    }

    /// Closes the form and leaves the focus at the row's button.
    fn close(self, row: Row) {
        self.open.set(None);
        browser::focus(&["#", row.id(), " .toggle"].concat());
    }

    pub(super) fn done(self, row: Row, message: String) {
        self.said.set((Some(row), message));
        self.close(row);
    }
}

#[component]
fn AccountPage() -> impl IntoView {
    let rows = Rows { open: RwSignal::new(None), said: RwSignal::new((None, String::new())) };
    let hash = use_location().hash;
    // A link to the form opens it, here as from another page.
    Effect::new(move |_| {
        if hash.get() == "#password" {
            rows.open.set(Some(Row::Password));
        }
    });
    let state = auth_state();
    let email = move || state.with(|state| state.user().map(|user| user.email.clone()));
    client_only(view! {
        <div class="sheet">
            <h1 tabindex="-1">{lang().account_title()}</h1>
            <div class="settings">
                <RowView rows=rows row=Row::Email title=lang().common_email() change=lang().account_change() label=lang().account_change_email()>
                    <p class="value email">{email.clone()}</p>
                </RowView>
                <RowView rows=rows row=Row::Password title=lang().common_password() change=lang().account_change() label=lang().account_change_password()>
                    <p class="value" aria-hidden="true">"••••••••"</p>
                </RowView>
                <SessionsRow />
            </div>
            <History />
            <div class="settings">
                <DownloadData />
                <RowView rows=rows row=Row::Delete title=lang().account_delete() change=lang().account_delete_short() label=lang().account_delete()>
                    <p class="value">{lang().account_delete_text()}</p>
                </RowView>
            </div>
        </div>
    })
}

#[component]
fn RowView(
    rows: Rows,
    row: Row,
    title: &'static str,
    /// The button that opens the form, and its whole name.
    change: &'static str,
    label: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let is_open = Memo::new(move |_| rows.open.get() == Some(row));
    let words = move || if is_open.get() { lang().common_cancel() } else { change };
    let name = move || if is_open.get() { lang().common_cancel() } else { label };
    let said = move || rows.said.with(|(of, message)| if *of == Some(row) { message.clone() } else { String::new() });
    let title_id = [row.id(), "-title"].concat();
    client_only(view! {
        <div class="setting" id=row.id()>
            <div class="fact">
                <h2 id=title_id>{title}</h2>
                {children()}
                <p class="said" aria-live="polite">{said}</p>
            </div>
            <button
                type="button"
                class="toggle"
                class:danger=row == Row::Delete
                aria-label=name
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                on:click=move |_| rows.toggle(row)
            >
                {words}
            </button>
            {move || {
                is_open
                    .get()
                    .then(|| match row {
                        Row::Email => client_only(view! { <ChangeEmail rows=rows /> }),
                        Row::Password => client_only(view! { <ChangePassword rows=rows /> }),
                        Row::Delete => client_only(view! { <DeleteAccount /> }),
                    })
            }}
        </div>
    })
}

/// How many browsers are signed in, and the way to their list.
#[component]
fn SessionsRow() -> impl IntoView {
    let count = RwSignal::new(None::<usize>);
    Effect::new(move |_| {
        spawn_local(async move {
            if let Ok(sessions) = retry_while_offline(account::sessions).await {
                count.try_set(Some(sessions.len()));
            }
        });
    });
    let words = move || match count.get() {
        None => String::new(),
        Some(1) => lang().sessions_only_this().to_owned(),
        Some(n) => lang().sessions_count(&n.to_string()),
    };
    let label = [lang().account_review(), ": ", lang().sessions_title()].concat();
    client_only(view! {
        <div class="setting">
            <div class="fact">
                <h2>{lang().sessions_title()}</h2>
                <p class="value">{words}</p>
            </div>
            <a class="button toggle" href=at("/sessions") aria-label=label>
                {lang().account_review()}
            </a>
        </div>
    })
}
