//! Settings of the server that pages speak of. They travel as attributes of `html`, so that the browser's program says the
//! same as the server did.

/// What the server provides as context when it renders a page.
#[derive(Clone, Copy)]
pub struct PasswordMin(pub usize);

/// How many characters a new password has at least.
#[cfg(feature = "hydrate")]
pub fn password_min() -> String {
    let root = leptos::prelude::document().document_element();
    root.and_then(|root| root.get_attribute("data-password-min")).unwrap_or_default()
}

#[cfg(not(feature = "hydrate"))]
pub fn password_min() -> String {
    leptos::prelude::use_context().map(|PasswordMin(min)| min.to_string()).unwrap_or_default()
}
