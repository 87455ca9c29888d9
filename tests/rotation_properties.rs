//! Refresh token rotation under random histories in real units: several tabs on one cookie jar, answers lost and reordered, requests
//! late, a wall clock that is set forward and back, a thief, limits, a sign-out. `rotation_model` tries every short history;
//! these are long ones. `PROPTEST_CASES` sets how many.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use two_tokens::auth::token::rotation::{Decision, RecentlySuperseded, Rotation, RotationState, Standing, decide};
use two_tokens::clock::Timestamp;

const GRACE: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(7 * 86_400);
const ABSOLUTE: Duration = Duration::from_secs(30 * 86_400);
const LOGIN: Timestamp = Timestamp(1_700_000_000_000);
const FAR: Timestamp = Timestamp(i64::MAX);

/// The next thing that happens. Which tab sends is no part of it: they share one jar, so their requests are alike.
#[derive(Clone, Debug)]
enum Step {
    Send,
    /// One exchange goes one stage on: decided, written, delivered.
    Rotation(Index),
    Lose(Index),
    /// The wall clock moves, in either direction.
    Clock(i64),
    Steal,
    ThiefPresents(Index),
    SignOut,
}

#[derive(Clone, Debug)]
enum Stage {
    Request { presented: u32 },
    Writing { presented: u32, now: Timestamp, advance: Rotation },
    Answer { issued: u32 },
}

/// One session's row, with what the store and the service do to it, and the holders that present its tokens.
#[derive(Clone, Debug)]
struct World {
    rotation: RotationState,
    standing: Standing,
    now: Timestamp,
    jar: u32,
    exchanges: Vec<Stage>,
    stolen: Vec<u32>,
    one_in_flight: bool,
    idle: Duration,
    alarms: u32,
}

impl World {
    fn new() -> Self {
        Self {
            rotation: RotationState { generation: 0, parent: None, recently_superseded: RecentlySuperseded::default() },
            standing: Standing {
                revoked: false,
                idle_expires_at: LOGIN.plus(IDLE),
                absolute_expires_at: LOGIN.plus(ABSOLUTE),
                user_disabled: false,
            },
            now: LOGIN,
            jar: 0,
            exchanges: Vec::new(),
            stolen: Vec::new(),
            one_in_flight: false,
            idle: IDLE,
            alarms: 0,
        }
    }

    /// One tab at a time, and no limits in the way: what is left is the rotation.
    fn polite() -> Self {
        let world = Self::new();
        let standing = Standing { idle_expires_at: FAR, absolute_expires_at: FAR, ..world.standing };
        Self { standing, one_in_flight: true, idle: Duration::MAX, ..world }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Send if self.one_in_flight && !self.exchanges.is_empty() => {}
            Step::Send => self.exchanges.push(Stage::Request { presented: self.jar }),
            Step::Rotation(_) | Step::Lose(_) if self.exchanges.is_empty() => {}
            Step::Rotation(which) => self.advance(which.index(self.exchanges.len())),
            Step::Lose(which) => drop(self.exchanges.remove(which.index(self.exchanges.len()))),
            Step::Clock(millis) => self.now = Timestamp(self.now.millis().saturating_add(*millis)),
            Step::Steal => self.stolen.push(self.jar),
            Step::ThiefPresents(_) if self.stolen.is_empty() => {}
            Step::ThiefPresents(which) => self.thief_presents(*which.get(&self.stolen)),
            Step::SignOut => self.standing.revoked = true,
        }
    }

    fn advance(&mut self, index: usize) {
        let next = match self.exchanges.swap_remove(index) {
            Stage::Request { presented } => self.serve(presented, self.now),
            Stage::Writing { presented, now, advance } => match self.write(advance, now) {
                Some(issued) => Some(Stage::Answer { issued }),
                None => self.serve(presented, now),
            },
            Stage::Answer { issued } => {
                self.jar = issued;
                None
            }
        };
        self.exchanges.extend(next);
    }

    fn serve(&mut self, presented: u32, now: Timestamp) -> Option<Stage> {
        match self.decide(presented, now) {
            Decision::Rotate(advance) | Decision::ReKey(advance) => Some(Stage::Writing { presented, now, advance }),
            Decision::Replay { generation } => Some(Stage::Answer { issued: generation }),
            Decision::Ended(_) => None,
            Decision::Ahead => {
                self.alarms += 1;
                None
            }
            Decision::Reuse => {
                self.alarms += 1;
                self.standing.revoked = true;
                None
            }
        }
    }

    fn thief_presents(&mut self, presented: u32) {
        let issued = match self.serve(presented, self.now) {
            Some(Stage::Writing { advance, now, .. }) => self.write(advance, now),
            Some(Stage::Answer { issued }) => Some(issued),
            Some(Stage::Request { .. }) | None => None,
        };
        self.stolen.extend(issued);
    }

    /// Decides, and holds the decision against what no decision may do.
    fn decide(&self, presented: u32, now: Timestamp) -> Decision {
        let before = self.rotation.clone();
        let decision = decide(&self.rotation, &self.standing, presented, now, GRACE);
        let over =
            self.standing.revoked || now >= self.standing.idle_expires_at || now >= self.standing.absolute_expires_at;
        assert_eq!(matches!(decision, Decision::Ended(_)), over, "an end, and only an end, ends");
        match &decision {
            Decision::Rotate(advance) | Decision::ReKey(advance) => {
                assert_eq!(advance.expected, before.generation);
                assert_eq!(advance.next.generation, before.generation + 1);
                assert_eq!(advance.next.parent, Some(presented));
            }
            Decision::Replay { generation } => assert_eq!(*generation, before.generation),
            Decision::Ahead => assert!(presented > before.generation),
            Decision::Reuse => assert!(presented < before.generation),
            Decision::Ended(_) => {}
        }
        decision
    }

    /// The compare-and-swap, by way of the bytes a store keeps.
    fn write(&mut self, advance: Rotation, now: Timestamp) -> Option<u32> {
        if self.standing.revoked || self.rotation.generation != advance.expected {
            return None;
        }
        let ring = RecentlySuperseded::from_bytes(&advance.next.recently_superseded.to_bytes()).unwrap();
        self.rotation = RotationState { recently_superseded: ring, ..advance.next };
        self.standing.idle_expires_at = now.plus(self.idle);
        Some(self.rotation.generation)
    }
}

fn clock() -> impl Strategy<Value = Step> {
    let grace = i64::try_from(GRACE.as_millis()).unwrap();
    prop_oneof![
        4 => 0..grace / 2,
        2 => Just(grace),
        2 => grace + 1..grace * 3,
        1 => 0..86_400_000i64,
        2 => -3 * grace..0,
    ]
    .prop_map(Step::Clock)
}

/// Only what happens to an honest browser.
fn honest() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Send),
        8 => any::<Index>().prop_map(Step::Rotation),
        1 => any::<Index>().prop_map(Step::Lose),
        2 => clock(),
    ];
    prop::collection::vec(step, 0..200)
}

fn anything() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        40 => Just(Step::Send),
        80 => any::<Index>().prop_map(Step::Rotation),
        10 => any::<Index>().prop_map(Step::Lose),
        20 => clock(),
        8 => Just(Step::Steal),
        8 => any::<Index>().prop_map(Step::ThiefPresents),
        1 => Just(Step::SignOut),
    ];
    prop::collection::vec(step, 0..200)
}

fn honest_user_is_never_taken_for_a_thief(steps: &[Step]) {
    let mut world = World::polite();
    for step in steps {
        world.take(step);
        assert_eq!(world.alarms, 0, "after {step:?}: {world:?}");
        let newest_or_parent = world.jar == world.rotation.generation || Some(world.jar) == world.rotation.parent;
        assert!(newest_or_parent, "the jar holds neither the newest nor its parent: {world:?}");
    }
}

fn nothing_goes_back_and_the_end_is_the_end(steps: &[Step]) {
    let mut world = World::new();
    for step in steps {
        let before = world.clone();
        world.take(step);
        assert!(world.rotation.generation >= before.rotation.generation, "{step:?}");
        assert_eq!(world.standing.absolute_expires_at, before.standing.absolute_expires_at);
        if before.standing.revoked {
            assert_eq!(world.rotation, before.rotation, "written after the end: {step:?}");
            assert_eq!(world.alarms, before.alarms, "decided anew after the end: {step:?}");
        }
        if world.rotation.generation == before.rotation.generation {
            assert_eq!(world.rotation, before.rotation, "written without a rotation: {step:?}");
        }
    }
}

/// After any history: all racers on one token get the successor that the first one got, until the grace is over.
fn racers_get_the_same_successor(steps: &[Step], delays: &[i64]) {
    let mut world = World::polite();
    steps.iter().for_each(|step| world.take(step));
    // Past every grace the history left open, so that the jar's token is rotated.
    let latest = world.rotation.recently_superseded.entries().iter().map(|entry| entry.at).max().unwrap_or(LOGIN);
    let (presented, turned_at) = (world.jar, latest.plus(GRACE + Duration::from_millis(1)));
    let first = world.serve(presented, turned_at);
    let Some(Stage::Writing { advance, now, .. }) = first else { panic!("not a rotation: {first:?}") };
    let issued = world.write(advance, now).unwrap();
    let turned = world.rotation.clone();
    for &delay in delays {
        let at = Timestamp(turned_at.millis() + delay);
        assert_eq!(world.decide(presented, at), Decision::Replay { generation: issued }, "{delay} ms after");
        assert_eq!(world.rotation, turned);
    }
    let late = turned_at.plus(GRACE + Duration::from_millis(1));
    assert!(matches!(world.decide(presented, late), Decision::ReKey(_)), "after the grace the newest counts as lost");
}

fn delays() -> impl Strategy<Value = Vec<i64>> {
    let grace = i64::try_from(GRACE.as_millis()).unwrap();
    prop::collection::vec(prop_oneof![-86_400_000..0i64, 0..=grace, Just(grace)], 1..10)
}

proptest! {
    #[test]
    fn with_one_refresh_in_flight_the_honest_user_is_never_taken_for_a_thief(steps in honest()) {
        honest_user_is_never_taken_for_a_thief(&steps);
    }

    #[test]
    fn the_generation_never_goes_back_and_after_the_end_nothing_succeeds(steps in anything()) {
        nothing_goes_back_and_the_end_is_the_end(&steps);
    }

    #[test]
    fn racers_on_one_token_get_the_same_successor(steps in honest(), delays in delays()) {
        racers_get_the_same_successor(&steps, &delays);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]

    #[test]
    #[ignore = "make soak"]
    fn soak_random_histories(honest in honest(), anything in anything(), delays in delays()) {
        honest_user_is_never_taken_for_a_thief(&honest);
        nothing_goes_back_and_the_end_is_the_end(&anything);
        racers_get_the_same_successor(&honest, &delays);
    }
}
