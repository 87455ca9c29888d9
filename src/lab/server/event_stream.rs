//! The event log as server-sent events (SSE). A browser reconnects by itself and sends `Last-Event-ID`, so no event is missed.
//! The stream also carries commands for the tabs, to one page only, and the notice that the sandbox is gone.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures::Stream;
use tokio::sync::{broadcast, watch};

use super::sandbox::Sandbox;
use crate::lab::model::event::{LogEvent, TabCommand};

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The events after `seq`, and all later ones.
pub fn follow(
    sandbox: Arc<Sandbox>,
    seq: u64,
    stopping: watch::Receiver<bool>,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let follower = Follower {
        number: sandbox.page.new_stream(),
        latest: sandbox.log.watch(),
        commands: sandbox.page.commands(),
        gone: sandbox.page.gone(),
        stopping,
        read: VecDeque::new(),
        seq,
        over: false,
        sandbox,
    };
    let lines = futures::stream::unfold(follower, async |mut follower| Some((Ok(follower.next().await?), follower)));
    Sse::new(lines).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

struct Follower {
    sandbox: Arc<Sandbox>,
    number: u64,
    latest: watch::Receiver<u64>,
    commands: broadcast::Receiver<TabCommand>,
    gone: watch::Receiver<bool>,
    stopping: watch::Receiver<bool>,
    /// Read from the log and not yet sent.
    read: VecDeque<LogEvent>,
    seq: u64,
    over: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if self.over {
                return None;
            }
            if self.read.is_empty() {
                self.latest.mark_unchanged();
                self.read = self.sandbox.log.after(self.seq).into();
            }
            if let Some(event) = self.read.pop_front() {
                self.seq = event.seq;
                return Some(line("event", &event).id(event.seq.to_string()));
            }
            tokio::select! {
                changed = self.latest.changed() => changed.ok()?,
                command = self.commands.recv() => match command {
                    Ok(command) if self.sandbox.page.is_newest_stream(self.number) => return Some(line("ask", &command)),
                    _ => {}
                },
                _ = self.gone.wait_for(|gone| *gone) => {
                    self.over = true;
                    return Some(SseEvent::default().event("gone").data("{}"));
                }
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
    }
}

fn line(name: &str, data: &impl serde::Serialize) -> SseEvent {
    SseEvent::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}
