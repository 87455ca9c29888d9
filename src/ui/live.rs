//! The visitor's own access token as the start page shows it: how long it is still good for, never what it is. It looks once a
//! second, and only while somebody is signed in and the page can be seen.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    browser,
    visitor::{Visitor, visitor},
};
use crate::client::auth_state::{held, held_version};

/// In whole seconds, as people count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    pub left: u64,
    pub of: u64,
}

#[derive(Clone, Copy)]
pub struct Live {
    pub remaining: RwSignal<Option<Remaining>>,
    pub refreshes: RwSignal<u32>,
}

impl Live {
    pub fn new() -> Self {
        let live = Self { remaining: RwSignal::new(None), refreshes: RwSignal::new(0) };
        live.follow();
        live
    }

    fn follow(self) {
        let who = visitor();
        let version = held_version();
        let visible = RwSignal::new(true);
        let listener =
            window_event_listener_untyped("visibilitychange", move |_| visible.set(browser::page_is_visible()));
        on_cleanup(move || listener.remove());

        let watching = Memo::new(move |_| visible.get() && matches!(who.get(), Visitor::SignedIn(_)));
        Effect::new(move |_| {
            version.track();
            self.look();
            if !watching.get() {
                return;
            }
            if let Ok(timer) = set_interval_with_handle(move || self.look(), Duration::from_secs(1)) {
                on_cleanup(move || timer.clear());
            }
        });
    }

    fn look(self) {
        let Some(held) = held() else { return self.remaining.set(None) };
        let lifetime = Duration::from_secs(held.expires_in);
        let elapsed = Duration::try_from_secs_f64(held.elapsed_ms / 1000.0).unwrap_or(lifetime);
        let left = lifetime.saturating_sub(elapsed).as_secs();
        self.remaining.set(Some(Remaining { left, of: held.expires_in }));
        self.refreshes.set(held.refreshes);
    }
}

/// A span of time in the largest two units that matter.
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
    fn a_span_names_what_matters() {
        let spans = [(0, "0 s"), (59, "59 s"), (60, "1 min"), (723, "12 min 3 s"), (3600, "1 h"), (3720, "1 h 2 min")];
        for (seconds, words) in spans {
            assert_eq!(span(seconds), words);
        }
    }
}
