//! The page settings, from attributes of `html`.

use super::HeaderLink;
use crate::dom;

pub fn password_min() -> String {
    dom::root_attribute("data-password-min").unwrap_or_default()
}

pub fn idle_limit() -> String {
    dom::root_attribute("data-idle").unwrap_or_default()
}

pub fn absolute_limit() -> String {
    dom::root_attribute("data-absolute").unwrap_or_default()
}

pub fn header_link() -> Option<HeaderLink> {
    let attribute = dom::root_attribute("data-header-link")?;
    let (href, label) = attribute.split_once(' ')?;
    Some(HeaderLink { href: href.to_owned(), label: label.to_owned() })
}
