//! Whether what a tab was asked for is done, told by the log alone: the tab's own requests and their ends. A refusal that a new
//! token mends is not an end, because the tab goes on by itself.

use std::collections::HashMap;

use crate::api::error::{Code, Problem, Reaction};
use crate::lab::event::{Deed, Event, Lifeline, Seen, What};

/// How a request of the tab ended.
struct End<'a> {
    path: &'a str,
    /// `None` where the answer was lost.
    status: Option<u16>,
    code: Option<Code>,
    navigation: bool,
}

impl End<'_> {
    fn is_final(&self) -> bool {
        let repeats =
            |code: Code| code.reaction() == Reaction::RefreshAndRetry || code == Code::InsufficientUserAuthentication;
        !self.code.is_some_and(repeats)
    }

    fn signs_out(&self) -> bool {
        self.code.is_some_and(|code| code.reaction() == Reaction::SignOut)
    }
}

/// `None` while it is under way.
pub fn outcome(deed: &Deed, tab: Lifeline, events: &[Event]) -> Option<Result<(), Problem>> {
    let could_not = events.iter().find_map(|event| match &event.what {
        What::Seen { tab: teller, seen: Seen::CouldNot { why } } if *teller == tab => Some(why),
        _ => None,
    });
    if let Some(why) = could_not {
        return Some(Err(Problem::new(Code::ValidationFailed, why.clone())));
    }
    let ends = ends(tab, events);
    let ended = |path: &str| ends.iter().any(|end| end.path == path && end.is_final());
    let done = match deed {
        Deed::Call { times } => calls_are_done(*times, &ends),
        Deed::Refresh => ended("/api/auth/refresh"),
        Deed::SignIn => ended("/api/auth/login"),
        Deed::SignOut | Deed::SignOutEverywhere => ended("/api/auth/logout"),
        Deed::SignOutOtherDevice => ended("/api/account/revoke_session"),
        Deed::ChangePassword => ended("/api/account/change_password"),
        Deed::Reload => ends.iter().any(|end| end.navigation),
        Deed::Locks { .. } | Deed::ClientClock { .. } => true,
    };
    done.then_some(Ok(()))
}

/// Each has its answer, or none will get a better one because the refresh they wait for failed.
fn calls_are_done(times: u32, ends: &[End]) -> bool {
    let calls = ends.iter().filter(|end| end.path.starts_with("/api/") && !end.path.starts_with("/api/auth/"));
    let failed = |end: &End| end.path == "/api/auth/refresh" && end.status != Some(200);
    ends.iter().any(|end| failed(end) || end.signs_out())
        || calls.filter(|end| end.is_final()).count() >= usize::try_from(times).unwrap_or(usize::MAX)
}

/// Whether the tab has sent anything.
pub fn is_there(tab: Lifeline, events: &[Event]) -> bool {
    events.iter().any(|event| match &event.what {
        What::Request(request) => request.from == tab,
        What::Seen { tab: teller, .. } => *teller == tab,
        _ => false,
    })
}

fn ends(tab: Lifeline, events: &[Event]) -> Vec<End<'_>> {
    let mut requests: HashMap<_, (&str, bool)> = HashMap::new();
    let mut ends = Vec::new();
    for event in events {
        let request = requests.get(&event.exchange);
        let end = |status, code| request.map(|&(path, navigation)| End { path, status, code, navigation });
        match &event.what {
            What::Request(request) if request.from == tab => {
                requests.insert(event.exchange, (request.path.as_str(), request.navigation));
            }
            What::Response(response) => ends.extend(end(Some(response.status), response.code)),
            What::Lost { .. } => ends.extend(end(None, None)),
            _ => {}
        }
    }
    ends
}
