//! The page settings, from the context of the page being rendered.

use leptos::prelude::use_context;

use super::{HeaderLink, PasswordMin, SessionLimits};

pub fn password_min() -> String {
    use_context().map(|PasswordMin(min)| min.to_string()).unwrap_or_default()
}

pub fn idle_limit() -> String {
    use_context().map(|SessionLimits { idle, .. }| idle).unwrap_or_default()
}

pub fn absolute_limit() -> String {
    use_context().map(|SessionLimits { absolute, .. }| absolute).unwrap_or_default()
}

pub fn header_link() -> Option<HeaderLink> {
    use_context()
}

/// The link as an attribute: its address, a space, its label.
pub fn header_link_attribute() -> Option<String> {
    header_link().map(|link| [link.href, link.label].join(" "))
}
