//! Structured logging (tracing): compact text on a terminal, JSON otherwise. Logs never contain tokens, cookies, passwords or
//! e-mail addresses.

use std::{fmt::Debug, io::IsTerminal as _};

use serde_json::Value;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::{FormatFields, format::Writer};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, fmt};

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
        lines.compact().with_target(false).boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).fmt_fields(SpanFields).boxed()
    }
}

/// A level, or a directive with one. The filter takes any other word for a target, and then logs nothing else.
fn is_readable(directive: &str) -> bool {
    directive.is_empty() || directive.contains(['=', '[', ']', '{', '}']) || directive.parse::<LevelFilter>().is_ok()
}

/// Writes the fields of a span as a JSON object. Every request has a span and few of them a log line, so this is written once for
/// each request, without the map and the values that `tracing_subscriber`'s own form makes.
struct SpanFields;

impl<'w> FormatFields<'w> for SpanFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> std::fmt::Result {
        // Written to the span at once: its own text would grow piece by piece.
        let mut object = Object { text: String::with_capacity(64) };
        fields.record(&mut object);
        if object.text.is_empty() {
            object.text.push('{');
        }
        object.text.push('}');
        writer.write_str(&object.text)
    }
}

/// The members of an object, with a brace before the first one.
struct Object {
    text: String,
}

impl Object {
    /// `value` is JSON.
    fn member(&mut self, field: &Field, value: &[&str]) {
        // Those are for the exporter of traces.
        if !field.name().starts_with("otel.") {
            self.text.push_str(if self.text.is_empty() { "{\"" } else { ",\"" });
            self.text.push_str(field.name());
            self.text.push_str("\":");
            value.iter().for_each(|part| self.text.push_str(part));
        }
    }
}

impl Visit for Object {
    fn record_str(&mut self, field: &Field, value: &str) {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
        match value.bytes().all(plain) {
            true => self.member(field, &["\"", value, "\""]),
            false => self.member(field, &[&Value::from(value).to_string()]),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, &[&value.to_string()]);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, &[&value.to_string()]);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, &[&value.to_string()]);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, &[&Value::from(format!("{value:?}")).to_string()]);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn the_fields_of_a_span_are_json_whatever_is_in_them() {
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
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = fmt()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .fmt_fields(SpanFields)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(subscriber.finish(), || {
            let odd = "a \"b\" \\ \n \u{e9}";
            tracing::info_span!("a", otel.kind = "server", id = "7d-1", odd, n = -1, m = 1_u64, yes = true, debug = ?Some(odd))
                .in_scope(|| tracing::info!("one"));
            tracing::info_span!("b").in_scope(|| tracing::info!("two"));
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let spans: Vec<Value> =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["span"].clone()).collect();
        let first = serde_json::json!({
            "name": "a", "id": "7d-1", "odd": "a \"b\" \\ \n \u{e9}", "n": -1, "m": 1, "yes": true,
            "debug": "Some(\"a \\\"b\\\" \\\\ \\n \u{e9}\")",
        });
        assert_eq!(spans, [first, serde_json::json!({"name": "b"})]);
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
