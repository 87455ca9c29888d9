use super::*;
use crate::lab::model::event::{Lifeline, RefreshFault, Tamper};
use crate::lab::model::exchange::is_browser;
use crate::lab::model::sample::{self, SampleLog};
use crate::protocol::code::Code;
use crate::protocol::session::RevokeReason;

/// The last refresh of this browser's tabs or of the thief.
fn last_refresh(events: &[LogEvent]) -> Option<Story> {
    let log = Log::new(events);
    let actor = |from| from == Lifeline::Thief || is_browser(from) && from != Lifeline::OtherSite;
    let last = log.all.iter().rev().find(|exchange| exchange.is_refresh() && actor(exchange.request.from))?;
    let mut facts = refresh::facts(&log, last);
    // What it raced, and what it repeats, belong to it.
    facts.extend(log.races(last).iter().flat_map(|racer| refresh::facts(&log, racer)));
    let mut one = last;
    while let Some(before) = log.predecessor(one) {
        facts.extend(refresh::facts(&log, before));
        one = before;
    }
    Story::of(facts)
}

/// Whether the account's owner can be content with how a story ends.
fn ends_well(story: &Story) -> bool {
    let last = story.sentences.iter().rev().map(Sentence::mood).find(|mood| *mood != Mood::Plain);
    last != Some(Mood::Bad)
}

fn refreshed(log: &SampleLog) -> Vec<String> {
    last_refresh(&log.events).map(|story| story.words(Lang::En)).unwrap_or_default()
}

fn told(log: &SampleLog) -> Vec<String> {
    story(&log.events).map(|story| story.words(Lang::En)).unwrap_or_default()
}

#[test]
fn an_expired_token_takes_four_sentences() {
    let log = sample::expired();
    let four = [
        "The access token had expired, so the server answered 401.",
        "The browser added refresh token 0 to the refresh call.",
        "The server rotated it: refresh token 1 replaces 0.",
        "The call was sent again and answered 200. Nothing typed was lost.",
    ];
    assert_eq!(refreshed(&log), four);
    assert_eq!(told(&log), four);
    assert!(ends_well(&story(&log.events).unwrap()));
}

#[test]
fn a_theft_is_told_by_what_each_side_holds() {
    let log = sample::theft();
    assert_eq!(
        refreshed(&log),
        [
            "The thief sent its copy of refresh token 2.",
            "The server had given up refresh token 2. Its use shows two holders, so the session ended for both.",
            "The thief is locked out.",
        ]
    );
    assert!(ends_well(&last_refresh(&log.events).unwrap()));
    let end = log.events.iter().rposition(|event| matches!(&event.kind, LogEventKind::Acted { .. })).unwrap();
    let before = story(&log.events[..end]).unwrap();
    let words = before.words(Lang::En);
    assert_eq!(words[0], "The thief copied refresh token 1. Nothing shows that yet.");
    assert!(words.iter().any(|one| one.starts_with("The thief holds refresh token 2, still unused.")), "{words:?}");
    assert!(!words.iter().any(|one| one.contains("never arrived")), "nothing was lost: {words:?}");
    assert!(!ends_well(&before), "{words:?}");
}

#[test]
fn a_lost_answer_is_told_as_lost_and_has_no_second_holder() {
    let log = sample::lost_answer();
    let words = refreshed(&log);
    assert!(
        words.contains(&"The answer was lost on its way: the browser still has refresh token 0.".to_owned()),
        "{words:?}"
    );
    let again = refreshed(&sample::asked_again());
    assert_eq!(
        again[1..],
        [
            "The browser added refresh token 0 to the refresh call.",
            "The server rotated it: refresh token 1 replaces 0.",
            "The answer was lost on its way: the browser still has refresh token 0.",
            "The tab had no new token yet, so it asked again.",
            "The first answer was lost. Within 10 s the server gives out the same refresh token 1 again.",
        ]
    );
}

#[test]
fn a_race_is_told_in_the_order_of_the_decisions() {
    let words = refreshed(&sample::race());
    let race = [
        "The browser added refresh token 0 to the refresh call.",
        "At the same moment, it added refresh token 0 to a call of tab 2 as well.",
        "The server rotated it: refresh token 1 replaces 0.",
        "The other tab had just used it. Within 10 s that is no theft: the server gave out refresh token 1 again.",
    ];
    // In the sample, tab 2 has just been loaded.
    let words: Vec<_> = words.iter().filter(|one| !one.contains("after every reload")).collect();
    assert_eq!(words[words.len() - 4..], race, "{words:?}");
}

#[test]
fn of_fifty_calls_the_ones_with_the_new_token_are_those_that_were_sent_again() {
    let words = told(&sample::fifty());
    assert_eq!(words[0], "50 calls came with an expired access token, so the server answered each with 401.");
    assert_eq!(words.last().unwrap(), "All 50 calls were sent again and answered 200. Nobody noticed.");
}

#[test]
fn a_page_that_was_loaded_has_no_token() {
    let words = refreshed(&sample::reloaded());
    assert_eq!(words[0], "The tab had no access token in memory, as after every reload.");
}

#[test]
fn another_sites_call_leaves_the_cookie_in_its_jar() {
    let words = told(&sample::other_site());
    assert_eq!(
        words,
        [
            "Another site asked, so the browser kept the refresh cookie in its jar: the cookie is SameSite=Strict.",
            "The server saw where the calls came from and refused them: 403.",
        ]
    );
}

#[test]
fn a_leaked_row_makes_no_token() {
    assert_eq!(
        told(&sample::leaked()),
        [
            "The thief copied the session's row from the database. There is no token in it.",
            "The thief built a refresh token from the row, but without the server's secret.",
            "The server could not have made that token, so it answered 401.",
            "The thief is locked out.",
        ]
    );
}

#[test]
fn a_thief_with_a_valid_token_has_the_data_only_where_the_server_gave_it() {
    let forges = Action::Tamper { how: Tamper::Expiry };
    for (action, code, ends) in [
        (Action::ThiefCalls, None, "The thief called the API with the stolen access token and got the data: 200."),
        (Action::ThiefCalls, Some(Code::TemporarilyUnavailable), "The server answered 503."),
        (forges.clone(), None, "Nobody checked the signature, so the server took the forged token for genuine: 200."),
        (forges, Some(Code::TemporarilyUnavailable), "The server answered 503."),
    ] {
        let words = told(&sample::read_by_the_thief(action, code));
        assert_eq!(words.last().map(String::as_str), Some(ends), "{words:?}");
    }
}

#[test]
fn without_reuse_detection_the_story_says_that_the_thief_stays() {
    let story = story(&sample::undetected().events).unwrap();
    let words = story.words(Lang::En);
    assert!(words.contains(&"The thief stays in, beside the owner, and nobody notices.".to_owned()), "{words:?}");
    assert!(words[1].starts_with("Refresh token 2 was used up, but reuse detection is off"), "{words:?}");
    assert!(!ends_well(&story));
}

#[test]
fn an_empty_log_has_no_story() {
    assert_eq!(last_refresh(&[]), None);
    assert_eq!(story(&[]), None);
}

/// One of each, with large numbers.
fn facts() -> Vec<Fact> {
    let (who, number, old, new, newest, unused, grace) = (Lifeline::Tab2, 1234, 1233, 1234, 1234, 1233, 86_400 * 9);
    let (holder, first, calls) = (Lifeline::OtherDevice, Lifeline::OtherDevice, 1234);
    let reasons = [Some(RevokeReason::Reuse), Some(RevokeReason::AbsoluteLimit), Some(RevokeReason::Logout), None];
    let over = reasons.map(|reason| Fact::SessionOver { reason, idle: grace, absolute: grace });
    let ended =
        [RevokeReason::SignedOutElsewhere, RevokeReason::PasswordChanged, RevokeReason::Replaced, RevokeReason::Logout];
    let ended = ended.map(|reason| Fact::SessionEnded { reason });
    let again = [(1, 1, 200, true), (1, 1, 200, false), (9, 9, 200, true), (9, 4, 401, true)];
    let again = again.map(|(calls, done, status, typed)| Fact::SentAgain { calls, done, status, typed });
    let forged = Tamper::ALL.map(|how| Fact::Forged { how });
    let many = [
        Fact::AccessExpired { calls: 1 },
        Fact::AccessExpired { calls },
        Fact::AccessMissing { calls: 1 },
        Fact::AccessMissing { calls },
        Fact::AccessKeyForgotten,
        Fact::AccessNotGenuine,
        Fact::NoAccessYet { who },
        Fact::WantsFresh { who },
        Fact::AsksAgain { who },
        Fact::ThiefSends { number },
        Fact::ForgerySent,
        Fact::Sent { who, number },
        Fact::Sent { who: Lifeline::OtherDevice, number },
        Fact::Sent { who: Lifeline::Tab, number },
        Fact::SentToo { who, number },
        Fact::NothingToSend,
        Fact::Rotated { old, new },
        Fact::RotatedAgain { old, new },
        Fact::ReplayedToRacer { newest, grace },
        Fact::ReplayedLost { newest, grace },
        Fact::ReplayedToSecondHolder { newest, grace, first },
        Fact::Replayed { newest, grace },
        Fact::ReKeyedLost { unused, new },
        Fact::ReKeyedHeld { unused, new, holder },
        Fact::ReKeyed { unused, new },
        Fact::ReusedTripwire { number },
        Fact::ReusedAfter { number, first },
        Fact::FalseAlarm { number },
        Fact::Ahead,
        Fact::NotTheDevice,
        Fact::ForgeryRefused,
        Fact::NobodySignedIn,
        Fact::Busy { status: 503 },
        Fact::Deciding,
        Fact::AnswerLost { kept: Some(number) },
        Fact::AnswerLost { kept: None },
        Fact::LockedOut,
        Fact::SignsOut { who },
        Fact::ThiefHasFresh,
        Fact::ThiefStays,
        Fact::SentAgainLost,
        Fact::SignedIn,
        Fact::PasswordWrong,
        Fact::AccessInBody { lives: 723 },
        Fact::RefreshInCookie { number, http_only: true },
        Fact::RefreshInCookie { number, http_only: false },
        Fact::OtherDeviceSignedIn,
        Fact::SignedOut,
        Fact::Called,
        Fact::CallOfEndedSession,
        Fact::ThiefRead,
        Fact::ThiefReadAfterEnd,
        Fact::ThiefReadNothing,
        Fact::ThiefTooLate,
        Fact::ForgedAccepted { how: Tamper::Expiry },
        Fact::CookieKeptBack,
        Fact::CookieSentAlong,
        Fact::CookieSentFromOtherSite,
        Fact::OriginRefused { calls: 1 },
        Fact::OriginRefused { calls },
        Fact::OriginNotChecked,
        Fact::FollowedLink,
        Fact::ScriptStopped,
        Fact::ScriptRan { read: 3, places: 4 },
        Fact::CookieUnreadable,
        Fact::CookieRead,
        Fact::ClockMoved { by: grace },
        Fact::Restarted,
        Fact::KeysRotated,
        Fact::KeysRetired,
        Fact::StoleRefresh { number },
        Fact::StoleAccess { lives: 723 },
        Fact::StoleRow,
        Fact::NotReached { who },
        Fact::Answered { status: 418 },
    ];
    many.into_iter().chain(over).chain(ended).chain(again).chain(forged).collect()
}

#[test]
fn no_sentence_has_more_than_25_words_in_any_language() {
    for fact in facts() {
        for lang in Lang::ALL {
            let words = fact.words(lang);
            assert!(words.ends_with('.') && !words.contains("  "), "{words}");
            assert!(!words.contains(['{', '}']), "a name without a value: {words}");
            for sentence in words.split('.') {
                assert!(sentence.split_whitespace().count() <= 25, "{words}");
            }
            assert_eq!(fact, serde_json::from_str(&serde_json::to_string(&fact).unwrap()).unwrap());
        }
    }
}

#[test]
fn what_only_prepares_begins_no_story() {
    let mut log = sample::expired();
    let before = told(&log);
    log.record(LogEventKind::Acted { action: Action::NextRefresh { fault: RefreshFault::Fail } });
    assert_eq!(told(&log), before);
}
