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
use crate::lab::words::t;

#[component]
pub fn SessionRows(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(watch, ("rows", "lab-rows", t("The row in the database", "Die Zeile in der Datenbank")), move || {
        snapshot.with(|snapshot| match snapshot.rows.as_slice() {
            [] => classed("p", "none", t("No row: nobody has signed in.", "Keine Zeile: Niemand hat sich angemeldet.")),
            rows => rows.iter().rev().map(|row| one(snapshot, row)).collect(),
        })
    })
}

fn one(snapshot: &Snapshot, row: &RowState) -> String {
    let what = match (row.gone, row.new) {
        (true, _) => t("Deleted by event ", "Gelöscht durch Ereignis "),
        (_, true) => t("New with event ", "Neu mit Ereignis "),
        _ => t("Last changed by event ", "Zuletzt geändert durch Ereignis "),
    };
    let line = |(column, name, value): (&'static str, &'static str, String)| {
        // The log names the two columns of a revocation as one.
        let one = if column.starts_with("revoked") { "revoked" } else { column };
        let changed = !row.new && row.changed.iter().any(|changed| changed == one);
        let mark = if changed { tag("mark", "", t("changed", "geändert")) } else { String::new() };
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
    let ring = if ring.is_empty() { t("none", "keines").to_owned() } else { ring.join(", ") };
    let (revoked_at, reason) = match row.revoked {
        None => (text(t("it lives", "sie lebt").to_owned()), t("none", "keiner")),
        Some((at, reason)) => (time(at), labels::reason(reason)),
    };
    vec![
        ("id", t("Session", "Sitzung"), text(row.id.clone())),
        ("device", t("Device", "Gerät"), text(row.device.clone())),
        ("generation", t("Newest refresh token", "Neuestes Refresh-Token"), text(row.generation.to_string())),
        (
            "parent",
            t("Made for", "Entstanden für"),
            text(row.parent.map_or_else(|| t("sign-in", "Anmeldung").to_owned(), |parent| parent.to_string())),
        ),
        ("ring", t("Turned just now", "Eben getauscht"), text(ring)),
        ("salt", t("Salt", "Salz"), fingerprint::chip(FingerprintKind::Other(t("salt", "Salz")), &row.salt)),
        ("created_at", t("Signed in", "Angemeldet"), time(row.created_at)),
        ("authenticated_at", t("Password entered", "Passwort eingegeben"), time(row.authenticated_at)),
        ("last_used_at", t("Last used", "Zuletzt benutzt"), time(row.last_used_at)),
        ("idle_expires_at", t("Ends without use", "Endet ohne Nutzung"), time(row.idle_expires_at)),
        ("absolute_expires_at", t("Ends in any case", "Endet auf jeden Fall"), time(row.absolute_expires_at)),
        ("revoked_at", t("Ended", "Beendet"), revoked_at),
        ("revoked_reason", t("Why", "Warum"), text(reason.to_owned())),
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
    panel(watch, ("keys", "lab-keys", t("Signing keys", "Signaturschlüssel")), move || {
        let keys = snapshot.with(|snapshot| match snapshot.keys.as_slice() {
            [] => classed("p", "none", t("None yet.", "Noch keine.")),
            keys => classed("ul", "lines", &keys.iter().map(line).collect::<String>()),
        });
        let about = t(
            "They sign access tokens. The public halves are at /.well-known/jwks.json.",
            "Sie signieren Access-Token. Die öffentlichen Hälften stehen in /.well-known/jwks.json.",
        );
        [keys, classed("p", "hint", about)].concat()
    })
}

fn about(state: &str) -> &'static str {
    match state {
        "next" => t("published already, signs nothing yet.", "schon veröffentlicht, signiert noch nichts."),
        "active" => t("signs every new access token.", "signiert jedes neue Access-Token."),
        "retired" => t(
            "signs no more, but its tokens are still accepted until they expire.",
            "signiert nicht mehr, aber seine Token gelten, bis sie ablaufen.",
        ),
        _ => "",
    }
}
