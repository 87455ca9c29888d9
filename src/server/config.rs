//! The configuration: each setting is a flag and an environment variable (flag > environment > `.env` > default). Invalid or
//! inconsistent settings are refused at start, with a message that says what to do (fail fast).

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Parser;

use crate::api::edge::client_address::TrustedProxies;
use crate::auth::model::secret::ServerSecret;
use crate::auth::service::Lifetimes;
use crate::auth::token::access::ACCESS_TTL_MAX;
use crate::base_path::BasePath;

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

    /// The path prefix that a reverse proxy serves this app under, as `/my-app`; the proxy passes it on.
    #[arg(long, global = true, env = "TWO_TOKENS_BASE_PATH", default_value = "/", value_parser = base_path)]
    pub base_path: BasePath,

    /// `sqlite://path` or `postgres://…`.
    #[arg(long, global = true, env = "TWO_TOKENS_DATABASE_URL", default_value = "sqlite://data/two-tokens.db")]
    pub database_url: String,

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

    /// The proxies whose `X-Forwarded-For` is trusted: addresses and CIDR blocks, separated by commas.
    #[arg(long, global = true, env = "TWO_TOKENS_TRUSTED_PROXIES")]
    pub trusted_proxies: Option<TrustedProxies>,

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

/// Whether attempts are throttled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Throttle {
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

    /// Validates the settings and normalizes the public URL.
    ///
    /// # Errors
    ///
    /// The first invalid setting.
    pub fn check(mut self) -> Result<Self, ConfigError> {
        self.public_url = self.public_url.trim_end_matches('/').to_owned();
        let url: http::Uri = match self.public_url.parse() {
            Ok(url) => url,
            Err(error) => return refuse("TWO_TOKENS_PUBLIC_URL", format!("{} is not a URL: {error}", self.public_url)),
        };
        if !matches!(url.scheme_str(), Some("http" | "https")) || url.path() != "/" || url.query().is_some() {
            return refuse("TWO_TOKENS_PUBLIC_URL", "must be http:// or https:// and a host, without a path");
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
        if self.refresh_grace > Duration::from_secs(60) {
            return refuse("TWO_TOKENS_REFRESH_GRACE", "must be at most 60s: a thief shares the grace");
        }
        if !(8..=64).contains(&self.password_min) {
            return refuse("TWO_TOKENS_PASSWORD_MIN", "must be from 8 to 64; 15 where there is no second factor");
        }
        if self.throttle == Throttle::Off && !self.addr.ip().is_loopback() {
            return refuse(
                "TWO_TOKENS_THROTTLE",
                "can be off on loopback addresses only: others could guess passwords without limit",
            );
        }
        if self.demo_user && !self.addr.ip().is_loopback() {
            return refuse("--demo-user", "is for loopback addresses only: its password is public");
        }
        if self.test_clock && !self.addr.ip().is_loopback() {
            return refuse("--test-clock", "is for loopback addresses only: it lets every client move the clock");
        }
        Ok(self)
    }

    fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.database_url.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
    }

    /// Reads the server secret. On first start with SQLite it creates the file (mode 0600).
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, does not contain a secret, or is not configured.
    pub fn secret(&self) -> Result<ServerSecret, ConfigError> {
        const SETTING: &str = "TWO_TOKENS_SECRET_FILE";
        let path = match (&self.secret_file, self.sqlite_file()) {
            (Some(path), _) => path.clone(),
            (None, Some(database)) => database.with_extension("secret"),
            (None, None) => {
                return refuse(SETTING, "must be given with PostgreSQL, the same file for every instance");
            }
        };
        let described =
            |error: std::io::Error| ConfigError { setting: SETTING, problem: format!("{}: {error}", path.display()) };
        match std::fs::read_to_string(&path) {
            Ok(text) => ServerSecret::from_text(&text).ok_or_else(|| ConfigError {
                setting: SETTING,
                problem: format!("{} does not hold 32 bytes of base64url", path.display()),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.sqlite_file().is_some() => {
                let secret = ServerSecret::generate();
                write_private(&path, &secret.to_text()).map_err(described)?;
                Ok(secret)
            }
            Err(error) => Err(described(error)),
        }
    }
}

fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

/// The environment variables with our prefix that match no setting, most likely typing errors.
pub fn unknown_variables(command: &clap::Command) -> Vec<String> {
    let known: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_env()).collect();
    std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_string_lossy().starts_with("TWO_TOKENS_") && !known.contains(&name.as_os_str()))
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
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
        assert_eq!(config.sqlite_file().unwrap(), PathBuf::from("data/two-tokens.db"));
    }

    #[test]
    fn an_invalid_setting_is_refused_by_name() {
        for (arguments, setting) in [
            (vec!["--access-ttl", "4s"], "TWO_TOKENS_ACCESS_TTL"),
            (vec!["--access-ttl", "2h"], "TWO_TOKENS_ACCESS_TTL"),
            (vec!["--refresh-idle", "60d"], "TWO_TOKENS_REFRESH_ABSOLUTE"),
            (vec!["--refresh-idle", "1s"], "TWO_TOKENS_REFRESH_IDLE"),
            (vec!["--refresh-grace", "5m"], "TWO_TOKENS_REFRESH_GRACE"),
            (vec!["--password-min", "7"], "TWO_TOKENS_PASSWORD_MIN"),
            (vec!["--password-min", "65"], "TWO_TOKENS_PASSWORD_MIN"),
            (vec!["--public-url", "ftp://x"], "TWO_TOKENS_PUBLIC_URL"),
            (vec!["--public-url", "https://x/app"], "TWO_TOKENS_PUBLIC_URL"),
            (vec!["--addr", "0.0.0.0:80", "--demo-user"], "--demo-user"),
            (vec!["--addr", "0.0.0.0:80", "--test-clock"], "--test-clock"),
            (vec!["--addr", "0.0.0.0:80", "--throttle", "off"], "TWO_TOKENS_THROTTLE"),
            (vec!["--addr", "[::]:80", "--throttle", "off"], "TWO_TOKENS_THROTTLE"),
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
    fn the_secret_file_is_created_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/a.db", folder.path().display());
        let config = parse(&["--database-url", &url]).unwrap();
        let first = config.secret().unwrap();
        assert_eq!(config.secret().unwrap().to_text(), first.to_text());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join("a.secret")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let postgres = parse(&["--database-url", "postgres://x/y"]).unwrap();
        assert_eq!(postgres.secret().unwrap_err().setting, "TWO_TOKENS_SECRET_FILE");
    }
}
