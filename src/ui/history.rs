//! What happened to the account, in words: who signed in, what was refused, what ended and why.

use leptos::{prelude::*, task::spawn_local};

use super::{at_once::in_browser, parts::When};
use crate::api::account::{self, HistoryEntry, HistoryKind};
use crate::api::error::{Problem, RevokeReason};
use crate::client::connection::patiently;

#[component]
pub fn History() -> impl IntoView {
    let entries = RwSignal::new(None::<Vec<HistoryEntry>>);
    let problem = RwSignal::new(None::<Problem>);
    Effect::new(move |_| {
        spawn_local(async move {
            match patiently(account::history).await {
                Ok(found) => drop(entries.try_set(Some(found))),
                Err(refusal) => drop(problem.try_set(Some(refusal))),
            }
        });
    });
    in_browser(view! {
        <section aria-labelledby="history-title">
            <h2 id="history-title">"What happened here"</h2>
            <p class="hint">"The last 50 events. If you do not recognise one, change your password."</p>
            {move || Some(view! { <p class="problem" role="alert">{problem.get()?.detail}</p> })}
            <ol class="history" aria-label="Security history">
                {move || entries.get().unwrap_or_default().into_iter().map(line).collect_view()}
            </ol>
        </section>
    })
}

fn line(entry: HistoryEntry) -> impl IntoView {
    let HistoryEntry { at, kind, device, current_session, reason } = entry;
    in_browser(view! {
        <li>
            <strong>{words(kind, reason)}</strong>
            <span class="hint">
                {device} {current_session.then_some(" (this sign-in)")} ", " <When at=at />
            </span>
        </li>
    })
}

fn words(kind: HistoryKind, reason: Option<RevokeReason>) -> &'static str {
    match kind {
        HistoryKind::SignedUp => "Account created",
        HistoryKind::SignedIn => "Signed in",
        HistoryKind::SignInRefused => "Sign-in refused: wrong password",
        HistoryKind::SignedOut => "Signed out",
        HistoryKind::SessionEnded => match reason {
            Some(RevokeReason::PasswordChanged) => "Signed out because the password was changed",
            Some(RevokeReason::Replaced) => "Signed out by another sign-in in the same browser",
            Some(RevokeReason::AccountDisabled | RevokeReason::AccountDeleted) => "Signed out by the operator",
            _ => "Signed out from another browser",
        },
        HistoryKind::Reuse => "A sign-in was used twice: ended for your safety",
        HistoryKind::Ahead => "A sign-in was refused after the database was restored",
        HistoryKind::Reauthenticated => "Password entered again",
        HistoryKind::ReauthenticationRefused => "Wrong password when it was asked for again",
        HistoryKind::PasswordChanged => "Password changed",
        HistoryKind::PasswordChangeRefused => "Change of password refused: wrong password",
        HistoryKind::EmailChanged => "E-mail changed",
        HistoryKind::EmailChangeRefused => "Change of e-mail refused: wrong password",
        HistoryKind::AccountDeletionRefused => "Deletion of the account refused: wrong password",
    }
}
