//! The database URL. It may hold a password, so it is printed without one, and it is read in one place: the database and the
//! secret beside it are in the same folder.

use std::{fmt, path::PathBuf, str::FromStr as _};

use percent_encoding::percent_decode_str;
use sqlx::sqlite::SqliteConnectOptions;
use url::Url;
use zeroize::Zeroizing;

use super::postgres::connect;

/// `sqlite://path` or `postgres://user:password@host/name`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl From<String> for DatabaseUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sqlite_file() {
            Some(file) => write!(f, "sqlite://{}", file.display()),
            None => f.write_str("[redacted]"),
        }
    }
}

impl DatabaseUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Refuses what cannot be opened, before anything is made.
    ///
    /// # Errors
    ///
    /// A sentence, without the password.
    pub fn check(&self) -> Result<(), String> {
        match self.0.split_once(':') {
            Some(("sqlite", _)) => sqlite_file(&self.0).map(drop),
            Some(("postgres" | "postgresql", _)) => connect::options(&self.0).map(drop),
            _ => Err("must start with sqlite:// or postgres://".into()),
        }
    }

    /// Whether it is for PostgreSQL, valid or not.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0.split_once(':'), Some(("postgres" | "postgresql", _)))
    }

    /// The URL with `***` for the password.
    pub fn without_password(&self) -> String {
        let (apart, password) = self.apart_from_password();
        match Url::parse(&apart) {
            Ok(mut url) if password.is_some() => match url.set_password(Some("***")) {
                Ok(()) => url.into(),
                Err(()) => apart,
            },
            _ => apart,
        }
    }

    /// The URL without the password, and the password. That of the parameters counts more, as for the driver.
    pub fn apart_from_password(&self) -> (String, Option<Zeroizing<String>>) {
        let Ok(mut url) = Url::parse(&self.0) else { return ("[redacted]".into(), None) };
        if url.scheme() == "sqlite" {
            return (self.0.clone(), None);
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut password = url.password().map(decoded);
        let _ = url.set_password(None);
        let (hidden, kept): (Vec<_>, Vec<_>) = url.query_pairs().into_owned().partition(|(name, _)| name == "password");
        if let Some((_, value)) = hidden.into_iter().next_back() {
            password = Some(value);
            url.set_query(None);
            if !kept.is_empty() {
                url.query_pairs_mut().extend_pairs(kept);
            }
        }
        (url.into(), password.map(Zeroizing::new))
    }

    /// The file of an SQLite database.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        sqlite_file(&self.0).ok()
    }
}

/// The file of an `sqlite://` URL, decoded as the driver does.
pub(super) fn sqlite_file(url: &str) -> Result<PathBuf, String> {
    const FORM: &str = "must be sqlite:// and the path of a file, percent-encoded";
    let rest = url.strip_prefix("sqlite:").ok_or(FORM)?;
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    // The driver takes the first `?` for the start of parameters; it reads others from the environment of nobody.
    if let Some(other) = parameters.split('&').find(|pair| !["", "mode=rw", "mode=rwc"].contains(pair)) {
        let name = other.split('=').next().unwrap_or_default();
        return Err(format!("{FORM}; only mode=rwc may follow, and not {name}: the server writes to the file"));
    }
    let options = SqliteConnectOptions::from_str(&format!("sqlite:{path}")).map_err(|_| FORM)?;
    let file = options.get_filename().to_owned();
    let is_file = file.file_name().is_some() && !path.contains(":memory:") && !path.ends_with('/');
    if is_file { Ok(file) } else { Err(format!("{FORM}: the data must outlive the server")) }
}

/// The URL of an SQLite file: the inverse of [`sqlite_file`].
pub fn url_of_file(file: &std::path::Path) -> String {
    let path = file.display().to_string();
    format!("sqlite://{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_kept_apart_wherever_it_stands() {
        for (url, without, password, shown) in [
            ("postgres://app:a%3Ab@db/x", "postgres://app@db/x", Some("a:b"), "postgres://app:***@db/x"),
            (
                "postgres://app:old@db/x?sslmode=require&password=n",
                "postgres://app@db/x?sslmode=require",
                Some("n"),
                "postgres://app:***@db/x?sslmode=require",
            ),
            (
                "postgres://app@db/x?sslmode=require",
                "postgres://app@db/x?sslmode=require",
                None,
                "postgres://app@db/x?sslmode=require",
            ),
            ("sqlite://data/a.db", "sqlite://data/a.db", None, "sqlite://data/a.db"),
        ] {
            let parsed = DatabaseUrl::from(url.to_owned());
            let (apart, found) = parsed.apart_from_password();
            assert_eq!((&*apart, found.as_deref().map(String::as_str)), (without, password), "{url}");
            assert_eq!(parsed.without_password(), shown, "{url}");
        }
    }

    #[test]
    fn the_path_is_decoded_once_for_everybody() {
        for (url, file) in [
            ("sqlite://data/two-tokens.db", "data/two-tokens.db"),
            ("sqlite:data/a.db", "data/a.db"),
            ("sqlite:///srv/a%20b.db?mode=rwc", "/srv/a b.db"),
            ("sqlite://a%2520b", "a%20b"),
        ] {
            assert_eq!(sqlite_file(url).unwrap(), PathBuf::from(file), "{url}");
        }
        for file in ["/tmp/a b", "/tmp/50%20?#x"] {
            assert_eq!(sqlite_file(&url_of_file(file.as_ref())).unwrap(), PathBuf::from(file));
        }
    }

    #[test]
    fn a_database_that_does_not_last_or_cannot_be_written_is_refused() {
        for url in [
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://a.db?mode=memory",
            "sqlite://a.db?mode=ro",
            "sqlite://a.db?immutable=1",
            "sqlite://data/",
            "sqlite://..",
            "sqlite://%ff",
            "mysql://x",
            "data/a.db",
            "SQLITE://x",
            "",
        ] {
            assert!(DatabaseUrl(url.into()).check().is_err(), "{url}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_the_password() {
        for url in [
            "postgres://app:hunter2@/x?sslmode=nonsense",
            "postgres://app:hunter2@db:99999/x",
            "postgres://app:hunter2@db/x?ssl=on",
            "mysql://app:hunter2@db/x",
            "postgres://app:hunter2@db/x?passwort=hunter2",
        ] {
            let refused = DatabaseUrl(url.into()).check().unwrap_err();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }
}
