//! Token storage: which token is kept where. The table lists all places, because most of them never hold a token ("nothing, ever").

use leptos::prelude::*;

use super::super::markup::{classed, tag};
use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use super::text::panel;
use crate::lab::model::event::Defence;
use crate::lab::model::snapshot::{Snapshot, TabState};
use crate::lab::model::watch::Watch;
use crate::lab::words::{filled, t};

#[component]
pub fn WhereThingsLive(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    panel(watch, ("locations", "lab-locations", t("Where things live", "Was wo liegt")), move || {
        let names = [t("Place", "Ort"), t("Access token", "Access-Token"), t("Refresh token", "Refresh-Token")];
        let head: String = names.iter().map(|name| tag("th", " scope=\"col\"", name)).collect();
        let body = snapshot.with(rows).concat();
        let rows = [tag("thead", "", &tag("tr", "", &head)), tag("tbody", "", &body)].concat();
        tag("table", " aria-labelledby=\"lab-locations\"", &rows)
    })
}

fn never() -> String {
    classed("span", "never", t("nothing, ever", "nie etwas"))
}

fn nothing_now() -> String {
    classed("span", "never", t("nothing now", "gerade nichts"))
}

fn place(name: &str, about: &str, access: String, refresh: String) -> String {
    let name = tag("th", " scope=\"row\"", &[name, &*classed("span", "why", about)].concat());
    tag("tr", "", &[name, tag("td", "", &access), tag("td", "", &refresh)].concat())
}

fn memory(tab: &TabState) -> String {
    tab.access.as_ref().map_or_else(nothing_now, |held| fingerprint::access(&held.token))
}

fn rows(snapshot: &Snapshot) -> Vec<String> {
    let mut rows = vec![place(
        t("Memory of the tab", "Speicher des Tabs"),
        t("gone with a reload", "mit dem Neuladen weg"),
        memory(&snapshot.tab),
        never(),
    )];
    if snapshot.tab2.present {
        rows.push(place(
            t("Memory of tab 2", "Speicher von Tab 2"),
            t("a tab never sees another's", "kein Tab sieht den des anderen"),
            memory(&snapshot.tab2),
            never(),
        ));
    }
    let cookie = snapshot.jar.refresh.as_ref().map_or_else(nothing_now, fingerprint::refresh);
    let weak = snapshot.settings.as_ref().is_some_and(|settings| settings.weak.contains(&Defence::HttpOnly));
    let readable = match snapshot.jar.companion {
        true => t("says only that somebody signed in", "sagt nur, dass jemand angemeldet ist"),
        false => t("empty", "leer"),
    };
    rows.push(place("localStorage", t("any script reads it", "jedes Skript liest es"), never(), never()));
    rows.push(place(t("Readable cookie", "Lesbares Cookie"), readable, never(), never()));
    let about = match weak {
        true => t("weak now: scripts can read it", "gerade schwach: Skripte können es lesen"),
        false => t("no script can read it", "kein Skript kann es lesen"),
    };
    rows.push(place(t("HttpOnly cookie", "HttpOnly-Cookie"), about, never(), cookie));
    rows.push(place(
        t("Database", "Datenbank"),
        t("a copy of it opens nothing", "eine Kopie davon öffnet nichts"),
        never(),
        stored(snapshot),
    ));
    if snapshot.thief.took_part() {
        let access = snapshot.thief.access.as_ref().map_or_else(nothing_now, fingerprint::access);
        let refresh = snapshot.thief.refresh.as_ref().map_or_else(nothing_now, fingerprint::refresh);
        rows.push(place(t("The thief", "Der Dieb"), t("whatever was copied", "was kopiert wurde"), access, refresh));
    }
    rows
}

/// The row holds what the token is derived from, except the server's secret, which is not in the database.
fn stored(snapshot: &Snapshot) -> String {
    let Some(row) = snapshot.rows.iter().rev().find(|row| !row.gone) else { return nothing_now() };
    let words = filled(
        t("not the token: its number, {}, and ", "nicht das Token: seine Nummer, {}, und "),
        &[&row.row.generation.to_string()],
    );
    [classed("span", "never", &words), fingerprint::chip(FingerprintKind::Other(t("salt", "Salz")), &row.row.salt)]
        .concat()
}
