//! Refresh token rotation, checked exhaustively. Within the bounds printed with each check, every order of sending, losing, delaying,
//! repeating, racing, stealing and ending is tried, and the promises hold in all of them; where a promise has an edge, a
//! check shows that it ends there; and rules with one thought left out are found out.
//!
//! `cargo test --features ssr --test suite rotation_model:: -- --nocapture` shows bounds, states and a way to each
//! failure; with `TWO_TOKENS_MODEL_SHORTEST=1` the shortest, which takes longer. `TWO_TOKENS_MODEL_DEPTH=1` (or more) adds as many refreshes to each check; `make soak` runs the ignored one.

mod broken;
mod holders;
mod promises;
mod world;

use std::{fmt::Debug, hash::Hash, time::Instant};

use stateright::{Checker, HasDiscoveries, Model};
use two_tokens::auth::token::rotation::decide;

use broken::Rule;
use holders::{BROWSER_NEVER_BACK, HANDS_CHANGE_ONCE, Holders};
use promises::{
    ENDED_IS_ENDED, GRACE_ENDS, NEEDS_RUSH, NEVER_BACK, NEVER_FLAGGED, REPEAT_WRITES_NOTHING, SAME_SUCCESSOR, TRIPWIRE,
};
use world::{Clock, Manners, Swap, World};

const REAL: Rule = Rule { name: "decide", decide };

const AWAITS: World = World {
    rule: REAL,
    swap: Swap::Compare,
    clock: Clock::Runs,
    grace: 2,
    manners: Manners::Awaits,
    sends: 6,
    thefts: 0,
};
const TABS: World = World { manners: Manners::Tabs { at_once: 2 }, sends: 5, ..AWAITS };
const WITH_A_THIEF: World = World { sends: 3, thefts: 3, ..AWAITS };
/// Up to two and a half graces, forward and back.
const JUMPS: Clock = Clock::Jumps { latest: 5 };

/// Never within one grace of each other: the model's is two ticks.
const APART: Holders = Holders { rule: REAL, apart: 3, insistent: false, presentations: 8 };

fn depth() -> u8 {
    std::env::var("TWO_TOKENS_MODEL_DEPTH").ok().and_then(|depth| depth.parse().ok()).unwrap_or(0)
}

/// Every state within the bounds keeps every promise; and there are enough of them for that to mean something.
#[expect(clippy::print_stdout, reason = "the bounds and the number of states are the result")]
fn holds<M>(name: &str, model: M, at_least: usize)
where
    M: Model + Debug + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq,
{
    let bounds = format!("{model:?}");
    let start = Instant::now();
    let checker = model.checker().spawn_bfs().join();
    let states = checker.unique_state_count();
    println!("{name}: holds in {states} states, {:.1} s\n    {bounds}", start.elapsed().as_secs_f32());
    checker.assert_properties();
    assert!(states >= at_least, "{name}: only {states} states, the check says nothing");
}

/// There is a way to break this promise, and one is shown.
#[expect(clippy::print_stdout, reason = "the way is the result")]
fn breaks<M>(name: &str, model: M, promise: &'static str)
where
    M: Model + Clone + Debug + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq,
{
    const FAR: usize = 40;
    let found = HasDiscoveries::AllOf([promise].into());
    let way = |depth: usize| {
        let checker = model.clone().checker().finish_when(found.clone()).target_max_depth(depth).spawn_bfs().join();
        checker.discovery(promise)
    };
    let shortest = std::env::var_os("TWO_TOKENS_MODEL_SHORTEST").and_then(|_| (2..FAR).find_map(way));
    let way = shortest.or_else(|| way(FAR)).unwrap_or_else(|| panic!("{name} keeps \"{promise}\" for {FAR} steps"));
    let way = way.into_actions();
    println!("{name} breaks \"{promise}\" in {} steps\n    {way:?}", way.len());
}

mod the_rule {
    use super::*;

    #[test]
    fn one_refresh_in_flight_the_honest_user_is_never_taken_for_a_thief() {
        for grace in 1..=3 {
            holds("one in flight", World { grace, sends: AWAITS.sends + depth(), ..AWAITS }, 5000);
        }
        holds("one in flight, clock jumps", World { clock: JUMPS, sends: 4 + depth(), ..AWAITS }, 15_000);
    }

    #[test]
    fn the_other_promises_hold_whatever_a_thief_does() {
        let thief = World { sends: WITH_A_THIEF.sends + depth(), ..WITH_A_THIEF };
        holds("thief", thief.clone(), 15_000);
        holds("thief, strict", World { grace: 0, ..thief.clone() }, 1000);
        holds("thief, clock jumps", World { clock: JUMPS, sends: 2 + depth(), ..thief.clone() }, 10_000);
        holds("thief, tabs without a lock", World { manners: TABS.manners, ..thief }, 50_000);
    }

    #[test]
    fn without_a_lock_a_false_alarm_needs_a_rush() {
        holds("two tabs", World { sends: TABS.sends + depth(), ..TABS }, 30_000);
        holds("three tabs", World { manners: Manners::Tabs { at_once: 3 }, sends: 5 + depth(), ..TABS }, 50_000);
    }

    #[test]
    fn of_two_holders_who_never_meet_the_second_comer_gives_both_away() {
        holds("each presents its newest", Holders { presentations: 8 + depth(), ..APART }, 5000);
        holds("the thief insists", Holders { insistent: true, presentations: 7 + depth(), ..APART }, 5000);
    }

    #[test]
    #[ignore = "make soak: half a minute in release"]
    fn soak_every_check_with_more_refreshes() {
        for grace in 1..=4 {
            holds("one in flight", World { grace, sends: 10, ..AWAITS }, 50_000);
        }
        holds("one in flight, clock jumps", World { clock: JUMPS, sends: 6, ..AWAITS }, 500_000);
        holds("thief", World { sends: 4, thefts: 5, ..AWAITS }, 100_000);
        holds("thief, clock jumps", World { clock: JUMPS, thefts: 4, ..WITH_A_THIEF }, 500_000);
        holds("thief, tabs without a lock", World { manners: TABS.manners, sends: 4, ..WITH_A_THIEF }, 200_000);
        holds("two tabs", World { grace: 3, sends: 7, ..TABS }, 500_000);
        holds("three tabs", World { manners: Manners::Tabs { at_once: 3 }, sends: 7, ..TABS }, 500_000);
        holds("each presents its newest", Holders { presentations: 12, ..APART }, 50_000);
        holds("the thief insists", Holders { insistent: true, presentations: 9, ..APART }, 50_000);
    }
}

/// Where each promise ends: just beyond, there is a way to break it.
mod edges {
    use super::*;

    #[test]
    fn strict_means_that_a_lost_answer_signs_out() {
        breaks("a grace of zero", World { grace: 0, ..AWAITS }, NEVER_FLAGGED);
    }

    #[test]
    fn holders_who_meet_within_a_grace_stay_hidden() {
        breaks("a thief a grace behind", Holders { apart: 2, ..APART }, HANDS_CHANGE_ONCE);
    }

    /// "In flight" ends when the request can no longer reach the server. A browser that gives up and asks again sooner
    /// is safe if the one given up arrives, at the latest, within a grace of the next; and if no repeat comes between a
    /// lost answer and it, for which giving up twice must outlast grace and lateness.
    #[test]
    fn a_request_given_up_may_arrive_so_late_and_no_later() {
        for grace in [2, 3] {
            for (after, waits) in [(0, 0), (0, 1), (0, 3), (1, 0), (1, 2), (3, 0), (3, 1), (3, 2)] {
                let reached_by_next = grace + waits;
                let no_repeat_between = u8::saturating_sub(2 * waits + after, grace + 1);
                let edge = waits.max(reached_by_next.min(no_repeat_between));
                let world = |late| {
                    let manners = Manners::GivesUp { after, waits, late, answers_land: false };
                    World { manners, grace, sends: 4 + depth(), ..AWAITS }
                };
                holds("given up, late", world(edge), 2000);
                breaks("given up, later", world(edge + 1), NEVER_FLAGGED);
            }
        }
    }

    /// An answer that lands in the jar after the next refresh was sent can bury a newer token there: a browser must drop
    /// it, or wait until it is over.
    #[test]
    fn an_answer_given_up_must_not_land_after_the_next_is_sent() {
        for (after, waits) in [(0, 1), (1, 1), (3, 2)] {
            let world = |late| {
                let manners = Manners::GivesUp { after, waits, late, answers_land: true };
                World { manners, sends: 4, ..AWAITS }
            };
            holds("given up, lands before the next", world(waits - 1), 2000);
            breaks("given up, lands later", world(waits), NEVER_FLAGGED);
        }
    }
}

mod broken_rules_are_found_out {
    use super::*;

    macro_rules! broken {
        ($rule:ident) => {
            Rule { name: stringify!($rule), decide: broken::$rule }
        };
    }

    fn found(rule: Rule, world: World, promises: &[&'static str]) {
        for promise in promises {
            breaks(rule.name, World { rule, ..world.clone() }, promise);
        }
    }

    fn found_by_holders(rule: Rule, promise: &'static str) {
        breaks(rule.name, Holders { rule, ..APART }, promise);
    }

    #[test]
    fn about_the_grace() {
        found(broken!(grace_slides), AWAITS, &[REPEAT_WRITES_NOTHING, GRACE_ENDS]);
        found(broken!(grace_never_ends), AWAITS, &[GRACE_ENDS]);
        found_by_holders(broken!(grace_never_ends), HANDS_CHANGE_ONCE);
        found(broken!(grace_a_tick_longer), AWAITS, &[GRACE_ENDS]);
        found(broken!(grace_a_tick_shorter), AWAITS, &[SAME_SUCCESSOR]);
        found(broken!(fork), TABS, &[SAME_SUCCESSOR, NEEDS_RUSH]);
        found(broken!(no_ring), TABS, &[SAME_SUCCESSOR, NEEDS_RUSH]);
    }

    #[test]
    fn about_the_lost_answer() {
        found(broken!(no_re_key), AWAITS, &[NEVER_FLAGGED]);
        found(broken!(re_key_forgets_parent), AWAITS, &[NEVER_FLAGGED]);
        found(broken!(re_key_adopts_the_lost), AWAITS, &[NEVER_FLAGGED]);
        found(broken!(re_key_adopts_the_lost), WITH_A_THIEF, &[TRIPWIRE]);
        found(broken!(re_key_forgives_the_lost), WITH_A_THIEF, &[TRIPWIRE]);
        found_by_holders(broken!(anyone_re_keys), HANDS_CHANGE_ONCE);
        found_by_holders(broken!(anyone_re_keys), BROWSER_NEVER_BACK);
        found(broken!(re_key_keeps_the_old_time), AWAITS, &[SAME_SUCCESSOR]);
        // Safe with the real rule, as `edges` shows.
        let manners = Manners::GivesUp { after: 3, waits: 2, late: 4, answers_land: false };
        found(broken!(re_key_keeps_the_old_time), World { manners, ..AWAITS }, &[NEVER_FLAGGED]);
    }

    #[test]
    fn about_the_end_and_the_write() {
        found(broken!(revoked_is_ignored), AWAITS, &[ENDED_IS_ENDED]);
        found(REAL, World { swap: Swap::Blind, ..TABS }, &[NEVER_BACK, ENDED_IS_ENDED]);
    }
}
