//! The texts of the lab's page stand where they are used, in both languages side by side: they are downloaded with the lab alone,
//! and not with the app. The scenes' texts come from the server.

use crate::lang::{Lang, lang};

/// The text in the language of this page.
pub fn t(english: &'static str, german: &'static str) -> &'static str {
    match lang() {
        Lang::En => english,
        Lang::De => german,
    }
}
