//! The observer pattern for HTTP: each answered request is reported with its route, its response and its time. An observer cannot
//! change the response. Without one a request costs a check of an empty `Option`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};

/// A request that was answered.
pub struct Answered<'a> {
    pub method: &'a Method,
    /// The route as the router names it, with its parameters unfilled; `None` when no route matched.
    pub route: Option<&'a str>,
    /// The response, without its body having been sent. A refusal carries its [`Code`](crate::protocol::code::Code) among the
    /// extensions.
    pub response: &'a Response,
    /// From the parsed head of the request to the head of the response.
    pub took: Duration,
}

/// The method by its name; `None` for one that a visitor may have invented.
pub const fn known_method(method: &Method) -> Option<&'static str> {
    match *method {
        Method::GET => Some("GET"),
        Method::POST => Some("POST"),
        Method::HEAD => Some("HEAD"),
        Method::OPTIONS => Some("OPTIONS"),
        _ => None,
    }
}

/// A matched route without the parameter that the router gives to a nested service.
pub fn route_name(matched: &str) -> &str {
    matched.split("/{*").next().unwrap_or(matched)
}

/// Receives every answered request. It runs on the request's own task and must not block.
pub trait RequestObserver: Send + Sync {
    fn answered(&self, answered: &Answered<'_>);
}

/// A request that is being answered.
pub(super) struct Pending {
    observer: Arc<dyn RequestObserver>,
    method: Method,
    route: Option<MatchedPath>,
    begin: Instant,
}

impl Pending {
    pub(super) fn begin(observer: &Arc<dyn RequestObserver>, request: &Request) -> Self {
        Self {
            observer: observer.clone(),
            method: request.method().clone(),
            route: request.extensions().get().cloned(),
            begin: Instant::now(),
        }
    }

    pub(super) fn end(self, response: &Response) {
        let Self { observer, method, route, begin } = self;
        let route = route.as_ref().map(MatchedPath::as_str);
        observer.answered(&Answered { method: &method, route, response, took: begin.elapsed() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_visitor_invents_makes_no_new_name() {
        assert_eq!(known_method(&Method::from_bytes(b"BREW").unwrap()), None);
        assert_eq!(known_method(&Method::POST), Some("POST"));
        assert_eq!(route_name("/pkg/{*__private__axum_nest_tail_param}"), "/pkg");
        assert_eq!(route_name("/api/account/me"), "/api/account/me");
    }
}
