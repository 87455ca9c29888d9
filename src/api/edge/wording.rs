//! Localized text for values of the rules: validation errors, and the browser of a `User-Agent` ("Firefox on Linux"). The
//! `User-Agent` parser is our own, because the one small library for it had its last release in 2021. The database keeps the
//! `User-Agent` itself, so a longer table improves old entries too.

use crate::auth::password::passphrase::WordList;
use crate::auth::validation::{ValidationError, Weakness};
use crate::lang::Lang;

/// The message for an invalid input: what is wrong, and what to do.
pub fn validation(error: ValidationError, lang: Lang) -> String {
    match error {
        ValidationError::EmailMissing => lang.flaw_email_missing(),
        ValidationError::EmailTooLong => lang.flaw_email_too_long(),
        ValidationError::NoEmail => lang.flaw_no_email(),
        ValidationError::EmailLookalike => lang.flaw_email_lookalike(),
        ValidationError::IdempotencyKeyTooLong => lang.flaw_idempotency_key_too_long(),
        ValidationError::PasswordTooLong => lang.flaw_password_too_long(),
        ValidationError::PasswordTooShort { min } => return lang.flaw_password_too_short(&min.to_string()),
        ValidationError::PasswordWeak(weakness) => return lang.flaw_password_easy(why(weakness, lang)),
        ValidationError::WrongPassword => lang.flaw_not_your_password(),
        ValidationError::Nul => lang.flaw_nul(),
    }
    .to_owned()
}

/// The words of a passphrase, for readers of the language.
pub fn passphrase_words(lang: Lang) -> WordList {
    match lang {
        Lang::En => WordList::English,
        Lang::De => WordList::German,
    }
}

fn why(weakness: Weakness, lang: Lang) -> &'static str {
    match weakness {
        Weakness::Keyboard => lang.why_keyboard(),
        Weakness::OneCharacter => lang.why_one_character(),
        Weakness::Repeats => lang.why_repeats(),
        Weakness::Common => lang.why_common(),
        Weakness::Sequence => lang.why_sequence(),
        Weakness::Date => lang.why_date(),
        Weakness::Word => lang.why_word(),
        Weakness::Name => lang.why_name(),
        Weakness::ShortOrEmail => lang.why_short_or_email(),
    }
}

/// The first match names the browser. The order matters: most browsers also claim to be the ones below them.
const BROWSERS: [(&str, &str); 22] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("UCBrowser/", "UC Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Focus/", "Firefox Focus"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("GSA/", "Google app"),
    ("Chromium/", "Chromium"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
];

/// The first match names the system. An iPhone also claims Mac OS X, and Android claims Linux.
const SYSTEMS: [(&str, &str); 9] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
    ("BSD", "BSD"),
];

/// The browser and system of a `User-Agent`, both from closed lists: no untrusted text is repeated.
pub fn device(user_agent: &str, lang: Lang) -> String {
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = find(&BROWSERS).unwrap_or_else(|| lang.device_unknown());
    match find(&SYSTEMS) {
        Some(system) => lang.device_on(browser, system),
        None => browser.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_recognised() {
        for (user_agent, words) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
            ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 FxiOS/140.0 Mobile/15E148 Safari/605.1.15",
                "Firefox on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 \
                 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36",
                "Chrome on ChromeOS",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/142.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPad",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Safari/537.36 OPR/120.0.0.0",
                "Opera on Mac",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Safari/605.1.15",
                "Safari on Mac",
            ),
            ("curl/8.14.1", "curl"),
        ] {
            assert_eq!(device(user_agent, Lang::En), words, "{user_agent}");
        }
    }

    #[test]
    fn an_unknown_browser_is_named_so_and_its_text_is_never_repeated() {
        for (user_agent, words) in [
            ("", "Unknown browser"),
            ("two-tokens", "Unknown browser"),
            ("Mozilla/5.0 (X11; Linux x86_64) Test/1.0", "Unknown browser on Linux"),
            ("<script>alert(1)</script>", "Unknown browser"),
            ("firefox", "Unknown browser"),
        ] {
            assert_eq!(device(user_agent, Lang::En), words, "{user_agent}");
        }
    }
}
