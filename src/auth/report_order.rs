//! The order in which decisions about one session are reported. A store decides about several callers of one session in one
//! batch, and all of them wake when it has committed: without an order the replay of a token may be reported before the rotation
//! that it repeats.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::model::session::SessionId;

/// The latest decision about each session that is not reported yet.
#[derive(Default)]
pub struct ReportOrder(Mutex<Latest>);

#[derive(Default)]
struct Latest {
    decided: u64,
    of: HashMap<SessionId, (u64, oneshot::Receiver<()>)>,
}

/// The turn of one caller to report. Its clones are the same turn. Without an order it never waits and costs nothing.
#[derive(Clone, Default)]
pub struct ReportTurn(Option<Arc<Caller>>);

struct Caller {
    order: Arc<ReportOrder>,
    place: Mutex<Option<Place>>,
}

/// Held until a decision is reported. Dropping it, as when the caller goes away, lets the next one report.
struct Place {
    order: Arc<ReportOrder>,
    session: SessionId,
    number: u64,
    before: Option<oneshot::Receiver<()>>,
    _reported: oneshot::Sender<()>,
}

impl ReportOrder {
    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caller {
    fn place(&self) -> MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReportTurn {
    pub(super) fn new(order: Arc<ReportOrder>) -> Self {
        Self(Some(Arc::new(Caller { order, place: Mutex::default() })))
    }

    /// Notes that the session was decided about, after every decision noted so far. A caller that is decided about again comes
    /// last again.
    pub fn decided(&self, session: SessionId) {
        let Some(caller) = &self.0 else { return };
        let order = &caller.order;
        let (reported, done) = oneshot::channel();
        let (number, before) = {
            let mut latest = order.latest();
            latest.decided += 1;
            let number = latest.decided;
            (number, latest.of.insert(session, (number, done)).map(|(_, done)| done))
        };
        let new = Place { order: order.clone(), session, number, before, _reported: reported };
        let old = caller.place().replace(new);
        drop(old);
    }

    /// Waits until the decisions before this one are reported. The turn ends when the answer is dropped.
    pub async fn comes(&self) -> impl Drop + Send + use<> {
        let place = self.0.as_ref().and_then(|caller| caller.place().take());
        let mut turn = Turn(place);
        if let Some(before) = turn.0.as_mut().and_then(|place| place.before.take()) {
            // Nothing is ever sent: it ends when the sender is dropped.
            let _ = before.await;
        }
        turn
    }
}

struct Turn(Option<Place>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.take();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut latest = self.order.latest();
        if latest.of.get(&self.session).is_some_and(|(number, _)| *number == self.number) {
            latest.of.remove(&self.session);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const ADA: SessionId = SessionId([1; 16]);
    const BOB: SessionId = SessionId([2; 16]);

    fn turns<const N: usize>() -> (Arc<ReportOrder>, [ReportTurn; N]) {
        let order = Arc::new(ReportOrder::default());
        (order.clone(), std::array::from_fn(|_| ReportTurn::new(order.clone())))
    }

    #[test]
    fn decisions_about_one_session_are_reported_in_their_order_and_others_at_once() {
        let (order, [first, second, other]) = turns();
        first.decided(ADA);
        second.decided(ADA);
        other.decided(BOB);
        let mut late = Box::pin(second.comes());
        assert!((&mut late).now_or_never().is_none(), "the first has not reported");
        assert!(other.comes().now_or_never().is_some());
        drop(first.comes().now_or_never().expect("nobody is before the first"));
        assert!(late.now_or_never().is_some());
        assert!(order.latest().of.is_empty(), "what is reported is forgotten");
    }

    #[test]
    fn a_caller_that_goes_away_or_is_decided_about_again_keeps_nobody_waiting() {
        let (order, [gone, again, last]) = turns();
        for turn in [&gone, &again, &last, &again] {
            turn.decided(ADA);
        }
        drop(gone);
        let held = last.comes().now_or_never().expect("the one before it was decided about again");
        let mut late = Box::pin(again.comes());
        assert!((&mut late).now_or_never().is_none(), "it comes last now");
        drop(held);
        drop(late.now_or_never().expect("its turn"));
        assert!(order.latest().of.is_empty());
    }
}
