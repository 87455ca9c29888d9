//! Logs: for people on a terminal, JSON elsewhere. What never goes in: tokens, cookies, passwords, e-mail addresses.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt};

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
