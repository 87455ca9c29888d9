use proptest::prelude::*;

use super::*;
use crate::api::error::RevokeReason;
use crate::lab::sample;
use crate::lab::telling;

#[test]
fn a_tab_that_refreshed_holds_the_new_tokens_and_what_was_typed() {
    let story = Story::of(&sample::expired().events);
    assert_eq!(story.tab.state, "signed-in");
    assert_eq!(story.tab.draft, 42);
    let held = story.tab.access.unwrap();
    assert_eq!(held.until.secs() - held.since.secs(), 900);
    assert_eq!(story.jar.refresh.unwrap().generation, Some(1));
    assert!(story.jar.companion);
    assert_eq!(story.clock_offset, 901);
    assert_eq!(story.verdict.unwrap().verdict, Verdict::Valid);
    assert!(!story.tab2.present && !story.thief.took_part());
    let states: Vec<State> = story.families[0].generations.iter().map(|one| one.state).collect();
    assert_eq!(states, [State::InGrace, State::Newest]);
}

#[test]
fn a_theft_branches_the_family_and_ends_it() {
    let log = sample::theft();
    let story = Story::of(&log.events);
    let family = &story.families[0];
    let told: Vec<_> = family.generations.iter().map(|one| (one.number, one.parent, one.state, one.branches)).collect();
    assert_eq!(
        told,
        [
            (0, None, State::Dead, false),
            (1, Some(0), State::Dead, false),
            (2, Some(1), State::Reused, false),
            (3, Some(1), State::Dead, true),
        ]
    );
    assert_eq!(family.ended.unwrap().1, RevokeReason::Reuse);
    let by: Vec<_> = family.generations[1].presented.iter().map(|one| (one.by, one.ruling)).collect();
    assert_eq!(by, [(Lifeline::Thief, Some(Ruling::Rotate)), (Lifeline::Tab, Some(Ruling::ReKey))]);
    assert_eq!(story.thief.deeds.len(), 3);
    assert_eq!(story.holders(&family.generations[3].chip), [Lifeline::CookieJar]);
    assert_eq!(story.holders(&family.generations[2].chip), [Lifeline::Thief]);
    assert_eq!(story.tab.access, None);

    let before = log.events.iter().rposition(|event| matches!(event.what, What::Acted { .. })).unwrap();
    let states: Vec<_> = Story::of(&log.events[..before]).families[0].generations.iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Superseded, State::InGrace, State::Tripwire, State::Newest]);
}

#[test]
fn a_lost_answer_leaves_the_jar_as_it_was() {
    let story = Story::of(&sample::lost_answer().events);
    assert_eq!(story.jar.refresh.unwrap().generation, Some(0));
    assert_eq!(story.families[0].generations.last().unwrap().number, 1);
}

#[test]
fn another_device_has_a_jar_of_its_own() {
    let log = sample::other_device();
    assert_eq!(Story::of(&log.events).jar.refresh.unwrap().generation, Some(0));
    let steps = crate::lab::diagram::steps(&log.events);
    assert_eq!(crate::lab::diagram::lanes(&steps).last(), Some(&Lifeline::OtherDevice));
}

#[test]
fn both_tabs_of_a_race_are_served() {
    let story = Story::of(&sample::race().events);
    assert!(story.tab.access.is_some() && story.tab2.access.is_some());
    assert_eq!(story.jar.refresh.unwrap().generation, Some(1));
    assert_eq!(story.families[0].generations[0].presented[1].ruling, Some(Ruling::Replay));
}

proptest! {
    /// An export may be cut, mixed or made by hand: whatever it is, it is shown.
    #[test]
    fn no_sequence_of_events_is_too_odd(picked in prop::collection::vec((0usize..6, 0usize..80), 0..60)) {
        let logs: Vec<Vec<Event>> = sample::all().into_iter().map(|log| log.events).collect();
        let events: Vec<Event> =
            picked.iter().map(|(log, index)| logs[*log][index % logs[*log].len()].clone()).collect();
        for length in 0..=events.len() {
            let events = &events[..length];
            let _ = Story::of(events);
            let _ = telling::last_refresh(events);
            let _ = crate::lab::outcome::in_words(events);
            let _ = crate::lab::diagram::svg(events, events.first().map(|event| event.seq));
            let _ = crate::lab::export::mermaid(events);
            let _ = crate::lab::export::curl(events);
        }
    }
}
