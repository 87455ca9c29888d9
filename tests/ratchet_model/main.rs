//! The ratchet, checked exhaustively. Within the bounds printed with each check, every order of sending, losing, delaying,
//! repeating, racing, stealing and ending is tried, and the promises of `flow.md` hold in all of them; where a promise has
//! an edge, a check shows that it ends there; and rules with one thought left out are found out.
//!
//! `cargo test --test ratchet_model -- --nocapture` shows bounds, states and the shortest way to each failure.
//! `TWO_TOKENS_MODEL_DEPTH=1` (or more) adds as many refreshes to each check; `make soak` runs the ignored ones.

#![cfg(feature = "ssr")]
#![expect(clippy::print_stdout, reason = "the bounds and the number of states are the result")]

mod broken;
mod holders;
mod promises;
mod world;

use std::{fmt::Debug, hash::Hash, time::Instant};

use stateright::{Checker, HasDiscoveries, Model};
use two_tokens::auth::rotation::decide;

use holders::{BROWSER_NEVER_BACK, HANDS_CHANGE_ONCE, Holders};
use promises::{
    ENDED_IS_ENDED, GRACE_ENDS, NEEDS_RUSH, NEVER_BACK, NEVER_FLAGGED, REPEAT_WRITES_NOTHING, SAME_SUCCESSOR, TRIPWIRE,
};
use world::{Clock, Manners, Rule, Swap, World};

const REAL: Rule = Rule { name: "decide", decide };

const AWAITS: World = World {
    rule: REAL,
    swap: Swap::Compare,
    clock: Clock::Runs,
    grace: 2,
    manners: Manners::Awaits,
    sends: 5,
    thefts: 0,
};

const TABS: World = World { manners: Manners::Tabs { at_once: 3 }, sends: 4, ..AWAITS };

fn deeper(world: World) -> World {
    let more = std::env::var("TWO_TOKENS_MODEL_DEPTH").ok().and_then(|depth| depth.parse().ok()).unwrap_or(0);
    World { sends: world.sends + more, ..world }
}

/// Every state within the bounds keeps every promise; and there are enough of them for that to mean something.
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
    assert!(states >= at_least, "only {states} states: the check says nothing");
}

/// The check finds a way to break this promise.
fn breaks<M>(name: &str, model: M, promise: &'static str)
where
    M: Model + Debug + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq,
{
    let finish = HasDiscoveries::AnyOf([promise].into());
    let checker = model.checker().finish_when(finish).spawn_bfs().join();
    let way = checker.assert_any_discovery(promise).into_actions();
    println!("{name}: breaks \"{promise}\" in {} steps\n    {way:?}", way.len());
}

#[test]
fn with_one_refresh_in_flight_the_honest_user_is_never_taken_for_a_thief() {
    holds("one in flight", deeper(AWAITS), 1000);
}




#[test]
fn experiment() {
    for (at_once, sends, grace, thefts) in [(2,5,2,0),(3,5,2,0),(2,6,2,0),(2,6,3,0),(3,4,2,2), (2,4,2,2),(2,3,2,3)] {
        let w = World { manners: Manners::Tabs { at_once }, sends, grace, thefts, ..AWAITS };
        let start = Instant::now();
        let bounds = format!("{w:?}");
        let checker = w.checker().spawn_bfs().join();
        println!("{bounds} {} {:.1}", checker.unique_state_count(), start.elapsed().as_secs_f32());
        for (name, path) in checker.discoveries() {
            println!("  {name}: {:?}", path.into_actions().len());
        }
    }
    for (latest, sends, grace, thefts) in [(5,5,2,0),(5,6,2,0),(5,3,2,3)] {
        let w = World { clock: Clock::Jumps{latest}, sends, grace, thefts, ..AWAITS };
        let start = Instant::now();
        let bounds = format!("{w:?}");
        let checker = w.checker().spawn_bfs().join();
        println!("{bounds} {} {:.1}", checker.unique_state_count(), start.elapsed().as_secs_f32());
        for (name, path) in checker.discoveries() {
            println!("  {name}: {:?}", path.into_actions().len());
        }
    }
}
