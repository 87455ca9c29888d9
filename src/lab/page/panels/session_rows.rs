//! The server's stored state: a row for each session, and the signing keys (JWKS). They contain no token. Columns that the last
//! write changed are marked in words, because a flash of colour is easily missed.

use leptos::prelude::*;

use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use crate::clock::Timestamp;
use crate::lab::model::event::{KeyRow, SessionRow};
use crate::lab::model::snapshot::{RowState, Snapshot};
use crate::lab::model::{labels, watch::Watch};
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn SessionRows(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    let rows = move || {
        snapshot.with(|snapshot| {
            if snapshot.rows.is_empty() {
                return vec![client_only(view! { <p class="none">"No row: nobody has signed in."</p> })];
            }
            snapshot.rows.iter().rev().map(|row| one(snapshot, row)).collect::<Vec<_>>()
        })
    };
    client_only(view! {
        <section class="panel rows" aria-labelledby="lab-rows">
            <h2 id="lab-rows">"The row in the database"</h2>
            {rows}
        </section>
    })
}

fn one(snapshot: &Snapshot, row: &RowState) -> AnyView {
    let what = match (row.gone, row.new) {
        (true, _) => format!("Deleted by event {}.", row.seq),
        (_, true) => format!("New with event {}.", row.seq),
        _ => format!("Last changed by event {}.", row.seq),
    };
    let line = |(column, name, value): (&'static str, &'static str, AnyView)| {
        // The log names the two columns of a revocation as one.
        let one = if column.starts_with("revoked") { "revoked" } else { column };
        let changed = !row.new && row.changed.iter().any(|changed| changed == one);
        let mark = changed.then(|| client_only(view! { <mark>"changed"</mark> }));
        client_only(view! {
            <tr>
                <th scope="row">
                    {name}
                    " "
                    <code>{column}</code>
                </th>
                <td>{value}" "{mark}</td>
            </tr>
        })
    };
    client_only(view! {
        <p class="hint">{what}</p>
        <table class="row"><tbody>{columns(&row.row, snapshot.now).into_iter().map(line).collect::<Vec<_>>()}</tbody></table>
    })
}

fn columns(row: &SessionRow, now: Timestamp) -> Vec<(&'static str, &'static str, AnyView)> {
    let text = |text: String| client_only(text);
    let time = |at: Timestamp| client_only(labels::relative(at, now));
    let ring: Vec<String> =
        row.ring.iter().map(|(number, at)| format!("{number} ({})", labels::relative(*at, now))).collect();
    let ring = if ring.is_empty() { "none".to_owned() } else { ring.join(", ") };
    let (revoked_at, reason) = match row.revoked {
        None => (text("it lives".to_owned()), "none"),
        Some((at, reason)) => (time(at), labels::reason(reason)),
    };
    vec![
        ("id", "Session", text(row.id.clone())),
        ("device", "Device", text(row.device.clone())),
        ("generation", "Newest refresh token", text(row.generation.to_string())),
        ("parent", "Made for", text(row.parent.map_or_else(|| "sign-in".to_owned(), |parent| parent.to_string()))),
        ("ring", "Turned just now", text(ring)),
        ("salt", "Salt", fingerprint::view(FingerprintKind::Other("salt"), &row.salt)),
        ("created_at", "Signed in", time(row.created_at)),
        ("authenticated_at", "Password entered", time(row.authenticated_at)),
        ("last_used_at", "Last used", time(row.last_used_at)),
        ("idle_expires_at", "Ends without use", time(row.idle_expires_at)),
        ("absolute_expires_at", "Ends in any case", time(row.absolute_expires_at)),
        ("revoked_at", "Ended", revoked_at),
        ("revoked_reason", "Why", text(reason.to_owned())),
    ]
}

#[component]
pub fn SigningKeys(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    let line = |key: &KeyRow| {
        let kid: String = key.kid.chars().take(12).collect();
        client_only(view! {
            <li>
                <code title=key.kid.clone()>{kid + "…"}</code>
                " "
                <strong>{key.state.clone()}</strong>
                {[": ", about(&key.state)].concat()}
            </li>
        })
    };
    let keys = move || {
        snapshot.with(|snapshot| match snapshot.keys.as_slice() {
            [] => client_only(view! { <p class="none">"None yet."</p> }),
            keys => client_only(view! { <ul class="lines">{keys.iter().map(line).collect::<Vec<_>>()}</ul> }),
        })
    };
    client_only(view! {
        <section class="panel keys" aria-labelledby="lab-keys">
            <h2 id="lab-keys">"Signing keys"</h2>
            {keys}
            <p class="hint">"They sign access tokens. The public halves are at /.well-known/jwks.json."</p>
        </section>
    })
}

fn about(state: &str) -> &'static str {
    match state {
        "next" => "published already, signs nothing yet.",
        "active" => "signs every new access token.",
        "retired" => "signs no more, but its tokens are still accepted until they expire.",
        _ => "",
    }
}
