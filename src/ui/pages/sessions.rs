//! The session list: the signed-in browsers, the current one first, and the buttons to end the
//! others. Ending one takes effect at its next request, because its access tokens are revoked as
//! well.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use wasm_split_helpers::wasm_split;

use crate::api::account;
use crate::base_path::at;
use crate::client::connection::retry_while_offline;
use crate::lang::lang;
use crate::protocol::problem::Problem;
use crate::protocol::session::SessionView;
use crate::ui::components::icons::Icon;
use crate::ui::components::parts::{RelativeTime, every_minute};
use crate::ui::components::step_up::{StepUp, StepUpDialog};
use crate::ui::support::browser;
use crate::ui::support::lazy_page::{LazyPage, LazyPart};
use crate::ui::support::signed_in_only::SignedInOnly;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};

#[component]
pub fn Sessions() -> impl IntoView {
    sync_hydrated(view! {
        <Title text=lang().sessions_title() />
        <SignedInOnly>
            <LazyPage page=sessions_page />
        </SignedInOnly>
    })
}

/// The state of the page.
#[derive(Clone, Copy)]
struct SessionList {
    sessions: RwSignal<Option<Vec<SessionView>>>,
    problem: RwSignal<Option<Problem>>,
    /// The success message, in a live region.
    announcement: RwSignal<String>,
    /// While a call is under way. Its button stays enabled: one that is disabled loses the focus, and
    /// the dialog has nothing to give it back to.
    busy: RwSignal<bool>,
    step_up: StepUp,
    minute: RwSignal<u32>,
}

impl SessionList {
    fn load(self) {
        spawn_local(async move {
            match retry_while_offline(account::sessions).await {
                Ok(sessions) => drop(self.sessions.try_set(Some(sessions))),
                Err(problem) => drop(self.problem.try_set(Some(problem))),
            }
        });
    }

    fn is_busy(self) -> Option<&'static str> {
        self.busy.get().then_some("true")
    }

    /// Makes a call that may require step-up, announces its result and reloads the list.
    fn end<T: 'static>(
        self,
        call: impl AsyncFn() -> Result<T, Problem> + 'static,
        message: impl FnOnce(T) -> String + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.problem.set(None);
        self.announcement.set(String::new());
        self.busy.set(true);
        spawn_local(async move {
            let answer = self.step_up.call(call).await;
            self.busy.try_set(false);
            match answer {
                None => {}
                Some(Ok(done)) => {
                    self.announcement.try_set(message(done));
                    browser::focus("#main h1");
                    self.load();
                }
                Some(Err(problem)) => drop(self.problem.try_set(Some(problem))),
            }
        });
    }
}

#[wasm_split(account, fallible)]
fn sessions_page() -> LazyPart {
    Ok(|()| SessionsPage().into_any())
}

#[component]
fn SessionsPage() -> impl IntoView {
    let list = SessionList {
        sessions: RwSignal::new(None),
        problem: RwSignal::new(None),
        announcement: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
        step_up: StepUp::new(),
        minute: every_minute(),
    };
    Effect::new(move |_| list.load());
    let others = Memo::new(move |_| list.sessions.with(|all| all.as_ref().is_some_and(|all| all.len() > 1)));
    let end_others = move |_| {
        list.end(account::revoke_other_sessions, |done| match done.ended {
            1 => lang().sessions_one_gone().to_owned(),
            ended => lang().sessions_many_gone(&ended.to_string()),
        });
    };
    client_only(view! {
        <h1 tabindex="-1">{lang().sessions_title()}</h1>
        <p class="lead">
            {lang().sessions_lead_1()}
            <a href=at("/account#password")>{lang().sessions_lead_link()}</a> "."
        </p>
        <p class="said" aria-live="polite">{move || list.announcement.get()}</p>
        {move || Some(view! { <p class="problem" role="alert">{list.problem.get()?.detail}</p> })}
        <ul class="notes" aria-label=lang().sessions_title()>
            <For each=move || list.sessions.get().unwrap_or_default() key=|view| (view.id.clone(), view.last_used_at) let:session>
                <Item list=list session=session />
            </For>
        </ul>
        {move || {
            let alone = list.sessions.with(|all| all.as_ref().is_some_and(|all| all.len() == 1));
            alone.then(|| view! { <p class="hint">{lang().sessions_only_this()}</p> })
        }}
        {move || {
            others
                .get()
                .then(|| {
                    view! {
                        <div class="actions">
                            <button type="button" aria-disabled=move || list.is_busy() on:click=end_others>
                                {lang().sessions_end_others()}
                            </button>
                        </div>
                    }
                })
        }}
        <StepUpDialog step_up=list.step_up />
    })
}

/// The icon of a device by its name, as in "Chrome on Android".
pub fn device_icon(device: &str) -> &'static str {
    let is_phone = ["Android", "iPhone", "iPad", "iOS"].iter().any(|system| device.contains(system));
    if is_phone { "phone" } else { "laptop" }
}

#[component]
fn Item(list: SessionList, session: SessionView) -> impl IntoView {
    let SessionView { id, current, device, signed_in_at, last_used_at, bound, .. } = session;
    // Browsers of one name differ in when they signed in.
    let label = lang().sessions_end_this(&[&device, ", ", &browser::local_time(signed_in_at.millis())].concat());
    let icon = device_icon(&device);
    let gone = lang().sessions_gone(&device);
    let end = move |_| {
        let (id, gone) = (id.clone(), gone.clone());
        list.end(async move || account::revoke_session(id.clone()).await, move |_| gone);
    };
    client_only(view! {
        <li class="session">
            <Icon name=icon />
            <div>
                <h2>
                    {device} " "
                    {current.then(|| view! { <strong class="badge">{lang().sessions_this()}</strong> })}
                </h2>
                <p class="hint">{lang().sessions_signed_in_1()} <RelativeTime at=signed_in_at minute=list.minute /> {lang().sessions_last_used_1()} <RelativeTime at=last_used_at minute=list.minute /> {bound.then(|| lang().sessions_bound())}</p>
            </div>
            {(!current)
                .then(|| {
                    view! {
                        <button type="button" aria-label=label aria-disabled=move || list.is_busy() on:click=end>
                            {lang().common_sign_out()}
                        </button>
                    }
                })}
        </li>
    })
}
