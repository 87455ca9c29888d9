//! The route guard of protected pages. It shows no sign-in form before the auth state is known.
//! When a session ends it hides the page but keeps it mounted, so the same user can sign in again
//! in place without losing input. Another user gets a new page.

use leptos::{ev, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use send_wrapper::SendWrapper;

use crate::client::auth_state::{AuthState, EndReason, auth_state};
use crate::protocol::tokens::User;
use crate::ui::components::parts::Restoring;
use crate::ui::pages::ended::EndedCard;
use crate::ui::support::browser;
use crate::ui::support::return_to::sign_in_url;
use crate::ui::support::sync_hydrated::{client_only, sync_hydrated};

/// The content shown in front of the hidden page.
#[derive(Clone, Copy, PartialEq)]
enum Cover {
    Restoring,
    Ended(EndReason),
    None,
    /// Nothing is shown; the sign-in page follows.
    Redirecting,
}

/// The mounted page and its owner. A new number mounts a new page.
#[derive(Clone, PartialEq)]
struct Mounted {
    number: u32,
    user: Option<User>,
}

impl Mounted {
    /// The page for `user`: the mounted one, unless it belongs to another user.
    fn for_user(before: Option<&Self>, user: Option<User>) -> Self {
        let Some(page) = before else { return Self { number: 0, user } };
        match (&page.user, user) {
            (_, None) => page.clone(),
            (Some(owner), Some(user)) if owner.id != user.id => {
                Self { number: page.number.wrapping_add(1), user: Some(user) }
            }
            (_, user) => Self { number: page.number, user },
        }
    }
}

#[component]
pub fn SignedInOnly(children: ChildrenFn) -> impl IntoView {
    let mounted = mounted();
    let cover = cover(mounted);
    redirect_when_signed_out(cover);
    let hidden = move || cover.get() != Cover::None;

    // Hiding the page loses its focus, which is restored when the page is shown again.
    // `SendWrapper` inside `StoredValue`, because the server may drop the page on another thread
    // than it was created on.
    let last_focused = StoredValue::new(None::<SendWrapper<ev::FocusEvent>>);
    Effect::new(move |_| {
        if cover.get() == Cover::None {
            last_focused.with_value(|event| event.iter().for_each(|event| browser::restore_focus(event)));
        }
    });

    let page = Memo::new(move |_| mounted.get().map(|page| page.number));
    view! {
        {move || match cover.get() {
            Cover::Restoring => sync_hydrated(view! { <Restoring /> }),
            Cover::Ended(reason) => client_only(ended(reason, mounted.get_untracked())),
            Cover::None | Cover::Redirecting => sync_hydrated(()),
        }}
        <div hidden=hidden inert=hidden on:focusin=move |event| last_focused.set_value(Some(SendWrapper::new(event)))>
            // Keyed by page number: another user gets new elements without the previous user's
            // input.
            <For each=move || page.get() key=|number| *number children=move |_| children() />
        </div>
    }
}

fn ended(reason: EndReason, mounted: Option<Mounted>) -> impl IntoView {
    let kept = mounted.is_some();
    let email = mounted.and_then(|page| page.user).map(|user| user.email).unwrap_or_default();
    view! { <EndedCard reason=reason email=email kept=kept /> }
}

fn mounted() -> Memo<Option<Mounted>> {
    let state = auth_state();
    Memo::new(move |before: Option<&Option<Mounted>>| {
        let before = before.and_then(Option::as_ref);
        match state.get() {
            AuthState::SignedIn { user } => Some(Mounted::for_user(before, Some(user))),
            AuthState::Offline { user } => Some(Mounted::for_user(before, user)),
            AuthState::Anonymous { ended: None | Some(EndReason::AccountGone) } => None,
            AuthState::Anonymous { ended: Some(_) } | AuthState::Unknown => before.cloned(),
        }
    })
}

fn cover(mounted: Memo<Option<Mounted>>) -> Memo<Cover> {
    let state = auth_state();
    Memo::new(move |_| match state.get() {
        AuthState::Unknown => Cover::Restoring,
        AuthState::SignedIn { .. } | AuthState::Offline { .. } => Cover::None,
        AuthState::Anonymous { ended: None } => Cover::Redirecting,
        // After a deliberate sign-out, a new visit to this page is like a first one.
        AuthState::Anonymous { ended: Some(EndReason::SignedOutHere) } if mounted.get().is_none() => Cover::Redirecting,
        AuthState::Anonymous { ended: Some(reason) } => Cover::Ended(reason),
    })
}

fn redirect_when_signed_out(cover: Memo<Cover>) {
    let navigate = use_navigate();
    let sign_in = sign_in_url();
    let here = use_location().pathname;
    Effect::new(move |_| {
        if cover.get() == Cover::Redirecting {
            let replace = browser::is_shown(&here.get_untracked());
            navigate(&sign_in(), NavigateOptions { replace, ..Default::default() });
        }
    });
}
