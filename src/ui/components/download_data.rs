//! The button that downloads the user's data.

use leptos::{prelude::*, task::spawn_local};

use crate::api::account::{EXPORT, EXPORT_FILE};
use crate::client::fetch::download;
use crate::lang::lang;
use crate::protocol::problem::Problem;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn DownloadData() -> impl IntoView {
    let problem = RwSignal::new(None::<Problem>);
    let busy = RwSignal::new(false);
    let press = move |_| {
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let saved = download(EXPORT, EXPORT_FILE).await;
            busy.try_set(false);
            problem.try_set(saved.err());
        });
    };
    client_only(view! {
        <div class="setting">
            <div class="fact">
                <h2>{lang().account_data()}</h2>
                <p class="value">{lang().account_data_text()}</p>
                {move || problem.get().map(|problem| view! { <p class="problem" role="alert">{problem.detail}</p> })}
            </div>
            <button type="button" class="toggle" disabled=busy aria-busy=move || busy.get().then_some("true") on:click=press>
                {lang().account_data_download()}
            </button>
        </div>
    })
}
