//! The security history of the account: sign-ins, refused attempts, ended sessions and their
//! reasons, day by day.

use leptos::{prelude::*, task::spawn_local};

use crate::api::account;
use crate::client::connection::retry_while_offline;
use crate::lang::lang;
use crate::protocol::problem::Problem;
use crate::protocol::session::RevokeReason;
use crate::protocol::session::{HistoryEntry, HistoryKind};
use crate::ui::components::icons::Icon;
use crate::ui::components::parts::{RelativeTime, every_minute};
use crate::ui::support::browser;
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
    let minute = every_minute();
    let list = move || {
        let mut newest = by_day(entries.get().unwrap_or_default());
        let older = newest.split_off(SHOWN_DAYS.min(newest.len()));
        let older = (!older.is_empty()).then(|| {
            view! {
                <details>
                    <summary>{lang().history_show_all()}</summary>
                    {days(older, minute)}
                </details>
            }
        });
        view! {
            {days(newest, minute)}
            {older}
        }
    };
    client_only(view! {
        <section class="history" aria-labelledby="history-title">
            <h2 id="history-title">{lang().history_title()}</h2>
            <p class="hint">{lang().history_hint()}</p>
            {move || Some(view! { <p class="problem" role="alert">{problem.get()?.detail}</p> })}
            <div role="group" aria-label=lang().history_label()>
                {list}
            </div>
        </section>
    })
}

/// The days that are shown at once.
const SHOWN_DAYS: usize = 3;

/// A day in words, and what happened on it.
type Day = (String, Vec<HistoryEntry>);

fn by_day(entries: Vec<HistoryEntry>) -> Vec<Day> {
    let mut days = Vec::<Day>::new();
    for entry in entries {
        let day = browser::local_day(entry.at.millis());
        match days.last_mut() {
            Some((last, of_day)) if *last == day => of_day.push(entry),
            _ => days.push((day, vec![entry])),
        }
    }
    days
}

fn days(days: Vec<Day>, minute: RwSignal<u32>) -> impl IntoView {
    let day = move |(day, entries): Day| {
        view! {
            <h3>{day}</h3>
            <ol>{entries.into_iter().map(|entry| list_item(entry, minute)).collect_view()}</ol>
        }
    };
    client_only(days.into_iter().map(day).collect_view())
}

fn list_item(entry: HistoryEntry, minute: RwSignal<u32>) -> impl IntoView {
    let HistoryEntry { at, kind, device, current_session, reason } = entry;
    let (icon, status) = mark(kind);
    client_only(view! {
        <li class=status>
            <Icon name=icon />
            <strong>{words(kind, reason)}</strong>
            <span class="hint">
                {device} {current_session.then(|| lang().history_this_one())} ", " <RelativeTime at=at minute=minute />
            </span>
        </li>
    })
}

/// The icon of an event, and the class of its status: done, refused or an alarm.
fn mark(kind: HistoryKind) -> (&'static str, &'static str) {
    match kind {
        HistoryKind::SignInRefused
        | HistoryKind::ReauthenticationRefused
        | HistoryKind::PasswordChangeRefused
        | HistoryKind::EmailChangeRefused
        | HistoryKind::AccountDeletionRefused => ("cross", "refused"),
        HistoryKind::Reuse | HistoryKind::WrongDevice | HistoryKind::Ahead => ("shield", "alarmed"),
        HistoryKind::SignedUp
        | HistoryKind::SignedIn
        | HistoryKind::SignedOut
        | HistoryKind::SessionEnded
        | HistoryKind::Reauthenticated
        | HistoryKind::PasswordChanged
        | HistoryKind::EmailChanged
        | HistoryKind::Other => ("check", "done"),
    }
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
            Some(RevokeReason::AccountDisabled | RevokeReason::AccountDeleted | RevokeReason::EndedByOperator) => {
                lang().history_by_operator()
            }
            _ => lang().history_from_elsewhere(),
        },
        HistoryKind::Reuse => lang().history_reuse(),
        HistoryKind::WrongDevice => lang().history_wrong_device(),
        HistoryKind::Ahead => lang().history_ahead(),
        HistoryKind::Reauthenticated => lang().history_reauthenticated(),
        HistoryKind::ReauthenticationRefused => lang().history_reauthentication_refused(),
        HistoryKind::PasswordChanged => lang().history_password_changed(),
        HistoryKind::PasswordChangeRefused => lang().history_password_change_refused(),
        HistoryKind::EmailChanged => lang().history_email_changed(),
        HistoryKind::EmailChangeRefused => lang().history_email_change_refused(),
        HistoryKind::AccountDeletionRefused => lang().history_deletion_refused(),
        HistoryKind::Other => lang().history_other(),
    }
}
