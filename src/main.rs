//! The command line: settings, then the command.

use std::process::ExitCode;

use clap::Parser as _;
use two_tokens::{
    lab,
    server::{
        config::{Cli, Command, Config, KeysCommand, UsersCommand, unknown_variables},
        serve, telemetry,
    },
};

fn main() -> ExitCode {
    // A missing `.env` is the ordinary case.
    let _ = dotenvy::dotenv();
    let cli = Cli::parse();
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("two-tokens: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> Result<(), serve::Error> {
    let config = cli.config.check()?;
    telemetry::start(&config.log)?;
    for name in unknown_variables() {
        tracing::warn!(name, "no such setting: see --help");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::run(config, lab::beside).await,
            Command::Keys(command) => keys(config, command).await,
            Command::Users(command) => users(config, command).await,
        }
    })
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
async fn keys(config: Config, command: KeysCommand) -> Result<(), serve::Error> {
    let state = serve::assemble(&config).await?;
    let auth = &state.auth;
    if let KeysCommand::Rotate = command {
        auth.rotate_keys().await?;
    }
    for key in &auth.keys.current().stored {
        println!("{:8} {}", key.state.as_str(), key.kid);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
async fn users(config: Config, command: UsersCommand) -> Result<(), serve::Error> {
    let auth = serve::assemble(&config).await?.auth;
    match command {
        UsersCommand::Disable { email } => println!("disabled; sessions ended: {}", auth.disable_user(&email).await?),
        UsersCommand::Enable { email } => {
            auth.enable_user(&email).await?;
            println!("enabled");
        }
    }
    Ok(())
}
