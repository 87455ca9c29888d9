//! A part of the page that is downloaded when it is first shown (lazy loading): a visitor who only follows the scenes never downloads
//! the sequence diagram, the further panels and free play. They are one file, because each marked name makes more chunks of what parts share.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::super::state::LabState;
use crate::lab::words::t;
use crate::ui::support::lazy_page::LazyPart;
use crate::ui::support::sync_hydrated::client_only;

/// The part in its place, as soon as it has come.
pub fn part(state: LabState, download: impl Future<Output = LazyPart<LabState>> + 'static) -> AnyView {
    let coming = RwSignal::new(None);
    spawn_local(async move {
        // Where the part is no longer shown, nobody waits for it.
        _ = coming.try_set(Some(download.await.map_err(drop)));
    });
    client_only(move || match coming.get() {
        None => client_only(()),
        Some(Ok(build)) => build(state),
        Some(Err(())) => client_only(view! {
            <p class="problem" role="alert">
                {t(
                    "This part of the page could not be loaded. Reload the page.",
                    "Dieser Teil der Seite ließ sich nicht laden. Lade die Seite neu.",
                )}
            </p>
        }),
    })
}
