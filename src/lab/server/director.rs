//! What a button does: a script for each action. A script makes real things happen (an actor sends, a tab is asked, the clock
//! jumps) and waits for what comes of them by reading the log, so that an action is over when it says so.
//!
//! *Steal and replay*, by the table of `docs/flow.md` section 3, with n the generation that was stolen and the second one later
//! than the grace: the first to come turns n into n+1 (*rotate*). The second presents n, the parent: its answer may have been
//! lost, so it gets n+2, and n+1 becomes a tripwire (*re-key*). The first presents n+1: *reuse*, and both are out. Within the
//! grace the second is given n+1 as well (*replay*) and nobody is caught: that is what the grace costs, until one of them turns
//! n+1 and the other comes later than the grace with it.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use tracing::Instrument as _;

use super::faults::Barrier;
use super::rooms::Rooms;
use super::sandbox::{self, Sandbox};
use super::settled;
use super::thief::{Thief, not_now};
use crate::api::error::Problem;
use crate::clock::Clock as _;
use crate::lab::event::{Action, Ask, Deed, Defence, Event, Lifeline, Ruling, What};
use crate::server::serve::Error;

/// How long a tab may take to begin what it is asked.
const SILENCE: Duration = Duration::from_secs(10);
const DONE: Duration = Duration::from_secs(60);
/// While requests wait for the visitor.
const DONE_STEPPING: Duration = Duration::from_secs(15 * 60);
const SCRIPT_BEFORE: Duration = Duration::from_secs(15);
const LONGEST_JUMP: u32 = 90 * 24 * 3600;
const SLOWEST: u32 = 20;
const STORM: u32 = 50;

/// Does it all, and returns when it is done. Detached from who asked: a page that goes away leaves nothing half done.
pub async fn act(rooms: Arc<Rooms>, sandbox: Arc<Sandbox>, action: Action) -> Result<(), Problem> {
    let script = async move {
        sandbox.log.add(None, What::Acted { action: action.clone() });
        let director = Director { rooms: &rooms, sandbox: &sandbox };
        let done = Box::pin(director.carry_out(action)).await;
        sandbox.tell_rows(None).await;
        done
    };
    let script = tokio::spawn(script.instrument(tracing::info_span!("lab")));
    script.await.unwrap_or_else(|_| Err(failed("a script ended early")))
}

struct Director<'a> {
    rooms: &'a Rooms,
    sandbox: &'a Sandbox,
}

impl Director<'_> {
    async fn carry_out(&self, action: Action) -> Result<(), Problem> {
        match action {
            Action::Step | Action::Stepping { .. } | Action::SlowMotion { .. } => self.drive(action),
            Action::Reset => {
                self.rooms.wipe(self.sandbox);
                Ok(())
            }
            Action::Network { .. } | Action::NextRefresh { .. } => self.set_trouble(action),
            Action::ShortLifetimes { .. } | Action::Weaken { .. } | Action::Restart => self.set_server(action).await,
            script => {
                let Ok(_alone) = timeout(SCRIPT_BEFORE, self.sandbox.script.lock()).await else {
                    return Err(not_now(
                        "The last action is still under way. Wait until it is done, or reset the lab.",
                    ));
                };
                self.play(script).await
            }
        }
    }

    fn drive(&self, action: Action) -> Result<(), Problem> {
        let sandbox = self.sandbox;
        match action {
            Action::Stepping { on } => {
                sandbox.steps.turn(on);
                sandbox.set(|settings| settings.stepping = on);
            }
            Action::SlowMotion { factor } if (1..=SLOWEST).contains(&factor) => {
                sandbox.set(|settings| settings.slow_motion = factor);
            }
            Action::SlowMotion { .. } => return Err(not_now("Slow motion goes from 1 to 20.")),
            _ if !sandbox.steps.step() => return Err(not_now("No request is waiting for a step.")),
            _ => {}
        }
        Ok(())
    }

    fn set_trouble(&self, action: Action) -> Result<(), Problem> {
        match action {
            Action::Network { state } => self.sandbox.set(|settings| settings.network = state),
            Action::NextRefresh { fault } => self.sandbox.set(|settings| settings.next_refresh = Some(fault)),
            _ => {}
        }
        Ok(())
    }

    /// What takes effect when the app is assembled again over the same store.
    async fn set_server(&self, action: Action) -> Result<(), Problem> {
        let restarted = action == Action::Restart;
        match action {
            Action::ShortLifetimes { on } => {
                self.sandbox.set(|settings| settings.access_ttl = sandbox::access_ttl(on));
            }
            Action::Weaken { defence, weak } => self.sandbox.set(|settings| {
                settings.weak.retain(|other| *other != defence);
                settings.weak.extend(weak.then_some(defence));
                settings.weak.sort();
                settings.grace = sandbox::grace(settings.weak.contains(&Defence::Grace));
            }),
            _ => {}
        }
        self.sandbox.restart().await.map_err(|error| went_wrong(&error))?;
        if restarted {
            self.sandbox.log.add(None, What::Restarted);
        }
        Ok(())
    }

    async fn play(&self, action: Action) -> Result<(), Problem> {
        let thief = self.thief();
        match action {
            Action::ExpireAccessToken => {
                self.expire();
                self.ask(Lifeline::Tab, Deed::Call { times: 1 }).await
            }
            Action::JumpClock { seconds } if seconds <= LONGEST_JUMP => {
                self.sandbox.jump(Duration::from_secs(seconds.into()));
                Ok(())
            }
            Action::JumpClock { .. } => Err(not_now("The clock jumps 90 days at most.")),
            Action::FiftyCalls => {
                self.expire();
                self.ask(Lifeline::Tab, Deed::Call { times: STORM }).await
            }
            Action::RaceTwoTabs => self.race().await,
            Action::Tamper { how } => thief.tampers(how).await,
            Action::StealRefreshToken => thief.steals_refresh(),
            Action::StealAndReplay { thief_first, within_grace } => self.replay(thief_first, within_grace).await,
            Action::ThiefRefreshes => thief.refreshes().await,
            Action::StealAccessToken => thief.steals_access(),
            Action::ThiefCalls => thief.calls().await,
            Action::LeakDatabase => thief.leaks_the_database().await,
            Action::SignInOtherDevice => thief.other_device_signs_in().await,
            Action::RotateKeys => self.rotate_keys().await.map_err(|error| went_wrong(&error)),
            Action::RetireKeys => self.retire_keys().await.map_err(|error| went_wrong(&error)),
            deed => match asked(&deed) {
                Some((tab, deed)) => self.ask(tab, deed).await,
                None => Err(failed("an action without a script")),
            },
        }
    }

    fn thief(&self) -> Thief<'_> {
        Thief { sandbox: self.sandbox, outside: &self.rooms.outside }
    }

    /// The clock jumps past the end of any access token there can be.
    fn expire(&self) {
        self.sandbox.jump(Duration::from_secs(self.sandbox.settings().access_ttl + 1));
    }

    /// Both tabs refresh without their lock, and the barrier lets both requests go at once.
    async fn race(&self) -> Result<(), Problem> {
        let tabs = [Lifeline::Tab, Lifeline::Tab2];
        for tab in tabs {
            self.ask(tab, Deed::Locks { on: false }).await?;
        }
        self.expire();
        self.sandbox.inside().barrier = Some(Arc::new(Barrier::default()));
        let calls = tabs.map(|tab| self.ask(tab, Deed::Call { times: 1 }));
        let [first, second] = futures::future::join_all(calls).await.try_into().unwrap_or([Ok(()), Ok(())]);
        self.sandbox.inside().barrier = None;
        for tab in tabs {
            self.ask(tab, Deed::Locks { on: true }).await?;
        }
        first.and(second)
    }

    async fn replay(&self, thief_first: bool, within_grace: bool) -> Result<(), Problem> {
        self.thief().steals_refresh()?;
        let begin = self.sandbox.log.latest();
        let mut thiefs_turn = thief_first;
        for turn in 0..if within_grace { 2 } else { 3 } {
            if turn == 1 && !within_grace {
                self.sandbox.jump(Duration::from_secs(self.sandbox.settings().grace + 1));
            }
            self.take_turn(thiefs_turn).await?;
            if self.caught_since(begin) {
                return self.other_notices(thiefs_turn).await;
            }
            thiefs_turn = !thiefs_turn;
        }
        Ok(())
    }

    async fn take_turn(&self, thief: bool) -> Result<(), Problem> {
        if thief { self.thief().refreshes().await } else { self.ask(Lifeline::Tab, Deed::Refresh).await }
    }

    fn caught_since(&self, seq: u64) -> bool {
        let caught = |event: &Event| matches!(event.what, What::Decided { ruling: Ruling::Reuse, .. });
        self.sandbox.log.after(seq).iter().any(caught)
    }

    /// One was caught; the other one learns at its next request that it is out as well.
    async fn other_notices(&self, thief_was_caught: bool) -> Result<(), Problem> {
        if thief_was_caught {
            self.ask(Lifeline::Tab, Deed::Call { times: 1 }).await
        } else {
            self.thief().refreshes().await
        }
    }

    async fn rotate_keys(&self) -> Result<(), Error> {
        self.sandbox.running().state.auth.rotate_keys().await?;
        Ok(())
    }

    async fn retire_keys(&self) -> Result<(), Error> {
        let auth = self.sandbox.running().state.auth.clone();
        auth.store.forget_retired_keys(self.sandbox.clock.now()).await?;
        auth.reload_keys().await?;
        Ok(())
    }

    /// Asks a tab, and waits until it is done.
    async fn ask(&self, tab: Lifeline, deed: Deed) -> Result<(), Problem> {
        let log = &self.sandbox.log;
        let from = log.latest();
        if self.sandbox.asks.send(Ask { tab, deed: deed.clone() }).is_err() {
            return Err(silent(tab));
        }
        let outcome = |events: &[Event]| settled::outcome(&deed, tab, events);
        let begun = |events: &[Event]| (settled::is_there(tab, events) || outcome(events).is_some()).then_some(());
        timeout(SILENCE, log.until(from, begun)).await.map_err(|_| silent(tab))?;
        let limit = if self.sandbox.steps.are_on() { DONE_STEPPING } else { DONE };
        timeout(limit, log.until(from, outcome)).await.map_err(|_| silent(tab))?
    }
}

/// What a tab is asked for by an action that is nothing more.
fn asked(action: &Action) -> Option<(Lifeline, Deed)> {
    Some(match action {
        Action::SignIn { tab2: true } => (Lifeline::Tab2, Deed::SignIn),
        Action::SignIn { tab2: false } => (Lifeline::Tab, Deed::SignIn),
        Action::SignOutHere => (Lifeline::Tab, Deed::SignOut),
        Action::SignOutEverywhere => (Lifeline::Tab, Deed::SignOutEverywhere),
        Action::SignOutOtherDevice => (Lifeline::Tab, Deed::SignOutOtherDevice),
        Action::ChangePassword => (Lifeline::Tab, Deed::ChangePassword),
        Action::ClientClock { minutes } => (Lifeline::Tab, Deed::ClientClock { minutes: *minutes }),
        _ => return None,
    })
}

fn silent(tab: Lifeline) -> Problem {
    let why = match tab {
        Lifeline::Tab2 => "The second tab in the lab did not answer. Open it, or reload the lab.",
        _ => "The tab in the lab did not answer. Reload the lab.",
    };
    Problem::unavailable(why, 1)
}

fn went_wrong(error: &Error) -> Problem {
    tracing::error!(%error, "an action of the lab failed");
    failed("an action failed")
}

fn failed(what: &'static str) -> Problem {
    crate::auth::error::AuthError::Internal(what).into()
}
