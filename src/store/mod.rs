//! Persistence (adapters): SQLite for one instance, PostgreSQL for several. Each implements the ports of
//! [`crate::auth::store`] and decides nothing.

use std::sync::Arc;

use crate::auth::store::{Store, StoreError};

pub mod postgres;
pub(crate) mod rows;
pub(crate) mod sql;
pub mod sqlite;

/// An open database. The rules use it as a [`Store`]; a resource of your own implements its port for both variants.
#[derive(Clone)]
pub enum Database {
    Sqlite(Arc<sqlite::SqliteStore>),
    Postgres(Arc<postgres::PostgresStore>),
}

impl Database {
    /// The database as the ports of the authentication rules.
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => store.clone(),
            Self::Postgres(store) => store.clone(),
        }
    }
}

/// Opens the database of a URL and runs the pending migrations.
///
/// # Errors
///
/// [`StoreError::Unavailable`] when the URL has an unknown scheme, or the database cannot be opened or migrated.
pub async fn open(url: &str) -> Result<Database, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(Database::Sqlite(Arc::new(sqlite::SqliteStore::open(url).await?))),
        Some(("postgres" | "postgresql", _)) => {
            Ok(Database::Postgres(Arc::new(postgres::PostgresStore::open(url).await?)))
        }
        _ => Err(StoreError::Unavailable("a database URL starts with sqlite:// or postgres://".into())),
    }
}
