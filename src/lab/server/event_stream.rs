//! The event log as server-sent events (SSE). A browser reconnects by itself and sends `Last-Event-ID`, so no event is missed.
//! The stream also carries commands for the tabs, to one page only, and the notice that the sandbox is gone.
//!
//! A stream whose reader is slow holds neither the sandbox nor its events: it looks for the next event when the last one is sent,
//! so what it costs is one event and the connection's buffer.

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
    time::Duration,
};

use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures::Stream;
use tokio::sync::{broadcast, watch};

use super::sandbox::Sandbox;
use super::sandboxes::StreamPermit;
use crate::lab::model::event::{SandboxEnd, TabCommand};

pub const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The events after `seq`, and all later ones.
pub fn follow(
    sandbox: &Arc<Sandbox>,
    permit: StreamPermit,
    seq: u64,
    stopping: watch::Receiver<bool>,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>> + use<>> {
    let follower = Follower {
        number: sandbox.page.new_stream(),
        latest: sandbox.log.watch(),
        commands: sandbox.page.commands(),
        gone: sandbox.page.gone(),
        stopping,
        seq,
        over: false,
        sandbox: Arc::downgrade(sandbox),
        _permit: permit,
    };
    let lines = futures::stream::unfold(follower, async |mut follower| Some((Ok(follower.next().await?), follower)));
    Sse::new(lines).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

struct Follower {
    sandbox: Weak<Sandbox>,
    number: u64,
    latest: watch::Receiver<u64>,
    commands: broadcast::Receiver<TabCommand>,
    gone: watch::Receiver<Option<SandboxEnd>>,
    stopping: watch::Receiver<bool>,
    /// Of the event that was sent last.
    seq: u64,
    over: bool,
    _permit: StreamPermit,
}

impl Follower {
    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if self.over {
                return None;
            }
            let end = *self.gone.borrow();
            let Some(sandbox) = self.sandbox.upgrade().filter(|_| end.is_none()) else {
                self.over = true;
                return Some(line("gone", &end.unwrap_or(SandboxEnd::Idle)));
            };
            self.latest.mark_unchanged();
            if let Some(event) = sandbox.log.next_after(self.seq) {
                self.seq = event.seq;
                return Some(line("event", &*event).id(event.seq.to_string()));
            }
            drop(sandbox);
            let carries_commands =
                || self.sandbox.upgrade().is_some_and(|sandbox| sandbox.page.is_newest_stream(self.number));
            tokio::select! {
                _ = self.latest.changed() => {}
                command = self.commands.recv() => {
                    if let Ok(command) = command && carries_commands() {
                        return Some(line("ask", &command));
                    }
                }
                _ = self.gone.wait_for(Option::is_some) => {}
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
    }
}

fn line(name: &str, data: &impl serde::Serialize) -> SseEvent {
    SseEvent::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}
