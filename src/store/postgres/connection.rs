//! A connection, as the SQL uses it. Behind a pooler in transaction mode (PgBouncer, `pool_mode = transaction`) no session
//! belongs to this program: each transaction may run in another one, and the next statement of a stranger in the same. There
//! everything runs in a transaction, limits are set in each of them, and no statement has a name: a named one would be prepared
//! in one session and looked for in another, or the name would be a stranger's.

use std::ops::{Deref, DerefMut};

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use sqlx::error::BoxDynError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{ConnectOptions as _, Connection as _, Describe, Either, Execute, Executor, PgConnection, Postgres, SqlStr};

/// How long a statement, a wait for a lock, and a pause within a transaction may take.
macro_rules! limits {
    ($before:literal, $set:literal) => {
        concat!(
            $before,
            $set,
            " statement_timeout = '5s'; ",
            $set,
            " lock_timeout = '2s'; ",
            $set,
            " idle_in_transaction_session_timeout = '10s'"
        )
    };
}
/// Not as parameters of the connection: poolers refuse those.
const LIMIT_SESSION: &str = limits!("", "SET");
const BEGIN_LIMITED: &str = limits!("BEGIN; ", "SET LOCAL");

/// How long a session of the database belongs to one client, in the words of PgBouncer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolMode {
    /// As long as the client is connected: always so without a pooler.
    Session,
    /// For a transaction.
    Transaction,
}

impl PoolMode {
    /// Prepares a new connection.
    pub(super) async fn prepare(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        match self {
            Self::Session => connection.execute(LIMIT_SESSION).await.map(drop),
            Self::Transaction => Ok(()),
        }
    }

    /// The statement that begins a transaction.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Session => "BEGIN",
            Self::Transaction => BEGIN_LIMITED,
        }
    }
}

/// A connection to PostgreSQL, behind a pooler or not.
#[derive(Debug)]
pub struct PostgresConnection {
    held: Held,
    mode: PoolMode,
}

#[derive(Debug)]
enum Held {
    Pooled(PoolConnection<Postgres>),
    Own(Box<PgConnection>),
    InTransaction(sqlx::Transaction<'static, Postgres>),
}

impl Held {
    fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Pooled(connection) => connection,
            Self::Own(connection) => connection,
            Self::InTransaction(transaction) => transaction,
        }
    }
}

impl PostgresConnection {
    /// Boxed, because the shared SQL dereferences what a store lends.
    pub(super) fn pooled(connection: PoolConnection<Postgres>, mode: PoolMode) -> Box<Self> {
        Box::new(Self { held: Held::Pooled(connection), mode })
    }

    /// A connection that belongs to no pool of this program.
    pub(super) async fn connect(options: &PgConnectOptions, mode: PoolMode) -> Result<Self, sqlx::Error> {
        let mut connection = options.connect().await?;
        mode.prepare(&mut connection).await?;
        Ok(Self { held: Held::Own(Box::new(connection)), mode })
    }
}

/// A transaction, which is rolled back unless it is committed.
#[derive(Debug)]
pub struct PostgresTransaction(PostgresConnection);

impl PostgresTransaction {
    pub(super) fn new(begun: sqlx::Transaction<'static, Postgres>, mode: PoolMode) -> Self {
        Self(PostgresConnection { held: Held::InTransaction(begun), mode })
    }

    /// # Errors
    ///
    /// Nothing was written; or all of it, where the connection broke.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0.held {
            Held::InTransaction(transaction) => transaction.commit().await,
            Held::Pooled(_) | Held::Own(_) => Ok(()),
        }
    }

    /// # Errors
    ///
    /// The connection broke, so the database rolls back.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        match self.0.held {
            Held::InTransaction(transaction) => transaction.rollback().await,
            Held::Pooled(_) | Held::Own(_) => Ok(()),
        }
    }
}

impl Deref for PostgresTransaction {
    type Target = PostgresConnection;

    fn deref(&self) -> &PostgresConnection {
        &self.0
    }
}

impl DerefMut for PostgresTransaction {
    fn deref_mut(&mut self) -> &mut PostgresConnection {
        &mut self.0
    }
}

type Step = Either<PgQueryResult, PgRow>;

/// Runs a statement in a transaction of its own.
async fn alone<'q>(
    connection: &mut PgConnection,
    query: impl Execute<'q, Postgres> + 'q,
) -> Result<Vec<Step>, sqlx::Error> {
    let mut transaction = connection.begin_with(PoolMode::Transaction.begin()).await?;
    let steps = transaction.fetch_many(Unnamed(query)).try_collect().await?;
    transaction.commit().await?;
    Ok(steps)
}

impl<'c> Executor<'c> for &'c mut PostgresConnection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        match (self.mode, &mut self.held) {
            (PoolMode::Session, held) => held.connection().fetch_many(query),
            (PoolMode::Transaction, Held::InTransaction(transaction)) => transaction.fetch_many(Unnamed(query)),
            (PoolMode::Transaction, held) => stream::once(alone(held.connection(), query))
                .map_ok(|steps| stream::iter(steps.into_iter().map(Ok)))
                .try_flatten()
                .boxed(),
        }
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let mut rows = self.fetch(query);
            let first = rows.try_next().await?;
            // A failure may follow the first row.
            while rows.try_next().await?.is_some() {}
            Ok(first)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.held.connection().prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.held.connection().describe(sql)
    }
}

/// A query whose statement gets no name.
struct Unnamed<E>(E);

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Unnamed<E> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}
