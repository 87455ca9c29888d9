//! The sentences in English.

use super::super::fact::Fact;
use crate::lab::model::event::{Lifeline, Tamper};
use crate::lab::model::labels;
use crate::protocol::session::RevokeReason;

pub fn words(fact: &Fact) -> String {
    match fact {
        Fact::AccessExpired { calls: 1 } => "The access token had expired, so the server answered 401.".to_owned(),
        Fact::AccessExpired { calls } => {
            format!("{calls} calls came with an expired access token, so the server answered each with 401.")
        }
        Fact::AccessMissing { calls: 1 } => {
            "A call came without an access token, so the server answered 401.".to_owned()
        }
        Fact::AccessMissing { calls } => {
            format!("{calls} calls came without an access token, so the server answered each with 401.")
        }
        Fact::AccessKeyForgotten => {
            "The server had forgotten the key behind the access token, so it answered 401.".to_owned()
        }
        Fact::AccessNotGenuine => "The access token was not genuine, so the server answered 401.".to_owned(),
        Fact::NoAccessYet { who } => format!("{} had no access token in memory, as after every reload.", who_en(*who)),
        Fact::WantsFresh { who } => format!("{} asked for a fresh access token.", who_en(*who)),
        Fact::AsksAgain { who } => format!("{} had no new token yet, so it asked again.", who_en(*who)),
        Fact::ThiefSends { number } => format!("The thief sent its copy of refresh token {number}."),
        Fact::ForgerySent => {
            "The thief built a refresh token from the row, but without the server's secret.".to_owned()
        }
        Fact::Sent { who: Lifeline::Tab2, number } => {
            format!("The browser added refresh token {number} to tab 2's refresh call.")
        }
        Fact::Sent { who: Lifeline::OtherDevice, number } => {
            format!("The other device sent its refresh token {number}.")
        }
        Fact::Sent { number, .. } => format!("The browser added refresh token {number} to the refresh call."),
        Fact::EachRefreshed { calls } => {
            format!("Each of the {calls} calls refreshed for itself, so the server got {calls} refresh calls.")
        }
        Fact::TakenForRaces { grace } => format!(
            "Others came with a token that was used already. Within {} the server takes that for a race, not for theft.",
            span_en(*grace)
        ),
        Fact::SentToo { who, number } => {
            let whose = if *who == Lifeline::Tab2 { "tab 2" } else { "the tab" };
            format!("At the same moment, it added refresh token {number} to a call of {whose} as well.")
        }
        Fact::NothingToSend => "There was no refresh token to send along.".to_owned(),

        Fact::Rotated { old, new } => format!("The server rotated it: refresh token {new} replaces {old}."),
        Fact::RotatedAgain { old, new } => {
            format!("Refresh token {old} was used up, but reuse detection is off: the server gave out {new}.")
        }
        Fact::ReplayedToRacer { newest, grace } => format!(
            "The other tab had just used it. Within {} that is no theft: the server gave out refresh token {newest} again.",
            span_en(*grace)
        ),
        Fact::ReplayedLost { newest, grace } => format!(
            "The first answer was lost. Within {} the server gives out the same refresh token {newest} again.",
            span_en(*grace)
        ),
        Fact::ReplayedToSecondHolder { newest, grace, first } => format!(
            "{} had used it less than {} ago. That looks like a second tab: the server gave out refresh token {newest} again.",
            holder_en(*first),
            span_en(*grace)
        ),
        Fact::Replayed { newest, grace } => format!(
            "It had been used less than {} ago, so the server gave out refresh token {newest} again.",
            span_en(*grace)
        ),
        Fact::ReKeyedLost { unused, new } => format!(
            "Refresh token {unused} never arrived, and nobody used it. The server made {new} instead: using {unused} now \
             raises the alarm."
        ),
        Fact::ReKeyedHeld { unused, new, holder } => format!(
            "{} holds refresh token {unused}, still unused. To the server that looks like a lost answer, so it made {new}. \
             Using {unused} now raises the alarm.",
            holder_en(*holder)
        ),
        Fact::ReKeyed { unused, new } => {
            format!(
                "Nobody had used refresh token {unused}. The server made {new} instead: using {unused} now raises the alarm."
            )
        }
        Fact::ReusedTripwire { number } => format!(
            "The server had given up refresh token {number}. Its use shows two holders, so the session ended for both."
        ),
        Fact::ReusedAfter { number, first } => format!(
            "{} had used refresh token {number} before. So there are two copies, and the session ended for both.",
            holder_en(*first)
        ),
        Fact::FalseAlarm { number } => format!(
            "Nobody stole refresh token {number}. But without the grace, a second use counts as theft: the session ended."
        ),
        Fact::Ahead => "The refresh token is newer than any that the server remembers, so it was refused.".to_owned(),
        Fact::NotTheDevice => {
            "The session is bound to a device, and the request came without its proof: refused. The session goes on."
                .to_owned()
        }
        Fact::SessionOver { reason: Some(RevokeReason::Reuse), .. } => {
            "The session had ended for safety, so the server answered 401.".to_owned()
        }
        Fact::SessionOver { reason: Some(RevokeReason::AbsoluteLimit), absolute, .. } => {
            format!("The session had reached its limit of {}, so the server answered 401.", span_en(*absolute))
        }
        Fact::SessionOver { reason: None, idle, .. } => {
            format!("The session was unused for more than {}, so it had ended: 401.", span_en(*idle))
        }
        Fact::SessionOver { .. } => "The session had already ended, so the server answered 401.".to_owned(),
        Fact::ForgeryRefused => "The server could not have made that token, so it answered 401.".to_owned(),
        Fact::SessionForgotten => "The server knew no such session any more, so it answered 401.".to_owned(),
        Fact::NobodySignedIn => "Without a refresh token nobody is signed in: 401.".to_owned(),
        Fact::Busy { status } => {
            format!("The server answered {status} and did nothing. Nobody is signed out: the tab waits and asks again.")
        }
        Fact::Deciding => "The server has not answered yet.".to_owned(),

        Fact::AnswerLost { kept: Some(number) } => {
            format!("The answer was lost on its way: the browser still has refresh token {number}.")
        }
        Fact::AnswerLost { kept: None } => "The answer was lost on its way.".to_owned(),
        Fact::LockedOut => "The thief is locked out.".to_owned(),
        Fact::SignsOut { who } => format!("{} signs out and says why.", who_en(*who)),
        Fact::ThiefHasFresh => "The thief has fresh tokens now, and nobody has noticed yet.".to_owned(),
        Fact::ThiefStays => "The thief stays in, beside the owner, and nobody notices.".to_owned(),
        Fact::SentAgain { calls, done, status, typed } => sent_again_en(*calls, *done, *status, *typed),
        Fact::SentAgainLost => "The call was sent again, and its answer was lost.".to_owned(),

        Fact::SignedIn => "The password was right, so the server opened a session.".to_owned(),
        Fact::PasswordWrong => "The password was wrong, so the server answered 401.".to_owned(),
        Fact::AccessInBody { lives } => format!(
            "The access token came in the answer. The page keeps it in memory; it is good for {}.",
            span_en(*lives)
        ),
        Fact::RefreshInCookie { number, http_only: true } => {
            format!("Refresh token {number} came as a cookie that no script can read.")
        }
        Fact::RefreshInCookie { number, http_only: false } => {
            format!("Refresh token {number} came as a cookie that every script in the page can read.")
        }
        Fact::OtherDeviceSignedIn => {
            "The other device signed in: it has a session and a refresh token of its own.".to_owned()
        }
        Fact::SignedOut => "The server ended the session and took the cookie back.".to_owned(),
        Fact::SessionEnded { reason: RevokeReason::SignedOutElsewhere } => {
            "The server ended the other session.".to_owned()
        }
        Fact::SessionEnded { reason: RevokeReason::PasswordChanged } => {
            "The password changed, so the server ended every other session.".to_owned()
        }
        Fact::SessionEnded { reason: RevokeReason::Replaced } => "This browser's earlier session ended.".to_owned(),
        Fact::SessionEnded { .. } => "The server ended a session.".to_owned(),
        Fact::Called => {
            "The page sent its access token along. The server checked it without asking the database: 200.".to_owned()
        }
        Fact::CallOfEndedSession => "The access token was genuine, but its session had ended: 401.".to_owned(),
        Fact::ThiefRead => "The thief called the API with the stolen access token and got the data: 200.".to_owned(),
        Fact::ThiefReadAfterEnd => {
            "The session had ended, but instant revocation is off: the stolen access token still opened the data."
                .to_owned()
        }
        Fact::ThiefReadNothing => {
            "The stolen access token was genuine, but its session had ended: 401. The thief gets nothing.".to_owned()
        }
        Fact::ThiefTooLate => "The stolen access token had expired: 401. The thief gets nothing.".to_owned(),
        Fact::Forged { how } => forged_en(*how).to_owned(),
        Fact::ForgedAccepted { .. } => {
            "Nobody checked the signature, so the server took the forged token for genuine: 200.".to_owned()
        }

        Fact::CookieKeptBack => {
            "Another site asked, so the browser kept the refresh cookie in its jar: the cookie is SameSite=Strict."
                .to_owned()
        }
        Fact::CookieSentAlong => {
            "Another port counts as the same site, so the browser sent the refresh cookie along.".to_owned()
        }
        Fact::CookieSentFromOtherSite => {
            "The cookie is no longer SameSite=Strict, so the browser sent it along for another site.".to_owned()
        }
        Fact::OriginRefused { calls: 1 } => "The server saw where the call came from and refused: 403.".to_owned(),
        Fact::OriginRefused { .. } => "The server saw where the calls came from and refused them: 403.".to_owned(),
        Fact::OriginNotChecked => {
            "Nobody checked where the call came from, so it worked: the session was misused.".to_owned()
        }
        Fact::FollowedLink => {
            "You followed the other site's link. The page came without the cookie, and its own first call brings it."
                .to_owned()
        }
        Fact::ScriptStopped => "The content policy did not let the injected script run.".to_owned(),
        Fact::ScriptRan { read, places } => {
            format!("The injected script ran and read {read} of {places} places where a token may lie.")
        }
        Fact::CookieUnreadable => {
            "It could not read the HttpOnly cookie. But it could make the browser use it.".to_owned()
        }
        Fact::CookieRead => "It read the refresh cookie as well: a thief can take the session home.".to_owned(),

        Fact::ClockMoved { by } => format!("The server's clock moved {} ahead.", span_en(*by)),
        Fact::Restarted => {
            "The server started again. Its memory was empty; sessions and keys came from the database.".to_owned()
        }
        Fact::RestartedEmpty => {
            "The server started again. Sessions and keys were in its memory alone, so they are gone.".to_owned()
        }
        Fact::KeysRotated => {
            "The server signs with the next key now. Tokens signed with the old key still count.".to_owned()
        }
        Fact::KeysRetired => {
            "The server forgot its retired keys. Access tokens signed with them are refused now.".to_owned()
        }
        Fact::StoleRefresh { number } => format!("The thief copied refresh token {number}. Nothing shows that yet."),
        Fact::StoleAccess { lives } => {
            format!("The thief copied the access token. It is good for {} at most.", span_en(*lives))
        }
        Fact::StoleRow => "The thief copied the session's row from the database. There is no token in it.".to_owned(),
        Fact::NotReached { .. } => {
            "The call got no answer. The session stays, and so does everything typed.".to_owned()
        }
        Fact::Answered { status } => format!("The server answered {status}."),
    }
}

fn sent_again_en(calls: usize, done: usize, status: u16, typed: bool) -> String {
    let ok = status < 300;
    let tail = match (ok, typed) {
        (true, true) => " Nothing typed was lost.",
        (true, false) => " Nobody noticed.",
        (false, _) => "",
    };
    match calls {
        1 => format!("The call was sent again and answered {status}.{tail}"),
        _ if ok => format!("All {calls} calls were sent again and answered {status}.{tail}"),
        _ => format!("{calls} calls were sent again; {done} of them worked."),
    }
}

const fn forged_en(how: Tamper) -> &'static str {
    match how {
        Tamper::Subject => "The forged token named another person. The signature did not fit that text: 401.",
        Tamper::Expiry => "The forged token claimed a later end. The signature did not fit that text: 401.",
        Tamper::SignatureBit => "One bit of the signature was flipped, so it fitted nothing: 401.",
        Tamper::AlgNone => {
            "The forged token said that it needs no signature. The server does not ask the token, but its own rule: 401."
        }
        Tamper::OtherKey => "The forged token was signed with a stranger's key. The server knows no such key: 401.",
    }
}

/// A participant at the beginning of a sentence.
const fn who_en(who: Lifeline) -> &'static str {
    match who {
        Lifeline::Tab2 => "Tab 2",
        Lifeline::Thief => "The thief",
        Lifeline::OtherDevice => "The other device",
        Lifeline::OtherSite => "The other site",
        _ => "The tab",
    }
}

const fn holder_en(who: Lifeline) -> &'static str {
    match who {
        Lifeline::Thief => "The thief",
        Lifeline::OtherDevice => "The other device",
        _ => "The owner",
    }
}

fn span_en(seconds: u64) -> String {
    match seconds {
        172_800.. if seconds.is_multiple_of(86_400) => format!("{} days", seconds / 86_400),
        _ => labels::duration(seconds),
    }
}
