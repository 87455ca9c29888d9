//! The command line interface: parses the settings and runs the command.

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use two_tokens::api::edge::{app_state::AppState, site::Site};
use two_tokens::notes;
use two_tokens::protocol::openapi::Operations;
#[cfg(not(feature = "lab"))]
use two_tokens::server::pages;
use two_tokens::server::{
    assemble::{Assembled, assemble},
    commands::{self, Command},
    config::{Config, environment::Environment},
    metrics,
    serve::{self, Error},
    telemetry,
    tls::Listener,
};
use two_tokens::ui::shell;

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

/// The site, where `script/build` puts it into the binary: the folder is there only while it does.
#[derive(rust_embed::Embed)]
#[folder = "target/embedded-site"]
#[allow_missing = true]
struct Files;
/// Has the binary built again when the folder comes or goes, which cargo does not see.
const _: Option<&str> = option_env!("TWO_TOKENS_SITE");

/// What the resources add to the API's document.
const RESOURCES: [Operations; 1] = [notes::operations];

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
    let parsed = environment.apply(command).try_get_matches();
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = parsed.unwrap_or_else(|error| {
        let origin = environment.origin(&error, &Cli::command());
        let _ = error.print();
        if let Some(origin) = origin {
            eprintln!("{origin}");
        }
        std::process::exit(error.exit_code());
    });
    start(cli, &matches, &environment)
}

fn start(mut cli: Cli, matches: &ArgMatches, environment: &Environment) -> Result<(), Error> {
    cli.config = cli.config.check()?;
    #[cfg(feature = "lab")]
    cli.lab.check(&cli.config)?;
    let runtime = runtime()?;
    let command = cli.command.take().unwrap_or(Command::Serve);
    // A command is over before anybody would look at its trace.
    let exporting = matches!(command, Command::Serve).then(|| runtime.handle());
    let traces = telemetry::start(&cli.config.log, exporting)?;
    if !environment.ignored.is_empty() {
        let names = environment.ignored.join(", ");
        tracing::warn!(names, "these names in .env are no settings of this program and are ignored");
    }
    runtime.block_on(async {
        let done = match commands::run(command, &cli.config, matches, environment, &RESOURCES).await? {
            Some(()) => Ok(()),
            None => serve(cli).await,
        };
        traces.end().await;
        done
    })
}

/// One thread for each core that this process may use. On one core that thread is this one: nothing is handed to another, which
/// costs a refresh a tenth (docs/performance.md).
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut runtime = match cores {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    runtime.enable_all().build()
}

async fn serve(cli: Cli) -> Result<(), Error> {
    let Assembled { state, metrics, database, clock } = assemble(&cli.config).await?;
    let state = state.with_resource(notes::open(&database, clock)).with_export(notes::EXPORT);
    let state = RESOURCES.into_iter().fold(state, AppState::with_operations);
    let site = Site::find(Files::get, &state.leptos.site_root);
    if let Some(hashes) = site.hashes() {
        shell::set_hashes(hashes);
    }
    let state = state.with_site(site);
    let listener = serve::bind(&cli.config).await?;
    let _metrics = match (metrics, cli.config.metrics_addr) {
        (Some(metrics), Some(addr)) => Some(metrics::serve(addr, metrics, state.auth.clone(), database.clone()).await?),
        _ => None,
    };
    let served = listen(&cli, listener, state).await;
    database.close().await;
    served
}

#[cfg(feature = "lab")]
async fn listen(cli: &Cli, listener: Listener, state: AppState) -> Result<(), Error> {
    two_tokens::lab::server::options::run(&cli.lab, &cli.config, listener, state).await
}

#[cfg(not(feature = "lab"))]
async fn listen(cli: &Cli, listener: Listener, state: AppState) -> Result<(), Error> {
    serve::run(&cli.config, listener, state, pages::pages(), serve::no_extra_routes).await
}
