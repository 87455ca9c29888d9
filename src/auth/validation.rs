//! Input validation errors as a closed set. The rules name the error; the edge turns it into a sentence in the language of
//! the request (`api::edge::wording`, localization).

/// An input that cannot be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationError {
    EmailMissing,
    EmailTooLong,
    /// Not an e-mail address.
    NoEmail,
    /// Characters that look like others, or letters of two scripts in one word.
    EmailLookalike,
    PasswordTooLong,
    PasswordTooShort {
        /// The minimum, in characters.
        min: usize,
    },
    PasswordWeak(Weakness),
    /// The current password of a signed-in user is wrong.
    WrongPassword,
    /// The key of a submission is longer than [`KEY_MAX`](super::model::submission::KEY_MAX).
    IdempotencyKeyTooLong,
    /// The text has a NUL character, which PostgreSQL cannot store.
    Nul,
}

/// Why a password is easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// A keyboard pattern: `qwertyuiop`.
    Keyboard,
    /// One character, repeated.
    OneCharacter,
    /// A short text, repeated.
    Repeats,
    /// On a list of common passwords.
    Common,
    /// A sequence: `abcdef`.
    Sequence,
    Date,
    /// One dictionary word.
    Word,
    /// A first name or a surname.
    Name,
    /// Too short, or made of the user's own e-mail address or this site's name.
    ShortOrEmail,
}
