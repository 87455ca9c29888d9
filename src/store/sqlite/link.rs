//! The connection of the thread that writes rotations, and what it does in one turn: a batch, or emptying the write-ahead log.
//!
//! The log holds old versions of pages, and with them what was deleted. But an emptied log has to grow again, and each commit
//! then waits for the file system too; so it stays while nothing but rotations was written, which overwrite numbers and delete
//! nothing. Only this connection can tell: its `PRAGMA data_version` counts the commits of all others.

use rusqlite::{Connection, Row, Statement, TransactionBehavior, types::FromSql};
use tokio::sync::oneshot;

use super::connect::{BUSY, Settings};
use super::turns::Turns;
use crate::store::rotation_queue::Outcome;
use crate::store::rows::corrupt;
use crate::store::sql::prelude::*;

/// The longest wait for those who read from the log. Writers wait meanwhile.
const READERS: Duration = Duration::from_millis(50);

/// A rotation, apart from the caller who waits for it.
pub(super) type Turn = (SessionId, Box<dyn Judge>);

/// A rotation that was decided about; its outcome holds once it is committed.
pub(super) struct Decided {
    judge: Box<dyn Judge>,
    pub outcome: Outcome,
}

impl Decided {
    pub(super) fn prepare(&mut self) {
        if let Ok(Some(judged)) = &mut self.outcome {
            self.judge.prepare(judged);
        }
    }
}

/// The connection, opened when it is needed and anew after an error.
pub(super) struct Link {
    settings: Settings,
    turns: Turns,
    open: Option<Open>,
}

struct Open {
    connection: Connection,
    /// The `data_version` when this connection last emptied the log: the same as long as nobody else commits.
    emptied_at: Option<i64>,
}

impl Link {
    pub(super) fn new(settings: Settings, turns: Turns) -> Self {
        Self { settings, turns, open: None }
    }

    /// Commits a batch as one transaction. Tells before the commit what was decided.
    pub(super) fn commit(
        &mut self,
        batch: Vec<Turn>,
        decided: oneshot::Sender<Vec<Decided>>,
    ) -> Result<(), StoreError> {
        self.in_turn(|open| {
            let transaction = open.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let _ = decided.send(turns_of(&transaction, batch)?);
            transaction.commit()?;
            Ok(())
        })
    }

    /// Copies the log into the file and empties it, unless all that was written since the last time is rotations.
    pub(super) fn empty_the_log(&mut self) -> Result<(), StoreError> {
        self.in_turn(Open::empty_the_log)
    }

    fn in_turn(&mut self, work: impl FnOnce(&mut Open) -> Result<(), Failed>) -> Result<(), StoreError> {
        let worked = self.turns.take_blocking(|| {
            let open = match self.open.take() {
                Some(open) => open,
                None => Open { connection: self.settings.open()?, emptied_at: None },
            };
            work(self.open.insert(open))
        });
        worked.map_err(|error: Failed| {
            self.open = None;
            error.0
        })
    }
}

impl Open {
    fn empty_the_log(&mut self) -> Result<(), Failed> {
        let first = |statement| self.connection.query_row(statement, [], |row| row.get::<_, i64>(0));
        let version = first("PRAGMA data_version")?;
        if self.emptied_at == Some(version) {
            return Ok(());
        }
        self.connection.busy_timeout(READERS)?;
        let was_busy = first("PRAGMA wal_checkpoint(TRUNCATE)")?;
        self.connection.busy_timeout(BUSY)?;
        if was_busy == 0 {
            self.emptied_at = Some(version);
        }
        Ok(())
    }
}

/// Why a whole batch failed.
#[derive(Debug)]
struct Failed(StoreError);

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self(StoreError::Unavailable(error.to_string()))
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

/// The rotations of a batch within a transaction.
fn turns_of(transaction: &Connection, batch: Vec<Turn>) -> Result<Vec<Decided>, Failed> {
    let mut select = transaction.prepare_cached(select_sessions!("WHERE s.id = $1"))?;
    let mut update = transaction.prepare_cached(ROTATE)?;
    let mut decided = Vec::with_capacity(batch.len());
    for (id, mut judge) in batch {
        let outcome = turn(&mut select, &mut update, id, &mut *judge)?;
        decided.push(Decided { judge, outcome });
    }
    Ok(decided)
}

/// One rotation. The inner outcome is of this session alone.
fn turn(
    select: &mut Statement<'_>,
    update: &mut Statement<'_>,
    id: SessionId,
    judge: &mut dyn Judge,
) -> Result<Outcome, Failed> {
    let mut rows = select.query([id.0.as_slice()])?;
    let Some(row) = rows.next()? else { return Ok(Ok(None)) };
    let session = match Found(row).session() {
        Ok(session) => session,
        Err(error) => return Ok(Err(error)),
    };
    drop(rows);
    let generation = session.rotation.generation;
    let judged = match ask(judge, session) {
        Ok(judged) => judged,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(write) = &judged.write {
        let changed = update.execute(rusqlite::params![
            write.next.generation,
            write.next.parent,
            write.next.recently_superseded.to_bytes(),
            write.idle_expires_at.millis(),
            write.last_used_at.millis(),
            write.authenticated_at.map(Timestamp::millis),
            id.0.as_slice(),
            generation,
        ])?;
        if changed == 0 {
            return Ok(Err(ended_session()));
        }
    }
    Ok(Ok(Some(judged)))
}

/// A session's row of `rusqlite`.
struct Found<'a>(&'a Row<'a>);

impl Found<'_> {
    /// SQLite would compare the name with that of each column, in a call for each.
    fn column<T: FromSql>(&self, column: &str) -> Result<T, StoreError> {
        let index = SESSION_COLUMNS.iter().position(|name| *name == column).ok_or_else(|| corrupt(column))?;
        self.0.get(index).map_err(|_| corrupt(column))
    }
}

impl Readable for Found<'_> {
    fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.column(column)
    }
    fn maybe_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.column(column)
    }
    fn text(&self, column: &str) -> Result<String, StoreError> {
        self.column(column)
    }
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.column(column)
    }
    fn number(&self, column: &str) -> Result<i64, StoreError> {
        self.column(column)
    }
    fn maybe_number(&self, column: &str) -> Result<Option<i64>, StoreError> {
        self.column(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length of the log after a turn of this connection that empties it.
    fn length_of_the_log(open: &mut Open, settings: &Settings) -> u64 {
        open.empty_the_log().unwrap();
        settings.log().metadata().unwrap().len()
    }

    #[tokio::test]
    async fn a_log_of_rotations_alone_stays_and_any_other_write_empties_it() {
        let folder = tempfile::tempdir().unwrap();
        let url = crate::store::url_of_file(&folder.path().join("a.db"));
        let opened = super::super::connect::open(&url, crate::store::Access::Server).await.unwrap();
        let settings = opened.settings;
        let mut open = Open { connection: settings.open().unwrap(), emptied_at: None };
        let rotate = |open: &Open| open.connection.execute("UPDATE sessions SET generation = 0", []).unwrap();
        let write = |connection: &Connection| connection.pragma_update(None, "user_version", 7).unwrap();
        assert_eq!(length_of_the_log(&mut open, &settings), 0, "what a new connection finds is emptied");
        write(&open.connection);
        rotate(&open);
        assert!(length_of_the_log(&mut open, &settings) > 0, "its own commits stay");
        let other = settings.open().unwrap();
        write(&other);
        rotate(&open);
        assert_eq!(length_of_the_log(&mut open, &settings), 0, "another connection has written");
        other.execute_batch("BEGIN; SELECT * FROM sessions;").unwrap();
        write(&settings.open().unwrap());
        assert!(length_of_the_log(&mut open, &settings) > 0, "somebody reads from the log");
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(length_of_the_log(&mut open, &settings), 0, "it is emptied as soon as nobody does");
    }

    #[tokio::test]
    async fn the_columns_are_those_of_the_statement() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        crate::store::open(&crate::store::url_of_file(&file)).await.unwrap();
        let connection = Connection::open(&file).unwrap();
        let statement = connection.prepare(select_sessions!("WHERE s.id = $1")).unwrap();
        assert_eq!(statement.column_names(), SESSION_COLUMNS);
    }
}
