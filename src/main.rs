//! The command line interface: parses the settings and runs the command.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use two_tokens::api::edge::{app_state::AppState, client_address::PlainListener};
use two_tokens::notes;
use two_tokens::server::{
    assemble::{Assembled, assemble, assemble_command, replace_signing_keys},
    config::{Config, environment::Environment},
    metrics, pages,
    serve::{self, Error},
    telemetry,
};

/// Sign-in with a short-lived access token and a rotating refresh token.
#[derive(Debug, Parser)]
#[command(name = "two-tokens", version)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[cfg(feature = "lab")]
    #[command(flatten)]
    lab: two_tokens::lab::server::LabOptions,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Serve the app and its API (the default).
    Serve,
    /// Manage the signing keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Manage accounts.
    #[command(subcommand)]
    Users(UsersCommand),
}

#[derive(Clone, Debug, Subcommand)]
enum UsersCommand {
    /// Refuse sign-in and end every session. A running server follows within a second.
    Disable { email: String },
    /// Allow sign-in again.
    Enable { email: String },
    /// List accounts that share an e-mail address in different spellings.
    Duplicates,
}

#[derive(Clone, Debug, Subcommand)]
enum KeysCommand {
    /// Rotate: the next key signs from now on. Existing tokens stay valid.
    Rotate,
    /// List the keys and their states.
    List,
    /// Forget the retired keys now. Access tokens signed with them are refused, and clients get new ones by a refresh.
    Retire {
        /// Replace the active and the next key too: for a key that somebody else may have. Nobody is signed out.
        #[arg(long)]
        now: bool,
    },
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("two-tokens: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let command = Cli::command();
    let environment = Environment::read(&command)?;
    let parsed = environment.apply(command).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = parsed.unwrap_or_else(|error| {
        let origin = environment.origin(&error, &Cli::command());
        let _ = error.print();
        if let Some(origin) = origin {
            eprintln!("{origin}");
        }
        std::process::exit(error.exit_code());
    });
    start(cli, &environment)
}

fn start(mut cli: Cli, environment: &Environment) -> Result<(), Error> {
    cli.config = cli.config.check()?;
    #[cfg(feature = "lab")]
    cli.lab.check(&cli.config)?;
    telemetry::start(&cli.config.log)?;
    if !environment.ignored.is_empty() {
        let names = environment.ignored.join(", ");
        tracing::warn!(names, "these names in .env are no settings of this program and are ignored");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command.take().unwrap_or(Command::Serve) {
            Command::Serve => serve(cli).await,
            Command::Keys(command) => keys(&cli.config, command).await,
            Command::Users(command) => users(&cli.config, command).await,
        }
    })
}

async fn serve(cli: Cli) -> Result<(), Error> {
    let Assembled { state, metrics, database, clock } = assemble(&cli.config).await?;
    let state = state.with_resource(notes::open(&database, clock)).with_export(notes::EXPORT);
    let listener = serve::bind(&cli.config).await?;
    let _metrics = match (metrics, cli.config.metrics_addr) {
        (Some(metrics), Some(addr)) => Some(metrics::serve(addr, metrics, state.auth.clone(), database.clone()).await?),
        _ => None,
    };
    let served = listen(&cli, listener, state).await;
    database.close().await;
    served
}

async fn listen(cli: &Cli, listener: PlainListener, state: AppState) -> Result<(), Error> {
    #[cfg(feature = "lab")]
    if let Some(audience) = cli.lab.audience() {
        return two_tokens::lab::server::options::run(audience, &cli.config, listener, state).await;
    }
    serve::run(&cli.config, listener, state, pages::pages(), serve::no_extra_routes).await
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn keys(config: &Config, command: KeysCommand) -> Result<(), Error> {
    if let KeysCommand::Retire { now: true } = command {
        replace_signing_keys(config).await?;
    }
    let Assembled { state, database, .. } = assemble_command(config).await?;
    let auth = state.auth;
    match command {
        KeysCommand::Rotate => drop(auth.rotate_keys().await?),
        KeysCommand::Retire { .. } => println!("retired keys forgotten: {}", auth.forget_retired_keys().await?),
        KeysCommand::List => {}
    }
    for key in auth.signing_keys() {
        println!("{:8} {}", key.state.as_str(), key.kid);
    }
    database.close().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn users(config: &Config, command: UsersCommand) -> Result<(), Error> {
    let Assembled { state, database, .. } = assemble_command(config).await?;
    let auth = state.auth;
    match command {
        UsersCommand::Disable { email } => println!("disabled; sessions ended: {}", auth.disable_user(&email).await?),
        UsersCommand::Enable { email } => {
            auth.enable_user(&email).await?;
            println!("enabled");
        }
        UsersCommand::Duplicates => {
            for clash in auth.settle_emails().await? {
                println!("{} signs in as {} alone; the address belongs to {}", clash.user_id, clash.email, clash.other);
            }
        }
    }
    database.close().await;
    Ok(())
}
