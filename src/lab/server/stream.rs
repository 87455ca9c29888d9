//! The log as it grows, to the visitor's page: server-sent events, because they come back by themselves after a break and say
//! where they were. Beside the events go the asks, to one page only, and the word that the sandbox is gone.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::response::sse::{Event as Line, KeepAlive, Sse};
use futures::Stream;
use tokio::sync::{broadcast, watch};

use super::sandbox::Sandbox;
use crate::lab::event::{Ask, Event};

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The events after `seq`, and all that follow.
pub fn follow(
    sandbox: Arc<Sandbox>,
    seq: u64,
    stopping: watch::Receiver<bool>,
) -> Sse<impl Stream<Item = Result<Line, Infallible>>> {
    let follower = Follower {
        number: sandbox.new_stream(),
        latest: sandbox.log.watch(),
        asks: sandbox.asks.subscribe(),
        gone: sandbox.gone(),
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
    asks: broadcast::Receiver<Ask>,
    gone: watch::Receiver<bool>,
    stopping: watch::Receiver<bool>,
    /// Read from the log and not yet sent.
    read: VecDeque<Event>,
    seq: u64,
    over: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Line> {
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
                ask = self.asks.recv() => match ask {
                    Ok(ask) if self.sandbox.is_newest_stream(self.number) => return Some(line("ask", &ask)),
                    _ => {}
                },
                _ = self.gone.wait_for(|gone| *gone) => {
                    self.over = true;
                    return Some(Line::default().event("gone").data("{}"));
                }
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
    }
}

fn line(name: &str, data: &impl serde::Serialize) -> Line {
    Line::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}
