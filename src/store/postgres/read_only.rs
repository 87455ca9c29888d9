//! After a failover a pool keeps connections to a server that has become read-only, or sessions that were opened while the
//! database was (SQLSTATE 25006, `read_only_sql_transaction`). The refusal of a write, and the first write that succeeds
//! afterwards, each put every older connection under suspicion: the pool replaces it instead of handing it out.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One for all pools of the process: the worst that another pool suffers is that it connects anew.
static SUSPICION: Mutex<Suspicion> = Mutex::new(Suspicion { older_than: None, refused: false });

struct Suspicion {
    older_than: Option<Instant>,
    /// Whether a write was refused, and none has succeeded since.
    refused: bool,
}

fn change(change: impl FnOnce(&mut Suspicion)) {
    change(&mut SUSPICION.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Notes the refusal of a write, if `error` is one.
pub fn record(error: &sqlx::Error) {
    if error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "25006") {
        change(|suspicion| *suspicion = Suspicion { older_than: Some(Instant::now()), refused: true });
    }
}

/// Notes that a write succeeded.
pub(super) fn record_success() {
    change(|suspicion| {
        if std::mem::take(&mut suspicion.refused) {
            suspicion.older_than = Some(Instant::now());
        }
    });
}

/// Whether a connection of this age is under suspicion.
pub(super) fn is_suspect(age: Duration) -> bool {
    let older_than = SUSPICION.lock().unwrap_or_else(PoisonError::into_inner).older_than;
    older_than.is_some_and(|at| age > at.elapsed())
}
