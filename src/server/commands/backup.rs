//! `backup` and `restored`.

use std::io::Write as _;
use std::path::{Path, absolute};
use std::process::Command;

use super::with_service;
use crate::auth::service::AuthService;
use crate::server::assemble::StoredKeys;
use crate::server::config::Config;
use crate::server::serve::Error;
use crate::store::{self, Access, Database};

/// Copies the database as it is at one moment into a new file that only its owner reads. A copy that was cut off leaves no file.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn backup(config: &Config, file: &Path) -> Result<(), Error> {
    let shown = absolute(file).unwrap_or_else(|_| file.to_owned());
    let shown = shown.display();
    if file.symlink_metadata().is_ok() {
        return Err(format!("{shown} exists: a backup overwrites nothing").into());
    }
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    // Mode 0600.
    let whole = tempfile::Builder::new().prefix(".backup-").tempfile_in(folder);
    let whole = whole.map_err(|error| format!("{} cannot be written to: {error}", folder.display()))?;
    let database = store::open_for(config.database(), Access::Command).await?;
    let copied = match &database {
        Database::Sqlite(sqlite) => sqlite.copy_to(whole.path()).await.map_err(Error::from),
        Database::Postgres(_) => dump(config, whole.path()),
    };
    database.close().await;
    copied?;
    whole.as_file().sync_all()?;
    whole.persist_noclobber(file).map_err(|refused| format!("{shown} cannot be written: {}", refused.error))?;
    std::fs::File::open(folder)?.sync_all()?;
    println!("{shown}: {} bytes", file.metadata()?.len());
    println!(
        "The server secret is not in it. Without the secret no signing key in it can be opened: keep a copy elsewhere."
    );
    Ok(())
}

/// Calls `pg_dump`, which reads one snapshot in a session whose settings it changes: it must not be a pooler's in transaction
/// mode, where others would get that session next. The password is in a file that only this user reads: others see the arguments of a
/// process.
fn dump(config: &Config, file: &Path) -> Result<(), Error> {
    let address = config.listen_url.as_ref().unwrap_or(&config.database_url);
    let (url, password) = address.apart_from_password();
    let mut passwords = tempfile::NamedTempFile::new()?;
    if let Some(password) = &password {
        let escaped = password.replace('\\', r"\\").replace(':', r"\:");
        writeln!(passwords, "*:*:*:*:{escaped}")?;
    }
    let mut pg_dump = Command::new("pg_dump");
    pg_dump.arg("--format=custom").arg("--no-password").arg("--file").arg(file).arg("--dbname").arg(url);
    if password.is_some() {
        pg_dump.env("PGPASSFILE", passwords.path());
    }
    let output = pg_dump.output().map_err(|error| {
        format!("pg_dump cannot be started ({error}): install PostgreSQL's client programs (Debian: postgresql-client)")
    })?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("pg_dump failed: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
    }
}

/// Ends what a backup may know wrongly. The keys first: from then on no access token of the time before is accepted.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn restored(config: &Config) -> Result<(), Error> {
    let end_all = async |auth: &AuthService| Ok(auth.end_every_session().await?);
    let ended = with_service(config, StoredKeys::Replace, end_all).await?;
    println!("signing keys replaced; sessions ended: {ended}. Everybody signs in again.");
    Ok(())
}
