//! The sentence of each fact, in each language. Short: no sentence has more than 25 words, and a test counts them.

mod english;
mod german;

use super::fact::Fact;
use crate::lang::Lang;

impl Fact {
    pub fn words(&self, lang: Lang) -> String {
        match lang {
            Lang::En => english::words(self),
            Lang::De => german::words(self),
        }
    }
}
