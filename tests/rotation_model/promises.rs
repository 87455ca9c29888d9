//! What was promised, apart from how the rule keeps it: every decision is held against the checker's own book of which
//! generation turned when.

use stateright::Property;
use two_tokens::auth::token::rotation::Decision;
use two_tokens::clock::Timestamp;

use super::world::{Manners, State, World};

pub const NEVER_FLAGGED: &str = "the honest user is never taken for a thief";
pub const NEEDS_RUSH: &str = "a false alarm needs three turns inside one grace, or a grace that ends under way";
pub const REPEAT_WRITES_NOTHING: &str = "who gets the newest again causes no write";
pub const SAME_SUCCESSOR: &str = "inside the grace a racer gets the newest, the same for all";
pub const GRACE_ENDS: &str = "the grace counts from the turn and ends";
pub const TRIPWIRE: &str = "a generation given up as lost never succeeds";
pub const NEVER_BACK: &str = "the generation never goes back";
pub const ENDED_IS_ENDED: &str = "after the end nothing succeeds and nothing is written";

/// A promise that was broken on the way to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    HonestTakenForThief,
    RepeatWrote,
    RacerGotAnother,
    GraceOutlived,
    TripwireIgnored,
    WentBack,
    AliveAfterEnd,
}

impl World {
    pub fn in_grace(&self, turned_at: Timestamp, now: Timestamp) -> bool {
        self.grace > 0 && now.since(turned_at) <= i64::from(self.grace)
    }

    /// Notes which promises a decision breaks, taken on the state it was decided on.
    pub fn judge(&self, state: &mut State, presented: u32, now: Timestamp, decision: &Decision) {
        let newest = state.rotation.generation;
        let turned_at = state.turns.iter().find(|turn| turn.generation == presented).map(|turn| turn.at);
        let racer = presented != newest && turned_at.is_some_and(|at| self.in_grace(at, now));
        let lost = presented < newest && turned_at.is_none();
        let (issued, wrote) = match decision {
            Decision::Rotate(advance) | Decision::ReKey(advance) => (Some(advance.next.generation), true),
            Decision::Replay { generation } => (Some(*generation), false),
            Decision::Ended(_) | Decision::Ahead | Decision::Reuse => (None, false),
        };
        let repeat = issued == Some(newest);
        let broken = [
            (Fault::AliveAfterEnd, issued.is_some() && state.ended),
            (Fault::TripwireIgnored, issued.is_some() && lost),
            (Fault::RepeatWrote, repeat && wrote),
            (Fault::GraceOutlived, repeat && !racer),
            (Fault::RacerGotAnother, racer && !repeat && !state.ended),
        ];
        broken.into_iter().filter(|(_, broke)| *broke).for_each(|(fault, _)| state.blame(fault));
    }

    pub fn promises(&self) -> Vec<Property<World>> {
        let mut promises = vec![
            Property::always(REPEAT_WRITES_NOTHING, |_, s: &State| !s.broke(Fault::RepeatWrote)),
            Property::always(SAME_SUCCESSOR, |_, s: &State| !s.broke(Fault::RacerGotAnother)),
            Property::always(GRACE_ENDS, |_, s: &State| !s.broke(Fault::GraceOutlived)),
            Property::always(TRIPWIRE, |_, s: &State| !s.broke(Fault::TripwireIgnored)),
            Property::always(NEVER_BACK, |_, s: &State| !s.broke(Fault::WentBack)),
            Property::always(ENDED_IS_ENDED, |_, s: &State| !s.broke(Fault::AliveAfterEnd)),
            Property::sometimes("a session turns twice", |_, s: &State| s.rotation.generation >= 2),
        ];
        if self.thefts > 0 {
            return promises;
        }
        promises.extend(match self.manners {
            Manners::Tabs { .. } => without_a_lock(),
            _ => vec![Property::always(NEVER_FLAGGED, |_, s: &State| !s.broke(Fault::HonestTakenForThief))],
        });
        promises
    }
}

/// Either of the two is enough for a false alarm, and without both there is none.
fn without_a_lock() -> Vec<Property<World>> {
    fn alarm(state: &State) -> bool {
        state.broke(Fault::HonestTakenForThief)
    }
    let rushed = |_: &World, s: &State| s.crowded || s.straddled || !alarm(s);
    let crowd = |_: &World, s: &State| s.crowded && !s.straddled && alarm(s);
    let straddle = |_: &World, s: &State| s.straddled && !s.crowded && alarm(s);
    vec![
        Property::always(NEEDS_RUSH, rushed),
        Property::sometimes("three turns inside one grace are enough", crowd),
        Property::sometimes("a grace that ends under way is enough", straddle),
    ]
}
