//! Lazy loading (code splitting): parts of the WebAssembly that are downloaded when first shown, so
//! visitors who only sign in do not download them. The build moves each function marked
//! `#[wasm_split(file, fallible)]`, and code that only it uses, into a separate file. A download
//! can fail long after page load, so failure is a state of the page with a retry button. After a
//! deployment the part is gone for good: a reload gets the new program, and what was typed survives it.

use leptos::{prelude::*, task::spawn_local};
use wasm_split_helpers::SplitLoaderError;

use crate::client::session;
use crate::lang::lang;
use crate::ui::components::parts::Waiting;
use crate::ui::support::browser;
use crate::ui::support::sync_hydrated::client_only;

/// The return type of a split function: a constructor, not a view. The component calls it in its
/// own reactive owner; a view built when the download completes would have no owner and no context.
pub type LazyPart<Props = ()> = Result<fn(Props) -> AnyView, SplitLoaderError>;

#[derive(Clone, Copy)]
enum LoadState {
    Loading,
    Failed,
    Loaded(fn(()) -> AnyView),
}

/// A lazy-loaded page. Use it only behind [`SignedInOnly`](super::signed_in_only::SignedInOnly):
/// the server never renders it.
#[component]
pub fn LazyPage<L>(
    /// A function marked `#[wasm_split]`.
    page: L,
) -> impl IntoView
where
    L: AsyncFn() -> LazyPart + Copy + Send + Sync + 'static,
{
    let state = RwSignal::new(LoadState::Loading);
    let load = Callback::new(move |()| {
        state.set(LoadState::Loading);
        spawn_local(async move {
            // Every such page calls the server.
            let ready = session::ready().await;
            show(state, page().await.and_then(|page| ready.map(|()| page)));
        });
    });
    Effect::new(move |_| load.run(()));
    client_only(move || match state.get() {
        LoadState::Loading => client_only(view! { <Waiting word=lang().later_loading() /> }),
        LoadState::Failed => client_only(view! { <LoadFailed load=load /> }),
        LoadState::Loaded(build) => build(()),
    })
}

/// Shows the loaded page; moves the focus from the placeholder to its heading, and scrolls to the
/// URL fragment.
fn show(state: RwSignal<LoadState>, part: LazyPart) {
    let placeholder_had_focus = browser::exists("#main .coming:focus-within");
    if state.try_set(part.map_or(LoadState::Failed, LoadState::Loaded)).is_some() {
        return;
    }
    if placeholder_had_focus {
        browser::focus("#main h1");
    }
    browser::scroll_to_fragment();
}

#[component]
fn LoadFailed(load: Callback<()>) -> impl IntoView {
    let again = move |_| {
        load.run(());
        browser::focus("#main h1");
    };
    view! {
        <section class="narrow coming">
            <h1 tabindex="-1">{lang().later_title()}</h1>
            <p class="problem" role="alert">
                {lang().later_text()}
            </p>
            <div class="actions">
                <button class="primary" type="button" on:click=again>
                    {lang().common_try_again()}
                </button>
                <button type="button" on:click=move |_| browser::reload()>
                    {lang().common_reload()}
                </button>
            </div>
        </section>
    }
}
