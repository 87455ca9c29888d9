//! The browsers that are signed in, this one first, and the way to end the others. Ending one is felt there at its next
//! request, whatever token it holds.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use wasm_split_helpers::wasm_split;

use super::{
    at_once::{at_once, in_browser},
    browser,
    later::{Later, Part},
    parts::When,
    signed_in_only::SignedInOnly,
    step_up::{StepUp, StepUpDialog},
};
use crate::api::account::{self, SessionView};
use crate::api::error::Problem;
use crate::client::connection::patiently;
use crate::lang::lang;
use crate::mount::at;

#[component]
pub fn Sessions() -> impl IntoView {
    at_once(view! {
        <Title text=lang().sessions_title() />
        <SignedInOnly>
            <Later page=sessions_page />
        </SignedInOnly>
    })
}

#[derive(Clone, Copy)]
struct Open {
    sessions: RwSignal<Option<Vec<SessionView>>>,
    problem: RwSignal<Option<Problem>>,
    said: RwSignal<String>,
    busy: RwSignal<bool>,
    step_up: StepUp,
}

impl Open {
    fn load(self) {
        spawn_local(async move {
            match patiently(account::sessions).await {
                Ok(sessions) => drop(self.sessions.try_set(Some(sessions))),
                Err(problem) => drop(self.problem.try_set(Some(problem))),
            }
        });
    }

    /// Makes a call that may ask for the password, says what came of it, and looks again.
    fn end<T: 'static>(
        self,
        call: impl AsyncFn() -> Result<T, Problem> + 'static,
        words: impl FnOnce(T) -> String + 'static,
    ) {
        self.problem.set(None);
        self.said.set(String::new());
        self.busy.set(true);
        spawn_local(async move {
            let answer = self.step_up.call(call).await;
            self.busy.try_set(false);
            match answer {
                None => {}
                Some(Ok(done)) => {
                    self.said.try_set(words(done));
                    browser::focus("#main h1");
                    self.load();
                }
                Some(Err(problem)) => drop(self.problem.try_set(Some(problem))),
            }
        });
    }
}

#[wasm_split(account, fallible)]
fn sessions_page() -> Part {
    Ok(|()| SessionsPage().into_any())
}

#[component]
fn SessionsPage() -> impl IntoView {
    let open = Open {
        sessions: RwSignal::new(None),
        problem: RwSignal::new(None),
        said: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
        step_up: StepUp::new(),
    };
    Effect::new(move |_| open.load());
    let others = Memo::new(move |_| open.sessions.with(|all| all.as_ref().is_some_and(|all| all.len() > 1)));
    let end_others = move |_| {
        open.end(account::revoke_other_sessions, |done| match done.ended {
            1 => lang().sessions_one_gone().to_owned(),
            ended => lang().sessions_many_gone(&ended.to_string()),
        });
    };
    in_browser(view! {
        <h1 tabindex="-1">{lang().sessions_title()}</h1>
        <p class="lead">
            {lang().sessions_lead_1()}
            <a href=at("/account#password")>{lang().sessions_lead_link()}</a> "."
        </p>
        <p class="said" aria-live="polite">{move || open.said.get()}</p>
        {move || Some(view! { <p class="problem" role="alert">{open.problem.get()?.detail}</p> })}
        <ul class="notes" aria-label=lang().sessions_title()>
            <For each=move || open.sessions.get().unwrap_or_default() key=|view| (view.id.clone(), view.last_used_at) let:session>
                <Item open=open session=session />
            </For>
        </ul>
        {move || {
            others
                .get()
                .then(|| {
                    view! {
                        <div class="actions">
                            <button type="button" disabled=open.busy on:click=end_others>
                                {lang().sessions_end_others()}
                            </button>
                        </div>
                    }
                })
        }}
        <StepUpDialog step_up=open.step_up />
    })
}

#[component]
fn Item(open: Open, session: SessionView) -> impl IntoView {
    let SessionView { id, current, device, signed_in_at, last_used_at, .. } = session;
    let label = lang().sessions_end_this(&device);
    let gone = lang().sessions_gone(&device);
    let end = move |_| {
        let (id, gone) = (id.clone(), gone.clone());
        open.end(async move || account::revoke_session(id.clone()).await, move |_| gone);
    };
    in_browser(view! {
        <li class="session">
            <div>
                <h2>
                    {device} " "
                    {current.then(|| view! { <strong class="badge">{lang().sessions_this()}</strong> })}
                </h2>
                <p class="hint">{lang().sessions_signed_in_1()} <When at=signed_in_at /> {lang().sessions_last_used_1()} <When at=last_used_at /></p>
            </div>
            {(!current)
                .then(|| {
                    view! {
                        <button type="button" aria-label=label disabled=open.busy on:click=end>
                            {lang().common_sign_out()}
                        </button>
                    }
                })}
        </li>
    })
}
