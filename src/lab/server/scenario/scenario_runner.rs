//! Runs the scenario of each action (scripted end-to-end behaviour). A scenario makes real things happen (an actor sends a request,
//! a tab runs a task, the clock jumps) and awaits their effects in the log, so it returns when the action has completed.
//!
//! *Steal and replay*, by the table of `docs/flow.md` section 3. Let n be the stolen generation. The first user rotates n to n+1
//! (*rotate*). If the second comes after the grace, it presents n, the parent: the response may have been lost, so it receives
//! n+2, and n+1 becomes a tripwire (*re-key*). The first then presents n+1: *reuse*, and both are signed out. Within the grace
//! the second receives n+1 as well (*replay*) and nothing is detected, until one of them rotates n+1 and the other presents it
//! after the grace: that is the price of the grace.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use tracing::Instrument as _;

use super::super::sandbox::faults::RaceBarrier;
use super::super::sandbox::{Sandbox, settings};
use super::super::sandboxes::Sandboxes;
use super::completion;
use super::thief::{Thief, not_now};
use crate::auth::binding::rule;
use crate::auth::store::Change;
use crate::clock::Clock as _;
use crate::lab::model::event::{Action, Defence, Lifeline, LogEvent, LogEventKind, Ruling, TabCommand, TabTask};
use crate::lab::words::t;
use crate::lang::{in_language, lang};
use crate::protocol::problem::Problem;
use crate::request_id::carried_over;
use crate::server::serve::Error;

/// How long a tab may take to begin a task.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(10);
const TASK_TIMEOUT: Duration = Duration::from_secs(60);
/// The same while requests wait for the visitor's steps.
const STEPPING_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How long a scenario waits for the one before it.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(15);
/// Seconds.
const LONGEST_JUMP: u32 = 90 * 24 * 3600;
const SLOWEST_FACTOR: u32 = 20;
pub const MANY_CALLS: u32 = 50;
/// The same in every language.
const HALF_A_NOTE: &str = "1 kg mango, 2 l ";

/// Runs an action's scenario and returns when it has completed. It runs on a task of its own, so a client that disconnects does
/// not leave it half done.
///
/// # Errors
/// If the action is not possible now, or a tab does not answer in time.
pub async fn run(sandboxes: Arc<Sandboxes>, sandbox: Arc<Sandbox>, action: Action) -> Result<(), Problem> {
    let scenario = async move {
        sandbox.log.add(None, LogEventKind::Acted { action: action.clone() });
        let runner = ScenarioRunner { sandboxes: &sandboxes, sandbox: &sandbox };
        let result = Box::pin(runner.carry_out(action)).await;
        sandbox.record_row_changes(None).await;
        result
    };
    // A task of its own has no language: what cannot be done is said in the one of the request.
    let scenario = in_language(lang(), scenario.instrument(tracing::info_span!("lab")));
    let scenario = tokio::spawn(carried_over(scenario));
    scenario.await.unwrap_or_else(|_| Err(failed("a scenario ended early")))
}

struct ScenarioRunner<'a> {
    sandboxes: &'a Sandboxes,
    sandbox: &'a Sandbox,
}

impl ScenarioRunner<'_> {
    async fn carry_out(&self, action: Action) -> Result<(), Problem> {
        match action {
            Action::Step | Action::Stepping { .. } | Action::SlowMotion { .. } => self.set_playback(action),
            Action::Reset => {
                self.sandboxes.wipe(self.sandbox);
                Ok(())
            }
            Action::Network { .. } | Action::NextRefresh { .. } => self.set_network(action),
            Action::ShortLifetimes { .. } | Action::Weaken { .. } | Action::Restart => self.set_server(action).await,
            action => {
                let Ok(_running) = timeout(QUEUE_TIMEOUT, self.sandbox.scenario.lock()).await else {
                    return Err(not_now(t(
                        "The last action is still under way. Wait until it is done, or reset the lab.",
                        "Die letzte Aktion läuft noch. Warte, bis sie fertig ist, oder setze das Labor zurück.",
                    )));
                };
                self.play(action).await
            }
        }
    }

    fn set_playback(&self, action: Action) -> Result<(), Problem> {
        let sandbox = self.sandbox;
        match action {
            Action::Stepping { on } => {
                sandbox.steps.set_on(on);
                sandbox.set(|settings| settings.stepping = on);
            }
            Action::SlowMotion { factor } if (1..=SLOWEST_FACTOR).contains(&factor) => {
                sandbox.set(|settings| settings.slow_motion = factor);
            }
            Action::SlowMotion { .. } => {
                return Err(not_now(t("Slow motion goes from 1 to 20.", "Zeitlupe geht von 1 bis 20.")));
            }
            _ if !sandbox.steps.step() => {
                return Err(not_now(t("No request is waiting for a step.", "Keine Anfrage wartet auf einen Schritt.")));
            }
            _ => {}
        }
        Ok(())
    }

    fn set_network(&self, action: Action) -> Result<(), Problem> {
        match action {
            Action::Network { state } => self.sandbox.set(|settings| settings.network = state),
            Action::NextRefresh { fault } => self.sandbox.set(|settings| settings.next_refresh = Some(fault)),
            _ => {}
        }
        Ok(())
    }

    /// Changes that take effect when the app is assembled again over the same store.
    async fn set_server(&self, action: Action) -> Result<(), Problem> {
        let restarted = action == Action::Restart;
        match action {
            Action::ShortLifetimes { on } => {
                self.sandbox.set(|settings| settings.access_ttl = settings::access_ttl(on));
            }
            Action::Weaken { defence, weak } => self.sandbox.set(|settings| {
                settings.weak.retain(|other| *other != defence);
                settings.weak.extend(weak.then_some(defence));
                settings.weak.sort();
                settings.grace = settings::grace(settings.weak.contains(&Defence::Grace));
            }),
            _ if restarted && self.sandbox.is_weak(Defence::StoredSessions) => {
                self.sandbox.app.forget_sessions_and_keys().await.map_err(|error| went_wrong(&error))?;
            }
            _ => {}
        }
        self.sandbox.restart().await.map_err(|error| went_wrong(&error))?;
        if restarted {
            self.sandbox.log.add(None, LogEventKind::Restarted);
        }
        Ok(())
    }

    async fn play(&self, action: Action) -> Result<(), Problem> {
        let thief = self.thief();
        match action {
            Action::ExpireAccessToken => {
                self.expire();
                self.run_in_tab(Lifeline::Tab, TabTask::Call { times: 1 }).await
            }
            Action::JumpClock { seconds } if seconds <= LONGEST_JUMP => {
                self.sandbox.jump(Duration::from_secs(seconds.into()));
                Ok(())
            }
            Action::JumpClock { .. } => {
                Err(not_now(t("The clock jumps 90 days at most.", "Die Uhr springt höchstens 90 Tage.")))
            }
            Action::FiftyCalls => {
                self.expire();
                let (times, alone) = (MANY_CALLS, self.sandbox.is_weak(Defence::SingleFlight));
                let task = if alone { TabTask::CallAlone { times } } else { TabTask::Call { times } };
                self.run_in_tab(Lifeline::Tab, task).await
            }
            Action::RaceTwoTabs => self.race().await,
            Action::Tamper { how } => thief.tampers(how).await,
            Action::StealRefreshToken => thief.steals_refresh(),
            Action::StealAndReplay { thief_first, within_grace } => self.replay(thief_first, within_grace).await,
            Action::ThiefRefreshes => thief.refreshes().await,
            Action::StealFromBoundDevice => self.steal_from_bound_device().await,
            Action::StealAccessToken => thief.steals_access(),
            Action::ThiefCalls => thief.calls().await,
            Action::LeakDatabase => thief.leaks_the_database().await,
            Action::SignInOtherDevice => thief.other_device_signs_in().await,
            Action::RotateKeys => self.rotate_keys().await.map_err(|error| went_wrong(&error)),
            Action::RetireKeys => self.retire_keys().await.map_err(|error| went_wrong(&error)),
            action => match tab_task(&action) {
                Some((tab, task)) => self.run_in_tab(tab, task).await,
                None => Err(failed("an action without a scenario")),
            },
        }
    }

    fn thief(&self) -> Thief<'_> {
        Thief { sandbox: self.sandbox, loopback: &self.sandboxes.loopback }
    }

    /// Jumps the clock past the expiry of every access token.
    fn expire(&self) {
        self.sandbox.jump(Duration::from_secs(self.sandbox.settings().access_ttl + 1));
    }

    /// Both tabs refresh without the lock between them, and the barrier releases both requests at once.
    async fn race(&self) -> Result<(), Problem> {
        let tabs = [Lifeline::Tab, Lifeline::Tab2];
        for tab in tabs {
            self.run_in_tab(tab, TabTask::Locks { on: false }).await?;
        }
        self.expire();
        self.sandbox.state().barrier = Some(Arc::new(RaceBarrier::default()));
        let calls = tabs.map(|tab| self.run_in_tab(tab, TabTask::Call { times: 1 }));
        let [first, second] = futures::future::join_all(calls).await.try_into().unwrap_or([Ok(()), Ok(())]);
        self.sandbox.state().barrier = None;
        for tab in tabs {
            self.run_in_tab(tab, TabTask::Locks { on: true }).await?;
        }
        first.and(second)
    }

    async fn replay(&self, thief_first: bool, within_grace: bool) -> Result<(), Problem> {
        self.thief().steals_refresh()?;
        let begin = self.sandbox.log.latest();
        let mut thief_next = thief_first;
        for use_number in 0..if within_grace { 2 } else { 3 } {
            if use_number == 1 && !within_grace {
                self.sandbox.jump(Duration::from_secs(self.sandbox.settings().grace + 1));
            }
            self.use_token(thief_next).await?;
            if self.reuse_detected_since(begin) {
                return self.other_notices(thief_next).await;
            }
            thief_next = !thief_next;
        }
        Ok(())
    }

    /// The thief uses its copy once no request can have been on its way while the device bound its session.
    async fn steal_from_bound_device(&self) -> Result<(), Problem> {
        let thief = self.thief();
        let bound = thief.other_device_binds().await?;
        self.sandbox.jump(rule::GRACE + Duration::from_secs(1));
        thief.steals_from_other_device()?;
        thief.refreshes().await?;
        thief.other_device_refreshes(bound).await
    }

    async fn use_token(&self, thief: bool) -> Result<(), Problem> {
        if thief { self.thief().refreshes().await } else { self.run_in_tab(Lifeline::Tab, TabTask::Refresh).await }
    }

    fn reuse_detected_since(&self, seq: u64) -> bool {
        let is_reuse =
            |event: &Arc<LogEvent>| matches!(event.kind, LogEventKind::Decided { ruling: Ruling::Reuse, .. });
        self.sandbox.log.after(seq).iter().any(is_reuse)
    }

    /// Reuse was detected at one holder's request; the other learns at its next request that the session has ended.
    async fn other_notices(&self, thief_was_caught: bool) -> Result<(), Problem> {
        if thief_was_caught {
            self.run_in_tab(Lifeline::Tab, TabTask::Call { times: 1 }).await
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
        self.sandbox.app.store().forget_retired_keys(self.sandbox.clock.now()).await?;
        auth.apply(&Change::KeysRotated).await?;
        Ok(())
    }

    /// Sends a task to a tab and waits until it has completed.
    async fn run_in_tab(&self, tab: Lifeline, task: TabTask) -> Result<(), Problem> {
        let log = &self.sandbox.log;
        let from = log.latest();
        if !self.sandbox.page.send(TabCommand { tab, task: task.clone() }) {
            return Err(no_answer(tab));
        }
        let completion = |events: &[Arc<LogEvent>]| completion::completion(&task, tab, events);
        let begun = |events: &[Arc<LogEvent>]| {
            (completion::has_begun(tab, events) || completion(events).is_some()).then_some(())
        };
        timeout(BEGIN_TIMEOUT, log.until(from, begun)).await.map_err(|_| no_answer(tab))?;
        let limit = if self.sandbox.steps.are_on() { STEPPING_TIMEOUT } else { TASK_TIMEOUT };
        timeout(limit, log.until(from, completion)).await.map_err(|_| no_answer(tab))?
    }
}

/// The task of an action that consists of one tab's task only.
fn tab_task(action: &Action) -> Option<(Lifeline, TabTask)> {
    Some(match action {
        Action::Call => (Lifeline::Tab, TabTask::Call { times: 1 }),
        Action::TypeNote => (Lifeline::Tab, TabTask::Type { text: HALF_A_NOTE.to_owned() }),
        Action::Reload => (Lifeline::Tab, TabTask::Reload),
        Action::SignIn { tab2: true } => (Lifeline::Tab2, TabTask::SignIn),
        Action::SignIn { tab2: false } => (Lifeline::Tab, TabTask::SignIn),
        Action::SignOutHere => (Lifeline::Tab, TabTask::SignOut),
        Action::SignOutEverywhere => (Lifeline::Tab, TabTask::SignOutEverywhere),
        Action::SignOutOtherDevice => (Lifeline::Tab, TabTask::SignOutOtherDevice),
        Action::ChangePassword => (Lifeline::Tab, TabTask::ChangePassword),
        Action::ClientClock { minutes } => (Lifeline::Tab, TabTask::ClientClock { minutes: *minutes }),
        _ => return None,
    })
}

fn no_answer(tab: Lifeline) -> Problem {
    let why = match tab {
        Lifeline::Tab2 => t(
            "The second tab in the lab did not answer. Open it, or reload the lab.",
            "Der zweite Tab im Labor hat nicht geantwortet. Öffne ihn, oder lade das Labor neu.",
        ),
        _ => t(
            "The tab in the lab did not answer. Reload the lab.",
            "Der Tab im Labor hat nicht geantwortet. Lade das Labor neu.",
        ),
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
