//! Narrates the last refresh in a few sentences (natural-language generation by templates). Newcomers read it first and screen
//! readers announce it, so it leaves out details; the list of events has them all.

use super::event::{Lifeline, LogEvent, LogEventKind, Ruling, TabEvent};
use super::exchange::{Exchange, exchanges};
use super::labels;
use crate::protocol::code::{Code, Reaction};

/// The last refresh in a few plain sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narration {
    /// The `seq` of the first and of the last event it covers.
    pub from: u64,
    pub to: u64,
    pub sentences: Vec<String>,
    /// Whether the client is still signed in afterwards, as far as this refresh decides that.
    pub session_kept: bool,
}

pub fn last_refresh(events: &[LogEvent]) -> Option<Narration> {
    let all = exchanges(events);
    let index = all.iter().rposition(Exchange::is_refresh)?;
    let turn = &all[index];
    let refused = cause(&all[..index], turn);
    let retry = refused.and_then(|refused| retried(&all[index + 1..], turn, refused));

    let mut sentences = vec![cause_sentence(events, turn, refused), sent(turn)];
    sentences.extend(raced(&all[..index], turn));
    sentences.push(ruled(turn));
    sentences.extend(arrived(turn));
    sentences.extend(retry.map(|retry| retry_sentence(events, retry)));
    Some(Narration {
        from: refused.map_or(turn.seq, |refused| refused.seq),
        to: retry.map_or(turn.last_seq, |retry| retry.last_seq),
        sentences,
        session_kept: turn.arrived().is_none_or(|answer| answer.status < 400 || answer.code.is_some_and(keeps_session)),
    })
}

fn keeps_session(code: Code) -> bool {
    code.reaction() != Reaction::SignOut
}

/// The call whose refusal made the tab refresh: the last response before it.
fn cause<'a, 'e>(before: &'a [Exchange<'e>], turn: &Exchange<'_>) -> Option<&'a Exchange<'e>> {
    let from = turn.request.from;
    let last = before.iter().rev().find(|exchange| exchange.request.from == from && exchange.response.is_some())?;
    let code = last.response?.code?;
    (code.reaction() == Reaction::RefreshAndRetry).then_some(last)
}

fn retried<'a, 'e>(later: &'a [Exchange<'e>], turn: &Exchange<'_>, refused: &Exchange<'_>) -> Option<&'a Exchange<'e>> {
    later.iter().find(|exchange| {
        exchange.request.from == turn.request.from
            && exchange.request.path == refused.request.path
            && exchange.response.is_some()
    })
}

fn subject(turn: &Exchange<'_>) -> String {
    labels::sentence(labels::the(turn.request.from))
}

fn cause_sentence(events: &[LogEvent], turn: &Exchange<'_>, refused: Option<&Exchange<'_>>) -> String {
    let tab = turn.request.from;
    if tab == Lifeline::Thief {
        return "The thief has a copy of a refresh token and tries it.".to_owned();
    }
    match refused.and_then(|refused| refused.response?.code) {
        Some(Code::AccessTokenExpired) => "The access token had expired, so the server said 401.".to_owned(),
        Some(Code::AccessTokenMissing) => "A call came without an access token, so the server said 401.".to_owned(),
        Some(_) => "The access token was not genuine, so the server said 401.".to_owned(),
        None if holds_one(events, turn.seq, tab) => format!("{} wanted a fresh access token.", subject(turn)),
        None => format!("{} had no access token, as after every reload.", subject(turn)),
    }
}

/// Whether the tab held a token in memory before `seq`.
fn holds_one(events: &[LogEvent], seq: u64, tab: Lifeline) -> bool {
    let before = events.iter().take_while(|event| event.seq < seq);
    before.fold(false, |holds, event| match &event.kind {
        LogEventKind::Response(response) if response.to == tab && response.access.is_some() => true,
        LogEventKind::Seen { tab: reporter, seen: TabEvent::TokenForgotten } if *reporter == tab => false,
        _ => holds,
    })
}

fn sent(turn: &Exchange<'_>) -> String {
    match &turn.request.refresh {
        None => format!("{} asked without a refresh token: there was none in the cookie jar.", subject(turn)),
        Some(seen) => match seen.generation {
            Some(number) if turn.request.from == Lifeline::Thief => format!("It sent refresh token number {number}."),
            Some(number) => format!("{} sent its refresh token, number {number}.", subject(turn)),
            None => format!("{} sent a refresh token that this server never made.", subject(turn)),
        },
    }
}

/// Another refresh that was in flight at the same time.
fn raced(before: &[Exchange<'_>], turn: &Exchange<'_>) -> Option<String> {
    let other = before.iter().rev().find(|other| other.is_refresh() && other.last_seq > turn.seq)?;
    let same = other.presented().is_some() && other.presented() == turn.presented();
    let other = labels::the(other.request.from);
    Some(match same {
        true => format!("At the same moment {other} sent the same token."),
        false => format!("At the same moment {other} refreshed as well."),
    })
}

fn ruled(turn: &Exchange<'_>) -> String {
    let issued = turn.issued().and_then(|(_, number)| number);
    let ruled = turn.ruling.map(|decided| (decided.ruling, decided.newest));
    match (ruled, issued) {
        (Some((Ruling::Rotate, _)), Some(number)) => {
            format!("The server turned it: number {number} is the newest now.")
        }
        (Some((Ruling::Replay, newest)), issued) => {
            let number = issued.unwrap_or(newest);
            format!(
                "It had been turned a moment ago, so the server gave number {number} out again: two at once are no theft."
            )
        }
        (Some((Ruling::ReKey, newest)), Some(number)) => format!(
            "Number {newest} had never been used, so its answer must have been lost: the server made number {number} instead, \
             and number {newest} is a tripwire now."
        ),
        (Some((Ruling::Reuse, _)), _) => {
            "That one had been used before, so somebody has a copy: the server ended the session for everybody."
                .to_owned()
        }
        (Some((Ruling::Unbound, _)), _) => {
            "Its session is bound to a device, and whoever sent it is not there: refused, and the owner's session goes on."
                .to_owned()
        }
        (Some((Ruling::Ahead, _)), _) => "That one is newer than any the server made: refused.".to_owned(),
        (Some((Ruling::Ended, _)), _) => "Its session was over already: refused.".to_owned(),
        (Some(_), None) if turn.response.is_none() => "The server is deciding.".to_owned(),
        (None, _) if turn.response.is_none() => "It is under way.".to_owned(),
        (_, _) => refused(turn),
    }
}

fn refused(turn: &Exchange<'_>) -> String {
    match turn.response.map(|answer| (answer.status, answer.code)) {
        Some((status, Some(code))) => format!("The server said {status}. {}", labels::code(code)),
        Some((status, None)) => format!("The server said {status}."),
        None => "There is no answer yet.".to_owned(),
    }
}

fn arrived(turn: &Exchange<'_>) -> Option<String> {
    let answer = turn.response?;
    let thief = turn.request.from == Lifeline::Thief;
    if turn.lost {
        return Some(match turn.presented().zip(turn.request.refresh.as_ref()?.generation) {
            Some((_, number)) => format!("The answer was lost on its way: the cookie jar still has number {number}."),
            None => "The answer was lost on its way.".to_owned(),
        });
    }
    match answer.code.map(|code| code.reaction()) {
        Some(Reaction::SignOut) if thief => Some("The thief is locked out.".to_owned()),
        Some(Reaction::SignOut) => Some(format!("{} is signed out, and says why.", subject(turn))),
        Some(Reaction::Wait) => Some("Nobody is signed out: it waits and tries again.".to_owned()),
        None if thief && answer.access.is_some() => {
            Some("The thief has an access token of its own now, and nobody has noticed yet.".to_owned())
        }
        _ => None,
    }
}

fn retry_sentence(events: &[LogEvent], retry: &Exchange<'_>) -> String {
    let status = retry.status().unwrap_or_default();
    let typed = events.iter().filter(|event| event.seq <= retry.last_seq).rev().find_map(|event| match &event.kind {
        LogEventKind::Seen { seen: TabEvent::Draft { characters }, .. } => Some(*characters),
        _ => None,
    });
    match (retry.lost, status, typed) {
        (true, ..) => "The call was sent again, and its answer was lost.".to_owned(),
        (_, 200..300, Some(1..)) => format!("The call was sent again and answered {status}. Nothing typed was lost."),
        (_, 200..300, _) => format!("The call was sent again and answered {status}. Nobody noticed."),
        _ => format!("The call was sent again and answered {status}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::model::sample::{self, SampleLog};

    fn narrated(log: &SampleLog) -> Vec<String> {
        last_refresh(&log.events).map(|narration| narration.sentences).unwrap_or_default()
    }

    #[test]
    fn an_expired_token_takes_four_sentences() {
        let log = sample::expired();
        assert_eq!(
            narrated(&log),
            [
                "The access token had expired, so the server said 401.",
                "The tab sent its refresh token, number 0.",
                "The server turned it: number 1 is the newest now.",
                "The call was sent again and answered 200. Nothing typed was lost.",
            ]
        );
    }

    #[test]
    fn a_theft_is_narrated_from_both_sides() {
        let log = sample::theft();
        assert_eq!(
            narrated(&log),
            [
                "The thief has a copy of a refresh token and tries it.",
                "It sent refresh token number 2.",
                "That one had been used before, so somebody has a copy: the server ended the session for everybody.",
                "The thief is locked out.",
            ]
        );
        let rekeyed = log.events.iter().rposition(|event| matches!(&event.kind, LogEventKind::Acted { .. })).unwrap();
        let sentences = last_refresh(&log.events[..rekeyed]).unwrap().sentences;
        assert!(sentences.iter().any(|sentence| sentence.contains("number 2 is a tripwire now")), "{sentences:?}");
    }

    #[test]
    fn a_lost_response_a_race_and_no_refresh_at_all() {
        let lost = narrated(&sample::lost_answer());
        assert!(
            lost.contains(&"The answer was lost on its way: the cookie jar still has number 0.".to_owned()),
            "{lost:?}"
        );
        let raced = narrated(&sample::race());
        assert!(raced.iter().any(|one| one.contains("sent the same token")), "{raced:?}");
        assert!(raced.iter().any(|one| one.contains("two at once are no theft")), "{raced:?}");
        assert_eq!(last_refresh(&[]), None);
    }
}
