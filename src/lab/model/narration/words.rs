//! The sentence of each fact, in each language. Short: no sentence has more than 25 words, and a test counts them.
//!
//! A sentence is a template, filled in with the numbers and names of the fact: code for each sentence in each language would be most
//! of what the browser downloads of a story.

mod english;
mod german;

use super::fact::Fact;
use crate::lab::model::event::Lifeline;
use crate::lab::model::labels;
use crate::lang::Lang;

/// What stands for a name in braces.
enum Value {
    Number(u64),
    /// Seconds.
    Span(u64),
    Who(Lifeline),
    /// Somebody who has a token: one of the owner's tabs is the owner.
    Holder(Lifeline),
}

impl Fact {
    pub fn words(&self, lang: Lang) -> String {
        let template = match lang {
            Lang::En => english::template(self),
            Lang::De => german::template(self),
        };
        let values = values(self);
        let mut words = String::new();
        for (index, part) in template.split(['{', '}']).enumerate() {
            let value = values.iter().find(|(name, _)| *name == part).map(|(_, value)| value);
            match (index % 2, value) {
                (0, _) => words += part,
                (_, Some(value)) => words += &value.words(lang, words.is_empty()),
                // A test finds it.
                (_, None) => words += "{}",
            }
        }
        words
    }
}

fn values(fact: &Fact) -> Vec<(&'static str, Value)> {
    let number = |number: &u32| Value::Number(u64::from(*number));
    let count = |count: &usize| Value::Number(*count as u64);
    match fact {
        Fact::AccessExpired { calls } | Fact::AccessMissing { calls } => vec![("calls", count(calls))],
        Fact::NoAccessYet { who } | Fact::WantsFresh { who } | Fact::AsksAgain { who } | Fact::SignsOut { who } => {
            vec![("who", Value::Who(*who))]
        }
        Fact::ThiefSends { number: n }
        | Fact::ReusedTripwire { number: n }
        | Fact::FalseAlarm { number: n }
        | Fact::RefreshInCookie { number: n, .. }
        | Fact::StoleRefresh { number: n }
        | Fact::AnswerLost { kept: Some(n) } => vec![("number", number(n))],
        Fact::Sent { who, number: n } | Fact::SentToo { who, number: n } => {
            vec![("who", Value::Who(*who)), ("number", number(n))]
        }
        Fact::Rotated { old, new } | Fact::RotatedAgain { old, new } => {
            vec![("old", number(old)), ("new", number(new))]
        }
        Fact::ReplayedToRacer { newest, grace }
        | Fact::ReplayedLost { newest, grace }
        | Fact::Replayed { newest, grace } => vec![("newest", number(newest)), ("grace", Value::Span(*grace))],
        Fact::ReplayedToSecondHolder { newest, grace, first } => {
            vec![("newest", number(newest)), ("grace", Value::Span(*grace)), ("holder", Value::Holder(*first))]
        }
        Fact::ReKeyedLost { unused, new } | Fact::ReKeyed { unused, new } => {
            vec![("unused", number(unused)), ("new", number(new))]
        }
        Fact::ReKeyedHeld { unused, new, holder } => {
            vec![("unused", number(unused)), ("new", number(new)), ("holder", Value::Holder(*holder))]
        }
        Fact::ReusedAfter { number: n, first } => vec![("number", number(n)), ("holder", Value::Holder(*first))],
        Fact::SessionOver { idle, absolute, .. } => {
            vec![("idle", Value::Span(*idle)), ("absolute", Value::Span(*absolute))]
        }
        Fact::Busy { status } | Fact::Answered { status } => vec![("status", Value::Number(u64::from(*status)))],
        Fact::SentAgain { calls, done, status, .. } => {
            vec![("calls", count(calls)), ("done", count(done)), ("status", Value::Number(u64::from(*status)))]
        }
        Fact::AccessInBody { lives } | Fact::StoleAccess { lives } => vec![("lives", Value::Span(*lives))],
        Fact::ScriptRan { read, places } => vec![("read", count(read)), ("places", count(places))],
        Fact::ClockMoved { by } => vec![("by", Value::Span(*by))],
        _ => Vec::new(),
    }
}

impl Value {
    /// `first`: at the beginning of a sentence.
    fn words(&self, lang: Lang, first: bool) -> String {
        match self {
            Value::Number(number) => number.to_string(),
            Value::Span(seconds) => span(*seconds, lang),
            Value::Who(who) => name(*who, lang, first),
            Value::Holder(Lifeline::Tab | Lifeline::Tab2) => match lang {
                Lang::En => "The owner".to_owned(),
                Lang::De => "Der Besitzer".to_owned(),
            },
            Value::Holder(who) => name(*who, lang, first),
        }
    }
}

fn name(who: Lifeline, lang: Lang, first: bool) -> String {
    match lang {
        Lang::En if first => labels::sentence(labels::the(who)),
        Lang::En => labels::the(who).to_owned(),
        Lang::De => german::name(who).to_owned(),
    }
}

/// Minutes and seconds are the same in both languages.
fn span(seconds: u64, lang: Lang) -> String {
    match seconds {
        172_800.. if seconds.is_multiple_of(86_400) => {
            let days = if lang == Lang::En { " days" } else { " Tage" };
            (seconds / 86_400).to_string() + days
        }
        _ => labels::duration(seconds),
    }
}
