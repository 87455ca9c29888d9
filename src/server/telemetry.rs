//! Structured logging (tracing): compact text on a terminal, JSON otherwise. Logs never contain tokens, cookies, passwords or
//! e-mail addresses.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt};

/// Installs the global subscriber. `directives` are a level or tracing directives.
///
/// # Errors
///
/// The directives cannot be parsed, or a subscriber is already installed.
pub fn start(directives: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(directives).map_err(|error| format!("TWO_TOKENS_LOG: {error}"))?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if std::io::stdout().is_terminal() {
        builder.compact().with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    started.map_err(|error| error.to_string())
}
