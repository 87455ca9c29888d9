//! A text in every language, and the numbers of a configuration that it names (string interpolation).

use std::time::Duration;

use super::super::sandbox::settings;
use super::super::scenario::scenario_runner::MANY_CALLS;
use crate::auth::service::Lifetimes;
use crate::lang::Lang;

/// A text of a scene. Numbers that the configuration decides stand in braces, as `{grace}`: [`Numbers`] has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    pub en: &'static str,
    pub de: &'static str,
}

pub const fn t(en: &'static str, de: &'static str) -> Text {
    Text { en, de }
}

impl Text {
    /// The text as it stands, with its braces.
    pub const fn raw(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::De => self.de,
        }
    }

    pub fn with(self, numbers: &Numbers, lang: Lang) -> String {
        let mut out = String::new();
        for (index, part) in self.raw(lang).split(['{', '}']).enumerate() {
            match index % 2 {
                0 => out.push_str(part),
                _ => out.push_str(&numbers.named(part, lang).unwrap_or_else(|| part.to_owned())),
            }
        }
        out
    }
}

/// What the configuration says, as far as the texts name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    pub access: Duration,
    pub idle: Duration,
    pub absolute: Duration,
    pub grace: Duration,
    /// Calls that the lab's tab makes at once.
    pub calls: u32,
}

impl Numbers {
    pub fn of(lifetimes: &Lifetimes) -> Self {
        Self {
            access: lifetimes.access,
            idle: lifetimes.refresh_idle,
            absolute: lifetimes.refresh_absolute,
            grace: lifetimes.refresh_grace,
            calls: MANY_CALLS,
        }
    }

    /// Those of a sandbox before its visitor has changed anything.
    pub fn of_a_sandbox() -> Self {
        let settings = settings::defaults();
        let seconds = Duration::from_secs;
        Self {
            access: seconds(settings.access_ttl),
            idle: seconds(settings.refresh_idle),
            absolute: seconds(settings.refresh_absolute),
            grace: seconds(settings.grace),
            calls: MANY_CALLS,
        }
    }

    /// The number of that name in words; `None` for a name that is none.
    pub fn named(&self, name: &str, lang: Lang) -> Option<String> {
        Some(match name {
            "access" => span(self.access, lang),
            "idle" => span(self.idle, lang),
            "absolute" => span(self.absolute, lang),
            // As German has it after "nach" and "von".
            "idle dative" => dative(span(self.idle, lang), lang),
            "absolute dative" => dative(span(self.absolute, lang), lang),
            "grace" => span(self.grace, lang),
            "calls" => self.calls.to_string(),
            _ => return None,
        })
    }
}

/// A duration in its largest unit of which there are two or more.
fn span(of: Duration, lang: Lang) -> String {
    let (count, en, de) = match of.as_secs() {
        seconds @ 172_800.. => (seconds / 86_400, "days", "Tage"),
        seconds @ 7_200.. => (seconds / 3_600, "hours", "Stunden"),
        seconds @ 120.. => (seconds / 60, "minutes", "Minuten"),
        seconds => (seconds, "seconds", "Sekunden"),
    };
    // A space that does not break.
    format!("{count}\u{a0}{}", if lang == Lang::En { en } else { de })
}

fn dative(span: String, lang: Lang) -> String {
    if lang == Lang::De && span.ends_with("Tage") { span + "n" } else { span }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_from_the_configuration() {
        let seconds = Duration::from_secs;
        let numbers = Numbers {
            access: seconds(300),
            idle: seconds(86_400 * 3),
            absolute: seconds(7_200),
            grace: seconds(4),
            calls: 50,
        };
        let text = t("{access}, {idle}, {absolute}, {grace} and {calls} calls", "{grace}, {idle}, nach {idle dative}");
        assert_eq!(
            text.with(&numbers, Lang::En).replace('\u{a0}', " "),
            "5 minutes, 3 days, 2 hours, 4 seconds and 50 calls"
        );
        assert_eq!(text.with(&numbers, Lang::De).replace('\u{a0}', " "), "4 Sekunden, 3 Tage, nach 3 Tagen");
    }
}
