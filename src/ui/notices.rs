//! Somebody came with an old refresh token, so a session was ended. Its owner must learn of it at the next sign-in, on whichever
//! page that leads to, and until they say that they have read it. Hardly anybody ever does, so what they see comes later.

use leptos::{prelude::*, task::spawn_local};
use wasm_split_helpers::wasm_split;

use super::{
    at_once::{at_once, in_browser},
    later::Part,
    parts::When,
    step_up::{StepUp, StepUpDialog},
};
use crate::api::account::{self, Notice};
use crate::api::error::Problem;
use crate::client::auth_state::{AuthState, auth_state};
use crate::lang::lang;
use crate::mount;

#[component]
pub fn Notices() -> impl IntoView {
    let notices = RwSignal::new(Vec::<Notice>::new());
    let build = RwSignal::new(None::<fn(Found) -> AnyView>);
    let state = auth_state();
    let who = Memo::new(move |before: Option<&Option<String>>| match state.get() {
        AuthState::SignedIn { user } => Some(user.id),
        AuthState::Offline { .. } | AuthState::Unknown => before.cloned().flatten(),
        AuthState::Anonymous { .. } => None,
    });
    Effect::new(move |_| {
        notices.set(Vec::new());
        build.set(None);
        if let Some(asked_for) = who.get() {
            spawn_local(async move {
                // Without an answer, or without the part, the next page load asks again.
                let found = account::notices().await.unwrap_or_default();
                if found.is_empty() {
                    return;
                }
                let part = alarms().await.ok();
                if who.get_untracked() == Some(asked_for) {
                    notices.set(found);
                    build.set(part);
                }
            });
        }
    });
    // Here, and not with what it says: screen readers notice what comes into a region that is there already.
    at_once(view! {
        <div class="notices" aria-live="polite">
            {move || build.get().map(|build| build(notices))}
        </div>
    })
}

type Found = RwSignal<Vec<Notice>>;

#[wasm_split(account, fallible)]
fn alarms() -> Part<Found> {
    Ok(|notices| Alarms(AlarmsProps { notices }).into_any())
}

#[component]
fn Alarms(notices: Found) -> impl IntoView {
    let problem = RwSignal::new(None::<Problem>);
    let step_up = StepUp::new();
    let dismiss = move |id: String| {
        problem.set(None);
        spawn_local(async move {
            match step_up.call(async || account::dismiss_notice(id.clone()).await).await {
                None => {}
                Some(Ok(_)) => notices.update(|notices| notices.retain(|notice| notice.id != id)),
                Some(Err(refusal)) => problem.set(Some(refusal)),
            }
        });
    };
    in_browser(view! {
        <For each=move || notices.get() key=|notice| notice.id.clone() let:notice>
            <Card notice=notice dismiss=dismiss />
        </For>
        {move || Some(view! { <p class="problem" role="alert">{problem.get()?.detail}</p> })}
        // It is asked for, and no news.
        <div aria-live="off">
            {move || (!notices.with(Vec::is_empty)).then(|| view! { <StepUpDialog step_up=step_up /> })}
        </div>
    })
}

#[component]
fn Card(notice: Notice, dismiss: impl Fn(String) + Copy + Send + 'static) -> impl IntoView {
    let Notice { id, at, device, session_device, session_signed_in_at } = notice;
    in_browser(view! {
        <section class="notice alarm" aria-label=lang().notice_label()>
            <h2>{lang().notice_title()}</h2>
            <p>
                <When at=at /> ", " {device} {lang().notice_text_1()} {session_device} {lang().notice_text_2()}
                <When at=session_signed_in_at />
                {lang().notice_text_3()}
            </p>
            <div class="actions">
                <a class="button primary" href=mount::at("/account#password")>
                    {lang().notice_change()}
                </a>
                <button type="button" on:click=move |_| dismiss(id.clone())>
                    {lang().notice_read()}
                </button>
            </div>
        </section>
    })
}
