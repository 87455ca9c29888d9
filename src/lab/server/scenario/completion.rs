//! Detects from the log alone whether a tab has completed a task: by the tab's own requests and their responses. A refusal that a
//! refresh repairs is not final, because the tab retries by itself.

use std::{collections::HashMap, sync::Arc};

use crate::lab::model::event::{Lifeline, LogEvent, LogEventKind, TabEvent, TabTask};
use crate::protocol::code::{Code, Reaction};
use crate::protocol::problem::Problem;

/// How one request of the tab ended.
struct RequestEnd<'a> {
    path: &'a str,
    /// `None` if the response was lost.
    status: Option<u16>,
    code: Option<Code>,
    navigation: bool,
}

impl RequestEnd<'_> {
    fn is_final(&self) -> bool {
        let repeats =
            |code: Code| code.reaction() == Reaction::RefreshAndRetry || code == Code::InsufficientUserAuthentication;
        !self.code.is_some_and(repeats)
    }

    fn signs_out(&self) -> bool {
        self.code.is_some_and(|code| code.reaction() == Reaction::SignOut)
    }
}

/// The task's result; `None` while it is in progress.
pub fn completion(task: &TabTask, tab: Lifeline, events: &[Arc<LogEvent>]) -> Option<Result<(), Problem>> {
    let could_not = events.iter().find_map(|event| match &event.kind {
        LogEventKind::Seen { tab: sender, seen: TabEvent::CouldNot { why } } if *sender == tab => Some(why),
        _ => None,
    });
    if let Some(why) = could_not {
        return Some(Err(Problem::new(Code::ValidationFailed, why.clone())));
    }
    let ends = ends(tab, events);
    let ended = |path: &str| ends.iter().any(|end| end.path == path && end.is_final());
    let done = match task {
        TabTask::Call { times } | TabTask::CallAlone { times } => calls_are_done(*times, &ends),
        TabTask::Refresh => ended("/api/auth/refresh"),
        TabTask::SignIn => ended("/api/auth/login"),
        TabTask::SignOut | TabTask::SignOutEverywhere => ended("/api/auth/logout"),
        TabTask::SignOutOtherDevice => ended("/api/account/revoke_session"),
        TabTask::ChangePassword => ended("/api/account/change_password"),
        TabTask::Reload => ends.iter().any(|end| end.navigation),
        TabTask::Type { .. } => has_typed(tab, events),
        TabTask::Locks { .. } | TabTask::ClientClock { .. } => true,
    };
    done.then_some(Ok(()))
}

/// Every call has its response, or none will get a better one because the refresh that they wait for failed.
fn calls_are_done(times: u32, ends: &[RequestEnd]) -> bool {
    let calls = ends.iter().filter(|end| end.path.starts_with("/api/") && !end.path.starts_with("/api/auth/"));
    let failed = |end: &RequestEnd| end.path == "/api/auth/refresh" && end.status != Some(200);
    ends.iter().any(|end| failed(end) || end.signs_out())
        || calls.filter(|end| end.is_final()).count() >= usize::try_from(times).unwrap_or(usize::MAX)
}

/// Whether the tab has reported a draft.
fn has_typed(tab: Lifeline, events: &[Arc<LogEvent>]) -> bool {
    events.iter().any(|event| match &event.kind {
        LogEventKind::Seen { tab: sender, seen: TabEvent::Draft { characters: 1.. } } => *sender == tab,
        _ => false,
    })
}

/// Whether the tab has sent anything.
pub fn has_begun(tab: Lifeline, events: &[Arc<LogEvent>]) -> bool {
    events.iter().any(|event| match &event.kind {
        LogEventKind::Request(request) => request.from == tab,
        LogEventKind::Seen { tab: sender, .. } => *sender == tab,
        _ => false,
    })
}

fn ends(tab: Lifeline, events: &[Arc<LogEvent>]) -> Vec<RequestEnd<'_>> {
    let mut requests: HashMap<_, (&str, bool)> = HashMap::new();
    let mut ends = Vec::new();
    for event in events {
        let request = requests.get(&event.exchange);
        let end = |status, code| request.map(|&(path, navigation)| RequestEnd { path, status, code, navigation });
        match &event.kind {
            LogEventKind::Request(request) if request.from == tab => {
                requests.insert(event.exchange, (request.path.as_str(), request.navigation));
            }
            LogEventKind::Response(response) => ends.extend(end(Some(response.status), response.code)),
            LogEventKind::Lost { .. } => ends.extend(end(None, None)),
            _ => {}
        }
    }
    ends
}
