//! The page's state and commands without a view (a view model): the sandbox it opened, the stream it follows, the action in progress
//! and its summary. The views read these signals and call these functions; the events themselves are in the [`Watch`].

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::clock::Stopwatch;
use crate::dom;
use crate::lab::frame::wire::{self, EventStream, FrameChannel, FrameMessage};
use crate::lab::model::actions::{ActionButton, ButtonEffect};
use crate::lab::model::event::{
    Action, ForeignOrigin, Lifeline, LogEvent, LogEventKind, Network, OpenedSandbox, SandboxEnd, SandboxSettings,
    TabCommand,
};
use crate::lab::model::{summary, tour::auth_state, watch::Watch};
use crate::lab::page::foreign_visit::ForeignVisit;
use crate::lab::page::stream_share::StreamShare;
use crate::protocol::problem::Problem;

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

#[derive(Clone, Copy)]
pub struct LabState {
    pub watch: Watch,
    pub opened: RwSignal<Option<OpenedSandbox>>,
    /// Why there is no sandbox.
    pub closed: RwSignal<Option<String>>,
    /// Why there is none yet, while the page tries again.
    pub waiting: RwSignal<Option<String>>,
    /// The page does not follow its sandbox, because newer pages of this browser do.
    pub stopped: RwSignal<bool>,
    /// The name of the action in progress.
    pub busy: RwSignal<Option<&'static str>>,
    pub failure: RwSignal<Option<ActionFailure>>,
    pub summary: RwSignal<String>,
    /// The tabs whose frames are loaded and listen.
    pub ready: RwSignal<Vec<Lifeline>>,
    pub tab2: RwSignal<bool>,
    pub visit: RwSignal<Option<ForeignVisit>>,
    /// The live log while an imported one is shown.
    pub(super) stash: RwSignal<Option<Vec<LogEvent>>>,
    /// Events since the last animation frame.
    fresh: StoredValue<Vec<LogEvent>>,
    last_event: StoredValue<Option<Stopwatch>>,
    connections: StoredValue<Option<Connections>, LocalStorage>,
    share: StoredValue<Option<StreamShare>, LocalStorage>,
}

struct Connections {
    channel: Option<FrameChannel>,
    stream: Option<EventStream>,
}

impl LabState {
    pub fn new() -> Self {
        Self {
            watch: Watch::default(),
            opened: RwSignal::new(None),
            closed: RwSignal::new(None),
            waiting: RwSignal::new(None),
            stopped: RwSignal::new(false),
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
            share: StoredValue::new_local(None),
        }
    }

    /// Opens a sandbox and follows its stream. When there is no place, it waits as long as the server says and tries again.
    pub async fn open(self) {
        loop {
            match wire::post_for::<OpenedSandbox>("/lab/open", &()).await {
                Ok(opened) => {
                    self.waiting.set(None);
                    self.connect(&opened.mount);
                    self.opened.set(Some(opened));
                    return;
                }
                Err(Problem { retry_after: Some(seconds), detail, .. }) => {
                    self.waiting.set(Some([&detail, " This page tries by itself."].concat()));
                    TimeoutFuture::new(seconds.clamp(1, 60) * 1000).await;
                }
                Err(problem) => {
                    self.closed.set(Some(problem.detail));
                    return;
                }
            }
        }
    }

    /// Follows the stream again, after other pages did.
    pub fn follow_again(self) {
        if let Some(mount) = self.mount().filter(|_| self.stopped.get_untracked()) {
            self.follow(&mount);
        }
    }

    fn share(self) -> StreamShare {
        if let Some(share) = self.share.get_value() {
            return share;
        }
        let share = StreamShare::new(move || {
            self.set_stream(None);
            self.stopped.set(true);
        });
        if let Some(document) = dom::document() {
            dom::on(&document, "visibilitychange", move |_| {
                if dom::is_visible() {
                    self.follow_again();
                }
            });
        }
        self.share.set_value(Some(share.clone()));
        share
    }

    fn set_stream(self, stream: Option<EventStream>) {
        self.connections.update_value(|connections| {
            if let Some(connections) = connections {
                connections.stream = stream;
            }
        });
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
        self.connections.set_value(Some(Connections { channel, stream: None }));
        self.follow(mount);
    }

    /// Follows the stream after the newest event that has come.
    fn follow(self, mount: &str) {
        self.share().follow();
        self.stopped.set(false);
        let mut stream = EventStream::open(&[mount, "/-/events?after=", &self.newest().to_string()].concat());
        if let Some(stream) = &mut stream {
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
            stream.on("gone", move |data| self.gone(serde_json::from_str(&data).unwrap_or(SandboxEnd::Idle)));
        }
        self.set_stream(stream);
    }

    /// Closes the stream as well, or the browser would reconnect for ever.
    fn gone(self, why: SandboxEnd) {
        self.disconnect();
        self.closed.set(Some(why.sentence().to_owned()));
    }

    fn disconnect(self) {
        self.connections.set_value(None);
        self.share().leave();
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
        self.follow_again();
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
        let last = |events: &Vec<LogEvent>| events.last().map_or(0, |event| event.seq);
        let shown = match self.stash.with_untracked(|stash| stash.as_ref().map(last)) {
            Some(seq) => seq,
            None => self.watch.events.with_untracked(last),
        };
        self.fresh.with_value(|fresh| fresh.last().map_or(shown, |event| event.seq))
    }

    pub async fn act(self, action: Action) -> Result<(), String> {
        let Some(mount) = self.mount() else { return Err("There is no sandbox yet.".to_owned()) };
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
}

/// Skips known events: a stream that reconnected may repeat some.
fn append(log: &mut Vec<LogEvent>, fresh: Vec<LogEvent>) {
    for event in fresh {
        if log.last().is_none_or(|last| event.seq > last.seq) {
            log.push(event);
        }
    }
}
