//! Small pieces of HTML as text. Everything that comes from an event passes through [`escape`](super::diagram::escape) first.

use crate::lab::words::t;

/// An element around its content. `attributes` begin with a space.
pub fn tag(name: &str, attributes: &str, inside: &str) -> String {
    ["<", name, attributes, ">", inside, "</", name, ">"].concat()
}

/// An element of this class.
pub fn classed(name: &str, class: &str, inside: &str) -> String {
    tag(name, &[" class=\"", class, "\""].concat(), inside)
}

/// A button that chooses the moment of an event.
pub fn moment(seq: u64) -> String {
    let event = t("event", "Ereignis");
    format!(r#"<button type="button" class="small" data-seq="{seq}">{event} {seq}</button> "#)
}
