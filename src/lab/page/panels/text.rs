//! A panel whose content is text and not a view: it changes as a whole, and a view for each element would need far more code in the
//! browser.

use leptos::{ev::MouseEvent, prelude::*, wasm_bindgen::JsCast as _, web_sys};

use crate::lab::model::watch::Watch;
use crate::ui::support::sync_hydrated::client_only;

/// The names of a panel: its class, the id of its heading, and the heading.
pub type Named = (&'static str, &'static str, &'static str);

/// A press on an element with `data-seq` chooses that moment.
pub fn panel(watch: Watch, (class, id, title): Named, text: impl Fn() -> String + Send + Sync + 'static) -> AnyView {
    let text = Memo::new(move |_| text());
    let chosen = move |event: MouseEvent| {
        if let Some(seq) = seq(&event) {
            watch.chosen.set(Some(seq));
        }
    };
    client_only(view! {
        <section class=["panel ", class].concat() aria-labelledby=id>
            <h2 id=id>{title}</h2>
            <div inner_html=move || text.get() on:click=chosen></div>
        </section>
    })
}

fn seq(event: &MouseEvent) -> Option<u64> {
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    target.closest("[data-seq]").ok()??.get_attribute("data-seq")?.parse().ok()
}
