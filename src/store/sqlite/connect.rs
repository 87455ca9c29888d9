//! How this program opens an SQLite file: the connections, the migrations, and what deleted rows leave behind.

use std::path::{Path, PathBuf, absolute};

use rusqlite::OpenFlags;
use sqlx::ConnectOptions as _;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions};

use super::files::{self, OwnerLock};
use super::outside;
use crate::store::sql::prelude::*;
use crate::store::{Access, Inspection, database_url::sqlite_file, migrations};

/// Busy timeout: a statement that waits longer for the database lock fails as unavailable.
pub(super) const BUSY: Duration = Duration::from_secs(2);
/// How often a first start tries again while another one makes the tables.
const TRIES: u32 = 40;
/// The pause between two tries; no event tells what another process committed.
const PAUSE: Duration = Duration::from_millis(50);

/// SQLite's page size, in bytes.
const PAGE: u32 = 4096;
/// As many pages of the write-ahead log are copied into the file together. In a large table each refresh writes a page of its
/// own, so SQLite's own 1,000 are a few commits, and each copy holds up those who wait. The log is this long on the disk.
const LOG_PAGES: u32 = 4000;
/// In kB, as SQLite wants it: negative.
const SMALL_CACHE: &str = "-256";

/// How a connection to a file is opened.
#[derive(Clone)]
pub(super) struct Settings {
    file: PathBuf,
    access: Access,
}

impl Settings {
    /// Set on each connection.
    fn pragmas(&self) -> Vec<(&'static str, String)> {
        let mut pragmas = vec![
            // A commit is on the disk before it returns.
            ("synchronous", "FULL".to_owned()),
            ("foreign_keys", "ON".to_owned()),
            // What is deleted is overwritten.
            ("secure_delete", "ON".to_owned()),
        ];
        match self.access {
            Access::Bounded { bytes } => {
                pragmas.push(("max_page_count", (bytes / PAGE).to_string()));
                pragmas.push(("cache_size", SMALL_CACHE.to_owned()));
            }
            Access::Server | Access::Shared | Access::Command => {
                pragmas.push(("wal_autocheckpoint", LOG_PAGES.to_string()));
            }
        }
        pragmas
    }

    fn options(&self) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new().filename(&self.file).journal_mode(SqliteJournalMode::Wal);
        let options = options.busy_timeout(BUSY);
        self.pragmas().into_iter().fold(options, |options, (name, value)| options.pragma(name, value))
    }

    /// The write-ahead log of the file.
    pub(super) fn log(&self) -> PathBuf {
        files::beside(&self.file, "-wal")
    }

    /// A connection for a thread that owns it, to a file that exists.
    pub(super) fn open(&self) -> Result<rusqlite::Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(BUSY)?;
        for (name, value) in self.pragmas() {
            connection.pragma_update(None, name, value)?;
        }
        Ok(connection)
    }
}

pub(super) struct Opened {
    pub settings: Settings,
    pub writer: SqlitePool,
    pub readers: SqlitePool,
    pub owner: Option<OwnerLock>,
}

pub(super) async fn open(url: &str, access: Access) -> Result<Opened, StoreError> {
    let file = sqlite_file(url).map_err(|problem| StoreError::Unavailable(format!("the database URL {problem}")))?;
    let owner = prepare(&file, access).map_err(StoreError::Unavailable)?;
    let settings = Settings { file: file.clone(), access };
    let options = settings.options();
    let mut tries = 0;
    let writer = loop {
        match migrated(&options, &file, access).await {
            Ok(writer) => break writer,
            Err(Failed::Raced(error)) if tries == TRIES => return Err(error),
            Err(Failed::Raced(_)) => tries += 1,
            Err(Failed::Refused(error)) => return Err(error),
        }
        tokio::time::sleep(PAUSE).await;
    };
    let readers = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(4)
        .acquire_timeout(BUSY)
        .test_before_acquire(false)
        .connect_with(options.read_only(true))
        .await
        .map_err(unavailable)?;
    Ok(Opened { settings, writer, readers, owner })
}

/// Reads which migrations were applied.
pub(super) async fn inspect(url: &str) -> Result<Inspection, StoreError> {
    let file = sqlite_file(url).map_err(|problem| StoreError::Unavailable(format!("the database URL {problem}")))?;
    prepare(&file, Access::Command).map_err(StoreError::Unavailable)?;
    let options = SqliteConnectOptions::new().filename(&file).busy_timeout(BUSY).read_only(true);
    let other = |_| StoreError::Unavailable(format!("{} is not a database of this program", file.display()));
    let mut connection = options.connect().await.map_err(other)?;
    let applied: Vec<i64> = sqlx::query_scalar(migrations::APPLIED).fetch_all(&mut connection).await.map_err(other)?;
    let _ = connection.close().await;
    Ok(Inspection::of(&sqlx::migrate!("migrations/sqlite"), &applied))
}

/// Makes what is missing, and takes the lock of a server.
fn prepare(file: &Path, access: Access) -> Result<Option<OwnerLock>, String> {
    let shown = absolute(file).unwrap_or_else(|_| file.to_owned());
    let shown = shown.display();
    if access == Access::Command {
        return match file.metadata() {
            Ok(metadata) if metadata.is_file() && metadata.len() > 0 => Ok(None),
            Ok(_) => Err(format!("{shown} is not a database of this program")),
            Err(error) => Err(format!(
                "there is no database at {shown} ({error}). Run the command in the server's folder, or set \
                 TWO_TOKENS_DATABASE_URL to the server's"
            )),
        };
    }
    files::create_private(file).map_err(|error| format!("the database {shown} cannot be created: {error}"))?;
    files::make_private(file);
    if access == Access::Server { OwnerLock::take(file).map(Some) } else { Ok(None) }
}

enum Failed {
    /// Another process may be making the tables at this moment.
    Raced(StoreError),
    Refused(StoreError),
}

async fn migrated(options: &SqliteConnectOptions, file: &Path, access: Access) -> Result<SqlitePool, Failed> {
    let raced = |error| Failed::Raced(unavailable(error));
    let writer = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .acquire_timeout(BUSY + BUSY)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(announce(access, connection)))
        .connect_with(options.clone())
        .await
        .map_err(|error| {
            // 26: SQLITE_NOTADB.
            let is_other = error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "26");
            let refusal = || StoreError::Unavailable(format!("{} is not an SQLite database", file.display()));
            if is_other { Failed::Refused(refusal()) } else { raced(error) }
        })?;
    if access == Access::Command {
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
        let tables: i64 = sqlx::query_scalar(tables).fetch_one(&writer).await.map_err(raced)?;
        if tables == 0 {
            let refusal = format!("{} has no tables of this program: start the server on it first", file.display());
            return Err(Failed::Refused(StoreError::Unavailable(refusal)));
        }
    }
    let mut migrator: Migrator = sqlx::migrate!("migrations/sqlite");
    migrator.set_ignore_missing(true);
    migrator.run(&writer).await.map_err(|error| match error {
        MigrateError::Execute(_) | MigrateError::ExecuteMigration(..) => Failed::Raced(migrations::failed(error)),
        _ => Failed::Refused(migrations::failed(error)),
    })?;
    let applied: Vec<i64> = sqlx::query_scalar(migrations::APPLIED).fetch_all(&writer).await.map_err(raced)?;
    migrations::log_newer(&migrator, &applied);
    // A connection that was opened before the migrations found no table to announce in.
    announce(access, &mut *writer.acquire().await.map_err(raced)?).await.map_err(raced)?;
    Ok(writer)
}

/// Lets a connection announce what it writes where another process may have to learn of it.
async fn announce(access: Access, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    match access {
        Access::Shared | Access::Command => outside::announce(connection).await,
        Access::Server | Access::Bounded { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the log is after each of several commits of 1,500 pages, as a multiple of that.
    async fn lengths_of_the_log(access: Access) -> Vec<u64> {
        const PAGES: u32 = 1500;
        let folder = tempfile::tempdir().unwrap();
        let url = crate::store::url_of_file(&folder.path().join("a.db"));
        let settings = open(&url, access).await.unwrap().settings;
        let connection = settings.open().unwrap();
        connection.execute("CREATE TABLE blobs (bytes BLOB)", []).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        let length_after_one_more = |_| {
            connection.execute("INSERT INTO blobs VALUES (zeroblob(?1))", [PAGES * PAGE]).unwrap();
            settings.log().metadata().unwrap().len() / u64::from(PAGES * PAGE)
        };
        (0..5).map(length_after_one_more).collect()
    }

    #[tokio::test]
    async fn a_server_copies_its_log_into_the_file_seldom_and_a_small_database_soon() {
        assert_eq!(lengths_of_the_log(Access::Server).await, [1, 2, 3, 3, 3]);
        assert_eq!(lengths_of_the_log(Access::Bounded { bytes: 64 << 20 }).await, [1, 1, 1, 1, 1]);
    }
}
