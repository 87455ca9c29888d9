//! Settings of the server that pages speak of. They travel as attributes of `html`, so that the browser's program says the
//! same as the server did.

pub use here::{lab_is_on, password_min};

/// What the server provides as context when it renders a page.
#[derive(Clone, Copy)]
pub struct PasswordMin(pub usize);

/// Whether `/lab` is there; the server's to provide as well.
#[derive(Clone, Copy)]
pub struct LabIsOn(pub bool);

#[cfg(feature = "hydrate")]
mod here {
    fn attribute(name: &str) -> Option<String> {
        leptos::prelude::document().document_element()?.get_attribute(name)
    }

    /// How many characters a new password has at least.
    pub fn password_min() -> String {
        attribute("data-password-min").unwrap_or_default()
    }

    pub fn lab_is_on() -> bool {
        attribute("data-lab").is_some()
    }
}

#[cfg(not(feature = "hydrate"))]
mod here {
    use leptos::prelude::use_context;

    use super::{LabIsOn, PasswordMin};

    pub fn password_min() -> String {
        use_context().map(|PasswordMin(min)| min.to_string()).unwrap_or_default()
    }

    pub fn lab_is_on() -> bool {
        use_context().is_some_and(|LabIsOn(is_on)| is_on)
    }
}
