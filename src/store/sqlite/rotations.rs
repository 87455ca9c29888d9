//! Rotations in one hop. A thread owns a connection with prepared statements. It takes all rotations that have arrived, and for
//! each reads the row, asks the judge and writes; then it commits once for all of them (group commit), because each commit
//! waits for the disk. Rotations that arrive meanwhile form the next batch; no timer fills one. Answers are sent after the
//! commit only. A thread that dies, or a connection that fails, is replaced for the next batch.
//!
//! The thread also empties the write-ahead log. The log holds old versions of pages, and with them what was deleted. But an
//! emptied log has to grow again, and each commit then waits for the file system too; so it stays while nothing but rotations
//! was written, which overwrite numbers and delete nothing. Only this connection can tell: its `PRAGMA data_version` counts
//! the commits of all others.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc},
    thread,
};

use rusqlite::{Connection, Row, Statement, TransactionBehavior, types::FromSql};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use super::connect::{BUSY, Settings};
use super::turns::Turns;
use crate::store::rotation_queue::{Arrivals, Outcome, Request, RotationQueue, prepare_during, rotation_queue};
use crate::store::rows::corrupt;
use crate::store::sql::prelude::*;

/// The most rotations in one commit.
const BATCH_MAX: usize = 256;
const STACK: usize = 512 * 1024;
/// How often the write-ahead log is copied into the file and emptied.
const EMPTY: Duration = Duration::from_secs(5);
/// The longest wait for those who read from the log. Writers wait meanwhile.
const READERS: Duration = Duration::from_millis(50);

/// A rotation, apart from the caller who waits for it.
type Turn = (SessionId, Box<dyn Judge>);

/// The queue of rotations.
pub(super) struct Rotations {
    queue: RotationQueue,
    close: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Rotations {
    /// Starts the task that forms the batches. It ends, and its thread with it, when the store is closed or dropped.
    pub(super) fn start(settings: Settings, turns: Turns) -> Self {
        let (queue, arrivals) = rotation_queue();
        let close = Arc::new(Notify::new());
        let writer = Writer { settings, turns, thread: None };
        let task = tokio::spawn(run(writer, arrivals, close.clone()));
        Self { queue, close, task: Mutex::new(Some(task)) }
    }

    /// Adds a rotation to the next batch and waits for its commit.
    pub(super) async fn rotate(&self, id: SessionId, judge: Box<dyn Judge>) -> Outcome {
        self.queue.rotate(id, judge).await
    }

    /// Closes the connection, after the batch that is under way.
    pub(super) async fn close(&self) {
        self.close.notify_one();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

async fn run(mut writer: Writer, mut arrivals: Arrivals, close: Arc<Notify>) {
    let mut empty = interval(EMPTY);
    empty.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let batch = tokio::select! {
            () = close.notified() => break,
            batch = arrivals.take(BATCH_MAX) => batch,
            _ = empty.tick() => {
                writer.empty_the_log().await;
                continue;
            }
        };
        if batch.is_empty() {
            break;
        }
        let apart = batch.into_iter().map(|Request { id, judge, reply }| ((id, judge), reply));
        let (turns, replies): (Vec<Turn>, Vec<_>) = apart.unzip();
        for (reply, outcome) in replies.into_iter().zip(writer.run(turns).await) {
            let _ = reply.send(outcome);
        }
    }
    writer.end().await;
}

/// What the thread is asked for.
enum Task {
    Commit(Batch),
    /// Dropped when it is done.
    EmptyTheLog(oneshot::Sender<()>),
}

/// A batch on its way to the thread.
struct Batch {
    turns: Vec<Turn>,
    /// Told before the commit. Dropped when the batch fails before that.
    decided: oneshot::Sender<Vec<Decided>>,
    committed: oneshot::Sender<Result<(), StoreError>>,
}

/// A rotation that was decided about; its outcome holds once it is committed.
struct Decided {
    judge: Box<dyn Judge>,
    outcome: Outcome,
}

impl Decided {
    fn prepare(&mut self) {
        if let Ok(Some(judged)) = &mut self.outcome {
            self.judge.prepare(judged);
        }
    }
}

/// The thread that writes, started where there is none.
struct Writer {
    settings: Settings,
    turns: Turns,
    thread: Option<Thread>,
}

struct Thread {
    tasks: std_mpsc::Sender<Task>,
    /// Dropped when the thread has closed its connection.
    ended: oneshot::Receiver<()>,
}

impl Writer {
    /// The outcomes of a batch, one for each request.
    async fn run(&mut self, turns: Vec<Turn>) -> Vec<Outcome> {
        let count = turns.len();
        let outcomes = match self.write(turns).await {
            Ok(committed) => committed,
            Err(error) => {
                tracing::error!(error, "rotations failed");
                self.thread = None;
                Err(StoreError::Unavailable(error))
            }
        };
        outcomes.unwrap_or_else(|error| (0..count).map(|_| Err(error.clone())).collect())
    }

    /// Has a batch written, and answers prepared while its commit waits for the disk. The outer error says why there is no
    /// thread.
    async fn write(&mut self, turns: Vec<Turn>) -> Result<Result<Vec<Outcome>, StoreError>, String> {
        let (decide, decided) = oneshot::channel();
        let (commit, committed) = oneshot::channel();
        let thread =
            self.thread().map_err(|error| format!("the thread that writes rotations does not start: {error}"))?;
        // A thread that has died has dropped its receiver.
        let sent = thread.tasks.send(Task::Commit(Batch { turns, decided: decide, committed: commit }));
        sent.map_err(|_| "the thread that writes rotations is gone")?;
        let mut decided = decided.await.unwrap_or_default();
        let committed = prepare_during(committed, &mut decided, Decided::prepare).await;
        let committed = committed.map_err(|_| "the thread that writes rotations died")?;
        Ok(committed.map(|()| decided.into_iter().map(|decided| decided.outcome).collect()))
    }

    /// Has the log emptied, if there is one. A failure is met again by the next batch, which reports it.
    async fn empty_the_log(&mut self) {
        let (done, is_done) = oneshot::channel();
        if self.settings.log().metadata().is_ok_and(|log| log.len() > 0)
            && let Ok(thread) = self.thread()
            && thread.tasks.send(Task::EmptyTheLog(done)).is_ok()
        {
            let _ = is_done.await;
        }
    }

    /// Waits until the thread has closed its connection.
    async fn end(self) {
        if let Some(Thread { tasks, ended }) = self.thread {
            drop(tasks);
            let _ = ended.await;
        }
    }

    fn thread(&mut self) -> std::io::Result<&Thread> {
        if self.thread.is_none() {
            let (tasks, asked) = std_mpsc::channel();
            let (end, ended) = oneshot::channel();
            let (settings, turns) = (self.settings.clone(), self.turns.clone());
            thread::Builder::new().name("rotations".into()).stack_size(STACK).spawn(move || {
                // Dropped last, after the connection.
                let _end: oneshot::Sender<()> = end;
                let mut link = None;
                while let Ok(task) = asked.recv() {
                    match task {
                        Task::Commit(batch) => commit(&mut link, &settings, &turns, batch),
                        Task::EmptyTheLog(_done) => {
                            let _ = in_turn(&mut link, &settings, &turns, Link::empty_the_log);
                        }
                    }
                }
            })?;
            self.thread = Some(Thread { tasks, ended });
        }
        self.thread.as_ref().ok_or(std::io::ErrorKind::NotFound.into())
    }
}

/// The connection of the thread.
struct Link {
    connection: Connection,
    /// The `data_version` when this connection last emptied the log: the same as long as nobody else commits.
    emptied_at: Option<i64>,
}

/// Commits a batch as one transaction.
fn commit(link: &mut Option<Link>, settings: &Settings, turns: &Turns, batch: Batch) {
    let Batch { turns: batch, decided, committed } = batch;
    let outcome = in_turn(link, settings, turns, |link| {
        let transaction = link.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let _ = decided.send(turns_of(&transaction, batch)?);
        transaction.commit()?;
        Ok(())
    });
    let _ = committed.send(outcome);
}

/// Works in a turn to write. After an error the connection is opened anew.
fn in_turn(
    link: &mut Option<Link>,
    settings: &Settings,
    turns: &Turns,
    work: impl FnOnce(&mut Link) -> Result<(), Failed>,
) -> Result<(), StoreError> {
    let worked = turns.take_blocking(|| {
        let open = match link.take() {
            Some(open) => open,
            None => Link { connection: settings.open()?, emptied_at: None },
        };
        work(link.insert(open))
    });
    worked.map_err(|error: Failed| {
        *link = None;
        error.0
    })
}

impl Link {
    /// Copies the log into the file and empties it, unless all that was written since the last time is rotations.
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
    fn length_of_the_log(link: &mut Link, settings: &Settings) -> u64 {
        link.empty_the_log().unwrap();
        settings.log().metadata().unwrap().len()
    }

    #[tokio::test]
    async fn a_log_of_rotations_alone_stays_and_any_other_write_empties_it() {
        let folder = tempfile::tempdir().unwrap();
        let url = crate::store::url_of_file(&folder.path().join("a.db"));
        let opened = super::super::connect::open(&url, crate::store::Access::Server).await.unwrap();
        let settings = opened.settings;
        let mut link = Link { connection: settings.open().unwrap(), emptied_at: None };
        let rotate = |link: &Link| link.connection.execute("UPDATE sessions SET generation = 0", []).unwrap();
        let write = |connection: &Connection| connection.pragma_update(None, "user_version", 7).unwrap();
        assert_eq!(length_of_the_log(&mut link, &settings), 0, "what a new connection finds is emptied");
        write(&link.connection);
        rotate(&link);
        assert!(length_of_the_log(&mut link, &settings) > 0, "its own commits stay");
        let other = settings.open().unwrap();
        write(&other);
        rotate(&link);
        assert_eq!(length_of_the_log(&mut link, &settings), 0, "another connection has written");
        other.execute_batch("BEGIN; SELECT * FROM sessions;").unwrap();
        write(&settings.open().unwrap());
        assert!(length_of_the_log(&mut link, &settings) > 0, "somebody reads from the log");
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(length_of_the_log(&mut link, &settings), 0, "it is emptied as soon as nobody does");
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
