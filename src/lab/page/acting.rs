//! What the page makes happen: actions of the sandbox, pages of attackers, and what is told of them when they are over.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::focus;
use super::foreign_visit::no_sandbox;
use super::state::{ActionFailure, LabState, Pressed};
use crate::clock::Stopwatch;
use crate::lab::frame::wire;
use crate::lab::model::event::{Action, ForeignOrigin, Lifeline, LogEvent, LogEventKind, Network, TabEvent};
use crate::lab::model::lever::{Lever, LeverEffect, LeverGroup};
use crate::lab::model::narration;
use crate::lab::words::t;
use crate::lang::lang;

/// An action has ended when no event came for this long (debounce). Milliseconds.
const QUIET: f64 = 700.0;
/// An action that takes longer is told as it stands. Milliseconds.
const LONGEST: f64 = 12_000.0;

impl LabState {
    /// Presses the lever of that number. The switch of a defence turns it off, or on again.
    pub fn press(self, number: usize) {
        if self.busy.with_untracked(Option::is_some) || self.stash.with_untracked(Option::is_some) {
            return;
        }
        let lever = self.levers.with_untracked(|groups| numbered(groups).nth(number).cloned());
        let Some(Lever { watch_for, effect, needs_tab2, .. }) = lever else { return };
        let effect = match effect {
            LeverEffect::Run(Action::Weaken { defence, .. }) => {
                let weak = untrack(|| self.settings()).is_some_and(|settings| settings.weak.contains(&defence));
                LeverEffect::Run(Action::Weaken { defence, weak: !weak })
            }
            effect => effect,
        };
        self.begin(Pressed::Lever(number));
        self.watch.since.set(None);
        spawn_local(async move {
            if needs_tab2 {
                self.open_tab2().await;
            }
            let before = self.newest();
            match self.perform(effect).await {
                Ok(()) => self.tell(before, &watch_for),
                Err(why) => self.failure.set(Some(ActionFailure { of: Pressed::Lever(number), why })),
            }
            self.busy.set(None);
        });
    }

    /// Fetches the levers of free play.
    pub async fn open_levers(self) {
        match wire::get_for::<Vec<LeverGroup>>("/lab/levers.json").await {
            Ok(levers) => self.levers.set(levers),
            Err(problem) => self.failure.set(Some(ActionFailure { of: Pressed::Playback, why: problem.detail })),
        }
    }

    /// From now on something happens, and the page shows it live.
    pub(super) fn begin(self, what: Pressed) {
        focus::begin();
        self.follow_again();
        self.busy.set(Some(what));
        self.failure.set(None);
        self.watch.chosen.set(None);
    }

    pub(super) async fn open_tab2(self) {
        self.tab2.set(true);
        self.frame_is_here(Lifeline::Tab2).await;
        // The tab's own requests on load are not part of the action.
        self.quiet().await;
    }

    /// Causes an effect, and returns when its events have come.
    pub(super) async fn perform(self, effect: LeverEffect) -> Result<(), String> {
        let before = self.newest();
        let opens_a_page = !matches!(effect, LeverEffect::Run(_));
        let prepares = matches!(&effect, LeverEffect::Run(action) if action.only_prepares());
        if !opens_a_page {
            self.visit.set(None);
        }
        match effect {
            LeverEffect::Run(action) => self.act(action).await,
            LeverEffect::Attack(from) => self.visit(from),
            LeverEffect::Arrive => self.visit(ForeignOrigin::OtherSite),
            LeverEffect::Inject { policy } => self.inject(policy),
        }?;
        if opens_a_page || prepares {
            self.first_event(before).await;
        }
        if !prepares {
            self.quiet().await;
        }
        Ok(())
    }

    pub async fn act(self, action: Action) -> Result<(), String> {
        let Some(mount) = self.mount() else {
            return Err(no_sandbox().to_owned());
        };
        if action == Action::Reset {
            // The visitor wants the sandbox to end, so its "gone" notice is not shown.
            self.disconnect();
        }
        wire::post(&[&mount, "/-/act"].concat(), &action).await.map_err(|problem| problem.detail)?;
        if action == Action::Reset {
            self.reopen().await;
        }
        Ok(())
    }

    /// Sends an action that only changes how the visitor watches: nothing is told of it, and it may run while another is under way.
    pub fn set_playback(self, action: Action) {
        spawn_local(async move {
            if let Err(why) = self.act(action).await {
                self.failure.set(Some(ActionFailure { of: Pressed::Playback, why }));
            }
        });
    }

    /// Releases one waiting request, in step mode.
    pub fn step_request(self) {
        if untrack(|| self.settings()).is_some_and(|settings| settings.stepping) {
            self.set_playback(Action::Step);
        }
    }

    /// Every defence works again, and the network too.
    pub fn restore(self) {
        let Some(settings) = untrack(|| self.settings()) else { return };
        let network = (settings.network != Network::Up).then_some(Action::Network { state: Network::Up });
        let defences = settings.weak.into_iter().map(|defence| Action::Weaken { defence, weak: false });
        let all: Vec<Action> = defences.chain(network).collect();
        spawn_local(async move {
            for action in all {
                if let Err(why) = self.act(action).await {
                    return self.failure.set(Some(ActionFailure { of: Pressed::Playback, why }));
                }
            }
        });
    }

    /// What came of everything since that event: its story, or a word for what only prepares.
    pub(super) fn tell(self, before: u64, otherwise: &str) {
        let told = self.watch.events.with_untracked(|events| narration::told(events, before));
        let words: Vec<String> = told.iter().map(|sentence| sentence.words(lang())).collect();
        self.outcome.set(match words.as_slice() {
            [] => [t("Done. ", "Fertig. "), otherwise].concat(),
            words => words.join(" "),
        });
    }

    /// Waits until the first tab is loaded and what it does by itself is over.
    pub(super) async fn wait_for_sandbox(self) {
        while self.opened.with_untracked(Option::is_none) && self.closed.with_untracked(Option::is_none) {
            TimeoutFuture::new(50).await;
        }
        self.frame_is_here(Lifeline::Tab).await;
        self.quiet().await;
    }

    /// Waits for the first event of a page that acts once it has loaded.
    async fn first_event(self, before: u64) {
        let since = Stopwatch::start();
        while self.newest() <= before && since.elapsed_ms() < LONGEST {
            TimeoutFuture::new(100).await;
        }
    }

    pub(super) async fn quiet(self) {
        let since = Stopwatch::start();
        loop {
            TimeoutFuture::new(100).await;
            let still = self.last_event.get_value().as_ref().map_or(f64::MAX, Stopwatch::elapsed_ms);
            let is_over = still.min(since.elapsed_ms()) >= QUIET && !self.is_retrying() && self.waiting_requests() == 0;
            if is_over || since.elapsed_ms() >= LONGEST {
                return;
            }
        }
    }

    /// Whether a tab is retrying by itself because it got no response.
    fn is_retrying(self) -> bool {
        let up =
            untrack(|| self.settings()).is_none_or(|settings| settings.network == Network::Up && !settings.stepping);
        up && self.watch.events.with_untracked(|events| auth_state(events) == Some("offline"))
    }

    /// The number of requests that wait for the visitor, in step mode.
    pub fn waiting_requests(self) -> usize {
        use crate::lab::model::event::HoldReason::Visitor;
        self.watch.events.with_untracked(|events| {
            let held = events.iter().filter_map(|event| match &event.kind {
                LogEventKind::Held { why: Visitor, micros } => Some(*micros > 0),
                _ => None,
            });
            let (released, begun): (Vec<_>, Vec<_>) = held.partition(|released| *released);
            begun.len().saturating_sub(released.len())
        })
    }
}

/// All levers: the place of each is its number.
pub fn numbered(groups: &[LeverGroup]) -> impl Iterator<Item = &Lever> {
    groups.iter().flat_map(|group| &group.levers)
}

/// The auth state that the first tab reported last.
pub fn auth_state(events: &[LogEvent]) -> Option<&str> {
    events.iter().rev().find_map(|event| match &event.kind {
        LogEventKind::Seen { tab: Lifeline::Tab, seen: TabEvent::AuthState { state } } => Some(state.as_str()),
        _ => None,
    })
}
