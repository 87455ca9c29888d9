//! `users`: accounts and their sessions.

use std::io::{self, Read as _};

use clap::Subcommand;

use super::with_service;
use crate::api::edge::wording;
use crate::auth::error::AuthError;
use crate::auth::password::{
    hasher::PASSWORD_MAX,
    passphrase::{WordList, suggest},
};
use crate::auth::service::AuthService;
use crate::clock::Timestamp;
use crate::lang::Lang;
use crate::server::assemble::StoredKeys;
use crate::server::config::Config;
use crate::server::serve::Error;

#[derive(Clone, Debug, Subcommand)]
pub enum UsersCommand {
    /// Create an account with a new passphrase, and print it. The owner changes it on the account page.
    #[command(after_help = "Examples:\n  two-tokens users add ada@example.com\n  \
        two-tokens users add ada@example.com --password-stdin < password.txt")]
    Add {
        email: String,
        /// Read the password from standard input instead: one line.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all accounts, the oldest first: address, day of creation, whether it is disabled.
    List,
    /// Refuse sign-in and end every session. A running server follows within a second.
    Disable { email: String },
    /// Allow sign-in again.
    Enable { email: String },
    /// List the living sessions of an account, the last used first.
    Sessions { email: String },
    /// End every session of an account. A running server follows within a second.
    EndSessions { email: String },
    /// List accounts that share an e-mail address in different spellings.
    Duplicates,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(config: &Config, command: UsersCommand) -> Result<(), Error> {
    let min = config.password_min;
    with_service(config, StoredKeys::Keep, async |auth| {
        match command {
            UsersCommand::Add { email, password_stdin } => add(auth, &email, password_stdin, min).await?,
            UsersCommand::List => list(auth).await?,
            UsersCommand::Disable { email } => {
                println!("disabled; sessions ended: {}", known(&email, auth.disable_user(&email).await)?);
            }
            UsersCommand::Enable { email } => {
                known(&email, auth.enable_user(&email).await)?;
                println!("enabled");
            }
            UsersCommand::Sessions { email } => sessions(auth, &email).await?,
            UsersCommand::EndSessions { email } => {
                println!("sessions ended: {}", known(&email, auth.end_sessions_of(&email).await)?);
            }
            UsersCommand::Duplicates => {
                for clash in auth.settle_emails().await? {
                    println!(
                        "{} signs in as {} alone; the address belongs to {}",
                        clash.user_id, clash.email, clash.other
                    );
                }
            }
        }
        Ok(())
    })
    .await
}

/// An error that names the account.
fn known<T>(email: &str, outcome: Result<T, AuthError>) -> Result<T, Error> {
    outcome.map_err(|error| match error {
        AuthError::NotFound => format!("no account has the address {email}: `two-tokens users list` lists them").into(),
        AuthError::EmailTaken => format!("an account has the address {email} already").into(),
        AuthError::Invalid { error, .. } => wording::validation(error, Lang::En).into(),
        other => other.into(),
    })
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn add(auth: &AuthService, email: &str, password_stdin: bool, min: usize) -> Result<(), Error> {
    let (password, made) = match password_stdin {
        true => (line_of_standard_input()?, false),
        false => (suggest(WordList::English, min), true),
    };
    let id = known(email, auth.add_user(email, password.clone().into()).await)?;
    println!("created {id}");
    if made {
        println!("password: {password}");
    }
    Ok(())
}

fn line_of_standard_input() -> Result<String, Error> {
    let mut line = String::new();
    io::stdin().lock().take(PASSWORD_MAX as u64 + 2).read_to_string(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.contains('\n') {
        return Err("standard input has more than one line: the password is one line".into());
    }
    Ok(line.to_owned())
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn list(auth: &AuthService) -> Result<(), Error> {
    let mut last = None;
    loop {
        let users = auth.users_after(last).await?;
        for user in &users {
            let disabled = if user.disabled_at.is_some() { "  disabled" } else { "" };
            println!("{}  {}{disabled}", day(user.created_at), user.email);
        }
        last = users.last().map(|user| user.id);
        if last.is_none() {
            return Ok(());
        }
    }
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn sessions(auth: &AuthService, email: &str) -> Result<(), Error> {
    for session in known(email, auth.sessions_of(email).await)? {
        let (used, since) = (minute(session.last_used_at), minute(session.created_at));
        println!("{}  last used {used}  signed in {since}  {}", session.id, wording::device(&session.device, Lang::En));
    }
    Ok(())
}

fn minute(at: Timestamp) -> String {
    in_utc(at, "YYYY-MM-DDTHH:MM".len())
}

fn day(at: Timestamp) -> String {
    in_utc(at, "YYYY-MM-DD".len())
}

/// The time in UTC (RFC 3339), as many characters of it.
fn in_utc(at: Timestamp, length: usize) -> String {
    let since = std::time::Duration::from_secs(u64::try_from(at.secs()).unwrap_or(0));
    let mut text = humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string();
    text.truncate(length);
    text
}
