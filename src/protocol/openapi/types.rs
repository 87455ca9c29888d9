//! The wire types of sign-in and account, described.

use super::schema::{
    Component, Described, count, described, flag, one, one_of, opaque, session_id, text, timestamp, uuid, values,
};
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;
use crate::protocol::session::{
    HistoryEntry, HistoryKind, Notice, RevokeReason, SessionView, SessionsEnded, TokenInfo,
};
use crate::protocol::tokens::{Suggestion, TokenResponse, TokenType, User};

const DEVICE: &str = "The browser, as in \"Firefox on Linux\", in the language of the request.";

described!(TokenResponse, "The token response (RFC 6749 section 5.1). The refresh token is in the cookie alone.", {
    access_token: opaque("The access token, for the header `Authorization: Bearer`. A client must not look into it."),
    token_type: one(""),
    expires_in: count("Lifetime in seconds, from receipt.", 3600_u64),
    user: one(""),
    session_id: session_id("With it a client notices that a refresh came back as another session."),
});

one_of!(TokenType, "The `token_type` (RFC 6749 section 7.1).", Bearer);

described!(User, "The signed-in user.", {
    id: uuid(""),
    email: text("The e-mail address as it was typed, its domain in Unicode."),
});

described!(Suggestion, "A generated passphrase, kept nowhere.", {
    passphrase: text("Words with spaces between them."),
});

described!(TokenInfo, "The claims of the access token.", {
    id: uuid("The user's id."),
    session_id: session_id(""),
    signed_in_at: timestamp("When the password was last entered (`auth_time`)."),
    access_token_issued_at: timestamp("When the access token was issued."),
    access_token_expires_at: timestamp("When the access token expires."),
});

described!(SessionView, "One signed-in browser.", {
    id: session_id("For `revoke_session`."),
    current: flag("Whether it is the session of this request."),
    device: text(DEVICE),
    signed_in_at: timestamp("When it began."),
    last_used_at: timestamp("When it was last refreshed."),
    expires_at: timestamp("When it ends if it is not used."),
    bound: flag("Whether it is bound to its device, so that a copy of its cookie is worthless elsewhere."),
});

described!(SessionsEnded, "How many sessions a call has ended.", {
    ended: count("", u32::MAX),
});

one_of!(
    HistoryKind,
    "The kind of an event in the security history.",
    SignedUp,
    SignedIn,
    SignInRefused,
    SignedOut,
    SessionEnded,
    Reuse,
    Ahead,
    WrongDevice,
    Reauthenticated,
    ReauthenticationRefused,
    PasswordChanged,
    PasswordChangeRefused,
    EmailChanged,
    EmailChangeRefused,
    AccountDeletionRefused;
    never_sent: Other
);

described!(HistoryEntry, "One event of the security history.", {
    at: timestamp("When it happened."),
    kind: one(""),
    device: text("The browser that did it, as in \"Firefox on Linux\"."),
    current_session: flag("Whether it happened to the session of this request."),
    reason: one::<RevokeReason>("Why a session ended.").or_absent(),
});

described!(Notice, "An alarm: a superseded refresh token was presented, so its session was ended.", {
    id: session_id("For `dismiss_notice`."),
    at: timestamp("When it happened."),
    device: text("The browser that presented the token."),
    session_device: text("The browser that the session belonged to."),
    session_signed_in_at: timestamp("When that session began."),
});

one_of!(
    RevokeReason,
    "Why a session ended.",
    Logout,
    Replaced,
    SignedOutElsewhere,
    Reuse,
    PasswordChanged,
    AccountDeleted,
    AccountDisabled,
    EndedByOperator,
    SessionLimit,
    IdleLimit,
    AbsoluteLimit,
);

described!(Problem, "An error (RFC 9457).", {
    type_uri as "type": text("A URN that ends with the code."),
    title: text("The same for every occurrence of the code."),
    status: count("The HTTP status.", 599_u16),
    code: one(""),
    detail: text("What to do, for a person, in the language of the request."),
    field: text("The field of the form that is not accepted.").or_absent(),
    retry_after: count("Seconds to wait, also in the header `Retry-After`.", u32::MAX).or_absent(),
    reason: one::<RevokeReason>("Why the session ended.").or_absent(),
});

/// From the table of codes.
impl Component for Code {
    const NAME: &'static str = "Code";

    fn describe() -> Described<Self> {
        let sent = Code::ALL.iter().copied().filter(|code| code.is_sent());
        values("Why a request was refused. The set is closed.", sent)
    }
}
