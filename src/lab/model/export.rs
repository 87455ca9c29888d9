//! Exports of the log: a Mermaid diagram, curl commands, and JSON that the lab can import again. Events contain no token, so no
//! export can leak one; a fingerprint says which token was meant.

use super::event::{Lifeline, LogEvent, RecordedRequest};
use super::exchange::{Exchange, exchanges};
use super::labels;
use super::steps::{Shape, lanes, steps};
use crate::lab::words::{filled, t};

/// More than a visitor produces in an afternoon, and little enough for a page to show.
const EVENTS_MAX: usize = 20_000;

pub fn mermaid(events: &[LogEvent]) -> String {
    let steps = steps(events);
    let mut out = "sequenceDiagram\n".to_owned();
    for lifeline in lanes(&steps) {
        out += &format!("    participant {} as {}\n", key(lifeline), labels::lifeline(lifeline));
    }
    let edges = lanes(&steps);
    for step in &steps {
        let label = match step.detail.as_str() {
            "" => plain(&step.label),
            detail => format!("{} ({})", plain(&step.label), plain(detail)),
        };
        out += &match step.shape {
            Shape::Ask { from, to } => format!("    {}->>{}: {label}\n", key(from), key(to)),
            Shape::Answer { from, to } if step.lost => format!("    {}--x{}: {label}\n", key(from), key(to)),
            Shape::Answer { from, to } => format!("    {}-->>{}: {label}\n", key(from), key(to)),
            Shape::Note { at } => format!("    Note over {}: {label}\n", key(at)),
            Shape::Across => {
                let last = edges.last().copied().unwrap_or(Lifeline::Server);
                format!("    Note over {},{}: {label}\n", key(Lifeline::You), key(last))
            }
        };
    }
    out
}

/// An identifier without spaces that is not one of Mermaid's keywords.
const fn key(lifeline: Lifeline) -> &'static str {
    match lifeline {
        Lifeline::You => "You",
        Lifeline::Tab => "Tab",
        Lifeline::Tab2 => "Tab2",
        Lifeline::CookieJar => "Jar",
        Lifeline::Server => "Server",
        Lifeline::Database => "Database",
        Lifeline::Thief => "Thief",
        Lifeline::OtherDevice => "Device",
        Lifeline::OtherSite => "Elsewhere",
    }
}

/// Escapes a label for Mermaid: one line, with every character of Mermaid's syntax as an entity.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '#' | ';' | '<' | '>' | '"' | '&' | '{' | '}' | '%' | '\\' => out += &format!("#{};", u32::from(letter)),
            _ if letter.is_control() => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}

/// One command for each request, with its response as a comment. The reader fills in what stands in angle brackets.
pub fn curl(events: &[LogEvent]) -> String {
    let mut out = t(
        "# Tokens are left out: put your own where <…> stands, and the server's address into $SERVER.\n",
        "# Token sind ausgelassen: Setze deine ein, wo <…> steht, und die Adresse des Servers in $SERVER.\n",
    )
    .to_owned();
    for exchange in exchanges(events) {
        out += &command(&exchange);
    }
    out
}

fn command(exchange: &Exchange<'_>) -> String {
    let request = exchange.request;
    let answer = match (exchange.lost, exchange.response) {
        (_, None) => t("no answer", "keine Antwort").to_owned(),
        (lost, Some(response)) => {
            let code = response.code.map_or_else(String::new, |code| format!(" {code}"));
            format!(
                "{}{code}{}",
                response.status,
                if lost { t(", but it never arrived", ", aber sie kam nie an") } else { "" }
            )
        }
    };
    let mut parts = vec![format!("curl -i -X {} \"$SERVER\"{}", word(&request.method), quoted(&request.path))];
    parts.extend(lines(request));
    format!("\n# {}: {answer}\n{}\n", labels::lifeline(request.from), parts.join(" \\\n  "))
}

fn lines(request: &RecordedRequest) -> Vec<String> {
    let mut parts = Vec::new();
    for header in &request.headers {
        // Added below, or set by curl itself.
        if !["authorization", "cookie", "content-length", "host"].contains(&header.name.to_ascii_lowercase().as_str()) {
            parts.push(format!("-H {}", quoted(&format!("{}: {}", header.name, header.value))));
        }
    }
    if let Some(token) = &request.bearer {
        parts.push(format!(
            "-H {}",
            quoted(&format!("Authorization: Bearer <access token: {}>", token.fingerprint.words))
        ));
    }
    if let Some(seen) = &request.refresh {
        let cookie =
            format!("{}=<{}: {}>", super::snapshot::REFRESH_COOKIE, labels::refresh(seen), seen.fingerprint.words);
        parts.push(format!("-b {}", quoted(&cookie)));
    }
    for field in &request.fields {
        let value = field.value.as_deref().unwrap_or("<password>");
        parts.push(format!("--data-urlencode {}", quoted(&format!("{}={value}", field.name))));
    }
    parts
}

/// Quotes any text as one shell word.
fn quoted(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The letters of a method, so that a shell cannot read more into it.
fn word(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).collect()
}

pub fn json(events: &[LogEvent]) -> String {
    serde_json::to_string_pretty(events).unwrap_or_else(|_| "[]".to_owned())
}

/// Parses what [`json`] wrote.
///
/// # Errors
/// A sentence for the reader: no JSON, not a log, empty, too long, or out of order.
pub fn parse(text: &str) -> Result<Vec<LogEvent>, String> {
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.is_empty() {
        return Err(t("There is nothing in this file.", "In dieser Datei ist nichts.").to_owned());
    }
    let events: Vec<LogEvent> = serde_json::from_str(text).map_err(|error| {
        let line = error.line().to_string();
        if error.is_syntax() || error.is_eof() {
            let words = t(
                "This is no JSON: something is wrong in line {}.",
                "Das ist kein JSON: In Zeile {} stimmt etwas nicht.",
            );
            filled(words, &[&line])
        } else {
            let words = t(
                "This is no log of the lab: line {} is not an event ({}).",
                "Das ist kein Protokoll des Labors: Zeile {} ist kein Ereignis ({}).",
            );
            filled(words, &[&line, &error.to_string()])
        }
    })?;
    if events.is_empty() {
        return Err(t("There are no events in this file.", "In dieser Datei sind keine Ereignisse.").to_owned());
    }
    if events.len() > EVENTS_MAX {
        let words = t(
            "This log is too long: it has {} events, and {} can be shown.",
            "Dieses Protokoll ist zu lang: Es hat {} Ereignisse, und {} lassen sich zeigen.",
        );
        return Err(filled(words, &[&events.len().to_string(), &EVENTS_MAX.to_string()]));
    }
    match events.windows(2).find(|pair| pair[0].seq >= pair[1].seq) {
        Some(pair) => {
            let words = t(
                "This log is out of order: event {} comes after {}.",
                "Dieses Protokoll ist durcheinander: Ereignis {} kommt nach {}.",
            );
            Err(filled(words, &[&pair[1].seq.to_string(), &pair[0].seq.to_string()]))
        }
        None => Ok(events),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::model::event::LogEventKind;
    use crate::lab::model::sample;

    #[test]
    fn a_log_survives_export_and_import() {
        for log in sample::all() {
            assert_eq!(parse(&json(&log.events)).unwrap(), log.events);
        }
    }

    #[test]
    fn a_file_that_is_not_a_log_is_refused_with_a_reason() {
        for (text, words) in [
            ("", "nothing in this file"),
            ("[]", "no events"),
            ("not json", "no JSON"),
            ("[{\"seq\":1", "no JSON"),
            ("[{\"seq\":1}]", "no log of the lab"),
            ("{}", "no log of the lab"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        let mut events = sample::expired().events;
        events.swap(3, 4);
        assert!(parse(&json(&events)).unwrap_err().contains("out of order"));
    }

    #[test]
    fn a_mermaid_diagram_shows_participants_and_lost_responses() {
        let drawn = mermaid(&sample::lost_answer().events);
        assert!(drawn.starts_with("sequenceDiagram\n    participant You as You\n"), "{drawn}");
        assert!(drawn.contains("participant Jar as Cookie jar"));
        assert!(drawn.contains("Jar->>Server: POST /api/auth/refresh (refresh token 0 · "));
        assert!(drawn.contains("Server--xTab: 200 done (lost on its way)"));
        assert!(drawn.contains("Note over Server: password is right"));
    }

    #[test]
    fn a_command_names_the_token_that_it_leaves_out() {
        let commands = curl(&sample::expired().events);
        assert!(commands.contains("-H 'Authorization: Bearer <access token: "), "{commands}");
        assert!(commands.contains("-b '__Secure-refresh=<refresh token 0: brisk-maple>'"));
        assert!(commands.contains("--data-urlencode 'password=<password>'"));
        assert!(commands.contains("# Tab: 401 access_token_expired\ncurl -i -X GET \"$SERVER\"'/api/notes/list'"));
    }

    #[test]
    fn nothing_in_a_request_escapes_its_quotes() {
        let mut log = sample::expired();
        for event in &mut log.events {
            if let LogEventKind::Request(request) = &mut event.kind {
                request.path = "/x'; rm -rf ~; #\nY;%%{init}".to_owned();
                request.method = "GET; reboot".to_owned();
            }
        }
        assert!(curl(&log.events).contains(r"curl -i -X GETreboot "));
        assert!(curl(&log.events).contains(r"'/x'\''; rm -rf ~; # Y;%%{init}'"));
        let drawn = mermaid(&log.events);
        assert!(drawn.contains("/x'#59; rm -rf ~#59; #35; Y#59;#37;#37;#123;init#125;"), "{drawn}");
    }
}
