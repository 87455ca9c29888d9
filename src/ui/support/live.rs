//! Live facts about the visitor's access token for the start page: remaining lifetime and refresh
//! count, never the token. Updates once a second while signed in and visible.

use std::time::Duration;

use leptos::prelude::*;

use crate::client::auth_state::{token_status, token_version};
use crate::ui::support::browser;
use crate::ui::support::viewer::{Viewer, viewer};

/// The remaining and the whole lifetime of the access token, in whole seconds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    pub left: u64,
    pub of: u64,
}

/// The signals of the start page.
#[derive(Clone, Copy)]
pub struct Live {
    pub remaining: RwSignal<Option<Remaining>>,
    /// Silent refreshes in this tab so far.
    pub refreshes: RwSignal<u32>,
}

impl Live {
    pub(crate) fn new() -> Self {
        let live = Self { remaining: RwSignal::new(None), refreshes: RwSignal::new(0) };
        live.follow();
        live
    }

    fn follow(self) {
        let viewer = viewer();
        let version = token_version();
        let visible = RwSignal::new(true);
        let listener =
            window_event_listener_untyped("visibilitychange", move |_| visible.set(browser::page_is_visible()));
        on_cleanup(move || listener.remove());

        let watching = Memo::new(move |_| visible.get() && matches!(viewer.get(), Viewer::SignedIn(_)));
        Effect::new(move |_| {
            version.track();
            self.update();
            if !watching.get() {
                return;
            }
            if let Ok(timer) = set_interval_with_handle(move || self.update(), Duration::from_secs(1)) {
                on_cleanup(move || timer.clear());
            }
        });
    }

    fn update(self) {
        let Some(token) = token_status() else { return self.remaining.set(None) };
        let lifetime = Duration::from_secs(token.expires_in);
        let elapsed = Duration::try_from_secs_f64(token.elapsed_ms / 1000.0).unwrap_or(lifetime);
        let left = lifetime.saturating_sub(elapsed).as_secs();
        self.remaining.set(Some(Remaining { left, of: token.expires_in }));
        self.refreshes.set(token.refreshes);
    }
}

/// Formats a time span in its two largest units: "12 min 3 s".
pub fn span(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, s) => s.to_string() + " s",
        (0, m, 0) => m.to_string() + " min",
        (0, m, s) => [&m.to_string(), " min ", &s.to_string(), " s"].concat(),
        (h, 0, _) => h.to_string() + " h",
        (h, m, _) => [&h.to_string(), " h ", &m.to_string(), " min"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_is_shown_in_its_two_largest_units() {
        let spans = [(0, "0 s"), (59, "59 s"), (60, "1 min"), (723, "12 min 3 s"), (3600, "1 h"), (3720, "1 h 2 min")];
        for (seconds, words) in spans {
            assert_eq!(span(seconds), words);
        }
    }
}
