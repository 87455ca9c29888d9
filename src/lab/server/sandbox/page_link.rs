//! The link to the visitor's page: a broadcast channel of commands for its tabs, and the signal that the sandbox is gone. Several
//! pages may follow one sandbox; only the newest stream carries commands, or two pages would run each of them twice.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{Semaphore, broadcast, watch};

use crate::lab::model::event::{SandboxEnd, TabCommand};

/// Streams of one sandbox, of whatever pages.
pub const STREAMS_PER_SANDBOX: usize = 8;
/// Commands that a page may be behind with.
const CAPACITY: usize = 64;

pub struct PageLink {
    commands: broadcast::Sender<TabCommand>,
    newest_stream: AtomicU64,
    gone: watch::Sender<Option<SandboxEnd>>,
    streams: Arc<Semaphore>,
}

impl Default for PageLink {
    fn default() -> Self {
        Self {
            commands: broadcast::Sender::new(CAPACITY),
            newest_stream: AtomicU64::new(0),
            gone: watch::Sender::new(None),
            streams: Arc::new(Semaphore::new(STREAMS_PER_SANDBOX)),
        }
    }
}

impl PageLink {
    /// `false` if no page follows the sandbox.
    pub fn send(&self, command: TabCommand) -> bool {
        self.commands.send(command).is_ok()
    }

    pub fn commands(&self) -> broadcast::Receiver<TabCommand> {
        self.commands.subscribe()
    }

    /// The places of streams.
    pub fn streams(&self) -> Arc<Semaphore> {
        self.streams.clone()
    }

    /// Registers a stream. From now on it is the one that carries the commands.
    pub fn new_stream(&self) -> u64 {
        self.newest_stream.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn is_newest_stream(&self, stream: u64) -> bool {
        self.newest_stream.load(Ordering::SeqCst) == stream
    }

    /// Tells every stream that the sandbox is gone.
    pub fn close(&self, why: SandboxEnd) {
        self.gone.send_replace(Some(why));
    }

    pub fn gone(&self) -> watch::Receiver<Option<SandboxEnd>> {
        self.gone.subscribe()
    }
}
