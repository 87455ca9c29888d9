//! Token storage: which token is kept where. The table lists all places, because most of them never hold a token ("nothing, ever").

use leptos::prelude::*;

use super::super::markup::{classed, tag};
use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use super::text::panel;
use crate::lab::model::event::Defence;
use crate::lab::model::snapshot::{Snapshot, TabState};
use crate::lab::model::watch::Watch;

#[component]
pub fn WhereThingsLive(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(watch, ("places", "lab-places", "Where things live"), move || {
        let names = ["Place", "Access token", "Refresh token"];
        let head: String = names.iter().map(|name| tag("th", " scope=\"col\"", name)).collect();
        let body = snapshot.with(rows).concat();
        let table = tag("table", "", &[tag("thead", "", &tag("tr", "", &head)), tag("tbody", "", &body)].concat());
        let attributes = " class=\"wide-table\" tabindex=\"0\" role=\"region\" aria-labelledby=\"lab-places\"";
        tag("div", attributes, &table)
    })
}

fn never() -> String {
    classed("span", "never", "nothing, ever")
}

fn nothing_now() -> String {
    classed("span", "never", "nothing now")
}

fn place(name: &str, about: &str, access: String, refresh: String) -> String {
    let name = tag("th", " scope=\"row\"", &[name, &*classed("span", "why", about)].concat());
    tag("tr", "", &[name, tag("td", "", &access), tag("td", "", &refresh)].concat())
}

fn memory(tab: &TabState) -> String {
    tab.access.as_ref().map_or_else(nothing_now, |held| fingerprint::access(&held.token))
}

fn rows(snapshot: &Snapshot) -> Vec<String> {
    let mut rows = vec![place("Memory of the tab", "gone with a reload", memory(&snapshot.tab), never())];
    if snapshot.tab2.present {
        rows.push(place("Memory of tab 2", "a tab never sees another's", memory(&snapshot.tab2), never()));
    }
    let cookie = snapshot.jar.refresh.as_ref().map_or_else(nothing_now, fingerprint::refresh);
    let weak = snapshot.settings.as_ref().is_some_and(|settings| settings.weak.contains(&Defence::HttpOnly));
    let readable = if snapshot.jar.companion { "says only that somebody signed in" } else { "empty" };
    rows.push(place("localStorage", "any script reads it", never(), never()));
    rows.push(place("Readable cookie", readable, never(), never()));
    let about = if weak { "weak now: scripts can read it" } else { "no script can read it" };
    rows.push(place("HttpOnly cookie", about, never(), cookie));
    rows.push(place("Database", "a copy of it opens nothing", never(), stored(snapshot)));
    if snapshot.thief.took_part() {
        let access = snapshot.thief.access.as_ref().map_or_else(nothing_now, fingerprint::access);
        let refresh = snapshot.thief.refresh.as_ref().map_or_else(nothing_now, fingerprint::refresh);
        rows.push(place("The thief", "whatever was copied", access, refresh));
    }
    rows
}

/// The row holds what the token is derived from, except the server's secret, which is not in the database.
fn stored(snapshot: &Snapshot) -> String {
    let Some(row) = snapshot.rows.iter().rev().find(|row| !row.gone) else { return nothing_now() };
    let words = ["not the token: its number, ", &*row.row.generation.to_string(), ", and "].concat();
    [classed("span", "never", &words), fingerprint::chip(FingerprintKind::Other("salt"), &row.row.salt)].concat()
}
