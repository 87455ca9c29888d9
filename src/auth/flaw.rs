//! What can be wrong with an input, as a closed set: the rules say which, and only at the edge does it become a sentence, in
//! the language of who typed it.

use crate::lang::Lang;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    EmailMissing,
    EmailTooLong,
    NoEmail,
    PasswordTooLong,
    PasswordTooShort { min: usize },
    PasswordEasy(Easy),
    NotYourPassword,
    IdNoUuid,
    TitleMissing,
    TitleTooLong,
    BodyTooLong,
    Nul,
}

/// Why a password is easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Easy {
    Keyboard,
    OneCharacter,
    Repeats,
    Common,
    Sequence,
    Date,
    Word,
    Name,
    ShortOrEmail,
}

impl Flaw {
    pub fn in_words(self, lang: Lang) -> String {
        match self {
            Flaw::EmailMissing => lang.flaw_email_missing(),
            Flaw::EmailTooLong => lang.flaw_email_too_long(),
            Flaw::NoEmail => lang.flaw_no_email(),
            Flaw::PasswordTooLong => lang.flaw_password_too_long(),
            Flaw::PasswordTooShort { min } => return lang.flaw_password_too_short(&min.to_string()),
            Flaw::PasswordEasy(easy) => return lang.flaw_password_easy(easy.in_words(lang)),
            Flaw::NotYourPassword => lang.flaw_not_your_password(),
            Flaw::IdNoUuid => lang.flaw_id_no_uuid(),
            Flaw::TitleMissing => lang.flaw_title_missing(),
            Flaw::TitleTooLong => lang.flaw_title_too_long(),
            Flaw::BodyTooLong => lang.flaw_body_too_long(),
            Flaw::Nul => lang.flaw_nul(),
        }
        .to_owned()
    }
}

impl Easy {
    fn in_words(self, lang: Lang) -> &'static str {
        match self {
            Easy::Keyboard => lang.why_keyboard(),
            Easy::OneCharacter => lang.why_one_character(),
            Easy::Repeats => lang.why_repeats(),
            Easy::Common => lang.why_common(),
            Easy::Sequence => lang.why_sequence(),
            Easy::Date => lang.why_date(),
            Easy::Word => lang.why_word(),
            Easy::Name => lang.why_name(),
            Easy::ShortOrEmail => lang.why_short_or_email(),
        }
    }
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_words(Lang::En))
    }
}
