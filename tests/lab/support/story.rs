//! A log in short: one word for each event.

use two_tokens::lab::model::event::{LogEvent, LogEventKind, Ruling};

/// One word for each event; a request is told with its sender.
pub fn story(events: &[LogEvent]) -> Vec<String> {
    events.iter().filter_map(|event| word(&event.kind)).collect()
}

fn word(what: &LogEventKind) -> Option<String> {
    Some(match what {
        LogEventKind::Request(request) => format!("{:?} {} {}", request.from, request.method, request.path),
        LogEventKind::Response(response) => match response.code {
            Some(code) => format!("{} {code}", response.status),
            None => response.status.to_string(),
        },
        LogEventKind::Lost { .. } => "lost".into(),
        LogEventKind::Held { why, micros } => format!("held {why:?}{}", if *micros == 0 { " from here" } else { "" }),
        LogEventKind::AccessChecked { verdict } => format!("access {verdict:?}"),
        LogEventKind::Decided { ruling, presented, .. } => format!("{ruling:?} {presented}"),
        LogEventKind::Rotated => "rotated".to_owned(),
        LogEventKind::SessionEnded { reason, .. } => format!("ended {}", reason.as_str()),
        LogEventKind::PasswordChecked { right } => format!("password {right}"),
        LogEventKind::Row { row, changed } => format!("row {} {}", row.generation, changed.len()),
        LogEventKind::RowGone { .. } => "row gone".into(),
        LogEventKind::Keys { keys } => format!("{} keys", keys.len()),
        LogEventKind::ClockJumped { seconds } => format!("jump {seconds}"),
        LogEventKind::Restarted => "restarted".into(),
        LogEventKind::StoleRefresh { token } => format!("stole {}", token.generation.unwrap()),
        LogEventKind::StoleAccess { .. } => "stole access".into(),
        LogEventKind::StoleRow { .. } => "stole row".into(),
        LogEventKind::Probed { .. } => "probed".into(),
        LogEventKind::Opened { .. }
        | LogEventKind::Acted { .. }
        | LogEventKind::Settings { .. }
        | LogEventKind::Seen { .. } => return None,
    })
}

pub fn rulings(events: &[LogEvent]) -> Vec<Ruling> {
    let ruling = |event: &LogEvent| match event.kind {
        LogEventKind::Decided { ruling, .. } => Some(ruling),
        _ => None,
    };
    events.iter().filter_map(ruling).collect()
}
