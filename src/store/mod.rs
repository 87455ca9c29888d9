//! Persistence (adapters): SQLite for one instance, PostgreSQL for several. Each implements the ports of
//! [`crate::auth::store`] and decides nothing.

use std::{sync::Arc, time::Duration};

use crate::auth::store::{Store, StoreError};
use crate::clock::Timestamp;

mod database_url;
mod migrations;
pub mod postgres;
mod rotation_queue;
pub(crate) mod rows;
pub(crate) mod sql;
pub mod sqlite;
#[cfg(feature = "otel")]
mod traced;

pub use database_url::{DatabaseUrl, url_of_file};
pub use sqlite::files::create_private_folder;

/// Where a database is.
#[derive(Clone, Copy)]
pub struct DatabaseLocation<'a> {
    /// `sqlite://path` or `postgres://…`.
    pub url: &'a str,
    /// The address of PostgreSQL itself, where `url` is that of a pooler in transaction mode.
    pub listen_url: Option<&'a str>,
}

impl<'a> From<&'a str> for DatabaseLocation<'a> {
    fn from(url: &'a str) -> Self {
        Self { url, listen_url: None }
    }
}

impl<'a> From<&'a String> for DatabaseLocation<'a> {
    fn from(url: &'a String) -> Self {
        url.as_str().into()
    }
}

/// Why a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For a server: an SQLite file is created where it is missing, and belongs to this process until it ends.
    Server,
    /// For part of a process: as for a server, but others may have the file open.
    Shared,
    /// For part of a process, with a file of at most so many bytes and small caches.
    Bounded { bytes: u32 },
    /// For a command beside a server: nothing is created.
    Command,
}

/// An open database. The rules use it as a [`Store`]; a resource of your own implements its port for both variants.
#[derive(Clone)]
pub enum Database {
    Sqlite(Arc<sqlite::SqliteStore>),
    Postgres(Arc<postgres::PostgresStore>),
}

impl Database {
    /// The database as the ports of the authentication rules.
    pub fn store(&self) -> Arc<dyn Store> {
        let store: Arc<dyn Store> = match self {
            Self::Sqlite(store) => store.clone(),
            Self::Postgres(store) => store.clone(),
        };
        #[cfg(feature = "otel")]
        let store = traced::Traced::over(store, self.system());
        store
    }

    /// The database by its name in the semantic conventions of OpenTelemetry.
    #[cfg(feature = "otel")]
    const fn system(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// The pools of connections, for an operator.
    pub fn pools(&self) -> Vec<PoolSize> {
        match self {
            Self::Sqlite(store) => store.pools(),
            Self::Postgres(store) => store.pools(),
        }
    }

    /// Closes the connections, at the end of a process. What still uses the store fails.
    pub async fn close(&self) {
        let closing = async {
            match self {
                Self::Sqlite(store) => store.close().await,
                Self::Postgres(store) => store.close().await,
            }
        };
        let _ = tokio::time::timeout(CLOSE, closing).await;
    }
}

/// How many connections of a pool are open, and how many of them nobody uses.
#[derive(Clone, Copy, Debug)]
pub struct PoolSize {
    pub name: &'static str,
    pub open: usize,
    pub idle: usize,
}

impl PoolSize {
    fn of<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> Self {
        Self { name, open: pool.size() as usize, idle: pool.num_idle() }
    }
}

/// What `inspect` sees of a database.
#[derive(Debug, Default)]
pub struct Inspection {
    /// The migrations of this program that were not applied.
    pub pending: Vec<i64>,
    /// The applied migrations that this program does not know.
    pub newer: Vec<i64>,
    /// The time of a database server; `None` where the database is a file of this computer.
    pub clock: Option<Timestamp>,
    /// Whether a notification comes back over the way that a server would listen on; `None` where there is no such way.
    pub hears_itself: Option<Result<(), String>>,
}

impl Inspection {
    fn of(migrator: &sqlx::migrate::Migrator, applied: &[i64]) -> Self {
        let pending = migrator.iter().map(|migration| migration.version).filter(|version| !applied.contains(version));
        let newer = applied.iter().copied().filter(|version| !migrator.version_exists(*version));
        Self { pending: pending.collect(), newer: newer.collect(), ..Self::default() }
    }
}

/// Looks at an existing database of this program and changes nothing.
///
/// # Errors
///
/// Those of [`open_for`] for a command.
pub async fn inspect(location: DatabaseLocation<'_>) -> Result<Inspection, StoreError> {
    match location.url.split_once(':') {
        Some(("sqlite", _)) => sqlite::SqliteStore::inspect(location.url).await,
        _ => postgres::PostgresStore::inspect(location).await,
    }
}

/// The longest wait for connections that are in use at the end.
const CLOSE: Duration = Duration::from_secs(2);

/// Opens the database of a URL for part of a process, and runs the pending migrations.
///
/// # Errors
///
/// Those of [`open_for`].
pub async fn open(url: &str) -> Result<Database, StoreError> {
    open_for(url, Access::Shared).await
}

/// Opens a database and runs the pending migrations.
///
/// # Errors
///
/// [`StoreError::Unavailable`] when the URL has an unknown scheme, or the database cannot be opened or migrated.
pub async fn open_for(location: impl Into<DatabaseLocation<'_>>, access: Access) -> Result<Database, StoreError> {
    let location = location.into();
    match location.url.split_once(':') {
        Some(("sqlite", _)) => Ok(Database::Sqlite(Arc::new(sqlite::SqliteStore::open(location.url, access).await?))),
        Some(("postgres" | "postgresql", _)) => {
            Ok(Database::Postgres(Arc::new(postgres::PostgresStore::open(location, access).await?)))
        }
        _ => Err(StoreError::Unavailable("a database URL starts with sqlite:// or postgres://".into())),
    }
}
