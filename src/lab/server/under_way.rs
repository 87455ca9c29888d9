//! What is known of an exchange while it is under way. The rules tell of a step without knowing whose request it belongs to;
//! they run on the request's own task, so a task-local says it, and the time between two steps becomes a hop.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::log::Log;
use crate::auth::{
    access_token::Refused,
    flow::{FlowEvent, FlowListener},
    rotation::Decision,
    service::NotAuthenticated,
};
use crate::lab::event::{Hop, HopName, Ruling, Verdict, What};

tokio::task_local! {
    static CURRENT: Arc<UnderWay>;
}

pub struct UnderWay {
    pub number: u64,
    started: Instant,
    hops: Mutex<(Instant, Vec<Hop>)>,
}

impl UnderWay {
    pub fn new(number: u64) -> Arc<Self> {
        let started = Instant::now();
        Arc::new(Self { number, started, hops: Mutex::new((started, Vec::new())) })
    }

    /// Runs what belongs to this exchange.
    pub async fn scope<F: Future>(self: Arc<Self>, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// Ends a hop: it began where the last one ended.
    fn mark(&self, step: Step) {
        let mut hops = self.hops.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let micros = micros(now - hops.0);
        hops.0 = now;
        let first = hops.1.is_empty();
        let name = match step {
            Step::Is(name) => name,
            Step::Looked if first => HopName::Read,
            Step::Looked => HopName::Decide,
        };
        match hops.1.last_mut() {
            Some(last) if last.name == name => last.micros += micros,
            _ => hops.1.push(Hop { name, micros }),
        }
    }

    /// The hops so far, the last one being the answer, and the time since the arrival.
    pub fn hops(&self) -> (Vec<Hop>, u64) {
        self.mark(Step::Is(HopName::Answer));
        let hops = self.hops.lock().unwrap_or_else(PoisonError::into_inner);
        (hops.1.clone(), micros(hops.0 - self.started))
    }
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

enum Step {
    Is(HopName),
    /// Something was read and judged: the first time that includes the way here.
    Looked,
}

/// Writes the flow into the log.
pub struct Ear(pub Arc<Log>);

impl FlowListener for Ear {
    fn hear(&self, event: &FlowEvent<'_>) {
        let current = CURRENT.try_with(Arc::clone).ok();
        if let (Some(current), Some(step)) = (&current, step(event)) {
            current.mark(step);
        }
        if let Some(what) = told(event) {
            self.0.add(current.map(|current| current.number), what);
        }
    }
}

fn step(event: &FlowEvent<'_>) -> Option<Step> {
    match event {
        FlowEvent::PasswordChecked { .. } => Some(Step::Is(HopName::PasswordHash)),
        FlowEvent::Decided { .. } | FlowEvent::AccessChecked { .. } => Some(Step::Looked),
        FlowEvent::SessionOpened { .. } | FlowEvent::Swapped { .. } | FlowEvent::SessionEnded { .. } => {
            Some(Step::Is(HopName::Write))
        }
        FlowEvent::Issued { .. } => Some(Step::Is(HopName::Sign)),
        FlowEvent::KeysChanged => None,
    }
}

/// What the log says of a step. A row or a key set that changed is read from the store instead, and a token that was issued
/// is seen on its way out.
fn told(event: &FlowEvent<'_>) -> Option<What> {
    Some(match event {
        FlowEvent::PasswordChecked { right } => What::PasswordChecked { right: *right },
        FlowEvent::Decided { session, presented, decision } => What::Decided {
            ruling: ruling(decision),
            presented: *presented,
            newest: session.ratchet.generation,
            parent: session.ratchet.parent,
        },
        FlowEvent::Swapped { won, .. } => What::Swapped { won: *won },
        FlowEvent::AccessChecked { outcome } => What::AccessChecked { verdict: verdict(*outcome) },
        FlowEvent::SessionEnded { session_id, reason } => {
            What::SessionEnded { session: session_id.to_string(), reason: *reason }
        }
        FlowEvent::SessionOpened { .. } | FlowEvent::Issued { .. } | FlowEvent::KeysChanged => return None,
    })
}

fn ruling(decision: &Decision) -> Ruling {
    match decision {
        Decision::Rotate(_) => Ruling::Rotate,
        Decision::ReKey(_) => Ruling::ReKey,
        Decision::Replay { .. } => Ruling::Replay,
        Decision::Ended(_) => Ruling::Ended,
        Decision::Ahead => Ruling::Ahead,
        Decision::Reuse => Ruling::Reuse,
    }
}

fn verdict<T>(outcome: Result<T, NotAuthenticated>) -> Verdict {
    match outcome {
        Ok(_) => Verdict::Valid,
        Err(NotAuthenticated::Refused(Refused::Expired)) => Verdict::Expired,
        Err(NotAuthenticated::Refused(Refused::Invalid)) => Verdict::Invalid,
        Err(NotAuthenticated::Revoked(_)) => Verdict::Revoked,
    }
}
