//! Structured logging (tracing): compact text on a terminal, JSON otherwise. Logs never contain tokens, cookies, passwords or
//! e-mail addresses.

use std::io::IsTerminal as _;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Compact, Format, Json, JsonFields, Writer, format};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, fmt};

use crate::request_id;

/// What is logged.
///
/// # Errors
///
/// The directives cannot be parsed: a level or tracing directives.
pub(super) fn filter(directives: &str) -> Result<EnvFilter, String> {
    let unreadable = directives.split(',').map(str::trim).find(|directive| !is_readable(directive));
    if let Some(directive) = unreadable {
        return Err(format!(
            "TWO_TOKENS_LOG: {directive:?} is not a level (error, warn, info, debug, trace, off) or target=level"
        ));
    }
    EnvFilter::try_new(directives).map_err(|error| format!("TWO_TOKENS_LOG: {error}"))
}

/// The lines.
pub(super) fn lines<S>() -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    // A line that cannot be written (a full disk) is lost. By default it is reported to stderr, which panics in its turn.
    let lines = fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    if std::io::stdout().is_terminal() {
        lines.event_format(text()).boxed()
    } else {
        lines.fmt_fields(JsonFields::new()).event_format(json()).boxed()
    }
}

fn text() -> WithRequestId<Format<Compact>> {
    let colours = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let line = format().compact().with_target(false).with_ansi(colours);
    WithRequestId { line, end: "\n", before: " request_id=", after: "\n" }
}

fn json() -> WithRequestId<Format<Json>> {
    let line = format().json().flatten_event(true).with_span_list(false);
    WithRequestId { line, end: "}\n", before: ",\"request_id\":\"", after: "\"}\n" }
}

/// A form of lines in which the id of the request stands last. An id needs no escapes.
struct WithRequestId<F> {
    line: F,
    /// The end of a line without an id.
    end: &'static str,
    before: &'static str,
    after: &'static str,
}

impl<S, N, F> FormatEvent<S, N> for WithRequestId<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let Some(id) = request_id::current() else { return self.line.format_event(context, writer, event) };
        let mut line = String::new();
        self.line.format_event(context, Writer::new(&mut line), event)?;
        let line = line.strip_suffix(self.end).unwrap_or(&line);
        [line, self.before, id.to_str().unwrap_or_default(), self.after]
            .iter()
            .try_for_each(|part| writer.write_str(part))
    }
}

/// A level, or a directive with one. The filter takes any other word for a target, and then logs nothing else.
fn is_readable(directive: &str) -> bool {
    directive.is_empty() || directive.contains(['=', '[', ']', '{', '}']) || directive.parse::<LevelFilter>().is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::http::HeaderValue;
    use futures::FutureExt as _;
    use serde_json::Value;
    use tracing::Instrument as _;

    use super::*;
    use crate::request_id::in_request;

    #[test]
    fn each_line_of_a_request_has_its_id_and_no_other_line_has_one() {
        let (lines, id) = (Lines::default(), HeaderValue::from_static("7d-1"));
        let write = || {
            let in_lab = async { tracing::info!(n = 1, "one") }.instrument(tracing::info_span!("lab"));
            let _ = in_request(id.clone(), in_lab).now_or_never();
            tracing::info!("two");
        };
        let written = || String::from_utf8(std::mem::take(&mut *lines.0.lock().unwrap())).unwrap();
        let subscriber = || {
            fmt().with_writer({
                let lines = lines.clone();
                move || lines.clone()
            })
        };
        tracing::subscriber::with_default(
            subscriber().fmt_fields(JsonFields::new()).event_format(json()).finish(),
            write,
        );
        let json = written().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
        assert_eq!(
            (&json[0]["message"], &json[0]["n"], &json[0]["request_id"]),
            (&"one".into(), &1.into(), &"7d-1".into())
        );
        assert_eq!(json[0]["span"], serde_json::json!({"name": "lab"}));
        assert_eq!((&json[1]["message"], json[1].get("request_id"), json.len()), (&"two".into(), None, 2));
        tracing::subscriber::with_default(subscriber().event_format(text()).finish(), write);
        let text = written();
        let text: Vec<_> = text.lines().collect();
        assert!(text[0].contains("one") && text[0].ends_with(" request_id=7d-1"), "{text:?}");
        assert!(text[1].contains("two") && !text[1].contains("request_id") && text.len() == 2, "{text:?}");
    }

    /// What was written.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

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
