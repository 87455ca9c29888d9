//! The page's state without a view (a view model): the sandbox it opened and the stream it follows. The views read these signals;
//! the events themselves are in the [`Watch`], and what can be done is in `acting` and in `course`.

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::clock::Stopwatch;
use crate::dom;
use crate::lab::frame::wire::{self, EventStream, FrameChannel, FrameMessage};
use crate::lab::model::event::{
    Lifeline, LogEvent, LogEventKind, OpenedSandbox, SandboxEnd, SandboxSettings, TabCommand,
};
use crate::lab::model::lever::LeverGroup;
use crate::lab::model::watch::Watch;
use crate::lab::page::course::Course;
use crate::lab::page::foreign_visit::ForeignVisit;
use crate::lab::page::stream_share::StreamShare;
use crate::lab::words::t;
use crate::protocol::problem::Problem;

/// How long to wait for a frame.
pub(super) const FRAME_TIMEOUT: Duration = Duration::from_secs(10);

/// What a visitor has pressed: where it is marked as under way, and where its error is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// The controls of the playback.
    Playback,
    Scene,
    /// A lever, by its number.
    Lever(usize),
}

/// An error, and what it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct ActionFailure {
    pub of: Pressed,
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
    /// What is under way.
    pub busy: RwSignal<Option<Pressed>>,
    pub failure: RwSignal<Option<ActionFailure>>,
    /// What came of the last action, in words.
    pub outcome: RwSignal<String>,
    pub course: Course,
    /// The levers of free play, once they have come.
    pub levers: RwSignal<Vec<LeverGroup>>,
    /// Every lever is shown instead of the scenes.
    pub free: RwSignal<bool>,
    /// The sequence diagram is shown instead of the map.
    pub sequence: RwSignal<bool>,
    /// The index of the inspector's tab that is shown.
    pub panel: RwSignal<usize>,
    /// The tabs whose frames are loaded and listen.
    pub ready: RwSignal<Vec<Lifeline>>,
    pub tab2: RwSignal<bool>,
    pub visit: RwSignal<Option<ForeignVisit>>,
    /// The live log while an imported one is shown.
    pub(super) stash: RwSignal<Option<Vec<LogEvent>>>,
    /// Events since the last animation frame.
    fresh: StoredValue<Vec<LogEvent>>,
    pub(super) last_event: StoredValue<Option<Stopwatch>>,
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
            outcome: RwSignal::new(String::new()),
            course: Course::new(),
            levers: RwSignal::new(Vec::new()),
            free: RwSignal::new(false),
            sequence: RwSignal::new(false),
            panel: RwSignal::new(0),
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
                    self.waiting.set(Some(
                        [&detail, " ", t("This page tries by itself.", "Diese Seite versucht es von selbst.")].concat(),
                    ));
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

    pub(super) fn disconnect(self) {
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

    pub(super) async fn frame_is_here(self, tab: Lifeline) {
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

    /// The `seq` of the newest event, shown or not yet.
    pub(super) fn newest(self) -> u64 {
        let last = |events: &Vec<LogEvent>| events.last().map_or(0, |event| event.seq);
        let shown = match self.stash.with_untracked(|stash| stash.as_ref().map(last)) {
            Some(seq) => seq,
            None => self.watch.events.with_untracked(last),
        };
        self.fresh.with_value(|fresh| fresh.last().map_or(shown, |event| event.seq))
    }

    /// Another sandbox, without anything of the one before.
    pub(super) async fn reopen(self) {
        self.opened.set(None);
        self.ready.set(Vec::new());
        self.tab2.set(false);
        self.visit.set(None);
        self.watch.chosen.set(None);
        self.watch.since.set(None);
        self.outcome.set(String::new());
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
}

/// Skips known events: a stream that reconnected may repeat some.
fn append(log: &mut Vec<LogEvent>, fresh: Vec<LogEvent>) {
    for event in fresh {
        if log.last().is_none_or(|last| event.seq > last.seq) {
            log.push(event);
        }
    }
}
