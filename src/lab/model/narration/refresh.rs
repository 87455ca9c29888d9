//! The facts of one refresh: why it was sent, with which token, how the server decided and because of what, what arrived, and what
//! became of the calls that waited for it.

use super::causes::{Cause, Log, bearer};
use super::fact::Fact;
use crate::lab::model::event::{Action, Defence, Lifeline, LogEventKind, Ruling};
use crate::lab::model::exchange::{Exchange, LastRuling};
use crate::protocol::code::{Code, Reaction};

/// The facts, each with the `seq` of its event.
pub fn facts(log: &Log<'_>, refresh: &Exchange<'_>) -> Vec<(u64, Fact)> {
    let mut facts = Vec::new();
    let thief = refresh.request.from == Lifeline::Thief;
    if !thief {
        facts.extend(cause(log, refresh));
    }
    facts.push((refresh.seq, sent(log, refresh)));
    facts.extend(decided(log, refresh));
    facts.extend(arrived(log, refresh));
    facts.extend(sent_again(log, refresh));
    facts
}

fn cause(log: &Log<'_>, refresh: &Exchange<'_>) -> Option<(u64, Fact)> {
    let who = refresh.request.from;
    match log.cause(refresh) {
        Cause::Unanswered => Some((refresh.seq, Fact::AsksAgain { who })),
        Cause::NoToken if who == Lifeline::OtherDevice || who == Lifeline::OtherSite => None,
        Cause::NoToken => Some((refresh.seq, Fact::NoAccessYet { who })),
        Cause::Wish => Some((refresh.seq, Fact::WantsFresh { who })),
        Cause::Refused => refused(log, &log.refused_for(refresh)),
    }
}

/// Why these calls were refused.
pub fn refused(log: &Log<'_>, calls: &[&Exchange<'_>]) -> Option<(u64, Fact)> {
    // The first that was refused caused the refresh, whichever was sent first.
    let first = calls.iter().min_by_key(|call| call.last_seq)?;
    let calls = calls.len();
    let fact = match first.response?.code? {
        Code::AccessTokenExpired => Fact::AccessExpired { calls },
        Code::AccessTokenMissing => Fact::AccessMissing { calls },
        _ if key_is_forgotten(log, first) => Fact::AccessKeyForgotten,
        _ => Fact::AccessNotGenuine,
    };
    Some((first.last_seq, fact))
}

/// Whether the token names a key that the server had and no longer has.
fn key_is_forgotten(log: &Log<'_>, call: &Exchange<'_>) -> bool {
    let Some(kid) = call.request.bearer.as_ref().and_then(|token| token.header.get("kid")?.as_str()) else {
        return false;
    };
    let sets = log.before(call.seq).filter_map(|event| match &event.kind {
        LogEventKind::Keys { keys } => Some(keys.iter().any(|key| key.kid == kid)),
        _ => None,
    });
    let sets: Vec<bool> = sets.collect();
    sets.contains(&true) && sets.last() == Some(&false)
}

/// The number of the refresh token that was sent; `None` where there was none, or one that the server did not make.
fn sent_generation(refresh: &Exchange<'_>) -> Option<u32> {
    refresh.request.refresh.as_ref()?.generation
}

fn sent(log: &Log<'_>, refresh: &Exchange<'_>) -> Fact {
    let who = refresh.request.from;
    match refresh.request.refresh.as_ref().map(|seen| seen.generation) {
        None => Fact::NothingToSend,
        Some(None) => Fact::ForgerySent,
        Some(Some(number)) if who == Lifeline::Thief => Fact::ThiefSends { number },
        Some(Some(number)) if log.races(refresh).is_some() => Fact::SentToo { who, number },
        Some(Some(number)) => Fact::Sent { who, number },
    }
}

fn decided(log: &Log<'_>, refresh: &Exchange<'_>) -> Option<(u64, Fact)> {
    match &refresh.ruling {
        Some(ruled) => Some((ruled.seq, ruling(log, refresh, ruled))),
        None if refresh.response.is_none() && !refresh.lost => Some((refresh.last_seq, Fact::Deciding)),
        None => {
            let answer = refresh.response?;
            let fact = match answer.code {
                Some(Code::RefreshTokenMissing) => Fact::NobodySignedIn,
                Some(Code::RefreshTokenInvalid) if sent_generation(refresh).is_some() => Fact::SessionForgotten,
                Some(Code::RefreshTokenInvalid) => Fact::ForgeryRefused,
                Some(code) if code.reaction() == Reaction::Wait => Fact::Busy { status: answer.status },
                _ => Fact::Answered { status: answer.status },
            };
            Some((refresh.last_seq, fact))
        }
    }
}

fn ruling(log: &Log<'_>, refresh: &Exchange<'_>, ruled: &LastRuling) -> Fact {
    let LastRuling { seq, presented, newest, .. } = *ruled;
    let new = newest + 1;
    match ruled.ruling {
        Ruling::Rotate if presented != newest => Fact::RotatedAgain { old: presented, new },
        Ruling::Rotate => Fact::Rotated { old: presented, new },
        Ruling::Replay => replayed(log, refresh, ruled),
        Ruling::ReKey => {
            let maker = log.maker_of(newest, seq);
            match maker {
                Some(maker) if maker.lost => Fact::ReKeyedLost { unused: newest, new },
                Some(maker) if maker.request.from != refresh.request.from => {
                    Fact::ReKeyedHeld { unused: newest, new, holder: maker.request.from }
                }
                _ => Fact::ReKeyed { unused: newest, new },
            }
        }
        Ruling::Reuse if !log.theft_before(seq) && grace(log, seq) == 0 => Fact::FalseAlarm { number: presented },
        Ruling::Reuse => match refresh.presented().and_then(|token| log.used_up_by(token, seq)) {
            Some(first) => Fact::ReusedAfter { number: presented, first: first.request.from },
            None => Fact::ReusedTripwire { number: presented },
        },
        Ruling::Ahead => Fact::Ahead,
        Ruling::Unbound => Fact::NotTheDevice,
        Ruling::Ended => session_over(log, refresh, seq),
    }
}

fn replayed(log: &Log<'_>, refresh: &Exchange<'_>, ruled: &LastRuling) -> Fact {
    let LastRuling { seq, newest, .. } = *ruled;
    let grace = grace(log, seq);
    let Some(first) = refresh.presented().and_then(|token| log.used_up_by(token, seq)) else {
        return Fact::Replayed { newest, grace };
    };
    let (first_from, from) = (first.request.from, refresh.request.from);
    let thief = |who| who == Lifeline::Thief;
    if thief(first_from) != thief(from) {
        return Fact::ReplayedToSecondHolder { newest, grace, first: first_from };
    }
    match () {
        () if first.lost && first.last_seq < seq => Fact::ReplayedLost { newest, grace },
        () if first_from != from => Fact::ReplayedToRacer { newest, grace },
        () => Fact::Replayed { newest, grace },
    }
}

pub fn grace(log: &Log<'_>, seq: u64) -> u64 {
    log.settings(seq).map_or(0, |settings| settings.grace)
}

/// The session had ended earlier: the reason is the row's, as it was written then.
pub fn session_over(log: &Log<'_>, call: &Exchange<'_>, seq: u64) -> Fact {
    let session = call.request.bearer.as_ref().and_then(|token| token.claims.get("sid")?.as_str().map(str::to_owned));
    let expired = call.response.and_then(|answer| answer.code) == Some(Code::RefreshTokenExpired);
    let reason = log.before(seq).rev().find_map(|event| match &event.kind {
        LogEventKind::SessionEnded { session: ended, reason } if session.as_ref().is_none_or(|of| of == ended) => {
            Some(*reason)
        }
        _ => None,
    });
    let settings = log.settings(seq);
    let (idle, absolute) = settings.map_or((0, 0), |settings| (settings.refresh_idle, settings.refresh_absolute));
    Fact::SessionOver { reason: reason.filter(|_| !expired), idle, absolute }
}

fn arrived(log: &Log<'_>, refresh: &Exchange<'_>) -> Option<(u64, Fact)> {
    let who = refresh.request.from;
    let thief = who == Lifeline::Thief;
    if refresh.lost {
        let kept = sent_generation(refresh);
        return Some((refresh.last_seq, Fact::AnswerLost { kept }));
    }
    let answer = refresh.response?;
    let fact = match answer.code.map(Code::reaction) {
        Some(Reaction::SignOut) if thief => Fact::LockedOut,
        Some(Reaction::SignOut) if who != Lifeline::OtherSite => Fact::SignsOut { who },
        None if thief && answer.access.is_some() => {
            if log.is_off(refresh.seq, Defence::ReuseDetection) {
                Fact::ThiefStays
            } else {
                Fact::ThiefHasFresh
            }
        }
        _ => return None,
    };
    Some((refresh.last_seq, fact))
}

fn sent_again(log: &Log<'_>, refresh: &Exchange<'_>) -> Option<(u64, Fact)> {
    repeated(log, &log.sent_again(refresh))
}

/// What became of calls that were sent again.
fn repeated(log: &Log<'_>, again: &[&Exchange<'_>]) -> Option<(u64, Fact)> {
    let last = again.iter().filter(|call| call.response.is_some() || call.lost).max_by_key(|call| call.last_seq)?;
    if again.iter().all(|call| call.lost) {
        return Some((last.last_seq, Fact::SentAgainLost));
    }
    let done = again.iter().filter(|call| call.arrived().is_some_and(|answer| answer.status < 300)).count();
    let worst = again.iter().filter_map(|call| call.status()).max()?;
    let typed = log.typed(last.last_seq);
    Some((last.last_seq, Fact::SentAgain { calls: again.len(), done, status: worst, typed }))
}

/// The facts of calls that were refused at once and refreshed each for itself, told as one. `None` where a tab has one refresh
/// at a time, and where a refresh was lost or ended the session: that is told as always.
pub fn each_alone(log: &Log<'_>, since: u64, action: Option<&Action>) -> Option<Vec<(u64, Fact)>> {
    action.filter(|action| matches!(action, Action::FiftyCalls) && log.is_off(since, Defence::SingleFlight))?;
    let own = |one: &&Exchange<'_>| one.seq >= since && one.request.from == Lifeline::Tab;
    let refreshes: Vec<_> = log.all.iter().filter(own).filter(|one| one.is_refresh()).collect();
    let [first, _, ..] = *refreshes else { return None };
    if refreshes.iter().any(|one| one.lost || one.response.is_some_and(|answer| answer.status != 200)) {
        return None;
    }
    let calls = log.refused_for(first);
    let mut facts = vec![(first.seq, Fact::EachRefreshed { calls: refreshes.len() })];
    facts.extend(refused(log, &calls));
    let raced = refreshes.iter().filter_map(|one| one.ruling).find(|ruled| ruled.ruling == Ruling::Replay);
    facts.extend(raced.map(|ruled| (ruled.seq, Fact::TakenForRaces { grace: grace(log, ruled.seq) })));
    let refused = calls.first().and_then(|call| bearer(call));
    let again = log.all.iter().filter(own).filter(|call| call.seq > first.seq && call.verdict.is_some());
    let again: Vec<_> = again.filter(|call| bearer(call) != refused).collect();
    facts.extend(repeated(log, &again));
    Some(facts)
}

/// Calls that no story of a refresh tells yet: the refresh has not begun.
pub fn not_yet_mended<'a, 'e>(log: &'a Log<'e>, since: u64) -> Vec<Vec<&'a Exchange<'e>>> {
    let refreshes: Vec<_> = log.all.iter().filter(|one| one.is_refresh()).collect();
    let told: Vec<u64> = refreshes.iter().flat_map(|one| log.refused_for(one)).map(|call| call.id).collect();
    let mut groups: Vec<Vec<&Exchange<'_>>> = Vec::new();
    for call in log.all.iter().filter(|call| call.seq >= since && !told.contains(&call.id)) {
        let own = [Lifeline::Tab, Lifeline::Tab2].contains(&call.request.from);
        if !own || !super::causes::is_refused(call, call.request.from) {
            continue;
        }
        let same = |group: &&mut Vec<&Exchange<'_>>| {
            group[0].request.from == call.request.from && bearer(group[0]) == bearer(call)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(call),
            None => groups.push(vec![call]),
        }
    }
    groups
}
