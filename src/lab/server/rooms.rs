//! The sandboxes there are: few, short-lived and bounded, so that a lab open to strangers costs no more than was decided. The
//! one idle for longest makes room for a new visitor; one in use never does.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::outside::Outside;
use super::sandbox::{Base, Sandbox};
use crate::api::error::Problem;
use crate::auth::throttle::Source;
use crate::clock::Clock;
use crate::lab::event::Opened;

const TIDY: Duration = Duration::from_secs(60);
/// Idle for so long, a sandbox may make room for somebody else.
const MAY_GO: Duration = Duration::from_secs(5 * 60);

/// How much the lab may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub sandboxes: usize,
    /// Sandboxes that one source may have at a time.
    pub per_source: usize,
    /// Between two that one source opens.
    pub pause: Duration,
    /// Without use for so long, a sandbox is wiped.
    pub idle: Duration,
}

impl Limits {
    pub const LOCAL: Self =
        Self { sandboxes: 10, per_source: 10, pause: Duration::ZERO, idle: Duration::from_secs(30 * 60) };
    pub const PUBLIC: Self =
        Self { sandboxes: 40, per_source: 4, pause: Duration::from_secs(3), idle: Duration::from_secs(30 * 60) };
}

/// Origins that play somebody else's pages.
#[derive(Clone, Debug, Default)]
pub struct Others {
    pub site: Option<String>,
    pub port: Option<String>,
}

impl Others {
    /// For the lab page's policy: what may be shown in a frame of it.
    pub fn origins(&self) -> Vec<String> {
        [&self.site, &self.port].into_iter().flatten().cloned().collect()
    }
}

pub struct Rooms {
    base: Base,
    pub limits: Limits,
    pub others: Others,
    /// How actors of ours reach this server.
    pub outside: Outside,
    clock: Arc<dyn Clock>,
    sandboxes: Mutex<HashMap<String, Arc<Sandbox>>>,
    /// One is opened at a time: it costs a password hash and a database.
    opening: tokio::sync::Mutex<()>,
    pub stopping: watch::Receiver<bool>,
}

impl Rooms {
    pub fn new(
        base: Base,
        limits: Limits,
        others: Others,
        address: SocketAddr,
        stopping: watch::Receiver<bool>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let outside = Outside::new(address, &base.config.public_url);
        let (sandboxes, opening) = Default::default();
        Arc::new(Self { base, limits, others, outside, clock, sandboxes, opening, stopping })
    }

    /// A sandbox in use now.
    pub fn find(&self, id: &str) -> Option<Arc<Sandbox>> {
        let sandbox = self.sandboxes().get(id).cloned()?;
        sandbox.touch(self.clock.now());
        Some(sandbox)
    }

    /// The visitor's sandbox, if it is still there, or a new one.
    pub async fn open(&self, resumed: Option<&str>, source: Source) -> Result<Arc<Sandbox>, Problem> {
        let _one_at_a_time = self.opening.lock().await;
        if let Some(sandbox) = resumed.and_then(|id| self.find(id)) {
            return Ok(sandbox);
        }
        self.make_room(&source)?;
        let sandbox = Sandbox::open(self.base.clone(), Some(source)).await.map_err(|error| {
            tracing::error!(%error, "a sandbox could not be opened");
            Problem::unavailable("The lab could not make a sandbox. Try again in a moment.", 2)
        })?;
        sandbox.touch(self.clock.now());
        self.sandboxes().insert(sandbox.id.clone(), sandbox.clone());
        Ok(sandbox)
    }

    fn make_room(&self, source: &Source) -> Result<(), Problem> {
        self.tidy();
        let mut sandboxes = self.sandboxes();
        let of_source = |sandbox: &&Arc<Sandbox>| sandbox.source.as_ref() == Some(source);
        if sandboxes.values().filter(of_source).any(|sandbox| sandbox.log.age() < self.limits.pause) {
            return Err(Problem::too_many(u32::try_from(self.limits.pause.as_secs()).unwrap_or(1)));
        }
        let goes = if sandboxes.values().filter(of_source).count() >= self.limits.per_source {
            // Somebody's own oldest goes at once: it was left for the new one.
            sandboxes.values().filter(of_source).min_by_key(|sandbox| sandbox.last_used()).cloned()
        } else if sandboxes.len() >= self.limits.sandboxes {
            let idle = self.clock.now().minus(MAY_GO);
            let oldest = sandboxes.values().min_by_key(|sandbox| sandbox.last_used()).cloned();
            Some(oldest.filter(|sandbox| sandbox.last_used() <= idle).ok_or_else(full)?)
        } else {
            None
        };
        if let Some(sandbox) = goes {
            sandboxes.remove(&sandbox.id);
            sandbox.wipe();
        }
        Ok(())
    }

    /// Ends one at its visitor's wish.
    pub fn wipe(&self, sandbox: &Sandbox) {
        self.sandboxes().remove(&sandbox.id);
        sandbox.wipe();
    }

    /// Wipes what nobody used for long.
    pub fn tidy(&self) {
        let idle = self.clock.now().minus(self.limits.idle);
        self.sandboxes().retain(|_, sandbox| {
            let keep = sandbox.last_used() > idle;
            if !keep {
                sandbox.wipe();
            }
            keep
        });
    }

    /// Tidies now and then, until the server stops.
    pub async fn keep_house(self: Arc<Self>) {
        let mut stopping = self.stopping.clone();
        loop {
            tokio::select! {
                () = tokio::time::sleep(TIDY) => self.tidy(),
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

    pub fn opened(&self, sandbox: &Sandbox) -> Opened {
        Opened {
            mount: sandbox.mount.as_str().into(),
            email: sandbox.credentials().email,
            other_site: self.others.site.clone(),
            other_port: self.others.port.clone(),
            idle_minutes: u32::try_from(self.limits.idle.as_secs() / 60).unwrap_or(u32::MAX),
        }
    }

    fn sandboxes(&self) -> MutexGuard<'_, HashMap<String, Arc<Sandbox>>> {
        self.sandboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn full() -> Problem {
    Problem::unavailable("Every sandbox of the lab is in use. Try again in a few minutes.", 60)
}
