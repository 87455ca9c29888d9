//! The HTTP edge: middleware that a request must pass before the rules, and the form of the responses. Fails closed: a
//! protected path has its guard in front of the function, which cannot forget it.

pub mod app_state;
pub mod bearer_guard;
pub mod client_address;
pub mod cookies;
pub mod front;
pub mod headers;
pub mod host_guard;
pub mod language;
pub mod problem;
pub mod public_url;
pub mod request_body;
pub mod request_context;
pub mod request_observer;
pub mod request_span;
pub mod same_origin;
pub mod secure_session;
pub mod server_functions;
pub mod site;
pub mod theme;
pub mod wording;

pub use request_context::RequestContext;
