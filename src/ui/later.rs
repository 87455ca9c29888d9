//! Parts that are downloaded when they are first shown, so that nobody waits for them who only wants to sign in. The build
//! takes every function marked `#[wasm_split(file, fallible)]`, and what it alone needs, out of the program and into a file.
//! A download can fail long after the page has loaded, so a part that does not come is no fault but a state of the page.

use leptos::{prelude::*, task::spawn_local};
use wasm_split_helpers::SplitLoaderError;

use super::{at_once::in_browser, browser, parts::Waiting};
use crate::lang::lang;

/// What such a function gives: how the part is built. It is built where it stands, and not when it comes: by then no page
/// would own what the part makes, and the part would find no context.
pub type Part<Props = ()> = Result<fn(Props) -> AnyView, SplitLoaderError>;

#[derive(Clone, Copy)]
enum State {
    Coming,
    Missing,
    Here(fn(()) -> AnyView),
}

/// Stands for a page behind the guard of protected pages: the server never renders it.
#[component]
pub fn Later<L>(
    /// A function that is marked.
    page: L,
) -> impl IntoView
where
    L: AsyncFn() -> Part + Copy + Send + Sync + 'static,
{
    let state = RwSignal::new(State::Coming);
    let load = Callback::new(move |()| {
        state.set(State::Coming);
        spawn_local(async move { arrived(state, page().await) });
    });
    Effect::new(move |_| load.run(()));
    in_browser(move || match state.get() {
        State::Coming => in_browser(view! { <Waiting word=lang().later_loading() /> }),
        State::Missing => in_browser(view! { <Missing load=load /> }),
        State::Here(build) => build(()),
    })
}

/// Who came here while it was on its way goes on in it, and where the address points.
fn arrived(state: RwSignal<State>, part: Part) {
    let waited_for = browser::is_there("#main .coming:focus-within");
    if state.try_set(part.map_or(State::Missing, State::Here)).is_some() {
        return;
    }
    if waited_for {
        browser::focus("#main h1");
    }
    browser::scroll_to_fragment();
}

#[component]
fn Missing(load: Callback<()>) -> impl IntoView {
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
            <button class="primary" type="button" on:click=again>
                {lang().common_try_again()}
            </button>
        </section>
    }
}
