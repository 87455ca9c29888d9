//! Rotations in one hop. A thread owns a connection with prepared statements. It takes all rotations that have arrived, and for
//! each reads the row, asks the judge and writes; then it commits once for all of them (group commit), because each commit
//! waits for the disk. Rotations that arrive meanwhile form the next batch; no timer fills one. Answers are sent after the
//! commit only. A thread that dies, or a connection that fails, is replaced for the next batch.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc as std_mpsc,
    thread,
};

use rusqlite::{Connection, Row, TransactionBehavior, types::FromSql};
use tokio::sync::{mpsc, oneshot};

use super::connect::Settings;
use super::turns::Turns;
use crate::store::rows::corrupt;
use crate::store::sql::prelude::*;

/// The most rotations in one commit.
const BATCH_MAX: usize = 256;
/// The most rotations that wait; further callers wait outside (backpressure).
const QUEUE_MAX: usize = 4096;
const STACK: usize = 512 * 1024;

type Outcome = Result<Option<Judged>, StoreError>;
type Request = (SessionId, Judge);
type Waiting = (Request, oneshot::Sender<Outcome>);

/// The queue of rotations.
pub(super) struct Rotations(mpsc::Sender<Waiting>);

impl Rotations {
    /// Starts the task that forms the batches. It ends, and its thread with it, when the store is dropped.
    pub(super) fn start(settings: Settings, turns: Turns) -> Self {
        let (sender, mut waiting) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(async move {
            let mut writer = Writer { settings, turns, thread: None };
            let mut batch = Vec::with_capacity(BATCH_MAX);
            while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
                // A caller that went away takes no answer, and a token that nobody gets is better not made.
                batch.retain(|(_, reply): &Waiting| !reply.is_closed());
                let (requests, replies): (Vec<Request>, Vec<oneshot::Sender<Outcome>>) = batch.drain(..).unzip();
                let outcomes = writer.run(requests).await;
                for (reply, outcome) in replies.into_iter().zip(outcomes) {
                    let _ = reply.send(outcome);
                }
            }
        });
        Self(sender)
    }

    /// Adds a rotation to the next batch and waits for its commit.
    pub(super) async fn rotate(&self, id: SessionId, judge: Judge) -> Outcome {
        let (reply, answer) = oneshot::channel();
        let closed = || StoreError::Unavailable("the database is closing".into());
        self.0.send(((id, judge), reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// A batch, and where its outcomes go.
type Batch = (Vec<Request>, oneshot::Sender<Vec<Outcome>>);

/// The thread that writes, started where there is none.
struct Writer {
    settings: Settings,
    turns: Turns,
    thread: Option<std_mpsc::Sender<Batch>>,
}

impl Writer {
    /// The outcomes of a batch, one for each request.
    async fn run(&mut self, requests: Vec<Request>) -> Vec<Outcome> {
        let count = requests.len();
        let (reply, outcomes) = oneshot::channel();
        let error = match self.thread() {
            // A thread that has died has dropped its receiver.
            Ok(thread) => match thread.send((requests, reply)).is_ok() {
                true => match outcomes.await {
                    Ok(outcomes) => return outcomes,
                    Err(_) => "the thread that writes rotations died".to_owned(),
                },
                false => "the thread that writes rotations is gone".to_owned(),
            },
            Err(error) => format!("the thread that writes rotations does not start: {error}"),
        };
        tracing::error!(error, "rotations failed");
        self.thread = None;
        (0..count).map(|_| Err(StoreError::Unavailable(error.clone()))).collect()
    }

    fn thread(&mut self) -> std::io::Result<&std_mpsc::Sender<Batch>> {
        if self.thread.is_none() {
            let (sender, batches) = std_mpsc::channel::<Batch>();
            let (settings, turns) = (self.settings.clone(), self.turns.clone());
            thread::Builder::new().name("rotations".into()).stack_size(STACK).spawn(move || {
                let mut connection = None;
                while let Ok((requests, reply)) = batches.recv() {
                    let _ = reply.send(commit(&mut connection, &settings, &turns, requests));
                }
            })?;
            self.thread = Some(sender);
        }
        self.thread.as_ref().ok_or(std::io::ErrorKind::NotFound.into())
    }
}

/// Commits a batch as one transaction. After an error the connection is opened anew.
fn commit(
    connection: &mut Option<Connection>,
    settings: &Settings,
    turns: &Turns,
    mut requests: Vec<Request>,
) -> Vec<Outcome> {
    let committed = turns.take_blocking(|| {
        let open = match connection.take() {
            Some(open) => open,
            None => settings.open()?,
        };
        let open = connection.insert(open);
        let transaction = open.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut outcomes = Vec::with_capacity(requests.len());
        for (id, judge) in &mut requests {
            outcomes.push(turn(&transaction, *id, judge)?);
        }
        transaction.commit()?;
        Ok(outcomes)
    });
    committed.unwrap_or_else(|error: Failed| {
        *connection = None;
        requests.iter().map(|_| Err(error.0.clone())).collect()
    })
}

/// Why a whole batch failed.
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

/// One rotation within a transaction. The inner outcome is of this session alone.
fn turn(transaction: &Connection, id: SessionId, judge: &mut Judge) -> Result<Outcome, Failed> {
    let mut select = transaction.prepare_cached(select_sessions!("WHERE s.id = $1"))?;
    let mut rows = select.query([id.0.as_slice()])?;
    let Some(row) = rows.next()? else { return Ok(Ok(None)) };
    let session = match Found(row).session() {
        Ok(session) => session,
        Err(error) => return Ok(Err(error)),
    };
    drop(rows);
    let generation = session.rotation.generation;
    // A judge is not ours: its panic is the failure of its own caller.
    let Ok(judged) = catch_unwind(AssertUnwindSafe(|| judge(session))) else {
        return Ok(Err(StoreError::Unavailable("the judge of a rotation panicked".into())));
    };
    if let Some(write) = &judged.write {
        let changed = transaction.prepare_cached(ROTATE)?.execute(rusqlite::params![
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

/// A row of `rusqlite`.
struct Found<'a>(&'a Row<'a>);

impl Found<'_> {
    fn column<T: FromSql>(&self, column: &str) -> Result<T, StoreError> {
        self.0.get(column).map_err(|_| corrupt(column))
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
