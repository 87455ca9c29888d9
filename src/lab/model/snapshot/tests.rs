use proptest::prelude::*;

use super::*;
use crate::lab::model::{export, narration, sample, stage, steps};
use crate::protocol::session::RevokeReason;

#[test]
fn a_tab_that_refreshed_holds_the_new_tokens_and_the_draft() {
    let snapshot = Snapshot::of(&sample::expired().events);
    assert_eq!(snapshot.tab.state, "signed-in");
    assert_eq!(snapshot.tab.draft, 42);
    let held = snapshot.tab.access.unwrap();
    assert_eq!(held.until.secs() - held.since.secs(), 900);
    assert_eq!(snapshot.jar.refresh.unwrap().generation, Some(1));
    assert!(snapshot.jar.companion);
    assert_eq!(snapshot.clock_offset, 901);
    assert_eq!(snapshot.verdict.unwrap().verdict, Verdict::Valid);
    assert!(!snapshot.tab2.present && !snapshot.thief.took_part());
    let states: Vec<GenerationState> = snapshot.families[0].generations.iter().map(|one| one.state).collect();
    assert_eq!(states, [GenerationState::InGrace, GenerationState::Newest]);
}

#[test]
fn a_theft_branches_the_family_and_ends_it() {
    let log = sample::theft();
    let snapshot = Snapshot::of(&log.events);
    let family = &snapshot.families[0];
    let shown: Vec<_> =
        family.generations.iter().map(|one| (one.number, one.parent, one.state, one.branches)).collect();
    assert_eq!(
        shown,
        [
            (0, None, GenerationState::Dead, false),
            (1, Some(0), GenerationState::Dead, false),
            (2, Some(1), GenerationState::Reused, false),
            (3, Some(1), GenerationState::Dead, true),
        ]
    );
    assert_eq!(family.ended.unwrap().1, RevokeReason::Reuse);
    let by: Vec<_> = family.generations[1].presented.iter().map(|one| (one.by, one.ruling)).collect();
    assert_eq!(by, [(Lifeline::Thief, Some(Ruling::Rotate)), (Lifeline::Tab, Some(Ruling::ReKey))]);
    assert_eq!(snapshot.thief.steps.len(), 3);
    assert_eq!(snapshot.holders(&family.generations[3].fingerprint), [Lifeline::CookieJar]);
    assert_eq!(snapshot.holders(&family.generations[2].fingerprint), [Lifeline::Thief]);
    assert_eq!(snapshot.tab.access, None);

    let before = log.events.iter().rposition(|event| matches!(event.kind, LogEventKind::Acted { .. })).unwrap();
    let states: Vec<_> =
        Snapshot::of(&log.events[..before]).families[0].generations.iter().map(|one| one.state).collect();
    assert_eq!(
        states,
        [GenerationState::Superseded, GenerationState::InGrace, GenerationState::Tripwire, GenerationState::Newest]
    );
}

#[test]
fn a_lost_response_leaves_the_cookie_jar_unchanged() {
    let snapshot = Snapshot::of(&sample::lost_answer().events);
    assert_eq!(snapshot.jar.refresh.unwrap().generation, Some(0));
    assert_eq!(snapshot.families[0].generations.last().unwrap().number, 1);
}

#[test]
fn another_device_has_a_cookie_jar_of_its_own() {
    let log = sample::other_device();
    assert_eq!(Snapshot::of(&log.events).jar.refresh.unwrap().generation, Some(0));
    let steps = steps::steps(&log.events);
    assert_eq!(steps::lanes(&steps).last(), Some(&Lifeline::OtherDevice));
}

#[test]
fn both_tabs_of_a_race_receive_tokens() {
    let snapshot = Snapshot::of(&sample::race().events);
    assert!(snapshot.tab.access.is_some() && snapshot.tab2.access.is_some());
    assert_eq!(snapshot.jar.refresh.unwrap().generation, Some(1));
    assert_eq!(snapshot.families[0].generations[0].presented[1].ruling, Some(Ruling::Replay));
}

proptest! {
    #[test]
    fn any_sequence_of_events_can_be_shown(events in sample::mixed()) {
        for length in 0..=events.len() {
            let events = &events[..length];
            let _ = Snapshot::of(events);
            let _ = narration::story(events);
            let _ = narration::told(events, 0);
            let _ = stage::Stage::of(events, 0);
            let _ = export::mermaid(events);
            let _ = export::curl(events);
        }
    }
}
