//! The configuration: each setting is a flag and an environment variable (flag > environment > `.env` > default). Invalid or
//! inconsistent settings are refused at start, with a message that says what to do (fail fast).
//!
//! Why so long: each setting stands here once, with the text of `--help`, its default and what it must fit together with.

pub mod environment;
mod secret_file;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Parser;

use crate::api::edge::client_address::TrustedProxies;
use crate::api::edge::public_url;
use crate::auth::model::secret::ServerSecret;
use crate::auth::service::Lifetimes;
use crate::auth::token::access::ACCESS_TTL_MAX;
use crate::base_path::BasePath;
use crate::store::{DatabaseLocation, DatabaseUrl};

/// Sign-in with a short-lived access token and a rotating refresh token.
#[derive(Clone, Debug, Parser)]
#[command(name = "two-tokens", version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, global = true, env = "TWO_TOKENS_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,

    /// The public address: issuer of tokens, allowed origin, HSTS.
    #[arg(long, global = true, env = "TWO_TOKENS_PUBLIC_URL", default_value = "http://localhost:3000")]
    pub public_url: String,

    /// The certificate for TLS, in PEM form, with its chain. Read again at SIGHUP.
    #[arg(long, global = true, env = "TWO_TOKENS_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of the certificate, in PEM form.
    #[arg(long, global = true, env = "TWO_TOKENS_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// `self-signed` makes a certificate at start, for development: browsers warn of it. Loopback addresses only.
    #[arg(long, global = true, env = "TWO_TOKENS_TLS", value_enum, default_value = "off")]
    pub tls: Tls,

    /// What HSTS promises for a public https name: `host` alone, also its `subdomains`, also browsers' `preload` lists.
    #[arg(long, global = true, env = "TWO_TOKENS_HSTS", value_enum, default_value = "host")]
    pub hsts: Hsts,

    /// The path prefix that a reverse proxy serves this app under, as `/my-app`; the proxy passes it on.
    #[arg(long, global = true, env = "TWO_TOKENS_BASE_PATH", default_value = "/", value_parser = base_path)]
    pub base_path: BasePath,

    /// `sqlite://path` or `postgres://…`.
    #[arg(long, global = true, env = "TWO_TOKENS_DATABASE_URL", default_value = "sqlite://data/two-tokens.db")]
    pub database_url: DatabaseUrl,

    /// The address of PostgreSQL itself, where the database URL is that of a pooler in transaction mode: notifications of other
    /// instances arrive there.
    #[arg(long, global = true, env = "TWO_TOKENS_LISTEN_URL")]
    pub listen_url: Option<DatabaseUrl>,

    /// The file of the server secret. Created beside an SQLite database on first start; required with PostgreSQL.
    #[arg(long, global = true, env = "TWO_TOKENS_SECRET_FILE")]
    pub secret_file: Option<PathBuf>,

    /// Lifetime of an access token: 5s to 1h.
    #[arg(long, global = true, env = "TWO_TOKENS_ACCESS_TTL", default_value = "15m", value_parser = humantime::parse_duration)]
    pub access_ttl: Duration,

    /// Idle lifetime of a session.
    #[arg(long, global = true, env = "TWO_TOKENS_REFRESH_IDLE", default_value = "7d", value_parser = humantime::parse_duration)]
    pub refresh_idle: Duration,

    /// Absolute lifetime of a session.
    #[arg(long, global = true, env = "TWO_TOKENS_REFRESH_ABSOLUTE", default_value = "30d", value_parser = humantime::parse_duration)]
    pub refresh_absolute: Duration,

    /// Grace: how long a superseded refresh token still gets its successor. 0s is strict RFC 9700.
    #[arg(long, global = true, env = "TWO_TOKENS_REFRESH_GRACE", default_value = "10s", value_parser = humantime::parse_duration)]
    pub refresh_grace: Duration,

    /// Minimum length of a new password, in characters: 8 to 64.
    #[arg(long, global = true, env = "TWO_TOKENS_PASSWORD_MIN", default_value = "15")]
    pub password_min: usize,

    /// Throttle repeated attempts. `off` is for benchmarks, on loopback addresses only.
    #[arg(long, global = true, env = "TWO_TOKENS_THROTTLE", value_enum, default_value = "on")]
    pub throttle: Throttle,

    /// Let browsers that can bind sessions to their device (device-bound session credentials), so that copied cookies are worthless.
    #[arg(long, global = true, env = "TWO_TOKENS_DBSC", value_enum, default_value = "on")]
    pub dbsc: Dbsc,

    /// The proxies whose `X-Forwarded-For` is trusted: addresses and CIDR blocks, separated by commas.
    #[arg(long, global = true, env = "TWO_TOKENS_TRUSTED_PROXIES")]
    pub trusted_proxies: Option<TrustedProxies>,

    /// How long the server says at /readyz that it shuts down before it stops accepting, for load balancers: up to 1m.
    #[arg(long, global = true, env = "TWO_TOKENS_SHUTDOWN_NOTICE", default_value = "0s", value_parser = humantime::parse_duration)]
    pub shutdown_notice: Duration,

    /// Serve metrics at `/metrics` on this address, which must not be the public one: they are for anybody who reaches it.
    #[arg(long, global = true, env = "TWO_TOKENS_METRICS_ADDR")]
    pub metrics_addr: Option<SocketAddr>,

    /// The log level, or tracing directives.
    #[arg(long, global = true, env = "TWO_TOKENS_LOG", default_value = "info")]
    pub log: String,

    /// Create a demo user and print its password. Loopback addresses only.
    #[arg(long, global = true)]
    pub demo_user: bool,

    /// Let `POST /test/clock` move the server's clock forward, for browser tests. Loopback addresses only.
    #[arg(long, global = true)]
    pub test_clock: bool,
}

const SECRET_FILE: &str = "TWO_TOKENS_SECRET_FILE";
/// The longest `Max-Age` that browsers accept (RFC 6265bis section 5.5).
const COOKIE_MAX_AGE: Duration = Duration::from_secs(400 * 24 * 3600);

/// Parses a base path: its segments are unreserved characters of a URL (RFC 3986, section 2.3).
fn base_path(text: &str) -> Result<BasePath, String> {
    let prefix = text.trim_end_matches('/');
    let segment = |segment: &str| {
        !segment.trim_matches('.').is_empty()
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    let valid = prefix.is_empty() || prefix.strip_prefix('/').is_some_and(|path| path.split('/').all(segment));
    if !valid {
        return Err("must be empty or a path as /my-app, of letters, digits and -._~".into());
    }
    Ok(BasePath::new(prefix))
}

/// TLS without certificate files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tls {
    Off,
    SelfSigned,
}

/// How much of a domain HSTS is for (RFC 6797).
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Hsts {
    Off,
    Host,
    Subdomains,
    Preload,
}

/// Whether attempts are throttled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Throttle {
    On,
    Off,
}

/// Whether sessions are bound to devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Dbsc {
    On,
    Off,
}

/// An invalid setting, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    /// The name of the environment variable or the flag.
    pub setting: &'static str,
    pub problem: String,
}

/// Refuses a setting.
///
/// # Errors
///
/// Always.
pub fn refuse<T>(setting: &'static str, problem: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError { setting, problem: problem.into() })
}

impl Config {
    /// The lifetimes of tokens and sessions.
    pub fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            access: self.access_ttl,
            refresh_idle: self.refresh_idle,
            refresh_absolute: self.refresh_absolute,
            refresh_grace: self.refresh_grace,
        }
    }

    /// Where the database is.
    pub fn database(&self) -> DatabaseLocation<'_> {
        let listen_url = self.listen_url.as_ref().map(DatabaseUrl::as_str);
        DatabaseLocation { url: self.database_url.as_str(), listen_url }
    }

    /// Validates the settings and normalizes the public URL.
    ///
    /// # Errors
    ///
    /// The first invalid setting.
    pub fn check(mut self) -> Result<Self, ConfigError> {
        let invalid = |setting| move |problem| ConfigError { setting, problem };
        self.public_url = public_url::normalize(&self.public_url).map_err(invalid("TWO_TOKENS_PUBLIC_URL"))?;
        self.database_url.check().map_err(invalid("TWO_TOKENS_DATABASE_URL"))?;
        if let Some(listen) = &self.listen_url {
            if !self.database_url.is_postgres() {
                return refuse(
                    "TWO_TOKENS_LISTEN_URL",
                    "is for PostgreSQL, and TWO_TOKENS_DATABASE_URL is SQLite: remove it",
                );
            }
            if !listen.is_postgres() {
                return refuse("TWO_TOKENS_LISTEN_URL", "must start with postgres://");
            }
            listen.check().map_err(invalid("TWO_TOKENS_LISTEN_URL"))?;
        }
        if !(Duration::from_secs(5)..=ACCESS_TTL_MAX).contains(&self.access_ttl) {
            return refuse("TWO_TOKENS_ACCESS_TTL", "must be from 5s to 1h");
        }
        if self.refresh_idle < self.access_ttl {
            return refuse("TWO_TOKENS_REFRESH_IDLE", "must not be shorter than the access token's lifetime");
        }
        if self.refresh_absolute < self.refresh_idle {
            return refuse("TWO_TOKENS_REFRESH_ABSOLUTE", "must not be shorter than TWO_TOKENS_REFRESH_IDLE");
        }
        if self.refresh_absolute > COOKIE_MAX_AGE {
            return refuse("TWO_TOKENS_REFRESH_ABSOLUTE", "must be at most 400d: browsers keep no cookie longer");
        }
        if self.refresh_grace > Duration::from_secs(60) {
            return refuse("TWO_TOKENS_REFRESH_GRACE", "must be at most 60s: a thief shares the grace");
        }
        if !(8..=64).contains(&self.password_min) {
            return refuse("TWO_TOKENS_PASSWORD_MIN", "must be from 8 to 64; 15 where there is no second factor");
        }
        if self.shutdown_notice > Duration::from_secs(60) {
            return refuse("TWO_TOKENS_SHUTDOWN_NOTICE", "must be at most 1m: service managers kill what does not end");
        }
        if self.metrics_addr.is_some_and(|metrics| metrics.port() == self.addr.port() && metrics.port() != 0) {
            return refuse(
                "TWO_TOKENS_METRICS_ADDR",
                "must have another port than TWO_TOKENS_ADDR: metrics are not public",
            );
        }
        super::tls::check(&self)?;
        for (on, setting, danger) in [
            (self.throttle == Throttle::Off, "TWO_TOKENS_THROTTLE", "off lets others guess passwords without limit"),
            (self.demo_user, "--demo-user", "its password is public"),
            (self.test_clock, "--test-clock", "it lets every client move the clock"),
        ] {
            if on {
                self.only_on_loopback(setting, danger)?;
            }
        }
        Ok(self)
    }

    /// Whether connections are TLS. Without it, a proxy does that.
    pub fn speaks_tls(&self) -> bool {
        self.tls_cert.is_some() || self.tls == Tls::SelfSigned
    }

    /// Refuses a dangerous setting on a server that others reach, directly or through a proxy.
    ///
    /// # Errors
    ///
    /// The listen address or the public URL is not one of this computer.
    pub fn only_on_loopback(&self, setting: &'static str, danger: &str) -> Result<(), ConfigError> {
        let other = if !self.addr.ip().is_loopback() {
            format!("TWO_TOKENS_ADDR is {}", self.addr)
        } else if !public_url::is_loopback(&self.public_url) {
            format!("TWO_TOKENS_PUBLIC_URL is {}", self.public_url)
        } else {
            return Ok(());
        };
        refuse(setting, format!("is for loopback addresses only ({danger}), and {other}"))
    }

    /// Reads the server secret. With SQLite the first start makes the file (mode 0600).
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, others can read it, it does not hold a secret, or it is not configured.
    pub fn secret(&self) -> Result<ServerSecret, ConfigError> {
        let path = self.secret_path()?;
        let database = self.database_url.sqlite_file();
        let has_data = || database.as_deref().is_some_and(|file| file.metadata().is_ok_and(|file| file.len() > 0));
        let secret = if database.is_some() && !has_data() {
            secret_file::read_or_create(&path)
        } else {
            secret_file::read(&path)
        };
        secret.map_err(|problem| ConfigError { setting: SECRET_FILE, problem })
    }

    /// Reads the server secret, and never makes one: for commands.
    ///
    /// # Errors
    ///
    /// As [`Self::secret`], and when the file is missing.
    pub fn existing_secret(&self) -> Result<ServerSecret, ConfigError> {
        secret_file::read(&self.secret_path()?).map_err(|problem| ConfigError { setting: SECRET_FILE, problem })
    }

    fn secret_path(&self) -> Result<PathBuf, ConfigError> {
        match (&self.secret_file, self.database_url.sqlite_file()) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(database)) => Ok(database.with_extension("secret")),
            (None, None) => refuse(SECRET_FILE, "must be given with PostgreSQL, the same file for every instance"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Config, ConfigError> {
        let arguments = std::iter::once("two-tokens").chain(arguments.iter().copied());
        Config::try_parse_from(arguments).unwrap().check()
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = parse(&[]).unwrap();
        assert_eq!(config.access_ttl, Duration::from_secs(900));
        assert_eq!(config.database_url.sqlite_file().unwrap(), PathBuf::from("data/two-tokens.db"));
    }

    const POOLED: &str = "--database-url=postgres://app@localhost:6432/app";

    #[test]
    fn an_invalid_setting_is_refused_by_name() {
        for (arguments, setting) in [
            (vec!["--access-ttl", "4s"], "TWO_TOKENS_ACCESS_TTL"),
            (vec!["--access-ttl", "2h"], "TWO_TOKENS_ACCESS_TTL"),
            (vec!["--refresh-idle", "60d"], "TWO_TOKENS_REFRESH_ABSOLUTE"),
            (vec!["--refresh-idle", "1s"], "TWO_TOKENS_REFRESH_IDLE"),
            (vec!["--refresh-grace", "5m"], "TWO_TOKENS_REFRESH_GRACE"),
            (vec!["--shutdown-notice", "2m"], "TWO_TOKENS_SHUTDOWN_NOTICE"),
            (vec!["--metrics-addr", "0.0.0.0:3000"], "TWO_TOKENS_METRICS_ADDR"),
            (vec!["--password-min", "7"], "TWO_TOKENS_PASSWORD_MIN"),
            (vec!["--password-min", "65"], "TWO_TOKENS_PASSWORD_MIN"),
            (vec!["--public-url", "ftp://x"], "TWO_TOKENS_PUBLIC_URL"),
            (vec!["--public-url", "https://x/app"], "TWO_TOKENS_PUBLIC_URL"),
            (vec!["--addr", "0.0.0.0:80", "--demo-user"], "--demo-user"),
            (vec!["--addr", "0.0.0.0:80", "--test-clock"], "--test-clock"),
            (vec!["--addr", "0.0.0.0:80", "--throttle", "off"], "TWO_TOKENS_THROTTLE"),
            (vec!["--addr", "[::]:80", "--throttle", "off"], "TWO_TOKENS_THROTTLE"),
            (vec!["--public-url", "https://app.example.com", "--demo-user"], "--demo-user"),
            (vec!["--public-url", "https://app.example.com", "--test-clock"], "--test-clock"),
            (vec!["--public-url", "https://app.example.com", "--throttle", "off"], "TWO_TOKENS_THROTTLE"),
            (vec!["--public-url", "http://192.168.1.5:3000"], "TWO_TOKENS_PUBLIC_URL"),
            (vec!["--refresh-absolute", "401d"], "TWO_TOKENS_REFRESH_ABSOLUTE"),
            (vec!["--database-url", "mysql://x"], "TWO_TOKENS_DATABASE_URL"),
            (vec!["--database-url", "sqlite::memory:"], "TWO_TOKENS_DATABASE_URL"),
            (vec!["--listen-url", "postgres://app@localhost/app"], "TWO_TOKENS_LISTEN_URL"),
            (vec![POOLED, "--listen-url", "sqlite://data/a.db"], "TWO_TOKENS_LISTEN_URL"),
            (vec![POOLED, "--listen-url", "mysql://app@localhost/app"], "TWO_TOKENS_LISTEN_URL"),
            (vec![POOLED, "--listen-url", "postgres://app@localhost/app?ssl=on"], "TWO_TOKENS_LISTEN_URL"),
        ] {
            assert_eq!(parse(&arguments).unwrap_err().setting, setting, "{arguments:?}");
        }
    }

    #[test]
    fn a_base_path_is_unreserved_segments() {
        for (text, base_path) in
            [("", ""), ("/", ""), ("/app", "/app"), ("/app/", "/app"), ("/a-b/c_d.e~1", "/a-b/c_d.e~1")]
        {
            assert_eq!(parse(&["--base-path", text]).unwrap().base_path.as_str(), base_path, "{text}");
        }
        for text in ["app", "//app", "/a//b", "/..", "/a/./b", "/a b", "/a%20b", "/a?b", "/{id}", "/ä", "https://x/app"]
        {
            assert!(Config::try_parse_from(["two-tokens", "--base-path", text]).is_err(), "{text}");
        }
    }

    #[test]
    fn the_secret_is_beside_the_database_and_made_only_with_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/a%20b.db", folder.path().display());
        let config = parse(&["--database-url", &url]).unwrap();
        assert_eq!(config.existing_secret().unwrap_err().setting, SECRET_FILE);
        let first = config.secret().unwrap();
        assert_eq!(config.secret().unwrap().to_text(), first.to_text());
        assert_eq!(config.existing_secret().unwrap().to_text(), first.to_text());
        let (database, secret) = (folder.path().join("a b.db"), folder.path().join("a b.secret"));
        std::fs::write(&database, "rows").unwrap();
        std::fs::remove_file(&secret).unwrap();
        assert!(config.secret().unwrap_err().problem.contains("a b.secret"), "a database whose secret is lost");
        assert!(!secret.exists());
        let postgres = parse(&["--database-url", "postgres://x/y"]).unwrap();
        assert_eq!(postgres.secret().unwrap_err().setting, SECRET_FILE);
    }

    #[test]
    fn the_password_of_the_database_is_not_printed() {
        let config = parse(&["--database-url", "postgres://app:hunter2@db.example/app?password=hunter2"]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
