//! Which token lies where. "Nothing, ever" is the answer that teaches: most places never hold a token, and the table says so in
//! the same breath as it shows the two that do.

use leptos::prelude::*;

use super::{chip, story};
use crate::lab::event::Defence;
use crate::lab::story::{Story, Tab};
use crate::lab::watch::Watch;
use crate::ui::at_once::in_browser;

#[component]
pub fn WhereThingsLive(watch: Watch) -> impl IntoView {
    let story = story(watch);
    in_browser(view! {
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
                    <tbody>{move || story.with(rows)}</tbody>
                </table>
            </div>
        </section>
    })
}

fn never() -> AnyView {
    in_browser(view! { <span class="never">"nothing, ever"</span> })
}

fn nothing_now() -> AnyView {
    in_browser(view! { <span class="never">"nothing now"</span> })
}

fn place(name: &'static str, about: &'static str, access: AnyView, refresh: AnyView) -> AnyView {
    in_browser(view! {
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

fn memory(tab: &Tab) -> AnyView {
    tab.access.as_ref().map_or_else(nothing_now, |held| chip::access(&held.token))
}

fn rows(story: &Story) -> Vec<AnyView> {
    let mut rows = vec![place("Memory of the tab", "gone with a reload", memory(&story.tab), never())];
    if story.tab2.present {
        rows.push(place("Memory of tab 2", "a tab never sees another's", memory(&story.tab2), never()));
    }
    let cookie = story.jar.refresh.as_ref().map_or_else(nothing_now, chip::refresh);
    let weak = story.settings.as_ref().is_some_and(|settings| settings.weak.contains(&Defence::HttpOnly));
    let readable = if story.jar.companion { "says only that somebody signed in" } else { "empty" };
    rows.push(place("localStorage", "any script reads it", never(), never()));
    rows.push(place("Readable cookie", readable, never(), never()));
    let about = if weak { "weak now: scripts can read it" } else { "no script can read it" };
    rows.push(place("HttpOnly cookie", about, never(), cookie));
    rows.push(place("Database", "a copy of it opens nothing", never(), stored(story)));
    if story.thief.took_part() {
        let access = story.thief.access.as_ref().map_or_else(nothing_now, chip::access);
        let refresh = story.thief.refresh.as_ref().map_or_else(nothing_now, chip::refresh);
        rows.push(place("The thief", "whatever was copied", access, refresh));
    }
    rows
}

/// The row has what the token is made from, together with a secret that is not in the database.
fn stored(story: &Story) -> AnyView {
    let Some(row) = story.rows.iter().rev().find(|row| !row.gone) else { return nothing_now() };
    in_browser(view! {
        <span class="never">{format!("not the token: its number, {}, and ", row.row.generation)}</span>
        {chip::view(chip::Kind::Other("salt"), &row.row.salt)}
    })
}
