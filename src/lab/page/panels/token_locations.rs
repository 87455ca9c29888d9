//! Token storage: which token is kept where. The table lists all places, because most of them never hold a token ("nothing, ever").

use leptos::prelude::*;

use super::context::snapshot;
use super::fingerprint::{self, FingerprintKind};
use crate::lab::model::event::Defence;
use crate::lab::model::snapshot::{Snapshot, TabState};
use crate::lab::model::watch::Watch;
use crate::ui::support::sync_hydrated::client_only;

#[component]
pub fn WhereThingsLive(watch: Watch) -> impl IntoView {
    let snapshot = snapshot(watch);
    client_only(view! {
        <section class="panel places" aria-labelledby="lab-places">
            <h2 id="lab-places">"Where things live"</h2>
            <div class="wide-table" tabindex="0" role="region" aria-labelledby="lab-places">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Place"</th>
                            <th scope="col">"Access token"</th>
                            <th scope="col">"Refresh token"</th>
                        </tr>
                    </thead>
                    <tbody>{move || snapshot.with(rows)}</tbody>
                </table>
            </div>
        </section>
    })
}

fn never() -> AnyView {
    client_only(view! { <span class="never">"nothing, ever"</span> })
}

fn nothing_now() -> AnyView {
    client_only(view! { <span class="never">"nothing now"</span> })
}

fn place(name: &'static str, about: &'static str, access: AnyView, refresh: AnyView) -> AnyView {
    client_only(view! {
        <tr>
            <th scope="row">
                {name}
                <span class="why">{about}</span>
            </th>
            <td>{access}</td>
            <td>{refresh}</td>
        </tr>
    })
}

fn memory(tab: &TabState) -> AnyView {
    tab.access.as_ref().map_or_else(nothing_now, |held| fingerprint::access(&held.token))
}

fn rows(snapshot: &Snapshot) -> Vec<AnyView> {
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
fn stored(snapshot: &Snapshot) -> AnyView {
    let Some(row) = snapshot.rows.iter().rev().find(|row| !row.gone) else { return nothing_now() };
    client_only(view! {
        <span class="never">{format!("not the token: its number, {}, and ", row.row.generation)}</span>
        {fingerprint::view(FingerprintKind::Other("salt"), &row.row.salt)}
    })
}
