//! The operations of sign-in and account for the API's document: for each server function of `auth.rs` and `account.rs` its
//! fields, its credential and what it may refuse with. `tests/http/openapi.rs` compares the list with what is served.

use super::account::{
    ChangeEmail, ChangePassword, DeleteAccount, DismissNotice, EXPORT, History, Me, Notices, RevokeOtherSessions,
    RevokeSession, Sessions,
};
use super::auth::{Login, Logout, Reauthenticate, Refresh, Register, SuggestPassphrase};
use crate::auth::model::email::LENGTH_MAX;
use crate::auth::model::submission::KEY_MAX;
use crate::auth::password::hasher::PASSWORD_MAX;
use crate::protocol::code::Code;
use crate::protocol::openapi::schema::{Described, call, flag, list, object, session_id, text, timestamp, uuid};
use crate::protocol::openapi::{Operation, Success};
use crate::protocol::session::{HistoryEntry, Notice, SessionView};

/// The least that an operator can set as the length of a new password.
const PASSWORD_MIN_LEAST: usize = 8;

/// The operations of sign-in and account.
pub fn operations() -> Vec<Operation> {
    [sign_in(), account()].concat()
}

fn email() -> Described<String> {
    text("An e-mail address.").format("email").longest(LENGTH_MAX).example("ada@example.com")
}

fn password() -> Described<String> {
    text("At most 1,024 bytes.").format("password").longest(PASSWORD_MAX)
}

fn new_password() -> Described<String> {
    text("At least 15 characters, unless the operator has set another number, and hard to guess. At most 1,024 bytes.")
        .format("password")
        .shortest(PASSWORD_MIN_LEAST)
        .longest(PASSWORD_MAX)
        .example("correct-horse-battery-staple")
}

fn idempotency_key() -> Described<String> {
    text("Names the submission: the same one again has one outcome.").longest(KEY_MAX).with_default()
}

fn sign_in() -> Vec<Operation> {
    vec![
        call!(
            Register { email: email(), password: new_password(), idempotency_key: idempotency_key() },
            "Creates an account and signs it in."
        )
        .describe("Ends the session whose cookie came along. The same submission again signs in to that account.")
        .cookie_if_any()
        .sets_cookies()
        .refuses(&[Code::EmailTaken, Code::RateLimited]),
        call!(Login { email: email(), password: password(), idempotency_key: idempotency_key() }, "Signs in.")
            .describe("Ends the session whose cookie came along.")
            .cookie_if_any()
            .sets_cookies()
            .refuses(&[Code::InvalidCredentials, Code::RateLimited]),
        call!(Refresh {}, "Rotates the refresh token and gives a new access token.")
            .describe("An old refresh token that comes again after the grace period ends the session (reuse).")
            .cookie()
            .sets_cookies()
            .refuses(&[Code::RefreshTokenUnbound, Code::DeviceProofRequired, Code::RateLimited]),
        call!(Reauthenticate { password: password() }, "Enters the password again (step-up authentication, RFC 9470).")
            .describe("As a refresh; the new access token has a new `auth_time`.")
            .cookie()
            .sets_cookies()
            .refuses(&[
                Code::InvalidCredentials,
                Code::RefreshTokenUnbound,
                Code::DeviceProofRequired,
                Code::RateLimited,
            ]),
        call!(SuggestPassphrase {}, "Suggests a passphrase in the language of the request."),
        call!(Logout {}, "Ends the session of the cookie, if there is one, and deletes the cookie.")
            .cookie_if_any()
            .sets_cookies(),
    ]
}

fn account() -> Vec<Operation> {
    vec![
        call!(Me {}, "The user and the session, from the claims of the access token.").bearer(),
        call!(Sessions {}, "The living sessions of the user: this one first, then by last use.").bearer(),
        call!(RevokeSession { id: session_id("Of the list of sessions.") }, "Ends a session of the user.")
            .describe("Another session than this one needs a password that was entered in the last 10 minutes.")
            .bearer()
            .step_up()
            .refuses(&[Code::NotFound]),
        call!(RevokeOtherSessions {}, "Ends every session of the user but this one.").bearer().step_up(),
        call!(
            ChangePassword {
                current_password: password(),
                new_password: new_password(),
                keep_other_sessions: flag("Whether the other sessions go on; without it they end.").or_empty(),
                idempotency_key: idempotency_key(),
            },
            "Changes the password."
        )
        .bearer()
        .sets_cookies()
        .refuses(&[Code::NotFound, Code::RateLimited]),
        call!(ChangeEmail { email: email(), password: password() }, "Changes the e-mail address.").bearer().refuses(&[
            Code::NotFound,
            Code::EmailTaken,
            Code::RateLimited,
        ]),
        call!(DeleteAccount { password: password() }, "Deletes the account with all its data.")
            .bearer()
            .refuses(&[Code::NotFound, Code::RateLimited]),
        call!(History {}, "The security history: the last 50 events, the newest first.").bearer(),
        call!(Notices {}, "Alarms that the user has not dismissed: an old refresh token was used.").bearer(),
        call!(DismissNotice { id: session_id("Of the list of notices.") }, "Dismisses an alarm.")
            .bearer()
            .step_up()
            .refuses(&[Code::NotFound]),
        Operation::get(EXPORT, "All data of the user, as a file.", Success::Download(export()))
            .describe("Each resource adds a part with its name.")
            .bearer()
            .refuses(&[Code::NotFound, Code::TemporarilyUnavailable]),
    ]
}

fn export() -> crate::protocol::openapi::AnySchema {
    let account =
        object([("id", uuid("").any), ("email", text("").any), ("created_at", timestamp("When it was created.").any)]);
    object([
        ("account", account),
        ("sessions", list::<SessionView>("").any),
        ("history", list::<HistoryEntry>("").any),
        ("notices", list::<Notice>("").any),
    ])
}
