//! The sentences in English.

use super::super::fact::Fact;
use crate::lab::model::event::{Lifeline, Tamper};
use crate::protocol::session::RevokeReason;

pub const fn template(fact: &Fact) -> &'static str {
    match fact {
        Fact::AccessExpired { calls: 1 } => "The access token had expired, so the server answered 401.",
        Fact::AccessExpired { .. } => {
            "{calls} calls came with an expired access token, so the server answered each with 401."
        }
        Fact::AccessMissing { calls: 1 } => "A call came without an access token, so the server answered 401.",
        Fact::AccessMissing { .. } => {
            "{calls} calls came without an access token, so the server answered each with 401."
        }
        Fact::AccessKeyForgotten => "The server had forgotten the key behind the access token, so it answered 401.",
        Fact::AccessNotGenuine => "The access token was not genuine, so the server answered 401.",
        Fact::NoAccessYet { .. } => "{who} had no access token in memory, as after every reload.",
        Fact::WantsFresh { .. } => "{who} asked for a fresh access token.",
        Fact::AsksAgain { .. } => "{who} had no new token yet, so it asked again.",
        Fact::ThiefSends { .. } => "The thief sent its copy of refresh token {number}.",
        Fact::ForgerySent => "The thief built a refresh token from the row, but without the server's secret.",
        Fact::Sent { who: Lifeline::Tab2, .. } => "The browser added refresh token {number} to tab 2's refresh call.",
        Fact::Sent { who: Lifeline::OtherDevice, .. } => "The other device sent its refresh token {number}.",
        Fact::Sent { .. } => "The browser added refresh token {number} to the refresh call.",
        Fact::SentToo { .. } => "At the same moment, it added refresh token {number} to a call of {who} as well.",
        Fact::NothingToSend => "There was no refresh token to send along.",

        Fact::Rotated { .. } => "The server rotated it: refresh token {new} replaces {old}.",
        Fact::RotatedAgain { .. } => {
            "Refresh token {old} was used up, but reuse detection is off: the server gave out {new}."
        }
        Fact::ReplayedToRacer { .. } => {
            "The other tab had just used it. Within {grace} that is no theft: the server gave out refresh token \
             {newest} again."
        }
        Fact::ReplayedLost { .. } => {
            "The first answer was lost. Within {grace} the server gives out the same refresh token {newest} again."
        }
        Fact::ReplayedToSecondHolder { .. } => {
            "{holder} had used it less than {grace} ago. That looks like a second tab: the server gave out refresh \
             token {newest} again."
        }
        Fact::Replayed { .. } => {
            "It had been used less than {grace} ago, so the server gave out refresh token {newest} again."
        }
        Fact::ReKeyedLost { .. } => {
            "Refresh token {unused} never arrived, and nobody used it. The server made {new} instead: using \
             {unused} now raises the alarm."
        }
        Fact::ReKeyedHeld { .. } => {
            "{holder} holds refresh token {unused}, still unused. To the server that looks like a lost answer, so \
             it made {new}. Using {unused} now raises the alarm."
        }
        Fact::ReKeyed { .. } => {
            "Nobody had used refresh token {unused}. The server made {new} instead: using {unused} now raises the alarm."
        }
        Fact::ReusedTripwire { .. } => {
            "The server had given up refresh token {number}. Its use shows two holders, so the session ended for \
             both."
        }
        Fact::ReusedAfter { .. } => {
            "{holder} had used refresh token {number} before. So there are two copies, and the session ended for \
             both."
        }
        Fact::FalseAlarm { .. } => {
            "Nobody stole refresh token {number}. But without the grace, a second use counts as theft: the session \
             ended."
        }
        Fact::Ahead => "The refresh token is newer than any that the server remembers, so it was refused.",
        Fact::NotTheDevice => {
            "The session is bound to a device, and the request came without its proof: refused. The session goes on."
        }
        Fact::SessionOver { reason: Some(RevokeReason::Reuse), .. } => {
            "The session had ended for safety, so the server answered 401."
        }
        Fact::SessionOver { reason: Some(RevokeReason::AbsoluteLimit), .. } => {
            "The session had reached its limit of {absolute}, so the server answered 401."
        }
        Fact::SessionOver { reason: None, .. } => "The session was unused for more than {idle}, so it had ended: 401.",
        Fact::SessionOver { .. } => "The session had already ended, so the server answered 401.",
        Fact::ForgeryRefused => "The server could not have made that token, so it answered 401.",
        Fact::NobodySignedIn => "Without a refresh token nobody is signed in: 401.",
        Fact::Busy { .. } => {
            "The server answered {status} and did nothing. Nobody is signed out: the tab waits and asks again."
        }
        Fact::Deciding => "The server has not answered yet.",

        Fact::AnswerLost { kept: Some(_) } => {
            "The answer was lost on its way: the browser still has refresh token {number}."
        }
        Fact::AnswerLost { kept: None } => "The answer was lost on its way.",
        Fact::LockedOut => "The thief is locked out.",
        Fact::SignsOut { .. } => "{who} signs out and says why.",
        Fact::ThiefHasFresh => "The thief has fresh tokens now, and nobody has noticed yet.",
        Fact::ThiefStays => "The thief stays in, beside the owner, and nobody notices.",
        Fact::SentAgain { calls, status, typed, .. } => sent_again_en(*calls, *status < 300, *typed),
        Fact::SentAgainLost => "The call was sent again, and its answer was lost.",

        Fact::SignedIn => "The password was right, so the server opened a session.",
        Fact::PasswordWrong => "The password was wrong, so the server answered 401.",
        Fact::AccessInBody { .. } => {
            "The access token came in the answer. The page keeps it in memory; it is good for {lives}."
        }
        Fact::RefreshInCookie { http_only: true, .. } => {
            "Refresh token {number} came as a cookie that no script can read."
        }
        Fact::RefreshInCookie { http_only: false, .. } => {
            "Refresh token {number} came as a cookie that every script in the page can read."
        }
        Fact::OtherDeviceSignedIn => "The other device signed in: it has a session and a refresh token of its own.",
        Fact::SignedOut => "The server ended the session and took the cookie back.",
        Fact::SessionEnded { reason: RevokeReason::SignedOutElsewhere } => "The server ended the other session.",
        Fact::SessionEnded { reason: RevokeReason::PasswordChanged } => {
            "The password changed, so the server ended every other session."
        }
        Fact::SessionEnded { reason: RevokeReason::Replaced } => "This browser's earlier session ended.",
        Fact::SessionEnded { .. } => "The server ended a session.",
        Fact::Called => "The page sent its access token along. The server checked it without asking the database: 200.",
        Fact::CallOfEndedSession => "The access token was genuine, but its session had ended: 401.",
        Fact::ThiefRead => "The thief called the API with the stolen access token and got the data: 200.",
        Fact::ThiefReadAfterEnd => {
            "The session had ended, but instant revocation is off: the stolen access token still opened the data."
        }
        Fact::ThiefReadNothing => {
            "The stolen access token was genuine, but its session had ended: 401. The thief gets nothing."
        }
        Fact::ThiefTooLate => "The stolen access token had expired: 401. The thief gets nothing.",
        Fact::Forged { how } => forged_en(*how),
        Fact::ForgedAccepted { .. } => "The server took the forged token for genuine.",

        Fact::CookieKeptBack => {
            "Another site asked, so the browser kept the refresh cookie in its jar: the cookie is SameSite=Strict."
        }
        Fact::CookieSentAlong => "Another port counts as the same site, so the browser sent the refresh cookie along.",
        Fact::CookieSentFromOtherSite => {
            "The cookie is no longer SameSite=Strict, so the browser sent it along for another site."
        }
        Fact::OriginRefused { calls: 1 } => "The server saw where the call came from and refused: 403.",
        Fact::OriginRefused { .. } => "The server saw where the calls came from and refused them: 403.",
        Fact::OriginNotChecked => "Nobody checked where the call came from, so it worked: the session was misused.",
        Fact::FollowedLink => {
            "You followed the other site's link. The page came without the cookie, and its own first call brings it."
        }
        Fact::ScriptStopped => "The content policy did not let the injected script run.",
        Fact::ScriptRan { .. } => "The injected script ran and read {read} of {places} places where a token may lie.",
        Fact::CookieUnreadable => "It could not read the HttpOnly cookie. But it could make the browser use it.",
        Fact::CookieRead => "It read the refresh cookie as well: a thief can take the session home.",

        Fact::ClockMoved { .. } => "The server's clock moved {by} ahead.",
        Fact::Restarted => "The server started again. Its memory was empty; sessions and keys came from the database.",
        Fact::KeysRotated => "The server signs with the next key now. Tokens signed with the old key still count.",
        Fact::KeysRetired => "The server forgot its retired keys. Access tokens signed with them are refused now.",
        Fact::StoleRefresh { .. } => "The thief copied refresh token {number}. Nothing shows that yet.",
        Fact::StoleAccess { .. } => "The thief copied the access token. It is good for {lives} at most.",
        Fact::StoleRow => "The thief copied the session's row from the database. There is no token in it.",
        Fact::NotReached { .. } => "The call got no answer. The session stays, and so does everything typed.",
        Fact::Answered { .. } => "The server answered {status}.",
    }
}

const fn sent_again_en(calls: usize, done: bool, typed: bool) -> &'static str {
    match (calls, done, typed) {
        (1, true, true) => "The call was sent again and answered {status}. Nothing typed was lost.",
        (1, true, false) => "The call was sent again and answered {status}. Nobody noticed.",
        (1, false, _) => "The call was sent again and answered {status}.",
        (_, true, true) => "All {calls} calls were sent again and answered {status}. Nothing typed was lost.",
        (_, true, false) => "All {calls} calls were sent again and answered {status}. Nobody noticed.",
        (_, false, _) => "{calls} calls were sent again; {done} of them worked.",
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
