//! Structured logging (tracing): compact text on a terminal, JSON otherwise. Logs never contain tokens, cookies, passwords or
//! e-mail addresses.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, filter::LevelFilter, fmt};

/// Installs the global subscriber. `directives` are a level or tracing directives.
///
/// # Errors
///
/// The directives cannot be parsed, or a subscriber is already installed.
pub fn start(directives: &str) -> Result<(), String> {
    let unreadable = directives.split(',').map(str::trim).find(|directive| !is_readable(directive));
    if let Some(directive) = unreadable {
        return Err(format!(
            "TWO_TOKENS_LOG: {directive:?} is not a level (error, warn, info, debug, trace, off) or target=level"
        ));
    }
    let filter = EnvFilter::try_new(directives).map_err(|error| format!("TWO_TOKENS_LOG: {error}"))?;
    // A line that cannot be written (a full disk) is lost. By default it is reported to stderr, which panics in its turn.
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    let started = if std::io::stdout().is_terminal() {
        builder.compact().with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    };
    started.map_err(|error| error.to_string())
}

/// A level, or a directive with one. The filter takes any other word for a target, and then logs nothing else.
fn is_readable(directive: &str) -> bool {
    directive.is_empty() || directive.contains(['=', '[', ']', '{', '}']) || directive.parse::<LevelFilter>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_refused() {
        for readable in ["info", "WARN", "off", "info,security=debug", "warn, security=error", ""] {
            assert!(readable.split(',').map(str::trim).all(is_readable), "{readable}");
        }
        for unreadable in ["inof", "verbose", "security"] {
            assert!(!is_readable(unreadable), "{unreadable}");
        }
    }
}
