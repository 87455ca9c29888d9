//! The guard of protected pages. It never shows a login form before it knows, and when a session ends it hides the page
//! instead of dropping it: the same person signs in again in place and finds what they had typed. Nothing of the page
//! outlives a change of the person.

use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use send_wrapper::SendWrapper;

use super::{at_once::at_once, browser, ended::EndedCard, next::sign_in_and_back, parts::Restoring};
use crate::api::auth::User;
use crate::client::auth_state::{AuthState, EndReason, auth_state};

/// What is in front of the protected page.
#[derive(Clone, Copy, PartialEq)]
enum Front {
    Restoring,
    Ended(EndReason),
    Nothing,
    /// On the way to the sign-in page.
    Leaving,
}

/// Whose page is mounted. A new number is a new page.
#[derive(Clone, PartialEq)]
struct Mounted {
    number: u32,
    user: Option<User>,
}

impl Mounted {
    /// The page for `user`, which is the same one unless it was another person's.
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
    let front = front(mounted);
    leave_when_told(front);
    let away = move || front.get() != Front::Nothing;

    // Hiding the page takes the focus from it; the person goes on where they were.
    // Wrapped inside, because a local value breaks a server that drops the page on another thread than it was made on.
    let last_focused = StoredValue::new(None::<SendWrapper<ev::FocusEvent>>);
    Effect::new(move |_| {
        if front.get() == Front::Nothing {
            last_focused.with_value(|event| event.iter().for_each(|event| browser::give_back_focus(event)));
        }
    });

    let page = Memo::new(move |_| mounted.get().map(|page| page.number));
    view! {
        {move || match front.get() {
            Front::Restoring => at_once(view! { <Restoring /> }),
            Front::Ended(reason) => at_once(ended(reason, mounted.get_untracked())),
            Front::Nothing | Front::Leaving => at_once(()),
        }}
        <div hidden=away inert=away on:focusin=move |event| last_focused.set_value(Some(SendWrapper::new(event)))>
            // Keyed, so that another person gets new elements and not the old ones with what is typed in them.
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

fn front(mounted: Memo<Option<Mounted>>) -> Memo<Front> {
    let state = auth_state();
    Memo::new(move |_| match state.get() {
        AuthState::Unknown => Front::Restoring,
        AuthState::SignedIn { .. } | AuthState::Offline { .. } => Front::Nothing,
        AuthState::Anonymous { ended: None } => Front::Leaving,
        // Who signed out and comes back to this page is a visitor like any other.
        AuthState::Anonymous { ended: Some(EndReason::SignedOutHere) } if mounted.get().is_none() => Front::Leaving,
        AuthState::Anonymous { ended: Some(reason) } => Front::Ended(reason),
    })
}

fn leave_when_told(front: Memo<Front>) {
    let navigate = use_navigate();
    let sign_in = sign_in_and_back();
    Effect::new(move |_| {
        if front.get() == Front::Leaving {
            navigate(&sign_in(), NavigateOptions { replace: true, ..Default::default() });
        }
    });
}
