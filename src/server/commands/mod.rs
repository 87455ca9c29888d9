//! The commands of an operator, beside a server or without one. A command makes no database and no secret that is not there: it
//! names the file that it looked at and stops. A running server follows within a second.

mod accounts;
mod backup;
mod doctor;
mod effective;
mod from_outside;
mod health;
mod keys;
mod openapi;

use std::path::PathBuf;

use clap::{ArgMatches, Subcommand};

use super::assemble::{Assembled, StoredKeys, assemble_command};
use super::config::{Config, environment::Environment};
use super::serve::Error;
use crate::protocol::openapi::Operations;
use crate::store::{self, Access};

/// What the program does.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Serve the app and its API (the default).
    Serve,
    /// Bring the tables of the database up to date, and stop. A server does the same at its start.
    Migrate,
    /// Manage accounts.
    #[command(subcommand)]
    Users(accounts::UsersCommand),
    /// Manage the signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Print the settings that count and where each comes from, without secrets.
    Config,
    /// Look for what is wrong with an installation, and say how to mend it. Changes nothing.
    Doctor,
    /// Copy the database into a new file, also while the server runs. The server secret is not in it: keep it elsewhere.
    #[command(after_help = "Example: two-tokens backup /backup/two-tokens-$(date +%F).db\n\n\
        SQLite: one file, to be put in the place of the database. PostgreSQL: the custom format of pg_dump, for pg_restore.")]
    Backup {
        /// The file; it must not exist.
        file: PathBuf,
    },
    /// After a backup was restored: end every session and replace the signing keys. The backup may know sessions that ended
    /// since it was made, and old refresh tokens as the newest.
    Restored,
    /// Print the document of the API (OpenAPI 3.1), as a server with these settings serves it at /openapi.json.
    Openapi,
    /// Ask the running server whether it is ready, as a container's health check. Exits with 1 when it is not.
    Health,
}

/// Runs a command; `None` when it is the server's turn. `resources` are the operations that a server with them would add.
///
/// # Errors
///
/// A message for the operator.
pub async fn run(
    command: Command,
    config: &Config,
    matches: &ArgMatches,
    environment: &Environment,
    resources: &[Operations],
) -> Result<Option<()>, Error> {
    match command {
        Command::Serve => return Ok(None),
        Command::Migrate => migrate(config).await?,
        Command::Users(command) => accounts::run(config, command).await?,
        Command::Keys(command) => keys::run(config, command).await?,
        Command::Config => effective::print(config, matches, environment),
        Command::Doctor => doctor::run(config).await?,
        Command::Backup { file } => backup::backup(config, &file).await?,
        Command::Restored => backup::restored(config).await?,
        Command::Openapi => openapi::print(config, resources)?,
        Command::Health => health::ask(config).await?,
    }
    Ok(Some(()))
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn migrate(config: &Config) -> Result<(), Error> {
    // An empty PostgreSQL database was made by somebody; an SQLite file that is not there was not.
    let access = if config.database_url.sqlite_file().is_some() { Access::Command } else { Access::Shared };
    let database = store::open_for(config.database(), access).await?;
    database.close().await;
    println!("the tables are those of this program, version {}", env!("CARGO_PKG_VERSION"));
    Ok(())
}

/// Runs `work` with the service on an existing database.
async fn with_service<T>(
    config: &Config,
    keys: StoredKeys,
    work: impl AsyncFnOnce(&crate::auth::service::AuthService) -> Result<T, Error>,
) -> Result<T, Error> {
    let Assembled { state, database, .. } = assemble_command(config, keys).await?;
    let done = work(&state.auth).await;
    database.close().await;
    done
}
