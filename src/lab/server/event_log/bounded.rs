//! The size of an event: one that is too large loses the ends of its texts and lists, whatever kind it is, and says so.

use serde_json::Value;

use crate::lab::model::event::LogEventKind;

/// An event as JSON, in bytes.
pub const EVENT_BYTES_MAX: usize = 16 * 1024;
/// Stands at the end of a text that was cut.
pub const CUT: &str = " … (cut)";
/// The characters of a text and the items of a list that are kept, tried in turn. No name of a closed set is as long as the last.
const KEPT: [(usize, usize); 3] = [(200, 24), (80, 12), (40, 6)];

/// The event, cut if it is too large, and its bytes.
pub fn bounded(kind: LogEventKind) -> (LogEventKind, usize) {
    let bytes = json_bytes(&kind);
    if bytes <= EVENT_BYTES_MAX {
        return (kind, bytes);
    }
    let Ok(whole) = serde_json::to_value(&kind) else { return (kind, bytes) };
    let mut smallest = (kind, bytes);
    for (characters, items) in KEPT {
        let mut value = whole.clone();
        cut(&mut value, characters, items);
        if let Ok(kind) = serde_json::from_value::<LogEventKind>(value) {
            let bytes = json_bytes(&kind);
            smallest = (kind, bytes);
            if bytes <= EVENT_BYTES_MAX {
                break;
            }
        }
    }
    smallest
}

/// The start of a text, with the mark if that is not all of it.
pub fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => [&text[..end], CUT].concat(),
        None => text.to_owned(),
    }
}

fn cut(value: &mut Value, characters: usize, items: usize) {
    match value {
        Value::String(text) => *text = shortened(text, characters),
        Value::Array(values) => {
            values.truncate(items);
            values.iter_mut().for_each(|value| cut(value, characters, items));
        }
        Value::Object(fields) => fields.values_mut().for_each(|value| cut(value, characters, items)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The length as JSON, without the text.
fn json_bytes(kind: &LogEventKind) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    let _ = serde_json::to_writer(&mut count, kind);
    count.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::model::event::{FormField, HeaderLine, Lifeline, RecordedRequest};

    fn request(lines: usize, length: usize) -> LogEventKind {
        let text = "ü\u{1}".repeat(length / 2);
        let headers = vec![HeaderLine { name: "cookie".to_owned(), value: text.clone() }; lines];
        let fields = vec![FormField { name: "title".to_owned(), value: Some(text.clone()) }; lines];
        let path = text.clone();
        let (method, cookies) = ("POST".to_owned(), Vec::new());
        let from = Lifeline::Tab2;
        LogEventKind::Request(RecordedRequest {
            from,
            method,
            path,
            headers,
            fields,
            bearer: None,
            refresh: None,
            cookies,
            navigation: true,
        })
    }

    #[test]
    fn an_event_of_any_size_is_cut_to_the_bound_and_says_so() {
        for (lines, length) in [(1, 374_000), (100, 400), (1_000, 1_000), (20, 2_000)] {
            let (kind, bytes) = bounded(request(lines, length));
            assert!(bytes <= EVENT_BYTES_MAX, "{bytes}");
            let LogEventKind::Request(cut) = kind else { panic!("another kind") };
            assert!(cut.path.ends_with(CUT) && cut.path.starts_with('ü'));
            assert_eq!((cut.from, cut.method.as_str(), cut.navigation), (Lifeline::Tab2, "POST", true));
        }
        let small = request(2, 10);
        assert_eq!(bounded(small.clone()).0, small);
    }

    #[test]
    fn every_name_of_a_closed_set_survives_the_cut() {
        use crate::protocol::code::Code;
        let shortest = KEPT.last().unwrap().0;
        assert!(Code::ALL.iter().all(|code| code.as_str().len() <= shortest));
    }
}
