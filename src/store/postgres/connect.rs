//! How this program connects: the URL, TLS, the pool, and the migrations.

use std::net::IpAddr;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions as _, migrate::Migrator};
use url::Url;

use super::{link, read_only, rotations::WORKERS};
use crate::store::sql::prelude::*;
use crate::store::{Access, Inspection, migrations};

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
    Ok(options.application_name("two-tokens"))
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

/// Connects and runs the pending migrations.
///
/// # Errors
///
/// [`StoreError::Unavailable`].
pub(super) async fn open(url: &str, access: Access) -> Result<PgPool, StoreError> {
    let options = options(url).map_err(|problem| StoreError::Unavailable(format!("the database URL {problem}")))?;
    log_protection(&options);
    migrate(&options, access).await?;
    let options = options.options([
        ("statement_timeout", "5s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "10s"),
    ]);
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .before_acquire(|_, metadata| Box::pin(std::future::ready(Ok(!read_only::is_suspect(metadata.age)))))
        .after_release(|_, metadata| Box::pin(std::future::ready(Ok(!read_only::is_suspect(metadata.age)))))
        .connect_with(options)
        .await
        .map_err(unavailable)
}

/// A connection of its own: of several first starts one migrates and the others wait for its advisory lock, longer than a
/// request may wait for a lock.
async fn migrate(options: &PgConnectOptions, access: Access) -> Result<(), StoreError> {
    let mut connection = options.clone().options([("lock_timeout", "60s")]).connect().await.map_err(unavailable)?;
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
pub(super) async fn inspect(url: &str) -> Result<Inspection, StoreError> {
    let options = options(url).map_err(|problem| StoreError::Unavailable(format!("the database URL {problem}")))?;
    let mut connection = within(options.connect()).await?;
    if !is_migrated(&mut connection).await? {
        return Err(StoreError::Unavailable(
            "the database has no tables of this program: start the server on it".into(),
        ));
    }
    let applied: Vec<i64> =
        sqlx::query_scalar(migrations::APPLIED).fetch_all(&mut connection).await.map_err(unavailable)?;
    let clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let clock: i64 = sqlx::query_scalar(clock).fetch_one(&mut connection).await.map_err(unavailable)?;
    let _ = connection.close().await;
    let hears_itself = link::hears_itself(&options).await;
    let of_migrations = Inspection::of(&sqlx::migrate!("migrations/postgres"), &applied);
    Ok(Inspection { clock: Some(Timestamp(clock)), hears_itself: Some(hears_itself), ..of_migrations })
}

async fn within<T>(connecting: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    let away = |_| StoreError::Unavailable("the database does not answer".into());
    tokio::time::timeout(ACQUIRE, connecting).await.map_err(away)?.map_err(unavailable)
}

async fn is_migrated(connection: &mut PgConnection) -> Result<bool, StoreError> {
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
