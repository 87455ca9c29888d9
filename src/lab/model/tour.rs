//! The guided tour: which button to press next, derived from the log.

use super::actions::{ButtonEffect, find};
use super::event::{Action, Lifeline, LogEvent, LogEventKind, TabEvent};

/// The tour: the buttons to press first, in this order.
const TOUR: [&str; 7] = [
    "Expire the access token now",
    "Fifty calls at once",
    "Race two tabs",
    "Drop the next refresh answer",
    "Expire the access token now",
    "Steal and replay: victim first, after the grace",
    "Rotate the signing key",
];

/// The name of the next button of the tour.
pub fn next_step(events: &[LogEvent]) -> &'static str {
    if !is_signed_in(events) {
        return "Sign in";
    }
    let mut at = 0;
    for event in events {
        let LogEventKind::Acted { action } = &event.kind else { continue };
        if TOUR.get(at).is_some_and(|name| matches_action(name, action)) {
            at += 1;
        }
    }
    TOUR.get(at).copied().unwrap_or(TOUR[0])
}

fn matches_action(name: &str, action: &Action) -> bool {
    find(name).is_some_and(|button| button.effect == ButtonEffect::Run(action.clone()))
}

fn is_signed_in(events: &[LogEvent]) -> bool {
    matches!(auth_state(events), Some("signed-in" | "offline"))
}

/// The auth state that the first tab reported last.
pub fn auth_state(events: &[LogEvent]) -> Option<&str> {
    events.iter().rev().find_map(|event| match &event.kind {
        LogEventKind::Seen { tab: Lifeline::Tab, seen: TabEvent::AuthState { state } } => Some(state.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::lab::model::actions::ActionButton;

    fn event(kind: LogEventKind) -> LogEvent {
        LogEvent { seq: 1, at: Timestamp(0), elapsed: 0, exchange: None, kind }
    }

    #[test]
    fn every_step_of_the_tour_is_a_button() {
        for name in TOUR {
            assert!(find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_tour_starts_with_the_sign_in_and_goes_on_step_by_step() {
        let mut events = vec![event(LogEventKind::Opened { email: String::new(), mount: String::new() })];
        assert_eq!(next_step(&events), "Sign in");
        let seen = TabEvent::AuthState { state: "signed-in".to_owned() };
        events.push(event(LogEventKind::Seen { tab: Lifeline::Tab, seen }));
        for name in TOUR {
            assert_eq!(next_step(&events), name);
            let Some(ActionButton { effect: ButtonEffect::Run(action), .. }) = find(name) else {
                panic!("{name} is no action")
            };
            events.push(event(LogEventKind::Acted { action }));
        }
        assert_eq!(next_step(&events), TOUR[0]);
    }
}
