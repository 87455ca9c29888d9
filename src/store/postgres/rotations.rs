//! Rotations in two round trips for many. A worker owns a connection and takes all rotations that have arrived: one `SELECT`
//! reads their rows, the judges decide, one `UPDATE` writes what they say and commits. Each rotation is a compare-and-swap of its
//! own, whose condition PostgreSQL evaluates on the locked row. A row that another transaction holds or has just changed is
//! skipped, so nobody waits for a stranger's lock; its rotation is done again alone, under the row's lock.

use std::{collections::HashMap, sync::Arc, time::Instant};

use tokio::{sync::Mutex, time::timeout};

use super::connect::{ACQUIRE, Pool};
use super::connection::PostgresConnection;
use super::{PostgresStore, read_only};
use crate::auth::store::Rotate;
use crate::store::rotation_queue::{Arrivals, Request, RotationQueue, prepare_during, rotation_queue};
use crate::store::sql::prelude::*;

/// Workers, each with a connection of its own.
pub(super) const WORKERS: u32 = 4;
/// The most rotations in one statement.
const BATCH_MAX: usize = 64;
/// Longer than the server itself lets a statement run.
const WRITE: Duration = Duration::from_secs(6);

const ROTATE_MANY: &str = "WITH rotation AS (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], \
     $5::bytea[], $6::bigint[], $7::bigint[], $8::bigint[]) \
     AS r (id, expected, generation, parent, ring, idle_expires_at, last_used_at, authenticated_at)), \
     free AS (SELECT s.id FROM sessions s JOIN rotation r ON r.id = s.id \
     WHERE s.generation = r.expected AND s.revoked_at IS NULL FOR NO KEY UPDATE OF s SKIP LOCKED) \
     UPDATE sessions s SET generation = r.generation, parent = r.parent, ring = r.ring, \
     idle_expires_at = r.idle_expires_at, last_used_at = r.last_used_at, \
     authenticated_at = COALESCE(r.authenticated_at, s.authenticated_at) \
     FROM rotation r JOIN free f ON f.id = r.id WHERE s.id = r.id RETURNING s.id";

/// Starts the workers behind a queue. They end when the queue is dropped.
pub(super) fn start(pool: &Pool) -> RotationQueue {
    let (queue, arrivals) = rotation_queue();
    let arrivals = Arc::new(Mutex::new(arrivals));
    for _ in 0..WORKERS {
        tokio::spawn(work(pool.clone(), arrivals.clone()));
    }
    queue
}

async fn work(pool: Pool, arrivals: Arc<Mutex<Arrivals>>) {
    let mut worker = Worker { pool, link: None };
    loop {
        let batch = arrivals.lock().await.take(BATCH_MAX).await;
        if batch.is_empty() {
            return;
        }
        worker.run(batch).await;
    }
}

/// A rotation that its judge wants written.
struct Pending {
    request: Request,
    expected: u32,
    judged: Judged,
}

impl Pending {
    fn prepare(&mut self) {
        self.request.judge.prepare(&mut self.judged);
    }
}

struct Worker {
    pool: Pool,
    link: Option<Link>,
}

struct Link {
    connection: PostgresConnection,
    since: Instant,
}

impl Worker {
    async fn run(&mut self, batch: Vec<Request>) {
        let mut requests: HashMap<SessionId, Request> = HashMap::new();
        for request in batch {
            if let Some(second) = requests.insert(request.id, request) {
                self.alone(second);
            }
        }
        let ids: Vec<_> = requests.keys().map(|id| id.0.to_vec()).collect();
        let rows = match self.read(&ids).await {
            Ok(rows) => rows,
            Err(error) => return requests.into_values().for_each(|request| request.answer(Err(error.clone()))),
        };
        let pending: Vec<_> =
            rows.into_iter().filter_map(|session| judge(requests.remove(&session.id)?, session)).collect();
        // What is left has no row.
        for request in requests.into_values() {
            request.answer(Ok(None));
        }
        if !pending.is_empty() {
            self.write_all(pending).await;
        }
    }

    /// The sessions of a batch. A connection that broke since its last use is replaced once; nothing was written by then.
    async fn read(&mut self, ids: &[Vec<u8>]) -> Result<Vec<Session>, StoreError> {
        let suspect = self.link.as_ref().is_some_and(|link| read_only::is_suspect(link.since.elapsed()));
        if suspect {
            self.link = None;
        }
        let is_used = self.link.is_some();
        match self.read_once(ids).await {
            Err(StoreError::Unavailable(_)) if is_used => self.read_once(ids).await,
            outcome => outcome,
        }
    }

    async fn read_once(&mut self, ids: &[Vec<u8>]) -> Result<Vec<Session>, StoreError> {
        let mut link = match self.link.take() {
            Some(link) => link,
            None => self.connect().await?,
        };
        let query = sqlx::query(select_sessions!("WHERE s.id = ANY($1)")).bind(ids);
        let rows = within(ACQUIRE, query.fetch_all(&mut link.connection)).await?;
        self.link = Some(link);
        collect(rows, Readable::session)
    }

    async fn connect(&self) -> Result<Link, StoreError> {
        let connection = within(ACQUIRE, self.pool.connect()).await?;
        Ok(Link { connection, since: Instant::now() })
    }

    async fn write_all(&mut self, mut pending: Vec<Pending>) {
        let written = match self.link.take() {
            Some(mut link) => {
                let written = within(WRITE, update(&pending, &mut link.connection));
                let written = prepare_during(written, &mut pending, Pending::prepare).await;
                if written.is_ok() {
                    self.link = Some(link);
                }
                written
            }
            None => Err(StoreError::Unavailable("there is no connection".into())),
        };
        for Pending { request, judged, .. } in pending {
            match &written {
                Err(error) => request.answer(Err(error.clone())),
                Ok(written) if written.contains(&request.id) => request.answer(Ok(Some(judged))),
                Ok(_) => self.alone(request),
            }
        }
    }

    /// Does a rotation in a transaction of its own, which may wait for the row.
    fn alone(&self, mut request: Request) {
        let pool = self.pool.clone();
        tokio::spawn(async move {
            let rotated = async {
                let mut transaction = pool.begin().await.map_err(unavailable)?;
                let judged = PostgresStore::rotate_one(&mut transaction, request.id, &mut *request.judge).await?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(judged)
            };
            let outcome = rotated.await;
            request.answer(outcome);
        });
    }
}

/// Asks the judge. A rotation that writes nothing is answered here.
fn judge(mut request: Request, session: Session) -> Option<Pending> {
    let expected = session.rotation.generation;
    match ask(&mut *request.judge, session) {
        Ok(judged) if judged.write.is_some() => return Some(Pending { request, expected, judged }),
        outcome => request.answer(outcome.map(Some)),
    }
    None
}

async fn within<T>(longest: Duration, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match timeout(longest, work).await {
        Ok(outcome) => outcome.map_err(unavailable),
        Err(_) => Err(StoreError::Unavailable("the database does not answer".into())),
    }
}

/// The sessions whose rotation was written.
fn update<'c>(
    pending: &[Pending],
    connection: &'c mut PostgresConnection,
) -> impl Future<Output = Result<Vec<SessionId>, sqlx::Error>> + Send + use<'c> {
    let writes: Vec<_> = pending.iter().filter_map(|one| Some((one, one.judged.write.as_ref()?))).collect();
    let column =
        |of: fn(&Pending, &Rotate) -> i64| writes.iter().map(|(one, write)| of(one, write)).collect::<Vec<_>>();
    let query = sqlx::query(ROTATE_MANY)
        .bind(writes.iter().map(|(one, _)| one.request.id.0.to_vec()).collect::<Vec<_>>())
        .bind(column(|one, _| one.expected.into()))
        .bind(column(|_, write| write.next.generation.into()))
        .bind(writes.iter().map(|(_, write)| write.next.parent.map(i64::from)).collect::<Vec<_>>())
        .bind(writes.iter().map(|(_, write)| write.next.recently_superseded.to_bytes()).collect::<Vec<_>>())
        .bind(column(|_, write| write.idle_expires_at.millis()))
        .bind(column(|_, write| write.last_used_at.millis()))
        .bind(writes.iter().map(|(_, write)| write.authenticated_at.map(Timestamp::millis)).collect::<Vec<_>>());
    async move {
        let rows = query.fetch_all(connection).await?;
        Ok(rows.iter().filter_map(|row| row.id("id").ok().map(SessionId)).collect())
    }
}
