//! The page's state and commands without a view (a view model): the sandbox it opened, the stream it follows, the action in progress
//! and its summary. The views read these signals and call these functions; the events themselves are in the [`Watch`].

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::clock::Stopwatch;
use crate::lab::frame::wire::{self, EventStream, FrameChannel, FrameMessage};
use crate::lab::model::actions::{ActionButton, ButtonEffect};
use crate::lab::model::event::{
    Action, ForeignOrigin, Lifeline, LogEvent, LogEventKind, Network, OpenedSandbox, SandboxSettings, TabCommand,
};
use crate::lab::model::summary;
use crate::lab::model::{tour::auth_state, watch::Watch};

/// An action has ended when no event came for this long (debounce). Milliseconds.
const QUIET: f64 = 700.0;
/// An action that takes longer is summarized as it stands. Milliseconds.
const LONGEST: f64 = 12_000.0;
/// The button that shows errors of the playback controls.
pub const STEPPING: &str = "Step by step";
/// How long to wait for a frame.
const FRAME_TIMEOUT: Duration = Duration::from_secs(10);

/// An error, and the button it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct ActionFailure {
    pub of: &'static str,
    pub why: String,
}

/// A page in a frame that is not the app: an attacker's, or one with an injected script.
#[derive(Clone, PartialEq, Eq)]
pub struct ForeignVisit {
    pub title: &'static str,
    pub address: String,
    /// Distinguishes repeated visits of one address.
    pub number: u32,
}

#[derive(Clone, Copy)]
pub struct LabState {
    pub watch: Watch,
    pub opened: RwSignal<Option<OpenedSandbox>>,
    /// Why there is no sandbox.
    pub closed: RwSignal<Option<String>>,
    /// The name of the action in progress.
    pub busy: RwSignal<Option<&'static str>>,
    pub failure: RwSignal<Option<ActionFailure>>,
    pub summary: RwSignal<String>,
    /// The tabs whose frames are loaded and listen.
    pub ready: RwSignal<Vec<Lifeline>>,
    pub tab2: RwSignal<bool>,
    pub visit: RwSignal<Option<ForeignVisit>>,
    /// The live log while an imported one is shown.
    stash: RwSignal<Option<Vec<LogEvent>>>,
    /// Events since the last animation frame.
    fresh: StoredValue<Vec<LogEvent>>,
    last_event: StoredValue<Option<Stopwatch>>,
    connections: StoredValue<Option<Connections>, LocalStorage>,
}

struct Connections {
    channel: Option<FrameChannel>,
    _stream: Option<EventStream>,
}

impl LabState {
    pub fn new() -> Self {
        Self {
            watch: Watch::default(),
            opened: RwSignal::new(None),
            closed: RwSignal::new(None),
            busy: RwSignal::new(None),
            failure: RwSignal::new(None),
            summary: RwSignal::new(String::new()),
            ready: RwSignal::new(Vec::new()),
            tab2: RwSignal::new(false),
            visit: RwSignal::new(None),
            stash: RwSignal::new(None),
            fresh: StoredValue::new(Vec::new()),
            last_event: StoredValue::new(None),
            connections: StoredValue::new_local(None),
        }
    }

    /// Opens a sandbox and follows its stream.
    pub async fn open(self) {
        match wire::post_for::<OpenedSandbox>("/lab/open", &()).await {
            Ok(opened) => {
                self.connect(&opened.mount);
                self.opened.set(Some(opened));
            }
            Err(problem) => self.closed.set(Some(problem.detail)),
        }
    }

    fn connect(self, mount: &str) {
        let channel = FrameChannel::open(mount);
        if let Some(channel) = &channel {
            channel.hear(move |message| {
                if let FrameMessage::Ready { tab } = message {
                    self.ready.update(|here| {
                        if !here.contains(&tab) {
                            here.push(tab);
                        }
                    });
                }
            });
        }
        let stream = EventStream::open(&[mount, "/-/events"].concat());
        if let Some(stream) = &stream {
            stream.on("event", move |data| {
                if let Ok(event) = serde_json::from_str(&data) {
                    self.receive(event);
                }
            });
            stream.on("ask", move |data| {
                if let Ok(command) = serde_json::from_str(&data) {
                    self.pass_on(command);
                }
            });
            stream.on("gone", move |_| self.gone());
        }
        self.connections.set_value(Some(Connections { channel, _stream: stream }));
    }

    /// Closes the stream as well, or the browser would reconnect for ever.
    fn gone(self) {
        self.connections.set_value(None);
        self.closed.set(Some("This sandbox was wiped, because nobody had used it for a while.".to_owned()));
    }

    fn pass_on(self, command: TabCommand) {
        spawn_local(async move {
            if command.tab == Lifeline::Tab2 {
                self.tab2.set(true);
            }
            self.frame_is_here(command.tab).await;
            self.connections.with_value(|connections| {
                if let Some(Connections { channel: Some(channel), .. }) = connections {
                    channel.say(&FrameMessage::Command { command });
                }
            });
        });
    }

    async fn frame_is_here(self, tab: Lifeline) {
        let since = Stopwatch::start();
        while !self.ready.with_untracked(|here| here.contains(&tab))
            && since.elapsed_ms() < FRAME_TIMEOUT.as_secs_f64() * 1000.0
        {
            TimeoutFuture::new(50).await;
        }
    }

    /// Events arrive in bursts, so they are batched once per animation frame.
    fn receive(self, event: LogEvent) {
        self.last_event.set_value(Some(Stopwatch::start()));
        let first = self.fresh.try_update_value(|fresh| {
            fresh.push(event);
            fresh.len() == 1
        });
        if first == Some(true) {
            request_animation_frame(move || self.flush());
        }
    }

    fn flush(self) {
        let fresh = self.fresh.try_update_value(std::mem::take).unwrap_or_default();
        if self.stash.with_untracked(Option::is_some) {
            self.stash.update_untracked(|stash| {
                if let Some(live) = stash {
                    append(live, fresh);
                }
            });
        } else {
            self.watch.events.update(|log| append(log, fresh));
        }
    }

    pub fn is_replaying(self) -> bool {
        self.stash.with(Option::is_some)
    }

    /// Shows an imported log instead of the live one.
    pub fn replay(self, events: Vec<LogEvent>) {
        let first = events.first().map(|event| event.seq);
        let live = self.watch.events.try_update(|shown| std::mem::replace(shown, events)).unwrap_or_default();
        if self.stash.with_untracked(Option::is_none) {
            self.stash.set(Some(live));
        }
        self.watch.chosen.set(first);
    }

    pub fn back_to_live(self) {
        if let Some(live) = self.stash.try_update(Option::take).flatten() {
            self.watch.events.set(live);
            self.watch.chosen.set(None);
        }
    }

    /// The sandbox's settings at the chosen moment.
    pub fn settings(self) -> Option<SandboxSettings> {
        let upto = self.watch.upto();
        self.watch.events.with(|events| {
            events.get(..upto)?.iter().rev().find_map(|event| match &event.kind {
                LogEventKind::Settings { settings } => Some(settings.clone()),
                _ => None,
            })
        })
    }

    pub fn press(self, button: ActionButton) {
        if self.busy.get_untracked().is_some() || self.stash.with_untracked(Option::is_some) {
            return;
        }
        self.busy.set(Some(button.name));
        self.failure.set(None);
        self.watch.chosen.set(None);
        spawn_local(async move {
            if button.needs_tab2 {
                self.tab2.set(true);
                self.frame_is_here(Lifeline::Tab2).await;
                // The tab's own requests on load are not part of the action.
                self.quiet().await;
            }
            let before = self.newest();
            let opens_a_page = !matches!(button.effect, ButtonEffect::Run(_));
            let prepares = matches!(&button.effect, ButtonEffect::Run(action) if action.only_prepares());
            let done = match button.effect {
                ButtonEffect::Run(action) => self.act(action).await,
                ButtonEffect::Attack(from) => self.visit(button.name, from),
                ButtonEffect::Arrive => self.visit(button.name, ForeignOrigin::OtherSite),
                ButtonEffect::Inject { policy } => self.inject(button.name, policy),
            };
            match done {
                Ok(()) => {
                    if opens_a_page || prepares {
                        self.first_event(before).await;
                    }
                    if !prepares {
                        self.quiet().await;
                    }
                    self.summarize_action(before, button.watch_for);
                }
                Err(why) => self.failure.set(Some(ActionFailure { of: button.name, why })),
            }
            self.busy.set(None);
        });
    }

    /// The `seq` of the newest event, shown or not yet.
    fn newest(self) -> u64 {
        let shown = self.watch.events.with_untracked(|events| events.last().map_or(0, |event| event.seq));
        self.fresh.with_value(|fresh| fresh.last().map_or(shown, |event| event.seq))
    }

    pub async fn act(self, action: Action) -> Result<(), String> {
        let Some(mount) = self.mount() else { return Err("There is no sandbox yet.".to_owned()) };
        if action == Action::Reset {
            // The visitor wants the sandbox to end, so its "gone" notice is not shown.
            self.connections.set_value(None);
        }
        wire::post(&[&mount, "/-/act"].concat(), &action).await.map_err(|problem| problem.detail)?;
        if action == Action::Reset {
            self.reopen().await;
        }
        Ok(())
    }

    /// Sends an action that only changes how the visitor watches: it has no summary, and may run while another action is in
    /// progress.
    pub fn set_playback(self, action: Action) {
        spawn_local(async move {
            if let Err(why) = self.act(action).await {
                self.failure.set(Some(ActionFailure { of: STEPPING, why }));
            }
        });
    }

    /// Releases one waiting request, in step mode.
    pub fn step_request(self) {
        if untrack(|| self.settings()).is_some_and(|settings| settings.stepping) {
            self.set_playback(Action::Step);
        }
    }

    async fn reopen(self) {
        self.opened.set(None);
        self.ready.set(Vec::new());
        self.tab2.set(false);
        self.visit.set(None);
        self.watch.chosen.set(None);
        self.fresh.set_value(Vec::new());
        self.watch.events.set(Vec::new());
        self.open().await;
    }

    pub fn turn_tab2(self) {
        self.ready.update(|here| here.retain(|tab| *tab != Lifeline::Tab2));
        self.tab2.update(|shown| *shown = !*shown);
    }

    pub fn mount(self) -> Option<String> {
        self.opened.with_untracked(|opened| opened.as_ref().map(|opened| opened.mount.clone()))
    }

    fn visit(self, title: &'static str, from: ForeignOrigin) -> Result<(), String> {
        let opened = self.opened.get_untracked().ok_or("There is no sandbox yet.")?;
        let origin = match from {
            ForeignOrigin::OtherSite => opened.other_site,
            ForeignOrigin::OtherPort => opened.other_port,
        };
        let origin = origin.ok_or("This lab has no second address to attack from: start it on your own machine.")?;
        let own = window().location().origin().unwrap_or_default();
        self.show(title, format!("{origin}/attack?mount={}&origin={own}", opened.mount));
        Ok(())
    }

    fn inject(self, title: &'static str, policy: bool) -> Result<(), String> {
        let mount = self.mount().ok_or("There is no sandbox yet.")?;
        self.show(title, format!("{mount}/-/injection?policy={}", if policy { "on" } else { "off" }));
        Ok(())
    }

    fn show(self, title: &'static str, address: String) {
        let number = self.visit.with_untracked(|visit| visit.as_ref().map_or(0, |visit| visit.number + 1));
        self.visit.set(Some(ForeignVisit { title, address, number }));
    }

    fn summarize_action(self, before: u64, watch_for: &str) {
        let sentence = self.watch.events.with_untracked(|events| {
            let from = events.partition_point(|event| event.seq <= before);
            summary::summarize(events.get(from..).unwrap_or_default())
        });
        self.summary.set(sentence.unwrap_or_else(|| ["Done. ", watch_for].concat()));
    }

    /// Waits for the first event of a page that acts once it has loaded.
    async fn first_event(self, before: u64) {
        let since = Stopwatch::start();
        while self.newest() <= before && since.elapsed_ms() < LONGEST {
            TimeoutFuture::new(100).await;
        }
    }

    async fn quiet(self) {
        let since = Stopwatch::start();
        loop {
            TimeoutFuture::new(100).await;
            let still = self.last_event.get_value().as_ref().map_or(f64::MAX, Stopwatch::elapsed_ms);
            let is_over = still.min(since.elapsed_ms()) >= QUIET && !self.is_retrying();
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

    /// Moves to the event after or before the chosen moment.
    pub fn step(self, forwards: bool) {
        let chosen = self.watch.chosen.get_untracked();
        let next = self.watch.events.with_untracked(|events| {
            let at = match chosen {
                Some(seq) => events.partition_point(|event| event.seq <= seq),
                None => events.len(),
            };
            let to = if forwards { at + 1 } else { at.saturating_sub(1).max(1) };
            events.get(to - 1).map(|event| event.seq)
        });
        if next.is_some() || !forwards {
            self.watch.chosen.set(next);
        }
    }

    /// Stops at the newest event, or follows live again.
    pub fn pause(self) {
        let newest = self.watch.events.with_untracked(|events| events.last().map(|event| event.seq));
        self.watch.chosen.update(|chosen| *chosen = if chosen.is_some() { None } else { newest });
    }
}

/// Skips known events: a stream that reconnected may repeat some.
fn append(log: &mut Vec<LogEvent>, fresh: Vec<LogEvent>) {
    for event in fresh {
        if log.last().is_none_or(|last| event.seq > last.seq) {
            log.push(event);
        }
    }
}
