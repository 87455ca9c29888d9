//! What the lab's page knows and does, without a view: the sandbox it opened, the stream it follows, the action under way and
//! what came of it. The views read these signals and call these functions; the events themselves are in the [`Watch`].

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::wire::{self, Channel, Stream, Word};
use crate::clock::Stopwatch;
use crate::lab::acts::{Act, Press, auth_state};
use crate::lab::event::{Action, Ask, Elsewhere, Event, Lifeline, Network, Opened, Settings, What};
use crate::lab::outcome;
use crate::lab::watch::Watch;

/// An action has ended when nothing has happened for so long.
const QUIET: f64 = 700.0;
/// What goes on for longer is told as it stands.
const LONGEST: f64 = 12_000.0;
/// A frame that is not there by then is not waited for.
const FRAME_LIMIT: Duration = Duration::from_secs(10);

/// Something that went wrong, and the button it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct Trouble {
    pub of: &'static str,
    pub why: String,
}

/// A page in a frame that is not the app: somebody else's, or one with a script in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Visit {
    pub title: &'static str,
    pub address: String,
    /// So that the same address can be visited again.
    pub number: u32,
}

#[derive(Clone, Copy)]
pub struct Room {
    pub watch: Watch,
    pub opened: RwSignal<Option<Opened>>,
    /// Why there is nothing to see, when there is nothing.
    pub closed: RwSignal<Option<String>>,
    /// The name of the action under way.
    pub busy: RwSignal<Option<&'static str>>,
    pub trouble: RwSignal<Option<Trouble>>,
    pub outcome: RwSignal<String>,
    /// The tabs whose frames are there and listen.
    pub here: RwSignal<Vec<Lifeline>>,
    pub tab2: RwSignal<bool>,
    pub visit: RwSignal<Option<Visit>>,
    /// The live log while an imported one is looked at.
    stash: RwSignal<Option<Vec<Event>>>,
    /// What came since the last frame.
    fresh: StoredValue<Vec<Event>>,
    last_event: StoredValue<Option<Stopwatch>>,
    lines: StoredValue<Option<Lines>, LocalStorage>,
}

struct Lines {
    channel: Option<Channel>,
    _stream: Option<Stream>,
}

impl Room {
    pub fn new() -> Self {
        Self {
            watch: Watch::default(),
            opened: RwSignal::new(None),
            closed: RwSignal::new(None),
            busy: RwSignal::new(None),
            trouble: RwSignal::new(None),
            outcome: RwSignal::new(String::new()),
            here: RwSignal::new(Vec::new()),
            tab2: RwSignal::new(false),
            visit: RwSignal::new(None),
            stash: RwSignal::new(None),
            fresh: StoredValue::new(Vec::new()),
            last_event: StoredValue::new(None),
            lines: StoredValue::new_local(None),
        }
    }

    /// Gets a sandbox and follows it.
    pub async fn open(self) {
        match wire::post_for::<Opened>("/lab/open", &()).await {
            Ok(opened) => {
                self.connect(&opened.mount);
                self.opened.set(Some(opened));
            }
            Err(problem) => self.closed.set(Some(problem.detail)),
        }
    }

    fn connect(self, mount: &str) {
        let channel = Channel::open(mount);
        if let Some(channel) = &channel {
            channel.hear(move |word| {
                if let Word::Here { tab } = word {
                    self.here.update(|here| {
                        if !here.contains(&tab) {
                            here.push(tab);
                        }
                    });
                }
            });
        }
        let stream = Stream::open(&[mount, "/-/events"].concat());
        if let Some(stream) = &stream {
            stream.on("event", move |data| {
                if let Ok(event) = serde_json::from_str(&data) {
                    self.heard(event);
                }
            });
            stream.on("ask", move |data| {
                if let Ok(ask) = serde_json::from_str(&data) {
                    self.pass_on(ask);
                }
            });
            stream.on("gone", move |_| self.gone());
        }
        self.lines.set_value(Some(Lines { channel, _stream: stream }));
    }

    /// The stream is closed with it: it would be opened again and again.
    fn gone(self) {
        self.lines.set_value(None);
        self.closed.set(Some("This sandbox was wiped, because nobody had used it for a while.".to_owned()));
    }

    fn pass_on(self, ask: Ask) {
        spawn_local(async move {
            if ask.tab == Lifeline::Tab2 {
                self.tab2.set(true);
            }
            self.frame_is_here(ask.tab).await;
            self.lines.with_value(|lines| {
                if let Some(Lines { channel: Some(channel), .. }) = lines {
                    channel.say(&Word::Please { ask });
                }
            });
        });
    }

    async fn frame_is_here(self, tab: Lifeline) {
        let since = Stopwatch::start();
        while !self.here.with_untracked(|here| here.contains(&tab))
            && since.elapsed_ms() < FRAME_LIMIT.as_secs_f64() * 1000.0
        {
            TimeoutFuture::new(50).await;
        }
    }

    /// Many events come together, so the page takes them once a frame.
    fn heard(self, event: Event) {
        self.last_event.set_value(Some(Stopwatch::start()));
        let first = self.fresh.try_update_value(|fresh| {
            fresh.push(event);
            fresh.len() == 1
        });
        if first == Some(true) {
            request_animation_frame(move || self.take_in());
        }
    }

    fn take_in(self) {
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

    /// Shows an exported log instead of the live one.
    pub fn replay(self, events: Vec<Event>) {
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

    /// What the visitor has set, as it stands at the moment looked at.
    pub fn settings(self) -> Option<Settings> {
        let upto = self.watch.upto();
        self.watch.events.with(|events| {
            events.get(..upto)?.iter().rev().find_map(|event| match &event.what {
                What::Settings { settings } => Some(settings.clone()),
                _ => None,
            })
        })
    }

    pub fn press(self, act: Act) {
        if self.busy.get_untracked().is_some() || self.stash.with_untracked(Option::is_some) {
            return;
        }
        self.busy.set(Some(act.name));
        self.trouble.set(None);
        self.watch.chosen.set(None);
        spawn_local(async move {
            if act.needs_tab2 {
                self.tab2.set(true);
                self.frame_is_here(Lifeline::Tab2).await;
                // What it does when it opens does not belong to the action.
                self.quiet().await;
            }
            let before = self.newest();
            let done = match act.press {
                Press::Do(action) => self.act(action).await,
                Press::Attack(from) => self.visit(act.name, from),
                Press::Arrive => self.visit(act.name, Elsewhere::OtherSite),
                Press::Inject { policy } => self.inject(act.name, policy),
            };
            match done {
                Ok(()) => self.tell_the_outcome(before, act.watch_for).await,
                Err(why) => self.trouble.set(Some(Trouble { of: act.name, why })),
            }
            self.busy.set(None);
        });
    }

    /// The number of the newest event, shown or not yet.
    fn newest(self) -> u64 {
        let shown = self.watch.events.with_untracked(|events| events.last().map_or(0, |event| event.seq));
        self.fresh.with_value(|fresh| fresh.last().map_or(shown, |event| event.seq))
    }

    pub async fn act(self, action: Action) -> Result<(), String> {
        let Some(mount) = self.mount() else { return Err("There is no sandbox yet.".to_owned()) };
        if action == Action::Reset {
            // Its end is wanted, so nobody needs to be told of it.
            self.lines.set_value(None);
        }
        wire::post(&[&mount, "/-/act"].concat(), &action).await.map_err(|problem| problem.detail)?;
        if action == Action::Reset {
            self.begin_anew().await;
        }
        Ok(())
    }

    async fn begin_anew(self) {
        self.opened.set(None);
        self.here.set(Vec::new());
        self.tab2.set(false);
        self.visit.set(None);
        self.watch.chosen.set(None);
        self.fresh.set_value(Vec::new());
        self.watch.events.set(Vec::new());
        self.open().await;
    }

    pub fn turn_tab2(self) {
        self.here.update(|here| here.retain(|tab| *tab != Lifeline::Tab2));
        self.tab2.update(|shown| *shown = !*shown);
    }

    pub fn mount(self) -> Option<String> {
        self.opened.with_untracked(|opened| opened.as_ref().map(|opened| opened.mount.clone()))
    }

    fn visit(self, title: &'static str, from: Elsewhere) -> Result<(), String> {
        let opened = self.opened.get_untracked().ok_or("There is no sandbox yet.")?;
        let origin = match from {
            Elsewhere::OtherSite => opened.other_site,
            Elsewhere::OtherPort => opened.other_port,
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
        self.visit.set(Some(Visit { title, address, number }));
    }

    async fn tell_the_outcome(self, before: u64, watch_for: &str) {
        self.quiet().await;
        let sentence = self.watch.events.with_untracked(|events| {
            let from = events.partition_point(|event| event.seq <= before);
            outcome::in_words(events.get(from..).unwrap_or_default())
        });
        self.outcome.set(sentence.unwrap_or_else(|| ["Done. ", watch_for].concat()));
    }

    async fn quiet(self) {
        let since = Stopwatch::start();
        loop {
            TimeoutFuture::new(100).await;
            let still = self.last_event.get_value().as_ref().map_or(f64::MAX, Stopwatch::elapsed_ms);
            let is_over = still.min(since.elapsed_ms()) >= QUIET && !self.tries_again();
            if is_over || since.elapsed_ms() >= LONGEST {
                return;
            }
        }
    }

    /// A tab that got no answer asks again by itself, where it can.
    fn tries_again(self) -> bool {
        let up =
            untrack(|| self.settings()).is_none_or(|settings| settings.network == Network::Up && !settings.stepping);
        up && self.watch.events.with_untracked(|events| auth_state(events) == Some("offline"))
    }

    /// To the event before or after the one looked at.
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

    /// Stops at the newest event, or follows again.
    pub fn pause(self) {
        let newest = self.watch.events.with_untracked(|events| events.last().map(|event| event.seq));
        self.watch.chosen.update(|chosen| *chosen = if chosen.is_some() { None } else { newest });
    }
}

/// A stream that was interrupted begins with what is known.
fn append(log: &mut Vec<Event>, fresh: Vec<Event>) {
    for event in fresh {
        if log.last().is_none_or(|last| event.seq > last.seq) {
            log.push(event);
        }
    }
}
