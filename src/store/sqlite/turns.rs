//! Whose turn it is to write. A file takes one writer at a time, and the program has two: the thread of the rotations, and the
//! connection of everything else. SQLite lets a second one try again and again (busy timeout), so a stream of refreshes would
//! keep a sign-in out. Here they take turns, first come first served.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use sqlx::{Sqlite, SqliteConnection, Transaction, pool::PoolConnection};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::timeout,
};

use crate::auth::store::StoreError;

/// The turns of one file.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<()>>);

impl Turns {
    /// Waits for a turn, at most so long.
    pub(super) async fn take(&self, longest: Duration) -> Result<OwnedMutexGuard<()>, StoreError> {
        let turn = timeout(longest, self.0.clone().lock_owned()).await;
        turn.map_err(|_| StoreError::Unavailable("other writes take too long".into()))
    }

    /// Works in a turn, on a thread that may block.
    pub(super) fn take_blocking<T>(&self, work: impl FnOnce() -> T) -> T {
        let _turn = self.0.blocking_lock();
        work()
    }
}

/// What writes, for as long as it has the turn. Fields are dropped in this order: first what writes, then the turn.
pub(crate) struct Writing<W> {
    writer: W,
    _turn: OwnedMutexGuard<()>,
}

/// The connection that writes.
pub(crate) type WriteConnection = Writing<PoolConnection<Sqlite>>;
/// A transaction with the write lock.
pub(crate) type WriteTransaction = Writing<Transaction<'static, Sqlite>>;

impl<W> Writing<W> {
    pub(super) fn new(writer: W, turn: OwnedMutexGuard<()>) -> Self {
        Self { writer, _turn: turn }
    }
}

impl WriteTransaction {
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.writer.commit().await
    }

    pub(crate) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.writer.rollback().await
    }
}

impl<W: Deref<Target = SqliteConnection>> Deref for Writing<W> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.writer
    }
}

impl<W: DerefMut<Target = SqliteConnection>> DerefMut for Writing<W> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.writer
    }
}
