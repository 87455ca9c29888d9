//! Security notices: a superseded refresh token was presented, so a session was revoked (replay
//! detection). Shown on every page after sign-in until the owner dismisses them. Rare, so the
//! content is lazy-loaded.

use futures::{FutureExt as _, future::LocalBoxFuture};
use leptos::{prelude::*, task::spawn_local};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::api::account;
use crate::base_path;
use crate::client::auth_state::{AuthState, auth_state};
use crate::lang::lang;
use crate::protocol::problem::Problem;
use crate::protocol::session::Notice;
use crate::ui::components::lesson_link::lesson_link;
use crate::ui::components::parts::LocalTime;
use crate::ui::components::step_up::{StepUp, StepUpDialog};
use crate::ui::support::lazy_page::LazyPart;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};

#[component]
pub fn Notices() -> impl IntoView {
    let shown = RwSignal::new(None::<(Vec<Notice>, fn(Vec<Notice>) -> AnyView)>);
    let state = auth_state();
    let user_id = Memo::new(move |before: Option<&Option<String>>| match state.get() {
        AuthState::SignedIn { user } => Some(user.id),
        AuthState::Offline { .. } | AuthState::Unknown => before.cloned().flatten(),
        AuthState::Anonymous { .. } => None,
    });
    Effect::new(move |_| {
        shown.set(None);
        if let Some(asked_for) = user_id.get() {
            spawn_local(async move {
                // Without an answer, or when the lazy part cannot be loaded, the next page load
                // tries again.
                let Ok(asked) = ask().await else { return };
                let found = asked.await;
                if found.is_empty() {
                    return;
                }
                let part = alarms().await.ok();
                if user_id.get_untracked() == Some(asked_for) {
                    shown.set(part.map(|part| (found, part)));
                }
            });
        }
    });
    // An empty live region, rendered early: screen readers announce only changes inside a region
    // that exists already.
    sync_hydrated(view! {
        <div class="notices" aria-live="polite">
            {move || shown.get().map(|(notices, build)| build(notices))}
        </div>
    })
}

/// In the session's part, which is there once somebody is signed in.
#[wasm_split(session, fallible)]
fn ask() -> Result<LocalBoxFuture<'static, Vec<Notice>>, SplitLoaderError> {
    Ok(account::notices().map(Result::unwrap_or_default).boxed_local())
}

#[wasm_split(account, fallible)]
fn alarms() -> LazyPart<Vec<Notice>> {
    Ok(|notices| Alarms(AlarmsProps { notices }).into_any())
}

#[component]
fn Alarms(notices: Vec<Notice>) -> impl IntoView {
    let notices = RwSignal::new(notices);
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
    client_only(view! {
        <For each=move || notices.get() key=|notice| notice.id.clone() let:notice>
            <Card notice=notice dismiss=dismiss />
        </For>
        {move || Some(view! { <p class="problem" role="alert">{problem.get()?.detail}</p> })}
        // The user opens this dialog, so it is not announced.
        <div aria-live="off">
            {move || (!notices.with(Vec::is_empty)).then(|| view! { <StepUpDialog step_up=step_up /> })}
        </div>
    })
}

#[component]
fn Card(notice: Notice, dismiss: impl Fn(String) + Copy + Send + 'static) -> impl IntoView {
    let Notice { id, at, device, session_device, session_signed_in_at } = notice;
    client_only(view! {
        <section class="notice alarm" aria-label=lang().notice_label()>
            <h2>{lang().notice_title()}</h2>
            <p>
                <LocalTime at=at /> ": " {device} {lang().notice_text_1()} {session_device} {lang().notice_text_2()}
                <LocalTime at=session_signed_in_at />
                {lang().notice_text_3()}
            </p>
            <div class="actions">
                <a class="button primary" href=base_path::at("/account#password")>
                    {lang().notice_change()}
                </a>
                <button type="button" on:click=move |_| dismiss(id.clone())>
                    {lang().notice_read()}
                </button>
                {lesson_link("/learn/stolen-refresh-token")}
            </div>
        </section>
    })
}
