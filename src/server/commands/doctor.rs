//! `doctor`: looks at an installation as the server would find it, and says how to mend what is wrong. It changes nothing.

use std::path::Path;
use std::time::Duration;

use super::from_outside::{self, Unanswered};
use super::health;
use crate::api::edge::public_url;
use crate::auth::token::key_ring::KeyRing;
use crate::auth::token::keys::KeyState;
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::server::config::Config;
use crate::server::serve::Error;
use crate::store::{self, Access, Inspection};

/// A clock that differs more from the database's is wrong, or one of two is.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);
/// The server rotates a key after 30 days.
const KEY_AGE_MAX: Duration = Duration::from_secs(45 * 24 * 3600);
/// Below it a server may soon be unable to write.
const DISK_MIN: u64 = 512 * 1024 * 1024;

/// What one look found.
enum Finding {
    Good(String),
    /// Works, but somebody should look.
    Doubt(String),
    /// Does not work, or is not safe.
    Bad(String),
}
use Finding::{Bad, Doubt, Good};

/// Prints what it finds.
///
/// # Errors
///
/// Something is wrong.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(config: &Config) -> Result<(), Error> {
    let mut findings = vec![public_address(config)];
    findings.extend(proxy(config));
    findings.extend(disk(config));
    let secret = config.existing_secret();
    findings.push(match &secret {
        Ok(_) => Good("the server secret is readable, and private".into()),
        Err(error) => Bad(error.to_string()),
    });
    let inspected = store::inspect(config.database()).await;
    match &inspected {
        Ok(inspection) => findings.extend(database(inspection)),
        Err(error) => findings.push(Bad(error.to_string())),
    }
    let current = inspected.is_ok_and(|inspection| inspection.pending.is_empty());
    if let (Ok(secret), true) = (secret, current) {
        findings.extend(keys(config, secret).await);
    }
    findings.push(server(config).await);
    let mut bad = 0;
    for finding in &findings {
        let (mark, text) = match finding {
            Good(text) => ("ok   ", text),
            Doubt(text) => ("check", text),
            Bad(text) => ("WRONG", text),
        };
        bad += usize::from(matches!(finding, Bad(_)));
        println!("{mark} {text}");
    }
    match bad {
        0 => Ok(()),
        1 => Err("one thing is wrong".into()),
        _ => Err(format!("{bad} things are wrong").into()),
    }
}

fn public_address(config: &Config) -> Finding {
    let url = &config.public_url;
    match (public_url::is_loopback(url), config.addr.ip().is_loopback()) {
        (true, false) => Doubt(format!(
            "the server listens on {} for others, but TWO_TOKENS_PUBLIC_URL is {url}: sign-in from another address is \
             refused. Set it to what browsers open",
            config.addr
        )),
        (true, true) => Good(format!("{url} is for this computer alone")),
        (false, _) => Good(format!("browsers open {url}")),
    }
}

/// A TLS proxy stands before a public server; unless it is named, all visitors have its address.
fn proxy(config: &Config) -> Option<Finding> {
    let behind_a_proxy = config.public_url.starts_with("https://") && !public_url::is_loopback(&config.public_url);
    behind_a_proxy.then(|| match &config.trusted_proxies {
        Some(_) => Good("the proxies in TWO_TOKENS_TRUSTED_PROXIES say who the visitors are".into()),
        None => Doubt(
            "TWO_TOKENS_TRUSTED_PROXIES names no proxy: if one stands before this server, all visitors seem to come from its \
             address and are throttled together. Set it to the proxy's address"
                .into(),
        ),
    })
}

fn disk(config: &Config) -> Vec<Finding> {
    let Some(file) = config.database_url.sqlite_file() else { return Vec::new() };
    let mut findings: Vec<_> = ["", "-wal", "-shm"].iter().filter_map(|ending| mode(&file, ending)).collect();
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    if let Ok(disk) = rustix::fs::statvfs(folder) {
        let (free, shown) = (disk.f_bavail * disk.f_frsize, folder.display());
        let megabytes = free / 1024 / 1024;
        findings.push(match free {
            ..DISK_MIN => Bad(format!("{shown} has {megabytes} MB left: make room before the database cannot write")),
            _ => Good(format!("{shown} has {megabytes} MB left")),
        });
    }
    findings
}

/// Other users' rights to a file of the database.
#[cfg(unix)]
fn mode(database: &Path, ending: &str) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    let path = Path::new(&name);
    let mode = path.metadata().ok()?.permissions().mode() & 0o777;
    let path = path.display();
    Some(match mode & 0o077 {
        0 => Good(format!("{path} is private")),
        _ => Bad(format!("{path} is open to other users (mode {mode:03o}): run chmod 600 '{path}'")),
    })
}

#[cfg(not(unix))]
fn mode(_: &Path, _: &str) -> Option<Finding> {
    None
}

fn database(inspection: &Inspection) -> Vec<Finding> {
    let mut findings = vec![match (&*inspection.pending, &*inspection.newer) {
        ([], []) => Good("the tables are those of this program".into()),
        ([], newer) => Doubt(format!(
            "a newer version of this program has migrated the database ({newer:?}): this one works with it"
        )),
        (pending, _) => Bad(format!("migrations are missing ({pending:?}): run `two-tokens migrate`")),
    }];
    if let Some(clock) = inspection.clock {
        let ahead = SystemClock.now().since(clock);
        let tolerance = i64::try_from(CLOCK_TOLERANCE.as_millis()).unwrap_or(i64::MAX);
        findings.push(match ahead.abs() > tolerance {
            true => Bad(format!(
                "this computer's clock is {} s ahead of the database's: synchronize both (NTP)",
                ahead / 1000
            )),
            false => Good("this computer and the database agree about the time".into()),
        });
    }
    match &inspection.hears_itself {
        Some(Ok(())) => findings.push(Good("notifications of other instances arrive".into())),
        Some(Err(problem)) => findings.push(Bad(format!(
            "notifications do not arrive: {problem}. Connect to PostgreSQL itself, or to a pooler in session mode"
        ))),
        None => {}
    }
    findings
}

/// Whether the secret opens the keys, how old they are, and whether the running server has the same.
async fn keys(config: &Config, secret: crate::auth::model::secret::ServerSecret) -> Vec<Finding> {
    let database = match store::open_for(config.database(), Access::Command).await {
        Ok(database) => database,
        Err(error) => return vec![Bad(error.to_string())],
    };
    let now = SystemClock.now();
    let stored = database.store().signing_keys().await;
    let findings = match stored {
        Err(error) => vec![Bad(error.to_string())],
        Ok(stored) if stored.is_empty() => {
            vec![Doubt("there are no signing keys yet: the first start makes them".into())]
        }
        Ok(_) => match KeyRing::open(&*database.store(), secret.sealing_key(), now).await {
            Err(error) => vec![Bad(format!(
                "the server secret does not open the signing keys ({error}): it is another one than the server's, or a key is \
                 damaged. Restore the secret, or run `two-tokens keys retire --now`"
            ))],
            Ok(ring) => {
                let active = ring.current().stored.iter().find(|key| key.state == KeyState::Active).cloned();
                let mut findings = vec![Good("the server secret opens the signing keys".into())];
                if let Some(active) = active {
                    findings.push(age(active.activated_at.unwrap_or(active.created_at), now));
                    findings.extend(same_keys(config, &active.kid).await);
                    findings.push(public_answer(config, &active.kid).await);
                }
                findings
            }
        },
    };
    database.close().await;
    findings
}

fn age(since: Timestamp, now: Timestamp) -> Finding {
    let days = now.since(since) / 1000 / 86400;
    match now.since(since) > i64::try_from(KEY_AGE_MAX.as_millis()).unwrap_or(i64::MAX) {
        true => {
            Doubt(format!("the signing key is {days} days old: a running server rotates it after 30. Does one run?"))
        }
        false => Good(format!("the signing key is {days} days old")),
    }
}

/// The running server publishes the key that signs.
async fn same_keys(config: &Config, kid: &str) -> Option<Finding> {
    let (_, published) = health::get(config, "/.well-known/jwks.json").await.ok()?;
    Some(match published.contains(kid) {
        true => Good(format!("the server at {} uses this database and this secret", config.addr)),
        false => Bad(format!(
            "the server at {} has other signing keys: it uses another database than TWO_TOKENS_DATABASE_URL",
            config.addr
        )),
    })
}

/// What a browser finds at the public URL: this server, with the same path below it.
async fn public_answer(config: &Config, kid: &str) -> Finding {
    let url = format!("{}{}", config.public_url, config.base_path.as_str());
    match from_outside::get(config, "/.well-known/jwks.json").await {
        Ok((200, keys)) if keys.contains(kid) => Good(format!("{url} leads to a server with these signing keys")),
        Ok((200, _)) => Bad(format!(
            "{url} leads to another server: point its proxy or its name (DNS) at this one, or set TWO_TOKENS_PUBLIC_URL"
        )),
        Ok((status, _)) => Bad(format!(
            "{url} answers {status} for /.well-known/jwks.json: the proxy has to pass on every path with the public host, and \
             TWO_TOKENS_PUBLIC_URL has to be the address without a redirect"
        )),
        Err(Unanswered::Unreachable(why)) => Doubt(format!(
            "{url} is not reached from this computer ({why}): if browsers reach it, all is well; otherwise look at its name \
             (DNS), the proxy and the firewall"
        )),
        Err(Unanswered::Tls(why)) => Doubt(format!(
            "TLS of {url} fails from this computer ({why}): browsers refuse it too unless they know its authority. Renew the \
             certificate, or send the whole chain"
        )),
    }
}

async fn server(config: &Config) -> Finding {
    match health::get(config, "/readyz").await {
        Ok((200, _)) => Good(format!("the server at {} is ready", config.addr)),
        Ok((status, body)) => Bad(format!("the server at {} is not ready ({status}): {body}", config.addr)),
        Err(problem) => Doubt(format!("{problem}: if it runs, set TWO_TOKENS_ADDR to its address")),
    }
}
