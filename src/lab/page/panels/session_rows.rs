//! The server's stored state: a row for each session, and the signing keys (JWKS). They contain no token. Columns that the last
//! write changed are marked in words, because a flash of colour is easily missed.

use leptos::prelude::*;

use super::super::diagram::escape;
use super::super::markup::{classed, tag};
use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use super::text::panel;
use crate::clock::Timestamp;
use crate::lab::model::event::{KeyRow, SessionRow};
use crate::lab::model::snapshot::{RowState, Snapshot};
use crate::lab::model::{labels, watch::Watch};

#[component]
pub fn SessionRows(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(watch, ("rows", "lab-rows", "The row in the database"), move || {
        snapshot.with(|snapshot| match snapshot.rows.as_slice() {
            [] => classed("p", "none", "No row: nobody has signed in."),
            rows => rows.iter().rev().map(|row| one(snapshot, row)).collect(),
        })
    })
}

fn one(snapshot: &Snapshot, row: &RowState) -> String {
    let what = match (row.gone, row.new) {
        (true, _) => "Deleted by event ",
        (_, true) => "New with event ",
        _ => "Last changed by event ",
    };
    let line = |(column, name, value): (&'static str, &'static str, String)| {
        // The log names the two columns of a revocation as one.
        let one = if column.starts_with("revoked") { "revoked" } else { column };
        let changed = !row.new && row.changed.iter().any(|changed| changed == one);
        let mark = if changed { tag("mark", "", "changed") } else { String::new() };
        let name = tag("th", " scope=\"row\"", &[name, " ", &*tag("code", "", column)].concat());
        tag("tr", "", &[name, tag("td", "", &[&*value, " ", &*mark].concat())].concat())
    };
    let lines: String = columns(&row.row, snapshot.now).into_iter().map(line).collect();
    let what = classed("p", "hint", &[what, &*row.seq.to_string(), "."].concat());
    [what, classed("table", "row", &tag("tbody", "", &lines))].concat()
}

fn columns(row: &SessionRow, now: Timestamp) -> Vec<(&'static str, &'static str, String)> {
    let text = |text: String| escape(&text);
    let time = |at: Timestamp| labels::relative(at, now);
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
        ("salt", "Salt", fingerprint::chip(FingerprintKind::Other("salt"), &row.salt)),
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
        let kid = [escape(&kid), "…".to_owned()].concat();
        let title = [" title=\"", &*escape(&key.kid), "\""].concat();
        let state = [" ", &*tag("strong", "", &escape(&key.state)), ": ", about(&key.state)].concat();
        tag("li", "", &[tag("code", &title, &kid), state].concat())
    };
    panel(watch, ("keys", "lab-keys", "Signing keys"), move || {
        let keys = snapshot.with(|snapshot| match snapshot.keys.as_slice() {
            [] => classed("p", "none", "None yet."),
            keys => classed("ul", "lines", &keys.iter().map(line).collect::<String>()),
        });
        let about = "They sign access tokens. The public halves are at /.well-known/jwks.json.";
        [keys, classed("p", "hint", about)].concat()
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
