//! How this program connects: the URL, TLS, the pool, and the migrations.

use std::net::IpAddr;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Postgres, migrate::Migrator};
use url::Url;

use super::connection::{PoolMode, PostgresConnection, PostgresTransaction};
use super::{link, read_only, rotations::WORKERS};
use crate::store::sql::prelude::*;
use crate::store::{Access, DatabaseLocation, Inspection, migrations};

/// Size of the connection pool. With the connections of the rotations there are 16.
const CONNECTIONS: u32 = 16 - WORKERS;
/// The longest wait for a connection; then the request fails as unavailable.
pub(super) const ACQUIRE: Duration = Duration::from_secs(2);
/// The parameters of a URL. Others would be ignored by the driver, with whatever they were to protect.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// The options of a `postgres://` URL. Over a network TLS is verified (`verify-full`), unless the URL or `PGSSLMODE` says
/// otherwise.
///
/// # Errors
///
/// A sentence, without the password.
pub fn options(url: &str) -> Result<PgConnectOptions, String> {
    let parsed = Url::parse(url).map_err(|error| format!("is not a PostgreSQL URL: {error}"))?;
    let parameters: Vec<_> = parsed.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let known = |name: &str| PARAMETERS.contains(&name) || name.starts_with("options[") && name.ends_with(']');
    if let Some(other) = parameters.iter().find(|name| !known(name)) {
        return Err(format!("has the parameter {other}, which is not one of: {}", PARAMETERS.join(", ")));
    }
    let options = PgConnectOptions::from_str(url).map_err(|error| format!("is not a PostgreSQL URL: {error}"))?;
    let says_tls = parameters.iter().any(|name| name == "sslmode" || name == "ssl-mode");
    let says_tls = says_tls || std::env::var_os("PGSSLMODE").is_some_and(|mode| !mode.is_empty());
    let options = if says_tls || is_local(&options) { options } else { options.ssl_mode(PgSslMode::VerifyFull) };
    // Poolers refuse parameters of a connection that they do not know.
    Ok(options.application_name("two-tokens").extra_float_digits(None))
}

/// The addresses of a database.
#[derive(Clone)]
pub(super) struct Addresses {
    /// Where statements go.
    pub main: PgConnectOptions,
    /// Where a connection is a session, beside a pooler at `main`.
    pub listen: Option<PgConnectOptions>,
}

impl Addresses {
    fn of(location: DatabaseLocation<'_>) -> Result<Self, StoreError> {
        let unreadable = |setting| move |problem| StoreError::Unavailable(format!("{setting} {problem}"));
        let main = options(location.url).map_err(unreadable("the database URL"))?;
        let listen = location.listen_url.map(options).transpose().map_err(unreadable("the listen URL"))?;
        Ok(Self { main, listen })
    }

    /// What may be assumed of connections to `main`.
    pub(super) fn pool_mode(&self) -> PoolMode {
        if self.listen.is_some() { PoolMode::Transaction } else { PoolMode::Session }
    }

    /// Where a connection is a session: for notifications, and for migrations with their advisory lock.
    pub(super) fn session(&self) -> &PgConnectOptions {
        self.listen.as_ref().unwrap_or(&self.main)
    }
}

/// The connections of a store.
#[derive(Clone)]
pub(super) struct Pool {
    pub connections: PgPool,
    pub addresses: Addresses,
}

impl Pool {
    pub(super) async fn acquire(&self) -> Result<Box<PostgresConnection>, sqlx::Error> {
        Ok(PostgresConnection::pooled(self.connections.acquire().await?, self.addresses.pool_mode()))
    }

    pub(super) async fn begin(&self) -> Result<PostgresTransaction, sqlx::Error> {
        let mode = self.addresses.pool_mode();
        Ok(PostgresTransaction::new(self.connections.begin_with(mode.begin()).await?, mode))
    }

    /// A connection that belongs to its caller.
    pub(super) async fn connect(&self) -> Result<PostgresConnection, sqlx::Error> {
        PostgresConnection::connect(&self.addresses.main, self.addresses.pool_mode()).await
    }
}

/// Whether the connection stays on this computer.
fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host().trim_start_matches('[').trim_end_matches(']');
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Says how the connection is protected.
fn log_protection(options: &PgConnectOptions) {
    let (host, mode) = (options.get_host(), options.get_ssl_mode());
    match mode {
        _ if is_local(options) => tracing::info!("database: PostgreSQL on this computer"),
        PgSslMode::VerifyFull => {
            tracing::info!(host, "database: PostgreSQL over TLS, certificate and host name verified")
        }
        _ => tracing::warn!(
            host,
            sslmode = ?mode,
            "database: PostgreSQL over a network, and nothing proves that it is the right server; sslmode=verify-full does"
        ),
    }
}

/// Connects, proves that notifications arrive, and runs the pending migrations.
///
/// # Errors
///
/// [`StoreError::Unavailable`].
pub(super) async fn open(location: DatabaseLocation<'_>, access: Access) -> Result<Pool, StoreError> {
    let addresses = Addresses::of(location)?;
    log_protection(&addresses.main);
    if let Some(listen) = &addresses.listen {
        log_protection(listen);
    }
    // First, because everything else relies on it: where no notification is heard, no connection is known to be a session, and a
    // listen address may be that of another database.
    link::hears_itself(&addresses).await.map_err(StoreError::Unavailable)?;
    migrate(addresses.session(), access).await?;
    let mode = addresses.pool_mode();
    let connections = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .after_connect(move |connection, _| Box::pin(mode.prepare(connection)))
        .before_acquire(|_, metadata| Box::pin(std::future::ready(Ok(!read_only::is_suspect(metadata.age)))))
        .after_release(|_, metadata| Box::pin(std::future::ready(Ok(!read_only::is_suspect(metadata.age)))))
        .connect_with(addresses.main.clone())
        .await
        .map_err(unavailable)?;
    Ok(Pool { connections, addresses })
}

/// A connection of its own: of several first starts one migrates and the others wait for its advisory lock, longer than a
/// request may wait for a lock.
async fn migrate(options: &PgConnectOptions, access: Access) -> Result<(), StoreError> {
    let mut connection = options.connect().await.map_err(unavailable)?;
    connection.execute("SET lock_timeout = '60s'").await.map_err(unavailable)?;
    if access == Access::Command && !is_migrated(&mut connection).await? {
        let database = options.get_database().unwrap_or(options.get_username());
        return Err(StoreError::Unavailable(format!(
            "the database {database} at {} has no tables of this program: start the server on it first, or set \
             TWO_TOKENS_DATABASE_URL to the server's",
            options.get_host()
        )));
    }
    let mut migrator: Migrator = sqlx::migrate!("migrations/postgres");
    migrator.set_ignore_missing(true);
    migrator.run_direct(None, &mut connection, false).await.map_err(migrations::failed)?;
    let applied = sqlx::query_scalar(migrations::APPLIED).fetch_all(&mut connection).await.map_err(unavailable)?;
    migrations::log_newer(&migrator, &applied);
    let _ = connection.close().await;
    Ok(())
}

/// Reads which migrations were applied and what time it is, and tries the way on which a server listens.
pub(super) async fn inspect(location: DatabaseLocation<'_>) -> Result<Inspection, StoreError> {
    let addresses = Addresses::of(location)?;
    // Whatever stands between, nothing that is read here needs a session.
    let mut connection = within(PostgresConnection::connect(&addresses.main, PoolMode::Transaction)).await?;
    if !is_migrated(&mut connection).await? {
        return Err(StoreError::Unavailable(
            "the database has no tables of this program: start the server on it".into(),
        ));
    }
    let applied: Vec<i64> =
        sqlx::query_scalar(migrations::APPLIED).fetch_all(&mut connection).await.map_err(unavailable)?;
    let clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let clock: i64 = sqlx::query_scalar(clock).fetch_one(&mut connection).await.map_err(unavailable)?;
    let hears_itself = link::hears_itself(&addresses).await;
    let of_migrations = Inspection::of(&sqlx::migrate!("migrations/postgres"), &applied);
    Ok(Inspection { clock: Some(Timestamp(clock)), hears_itself: Some(hears_itself), ..of_migrations })
}

async fn within<T>(connecting: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    let away = |_| StoreError::Unavailable("the database does not answer".into());
    tokio::time::timeout(ACQUIRE, connecting).await.map_err(away)?.map_err(unavailable)
}

async fn is_migrated<'c>(connection: impl sqlx::Executor<'c, Database = Postgres>) -> Result<bool, StoreError> {
    let table = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    sqlx::query_scalar(table).fetch_one(connection).await.map_err(unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_verified_over_a_network_unless_the_url_says_otherwise() {
        for (url, verified) in [
            ("postgres://app@db.example/app", true),
            ("postgresql://app@10.0.0.7/app", true),
            ("postgres://app@localhost.example/app", true),
            ("postgres://app@db.example/app?sslrootcert=/ca.pem", true),
            ("postgres://app@localhost/app?host=db.example", true),
            ("postgres://app@db.example/app?sslmode=require", false),
            ("postgres://app@localhost/app", false),
            ("postgres://app@127.0.0.1:5432/app", false),
            ("postgres://app@[::1]/app", false),
            ("postgres:///app?host=/var/run/postgresql", false),
        ] {
            let mode = options(url).unwrap().get_ssl_mode();
            assert_eq!(matches!(mode, PgSslMode::VerifyFull), verified, "{url}: {mode:?}");
        }
    }

    #[test]
    fn a_parameter_that_the_driver_would_ignore_is_refused() {
        for parameter in ["ssl=on", "sslmod=require", "sslmode=verify-ful", "connect_timeout=5", "options[x=1"] {
            assert!(options(&format!("postgres://app@db/app?{parameter}")).is_err(), "{parameter}");
        }
        assert!(options("postgres://app@db/app?options[search_path]=x&sslmode=require").is_ok());
    }
}
