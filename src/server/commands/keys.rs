//! `keys`: the signing keys of access tokens.

use clap::Subcommand;

use super::with_service;
use crate::server::assemble::StoredKeys;
use crate::server::config::Config;
use crate::server::serve::Error;

#[derive(Clone, Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys and their states.
    List,
    /// Rotate: the next key signs from now on. Existing tokens stay valid.
    Rotate,
    /// Forget the retired keys now. Access tokens signed with them are refused, and clients get new ones by a refresh.
    Retire {
        /// Replace the active and the next key too: for a key that somebody else may have. Nobody is signed out.
        #[arg(long)]
        now: bool,
    },
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(config: &Config, command: KeysCommand) -> Result<(), Error> {
    let keys = match command {
        KeysCommand::Retire { now: true } => StoredKeys::Replace,
        _ => StoredKeys::Keep,
    };
    with_service(config, keys, async |auth| {
        match command {
            KeysCommand::Rotate => drop(auth.rotate_keys().await?),
            KeysCommand::Retire { .. } => println!("retired keys forgotten: {}", auth.forget_retired_keys().await?),
            KeysCommand::List => {}
        }
        for key in auth.signing_keys() {
            println!("{:8} {}", key.state.as_str(), key.kid);
        }
        Ok(())
    })
    .await
}
