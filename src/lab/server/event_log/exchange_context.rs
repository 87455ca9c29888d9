//! Correlates events of the auth flow with the request that caused them (trace context). The flow does not know its request, but
//! it runs on the request's task, so a task-local carries the exchange; the time between two events becomes a hop.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::EventLog;
use crate::auth::model::session::Session;
use crate::auth::observer::{FlowEvent, Observer};
use crate::auth::service::NotAuthenticated;
use crate::auth::token::access::Refused;
use crate::auth::token::rotation::{Decision, RotationState};
use crate::lab::model::event::{Hop, HopName, LogEventKind, Ruling, Verdict};

tokio::task_local! {
    static CURRENT: Arc<ExchangeContext>;
}

pub struct ExchangeContext {
    pub number: u64,
    started: Instant,
    hops: Mutex<(Instant, Vec<Hop>)>,
}

impl ExchangeContext {
    pub fn new(number: u64) -> Arc<Self> {
        let started = Instant::now();
        Arc::new(Self { number, started, hops: Mutex::new((started, Vec::new())) })
    }

    /// Runs `work` as part of this exchange.
    pub async fn scope<F: Future>(self: Arc<Self>, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// Ends the current hop, which began where the last one ended.
    fn mark(&self, name: HopName) {
        let mut hops = self.hops.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let micros = micros(now - hops.0);
        hops.0 = now;
        match hops.1.last_mut() {
            Some(last) if last.name == name => last.micros += micros,
            _ => hops.1.push(Hop { name, micros }),
        }
    }

    /// The hops with the final one, and the time since arrival in microseconds.
    pub fn hops(&self) -> (Vec<Hop>, u64) {
        self.mark(HopName::Answer);
        let hops = self.hops.lock().unwrap_or_else(PoisonError::into_inner);
        (hops.1.clone(), micros(hops.0 - self.started))
    }
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Writes the events of the auth flow into the log.
pub struct FlowRecorder(pub Arc<EventLog>);

impl Observer for FlowRecorder {
    fn observe(&self, event: &FlowEvent<'_>) {
        let current = CURRENT.try_with(Arc::clone).ok();
        if let (Some(current), Some(step)) = (&current, step(event)) {
            current.mark(step);
        }
        if let Some(kind) = logged(event) {
            self.0.add(current.map(|current| current.number), kind);
        }
    }
}

/// The hop that ends with this event.
fn step(event: &FlowEvent<'_>) -> Option<HopName> {
    match event {
        FlowEvent::AccessChecked { .. } => Some(HopName::Read),
        FlowEvent::PasswordChecked { .. } => Some(HopName::PasswordHash),
        FlowEvent::Decided { .. } | FlowEvent::Unbound { .. } => Some(HopName::Rotate),
        FlowEvent::SessionOpened { .. } | FlowEvent::SessionEnded { .. } => Some(HopName::Write),
        FlowEvent::Issued { .. } => Some(HopName::Sign),
        FlowEvent::Rotated { .. }
        | FlowEvent::KeysChanged
        | FlowEvent::Throttled { .. }
        | FlowEvent::Binding { .. }
        | FlowEvent::BindingSkipped { .. }
        | FlowEvent::EndHeard { .. } => None,
    }
}

/// The log's event for an event of the flow. Changed rows and keys are read from the store instead, and issued tokens are recorded
/// with the response.
fn logged(event: &FlowEvent<'_>) -> Option<LogEventKind> {
    Some(match event {
        FlowEvent::PasswordChecked { right } => LogEventKind::PasswordChecked { right: *right },
        FlowEvent::Decided { session, presented, decision } => decided(ruling(decision), session, *presented),
        FlowEvent::Unbound { session, presented } => decided(Ruling::Unbound, session, *presented),
        FlowEvent::Rotated { .. } => LogEventKind::Rotated,
        FlowEvent::AccessChecked { outcome } => LogEventKind::AccessChecked { verdict: verdict(*outcome) },
        FlowEvent::SessionEnded { session_id, reason } => {
            LogEventKind::SessionEnded { session: session_id.to_string(), reason: *reason }
        }
        FlowEvent::SessionOpened { .. }
        | FlowEvent::Issued { .. }
        | FlowEvent::KeysChanged
        | FlowEvent::Throttled { .. }
        | FlowEvent::Binding { .. }
        | FlowEvent::BindingSkipped { .. }
        | FlowEvent::EndHeard { .. } => return None,
    })
}

fn decided(ruling: Ruling, session: &Session, presented: u32) -> LogEventKind {
    let RotationState { generation, parent, .. } = session.rotation;
    LogEventKind::Decided { ruling, presented, newest: generation, parent }
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
