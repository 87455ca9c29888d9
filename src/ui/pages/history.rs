//! The security history of the account: sign-ins, refused attempts, ended sessions and their
//! reasons.

use leptos::{prelude::*, task::spawn_local};

use crate::api::account;
use crate::client::connection::retry_while_offline;
use crate::lang::lang;
use crate::protocol::problem::Problem;
use crate::protocol::session::RevokeReason;
use crate::protocol::session::{HistoryEntry, HistoryKind};
use crate::ui::components::parts::LocalTime;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn History() -> impl IntoView {
    let entries = RwSignal::new(None::<Vec<HistoryEntry>>);
    let problem = RwSignal::new(None::<Problem>);
    Effect::new(move |_| {
        spawn_local(async move {
            match retry_while_offline(account::history).await {
                Ok(found) => drop(entries.try_set(Some(found))),
                Err(refusal) => drop(problem.try_set(Some(refusal))),
            }
        });
    });
    client_only(view! {
        <section aria-labelledby="history-title">
            <h2 id="history-title">{lang().history_title()}</h2>
            <p class="hint">{lang().history_hint()}</p>
            {move || Some(view! { <p class="problem" role="alert">{problem.get()?.detail}</p> })}
            <ol class="history" aria-label=lang().history_label()>
                {move || entries.get().unwrap_or_default().into_iter().map(list_item).collect_view()}
            </ol>
        </section>
    })
}

fn list_item(entry: HistoryEntry) -> impl IntoView {
    let HistoryEntry { at, kind, device, current_session, reason } = entry;
    client_only(view! {
        <li>
            <strong>{words(kind, reason)}</strong>
            <span class="hint">
                {device} {current_session.then(|| lang().history_this_one())} ", " <LocalTime at=at />
            </span>
        </li>
    })
}

fn words(kind: HistoryKind, reason: Option<RevokeReason>) -> &'static str {
    match kind {
        HistoryKind::SignedUp => lang().history_signed_up(),
        HistoryKind::SignedIn => lang().history_signed_in(),
        HistoryKind::SignInRefused => lang().history_sign_in_refused(),
        HistoryKind::SignedOut => lang().history_signed_out(),
        HistoryKind::SessionEnded => match reason {
            Some(RevokeReason::PasswordChanged) => lang().history_by_password_change(),
            Some(RevokeReason::Replaced) => lang().history_replaced(),
            Some(RevokeReason::SessionLimit) => lang().history_session_limit(),
            Some(RevokeReason::AccountDisabled | RevokeReason::AccountDeleted) => lang().history_by_operator(),
            _ => lang().history_from_elsewhere(),
        },
        HistoryKind::Reuse => lang().history_reuse(),
        HistoryKind::Ahead => lang().history_ahead(),
        HistoryKind::Reauthenticated => lang().history_reauthenticated(),
        HistoryKind::ReauthenticationRefused => lang().history_reauthentication_refused(),
        HistoryKind::PasswordChanged => lang().history_password_changed(),
        HistoryKind::PasswordChangeRefused => lang().history_password_change_refused(),
        HistoryKind::EmailChanged => lang().history_email_changed(),
        HistoryKind::EmailChangeRefused => lang().history_email_change_refused(),
        HistoryKind::AccountDeletionRefused => lang().history_deletion_refused(),
    }
}
