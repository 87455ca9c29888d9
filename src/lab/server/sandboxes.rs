//! The bounded set of sandboxes (resource limits, LRU eviction), so that a public lab has a fixed maximum cost. When it is full, a
//! new visitor displaces the sandbox that was idle longest; a sandbox in use is never displaced, whoever else is behind its address.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};

use super::loopback_client::LoopbackClient;
use super::mirrors::Mirrors;
pub use super::sandbox::page_link::STREAMS_PER_SANDBOX;
use super::sandbox::{Sandbox, app::SandboxBase, state::EMAIL};
use crate::auth::throttle::rules::{Gcra, Source, retry_after_seconds};
use crate::clock::{Clock, Timestamp};
use crate::lab::model::event::{OpenedSandbox, SandboxEnd};
use crate::lab::words::t;
use crate::protocol::problem::Problem;
use crate::server::loopback::Loopback;

const PURGE_INTERVAL: Duration = Duration::from_secs(60);
/// How long a new sandbox waits for the place of a wiped one whose last requests are not over.
const PLACE_TIMEOUT: Duration = Duration::from_secs(5);
/// Sandboxes of a public lab.
pub const SANDBOXES_MAX: usize = 64;
/// Sandboxes of one network in a public lab: a class behind one address, and room for others.
pub const SANDBOXES_PER_SOURCE: usize = 48;
/// Bytes that one log of a public lab keeps.
pub const LOG_BYTES_MAX: usize = 1024 * 1024;
/// Streams of all sandboxes.
pub const STREAMS_MAX: usize = 256;

/// The lab's resource limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub sandboxes: usize,
    /// Sandboxes per network source.
    pub per_source: usize,
    /// How fast one source opens them. A class may open its own at once.
    pub openings: Gcra,
    /// A sandbox that was idle this long may be displaced by a new one.
    pub displaceable: Duration,
    /// A sandbox that was idle this long is wiped.
    pub idle: Duration,
    /// Bytes that one log keeps.
    pub log_bytes: usize,
}

impl Limits {
    pub const LOCAL: Self = Self {
        sandboxes: 10,
        per_source: 10,
        openings: Gcra { burst: 10, interval: Duration::ZERO },
        // All visitors are one person, who left the oldest for the newest.
        displaceable: Duration::ZERO,
        idle: Duration::from_secs(30 * 60),
        log_bytes: 4 * LOG_BYTES_MAX,
    };
    pub const PUBLIC: Self = Self {
        sandboxes: SANDBOXES_MAX,
        per_source: SANDBOXES_PER_SOURCE,
        openings: Gcra { burst: 48, interval: Duration::from_secs(3) },
        displaceable: Duration::from_secs(5 * 60),
        idle: Duration::from_secs(30 * 60),
        log_bytes: LOG_BYTES_MAX,
    };
}

/// The place of a stream, given back when it ends.
pub struct StreamPermit(#[expect(dead_code, reason = "held until the stream ends")] [OwnedSemaphorePermit; 2]);

/// The origins that serve an attacker's pages; `None` where the lab does not serve them.
#[derive(Clone, Debug, Default)]
pub struct ForeignOrigins {
    pub site: Option<String>,
    pub port: Option<String>,
}

impl ForeignOrigins {
    /// For `frame-src` in the content policy of the lab's page.
    pub fn origins(&self) -> Vec<String> {
        [&self.site, &self.port].into_iter().flatten().cloned().collect()
    }
}

pub struct Sandboxes {
    base: SandboxBase,
    pub limits: Limits,
    pub foreign_origins: ForeignOrigins,
    /// Connects the lab's own actors to this server.
    pub loopback: LoopbackClient,
    clock: Arc<dyn Clock>,
    sandboxes: Mutex<HashMap<String, Arc<Sandbox>>>,
    /// When each source has rested from what it opened (GCRA).
    openings: Mutex<HashMap<Source, Timestamp>>,
    /// One sandbox is opened at a time: each costs a password hash and a database.
    opening: tokio::sync::Mutex<()>,
    /// Held by the sandboxes themselves: one that is wiped and still in use keeps its place.
    places: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    /// What others see of sandboxes.
    pub mirrors: Mirrors,
    pub stopping: watch::Receiver<bool>,
}

impl Sandboxes {
    pub fn new(
        base: SandboxBase,
        limits: Limits,
        foreign_origins: ForeignOrigins,
        server: Loopback,
        stopping: watch::Receiver<bool>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let loopback = LoopbackClient::new(server, &base.config.public_url);
        let (sandboxes, openings, opening, mirrors) = Default::default();
        let (places, streams) = (Arc::new(Semaphore::new(limits.sandboxes)), Arc::new(Semaphore::new(STREAMS_MAX)));
        Arc::new(Self {
            base,
            limits,
            foreign_origins,
            loopback,
            clock,
            sandboxes,
            openings,
            opening,
            places,
            streams,
            mirrors,
            stopping,
        })
    }

    /// Finds a sandbox and marks it as used.
    pub fn find(&self, id: &str) -> Option<Arc<Sandbox>> {
        let sandbox = self.sandboxes().get(id).cloned()?;
        sandbox.touch(self.clock.now());
        Some(sandbox)
    }

    /// The visitor's earlier sandbox if it still exists, else a new one.
    ///
    /// # Errors
    /// 429 if the source opens them too fast, 503 if all sandboxes are in use or none can be made.
    pub async fn open(&self, resumed: Option<&str>, source: Source) -> Result<Arc<Sandbox>, Problem> {
        let _opening = self.opening.lock().await;
        if let Some(sandbox) = resumed.and_then(|id| self.find(id)) {
            return Ok(sandbox);
        }
        // All networks of one customer are one: nobody has the places of others by having many addresses.
        let source = source.widest();
        self.make_room(source)?;
        let place = timeout(PLACE_TIMEOUT, self.places.clone().acquire_owned()).await;
        let place = place.ok().and_then(Result::ok).ok_or_else(full)?;
        let sandbox = Sandbox::open(self.base.clone(), Some(source), place).await.map_err(|error| {
            tracing::error!(%error, "a sandbox could not be opened");
            Problem::unavailable(
                t(
                    "The lab could not make a sandbox. Try again in a moment.",
                    "Das Labor konnte keinen Sandkasten anlegen. Versuche es gleich noch einmal.",
                ),
                2,
            )
        })?;
        sandbox.touch(self.clock.now());
        self.sandboxes().insert(sandbox.id.clone(), sandbox.clone());
        if let Some(before) = resumed {
            self.mirrors.moved(before, &sandbox.id, &sandbox.log);
        }
        Ok(sandbox)
    }

    /// A place for a stream of a sandbox; `None` if it or the lab has too many.
    pub fn stream(&self, sandbox: &Sandbox) -> Option<StreamPermit> {
        let of_sandbox = sandbox.page.streams().try_acquire_owned().ok()?;
        let of_lab = self.streams.clone().try_acquire_owned().ok()?;
        Some(StreamPermit([of_sandbox, of_lab]))
    }

    /// Sandboxes that are alive, also those that were wiped and are still in use.
    pub fn alive(&self) -> usize {
        self.limits.sandboxes - self.places.available_permits()
    }

    fn make_room(&self, source: Source) -> Result<(), Problem> {
        self.purge_idle();
        let now = self.clock.now();
        let mut sandboxes = self.sandboxes();
        let of_source = |sandbox: &&Arc<Sandbox>| sandbox.source == Some(source);
        let source_is_full = sandboxes.values().filter(of_source).count() >= self.limits.per_source;
        let displaced = if source_is_full || sandboxes.len() >= self.limits.sandboxes {
            let candidates = sandboxes.values().filter(|sandbox| !source_is_full || of_source(sandbox));
            let oldest = candidates.min_by_key(|sandbox| sandbox.last_used()).cloned();
            let idle = now.minus(self.limits.displaceable);
            Some(oldest.filter(|sandbox| sandbox.last_used() <= idle).ok_or_else(full)?)
        } else {
            None
        };
        // Counted last: a refusal counts nothing.
        let mut openings = self.openings.lock().unwrap_or_else(PoisonError::into_inner);
        openings.retain(|_, rested| *rested > now);
        let rested = self.limits.openings.admit(openings.get(&source).copied(), now);
        openings.insert(source, rested.map_err(|wait| Problem::too_many(retry_after_seconds(wait)))?);
        if let Some(sandbox) = displaced {
            sandboxes.remove(&sandbox.id);
            sandbox.wipe(SandboxEnd::Displaced);
        }
        Ok(())
    }

    /// Wipes a sandbox at its visitor's request.
    pub fn wipe(&self, sandbox: &Sandbox) {
        self.sandboxes().remove(&sandbox.id);
        sandbox.wipe(SandboxEnd::Reset);
    }

    /// Wipes the sandboxes that were idle for too long.
    pub fn purge_idle(&self) {
        let now = self.clock.now();
        let idle = now.minus(self.limits.idle);
        let mut sandboxes = self.sandboxes();
        sandboxes.retain(|_, sandbox| {
            let keep = sandbox.last_used() > idle;
            if !keep {
                sandbox.wipe(SandboxEnd::Idle);
            }
            keep
        });
        self.mirrors.purge(now, |id| sandboxes.contains_key(id));
    }

    /// Purges idle sandboxes at an interval, until the server stops.
    pub async fn maintain(self: Arc<Self>) {
        let mut stopping = self.stopping.clone();
        loop {
            tokio::select! {
                () = tokio::time::sleep(PURGE_INTERVAL) => self.purge_idle(),
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
        }
    }

    pub fn len(&self) -> usize {
        self.sandboxes().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn opened(&self, sandbox: &Sandbox) -> OpenedSandbox {
        OpenedSandbox {
            mount: sandbox.mount.as_str().into(),
            email: EMAIL.to_owned(),
            other_site: self.foreign_origins.site.clone(),
            other_port: self.foreign_origins.port.clone(),
            idle_minutes: u32::try_from(self.limits.idle.as_secs() / 60).unwrap_or(u32::MAX),
        }
    }

    fn sandboxes(&self) -> MutexGuard<'_, HashMap<String, Arc<Sandbox>>> {
        self.sandboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn full() -> Problem {
    Problem::unavailable(
        t(
            "Every sandbox of the lab is in use. Try again in a few minutes.",
            "Alle Sandkästen des Labors sind in Gebrauch. Versuche es in einigen Minuten wieder.",
        ),
        60,
    )
}
