//! Threads for work that keeps a processor busy, so that no async thread is blocked, behind a bounded queue (backpressure) that
//! is fair ([`FairQueue`]). Work whose caller has left is skipped. A panic ends the one piece of work: its caller gets an error,
//! and the thread goes on with fresh memory.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use tracing::{Span, trace_span};

use crate::auth::error::AuthError;
use crate::auth::model::user::UserId;
use crate::auth::password::fair_queue::FairQueue;
use crate::auth::throttle::rules::Source;
use crate::auth::traces;

/// The wait that a refused caller is asked for, in seconds.
const RETRY_AFTER: u32 = 1;

/// The user whom a piece of work is done for; all of its work waits in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkFor {
    /// This program itself: a command, a test.
    Program,
    /// The network of a visitor who is not signed in.
    Network(Source),
    /// A user who is signed in, or whose device cookie is genuine.
    Member(UserId),
}

impl WorkFor {
    /// The most places in the queue. A person needs one; many people share a network (NAT).
    const fn places(self) -> usize {
        match self {
            Self::Program => usize::MAX,
            Self::Network(_) => 32,
            Self::Member(_) => 4,
        }
    }
}

/// Work in the queue; `S` is the memory that a thread reuses.
trait Work<S>: Send {
    /// Whether nobody waits for the result any more.
    fn abandoned(&self) -> bool;
    fn run(self: Box<Self>, scratch: &mut S);
    fn refuse(self: Box<Self>);
}

struct Call<F, R> {
    work: F,
    reply: oneshot::Sender<Result<R, AuthError>>,
}

impl<S, R: Send, F: FnOnce(&mut S) -> Result<R, AuthError> + Send> Work<S> for Call<F, R> {
    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(self: Box<Self>, scratch: &mut S) {
        let _ = self.reply.send((self.work)(scratch));
    }

    fn refuse(self: Box<Self>) {
        let _ = self.reply.send(Err(AuthError::Busy { retry_after: RETRY_AFTER }));
    }
}

struct State<S> {
    queue: FairQueue<WorkFor, Box<dyn Work<S>>>,
    capacity: usize,
    closed: bool,
}

struct Shared<S> {
    name: &'static str,
    state: Mutex<State<S>>,
    changed: Condvar,
    done: AtomicU64,
    busy_micros: AtomicU64,
}

/// The work of a pool, for an operator.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Pieces of work in the queue.
    pub waiting: usize,
    /// Places in the queue.
    pub capacity: usize,
    /// Pieces of work done since the start.
    pub done: u64,
    /// How long the threads have worked on them, together.
    pub busy: Duration,
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next work that somebody waits for; `None` when the pool is dropped.
    fn next(&self) -> Option<Box<dyn Work<S>>> {
        let mut state = self.lock();
        loop {
            match state.queue.pop() {
                Some(work) if work.abandoned() => {}
                Some(work) => return Some(work),
                None if state.closed => return None,
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// The threads and their queue. They end when it is dropped and the queue is empty.
pub struct Pool<S>(Arc<Shared<S>>);

impl<S: Default + 'static> Pool<S> {
    /// Starts `threads` threads with a queue of `capacity` places.
    ///
    /// # Errors
    ///
    /// A thread could not be started.
    pub fn start(name: &'static str, threads: usize, capacity: usize) -> std::io::Result<Self> {
        let state = State { queue: FairQueue::new(capacity), capacity, closed: false };
        let pool = Self(Arc::new(Shared {
            name,
            state: Mutex::new(state),
            changed: Condvar::new(),
            done: AtomicU64::new(0),
            busy_micros: AtomicU64::new(0),
        }));
        for index in 0..threads.max(1) {
            let shared = pool.0.clone();
            std::thread::Builder::new().name(format!("{name}-{index}")).spawn(move || serve(&shared))?;
        }
        Ok(pool)
    }

    /// What the pool has done, and what waits.
    pub fn load(&self) -> Load {
        let (waiting, capacity) = {
            let state = self.0.lock();
            (state.queue.waiting(), state.capacity)
        };
        Load {
            waiting,
            capacity,
            done: self.0.done.load(Ordering::Relaxed),
            busy: Duration::from_micros(self.0.busy_micros.load(Ordering::Relaxed)),
        }
    }

    /// Does `work` on one of the threads.
    ///
    /// # Errors
    ///
    /// Those of `work`; [`AuthError::Busy`] when there is no place for it, or no longer; [`AuthError::Internal`] when it
    /// panicked.
    pub async fn run<R: Send + 'static>(
        &self,
        user: WorkFor,
        work: impl FnOnce(&mut S) -> Result<R, AuthError> + Send + 'static,
    ) -> Result<R, AuthError> {
        let work = self.traced(work);
        let (reply, answer) = oneshot::channel();
        let refused = {
            let mut state = self.0.lock();
            if state.queue.waiting() >= state.capacity {
                state.queue.retain(|work| !work.abandoned());
            }
            state.queue.push(user, user.places(), Box::new(Call { work, reply }))
        };
        self.0.changed.notify_one();
        if let Some(refused) = refused {
            refused.refuse();
        }
        answer.await.map_err(|_| AuthError::Internal("work on a password panicked"))?
    }

    /// The same work, with a span for its time in the queue and one for the time that it takes.
    fn traced<R, F: FnOnce(&mut S) -> R>(&self, work: F) -> impl FnOnce(&mut S) -> R + use<S, R, F> {
        let (pool, caller) = (self.0.name, Span::current());
        let queued = trace_span!(target: traces::TARGET, "password queue", pool);
        move |scratch| {
            drop(queued);
            let _working = trace_span!(target: traces::TARGET, parent: &caller, "password work", pool).entered();
            work(scratch)
        }
    }
}

impl<S> Drop for Pool<S> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

fn serve<S: Default>(shared: &Shared<S>) {
    let mut scratch = S::default();
    while let Some(work) = shared.next() {
        let begin = Instant::now();
        // Unwind safe: the memory is replaced, and nothing else is shared.
        if catch_unwind(AssertUnwindSafe(|| work.run(&mut scratch))).is_err() {
            tracing::error!("work on a password panicked; the thread goes on");
            scratch = S::default();
        }
        let micros = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        shared.busy_micros.fetch_add(micros, Ordering::Relaxed);
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use futures::future::join_all;
    use uuid::Uuid;

    use super::*;

    fn member(number: u128) -> WorkFor {
        WorkFor::Member(UserId(Uuid::from_u128(number)))
    }

    /// A pool whose one thread is held until the sender is dropped.
    async fn held(capacity: usize) -> (Arc<Pool<()>>, mpsc::Sender<()>) {
        let pool = Arc::new(Pool::start("test", 1, capacity).unwrap());
        let (release, held) = mpsc::channel::<()>();
        let (started, begun) = oneshot::channel();
        let first = pool.clone();
        tokio::spawn(async move {
            let wait = move |_: &mut ()| {
                let _ = started.send(());
                let _ = held.recv();
                Ok(())
            };
            first.run(WorkFor::Program, wait).await
        });
        begun.await.unwrap();
        (pool, release)
    }

    /// Waits until this many pieces of work are queued.
    async fn queued(pool: &Pool<()>, count: usize) {
        while pool.0.lock().queue.waiting() < count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn one_member_has_four_places_and_everybody_else_the_others() {
        let (pool, release) = held(8).await;
        let greedy = join_all((0..15).map(|_| pool.run(member(1), |()| Ok(1))));
        let modest = join_all((2..6).map(|number| pool.run(member(number), move |()| Ok(number))));
        let (greedy, modest, ()) = futures::join!(greedy, modest, async { drop(release) });
        assert_eq!(greedy.iter().filter(|outcome| outcome.is_ok()).count(), 4);
        assert!(
            greedy
                .iter()
                .flat_map(|outcome| outcome.as_ref().err())
                .all(|error| matches!(error, AuthError::Busy { .. }))
        );
        assert!(modest.iter().all(Result::is_ok), "{modest:?}");
    }

    #[tokio::test]
    async fn work_of_callers_that_left_is_never_done_and_keeps_no_place() {
        let (pool, release) = held(4).await;
        let done = Arc::new(AtomicUsize::new(0));
        let calls: Vec<_> = (0..4)
            .map(|number| {
                let (pool, done) = (pool.clone(), done.clone());
                let work = move |_: &mut ()| Ok(done.fetch_add(1, Ordering::SeqCst));
                tokio::spawn(async move { pool.run(member(number), work).await })
            })
            .collect();
        queued(&pool, 4).await;
        for call in calls {
            call.abort();
            let _ = call.await;
        }
        let next = join_all((0..4).map(|number| pool.run(member(number), |()| Ok(()))));
        let (next, ()) = futures::join!(next, async { drop(release) });
        assert!(next.iter().all(Result::is_ok), "{next:?}");
        assert_eq!(done.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_panic_fails_its_own_caller_and_the_thread_serves_the_next_with_fresh_memory() {
        let pool: Pool<Vec<u8>> = Pool::start("test", 1, 4).unwrap();
        let panics = pool.run(WorkFor::Program, |memory: &mut Vec<u8>| -> Result<(), AuthError> {
            memory.push(1);
            panic!("as tested")
        });
        assert!(matches!(panics.await, Err(AuthError::Internal(_))));
        assert_eq!(pool.run(WorkFor::Program, |memory| Ok(memory.len())).await.unwrap(), 0);
    }
}
