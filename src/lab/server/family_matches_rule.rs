//! A consistency test: the token family that the page draws must agree with the rotation rule (replay detection) that decides.

use std::time::Duration;

use crate::auth::token::rotation::{self, Decision, RecentlySuperseded, RotationState, Standing, Superseded};
use crate::clock::Timestamp;
use crate::lab::model::event::SessionRow;
use crate::lab::model::sample;
use crate::lab::model::snapshot::{GenerationState, Snapshot};

const FAR: Timestamp = Timestamp(i64::MAX);

fn decide(row: &SessionRow, presented: u32, now: Timestamp, grace: u64) -> Decision {
    let mut recently_superseded = RecentlySuperseded::default();
    row.ring.iter().for_each(|&(generation, at)| recently_superseded.push(Superseded { generation, at }));
    let state = RotationState { generation: row.generation, parent: row.parent, recently_superseded };
    let revoked = row.revoked.is_some();
    let standing = Standing { revoked, idle_expires_at: FAR, absolute_expires_at: FAR, user_disabled: false };
    rotation::decide(&state, &standing, presented, now, Duration::from_secs(grace))
}

#[test]
fn the_family_that_is_drawn_agrees_with_the_rotation_rule() {
    let mut seen = Vec::new();
    for log in sample::all() {
        for length in 0..=log.events.len() {
            let snapshot = Snapshot::of(&log.events[..length]);
            let Some(grace) = snapshot.settings.as_ref().map(|settings| settings.grace) else { continue };
            for family in &snapshot.families {
                let row = &snapshot.rows.iter().find(|row| row.row.id == family.session).unwrap().row;
                for generation in &family.generations {
                    // Reuse is decided before the row is written, so the two differ for one event.
                    if generation.state == GenerationState::Reused {
                        continue;
                    }
                    let decision = decide(row, generation.number, snapshot.now, grace);
                    let agrees = match generation.state {
                        GenerationState::Newest => matches!(decision, Decision::Rotate(_)),
                        GenerationState::InGrace => matches!(decision, Decision::Replay { .. }),
                        GenerationState::Superseded => matches!(decision, Decision::ReKey(_) | Decision::Reuse),
                        GenerationState::Tripwire => decision == Decision::Reuse,
                        GenerationState::Dead => matches!(decision, Decision::Ended(_)),
                        GenerationState::Reused => false,
                    };
                    assert!(agrees, "event {length}: {} is {:?}, {decision:?}", generation.number, generation.state);
                    seen.push(generation.state);
                }
            }
        }
    }
    use GenerationState::{Dead, InGrace, Newest, Superseded as Old, Tripwire};
    assert!([Newest, InGrace, Old, Tripwire, Dead].iter().all(|state| seen.contains(state)), "{seen:?}");
}
