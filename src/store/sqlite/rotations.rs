//! Rotations in one hop. A thread owns a connection with prepared statements. It takes all rotations that have arrived, and for
//! each reads the row, asks the judge and writes; then it commits once for all of them (group commit), because each commit
//! waits for the disk. Rotations that arrive meanwhile form the next batch; no timer fills one. Answers are sent after the
//! commit only. A thread that dies, or a connection that fails, is replaced for the next batch.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc},
    thread,
};

use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use super::connect::Settings;
use super::link::{Decided, Link, Turn};
use super::turns::Turns;
use crate::store::rotation_queue::{Arrivals, Outcome, Request, RotationQueue, prepare_during, rotation_queue};
use crate::store::sql::prelude::*;

/// The most rotations in one commit.
const BATCH_MAX: usize = 256;
const STACK: usize = 512 * 1024;
/// How often the write-ahead log is copied into the file and emptied.
const EMPTY: Duration = Duration::from_secs(5);

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
                let mut link = Link::new(settings, turns);
                while let Ok(task) = asked.recv() {
                    match task {
                        Task::Commit(Batch { turns, decided, committed }) => {
                            let _ = committed.send(link.commit(turns, decided));
                        }
                        Task::EmptyTheLog(_done) => {
                            let _ = link.empty_the_log();
                        }
                    }
                }
            })?;
            self.thread = Some(Thread { tasks, ended });
        }
        self.thread.as_ref().ok_or(std::io::ErrorKind::NotFound.into())
    }
}
