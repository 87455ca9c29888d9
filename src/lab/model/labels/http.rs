//! Texts of HTTP and JWT: the purpose of each header, cookie attribute and claim in one sentence, and the meaning of each status.
//! Explanations for a reader of the page, not definitions.

use serde_json::Value;

use super::units::{clock, relative};
use crate::clock::Timestamp;
use crate::lab::model::event::{CookieReason, HopName};
use crate::protocol::code::Code;
use crate::protocol::session::RevokeReason;

/// The purpose of a header; `None` for headers that need no explanation.
pub fn header(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "authorization" => {
            "Carries the access token. \"Bearer\" means that whoever bears it is let in, so it must not leak."
        }
        "cookie" => "Added by the browser, not by the page: every cookie whose path and site fit.",
        "origin" => "Where the asking page comes from. The browser writes it and no page can forge it.",
        "sec-fetch-site" => {
            "The browser's own word on whether this site, a sister or a stranger asks. Strangers are refused."
        }
        "sec-fetch-mode" => "How the browser asks: a page being opened, or a call by a page.",
        "sec-fetch-dest" => "What the browser wants the answer for.",
        "content-type" => "How the body is written.",
        "content-length" => "How long the body is, in bytes.",
        "accept" => "Which kinds of answer are understood.",
        "user-agent" => "What the browser calls itself; shown in the list of sessions.",
        "host" => "Which server is meant.",
        "referer" => "The page that was open before.",
        "set-cookie" => "Asks the browser to keep a cookie.",
        "www-authenticate" => "Says why the access token was not enough. The tab then refreshes once and tries again.",
        "retry-after" => "How many seconds to wait. The tab keeps everything and waits; nobody is signed out.",
        "cache-control" => "no-store: neither the browser nor anything on the way may keep this answer.",
        "location" => "Where the browser goes next.",
        _ => return None,
    })
}

/// The effect of a `Set-Cookie` attribute.
pub fn attribute(attribute: &str) -> &'static str {
    let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
    match (name.to_ascii_lowercase().as_str(), value.to_ascii_lowercase().as_str()) {
        ("httponly", _) => "No script can read it, not even this page's own.",
        ("secure", _) => "It never travels without encryption.",
        ("samesite", "strict") => "It stays at home when another site asks. Another port is the same site.",
        ("samesite", "lax") => "Other sites get it sent only by a link that a person follows.",
        ("samesite", _) => "Any site can make the browser send it.",
        ("path", "/") => "It goes along with every request to this server.",
        ("path", _) => "It goes along below this path alone: the notes never see it.",
        ("max-age", "0") => "The browser throws it away now.",
        ("max-age", _) => "How many seconds the browser keeps it.",
        ("domain", _) => "Sister hosts get it as well.",
        _ => "An attribute without a special meaning here.",
    }
}

pub const fn cookie_why(why: CookieReason) -> &'static str {
    match why {
        CookieReason::Fits => "its path and its site fit",
        CookieReason::OtherPath => "its path does not fit this address",
        CookieReason::OtherSite => "another site asks, and it is SameSite=Strict",
        CookieReason::NotInJar => "there is none in the cookie jar",
        CookieReason::NoBrowser => "no browser asks, so it sends what it likes",
    }
}

pub const fn hop(hop: HopName) -> &'static str {
    match hop {
        HopName::Read => "read the request",
        HopName::PasswordHash => "check the password",
        HopName::Rotate => "read the row, decide and write",
        HopName::Write => "write to the database",
        HopName::Sign => "make the tokens",
        HopName::Answer => "send the answer",
    }
}

/// The meaning of a code for the user. A code without a lesson of its own has its title.
pub const fn code(code: Code) -> &'static str {
    match code {
        Code::AccessTokenMissing => "No access token came along. The tab asks for one and tries again.",
        Code::AccessTokenExpired => "The access token is too old. The tab refreshes and tries again; nobody notices.",
        Code::AccessTokenInvalid => {
            "This access token was not made here, or somebody altered it. The tab refreshes once."
        }
        Code::SessionRevoked => "The token is genuine, but its session is over. The tab signs out and says why.",
        Code::RefreshTokenMissing => "No refresh cookie came along, so nobody is signed in.",
        Code::RefreshTokenInvalid => "This refresh token was not made here.",
        Code::RefreshTokenExpired => "The session is too old, or was not used for too long.",
        Code::RefreshTokenReused => {
            "A refresh token came a second time: somebody has a copy. The session is over for both."
        }
        Code::InsufficientUserAuthentication => "The password was entered too long ago for this. It is asked again.",
        Code::InvalidCredentials => "E-mail or password is wrong. Which of them, is not said.",
        Code::ValidationFailed => "The input does not fit.",
        Code::NotFound => "There is nothing here, or it is somebody else's.",
        Code::CrossSiteRequest => "Another site asked. The server does nothing, whatever cookies came along.",
        Code::RateLimited => "Too many attempts. Wait; nobody is signed out.",
        Code::TemporarilyUnavailable => "The server cannot right now. Wait; nobody is signed out.",
        Code::RequestTimeout => "The request arrived too slowly. The tab sends it again.",
        code => code.title(),
    }
}

pub const fn status(status: u16) -> &'static str {
    match status {
        201 => "made",
        204 => "done, nothing to say",
        303 => "look there instead",
        400 => "not understood",
        401 => "not let in",
        403 => "forbidden",
        404 => "nothing here",
        409 => "in conflict",
        422 => "does not fit",
        429 => "too many",
        503 => "not now",
        _ if status < 300 => "done",
        _ if status < 400 => "elsewhere",
        _ if status < 500 => "refused",
        _ => "failed",
    }
}

pub const fn reason(reason: RevokeReason) -> &'static str {
    match reason {
        RevokeReason::Logout => "signed out here",
        RevokeReason::Replaced => "another sign-in in the same browser took its place",
        RevokeReason::SignedOutElsewhere => "signed out from another device",
        RevokeReason::Reuse => "an old refresh token came back, so somebody may have a copy",
        RevokeReason::PasswordChanged => "the password was changed",
        RevokeReason::AccountDeleted => "the account was deleted",
        RevokeReason::AccountDisabled => "the account was disabled",
        RevokeReason::EndedByOperator => "an operator ended it",
        RevokeReason::SessionLimit => "the account had too many sessions, and this one was unused longest",
        RevokeReason::IdleLimit => "it was unused for longer than the idle limit",
        RevokeReason::AbsoluteLimit => "it reached the absolute limit",
    }
}

/// The meaning of a claim or a JOSE header field (RFC 7519, RFC 9068).
pub fn claim(name: &str) -> &'static str {
    match name {
        "alg" => "how it is signed",
        "typ" => "what kind of token it is",
        "kid" => "which signing key",
        "iss" => "who made it",
        "aud" => "whom it is for",
        "sub" => "which person",
        "sid" => "which session",
        "jti" => "its own number",
        "iat" => "when it was made",
        "exp" => "when it ends",
        "auth_time" => "when the password was entered",
        "client_id" => "which app asked",
        "session_epoch" => "how often all sessions of the person have ended at once",
        _ => "not one of ours",
    }
}

/// A time claim as a date with its distance from `now`; `None` for other claims.
pub fn claim_value(name: &str, value: &Value, now: Timestamp) -> Option<String> {
    let seconds = value.as_i64().filter(|_| matches!(name, "iat" | "exp" | "auth_time"))?;
    let at = Timestamp::from_secs(seconds);
    Some(match (name, at.since(now)) {
        ("exp", ..=0) => format!("{} UTC, expired {}", clock(at), relative(at, now)),
        _ => format!("{} UTC, {}", clock(at), relative(at, now)),
    })
}
