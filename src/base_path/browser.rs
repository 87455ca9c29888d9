//! The base path of this page, from `html[data-mount]` and `html[data-port]`, which the server wrote.

use super::BasePath;
use crate::dom;

/// The base path of this page. Read once: it does not change while the page is open.
pub fn current() -> BasePath {
    thread_local! {
        static CURRENT: BasePath = {
            let port = dom::root_attribute("data-port").and_then(|port| port.parse().ok());
            BasePath::new(&dom::root_attribute("data-mount").unwrap_or_default()).on_port(port)
        };
    }
    CURRENT.with(Clone::clone)
}
