//! Protection against DNS rebinding: a page of another site can let its name lead to 127.0.0.1, and then reads what a server
//! of this computer answers. Such a server answers only to names of this computer, and `421 Misdirected Request` (RFC 9110
//! section 15.5.20) to others.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::future::{Either, Ready, ready};
use tower::Service;

use super::public_url::{authority, is_loopback, is_loopback_authority};

const REFUSAL: &str = "This server is for this computer alone and does not know the host that was asked for. If a proxy serves \
     it to others, set TWO_TOKENS_PUBLIC_URL to their address.\n";

/// The service around everything that a server answers. Around the router and not a layer in it, which would be boxed.
#[derive(Clone)]
pub struct HostGuard<S> {
    /// The host of the public URL, where both it and the listen address are loopback ones; otherwise every host is accepted.
    this_computer: Option<Arc<str>>,
    inner: S,
}

impl<S> HostGuard<S> {
    /// `on_loopback`: whether the listen address is a loopback one.
    pub fn new(inner: S, on_loopback: bool, public_url: &str) -> Self {
        let this_computer = (on_loopback && is_loopback(public_url)).then(|| authority(public_url).into());
        Self { this_computer, inner }
    }
}

impl<S: Service<Request, Response = Response>> Service<Request> for HostGuard<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.this_computer.as_deref().is_some_and(|known| !is_for_this_computer(&request, known)) {
            return Either::Right(ready(Ok((StatusCode::MISDIRECTED_REQUEST, REFUSAL).into_response())));
        }
        Either::Left(self.inner.call(request))
    }
}

/// Each host that the request names counts. One without any is from no browser. `known` is not parsed again for each request.
fn is_for_this_computer(request: &Request, known: &str) -> bool {
    let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let mut hosts = request.headers().get_all(header::HOST).into_iter().map(|host| host.as_bytes()).chain(target);
    hosts.all(|host| host == known.as_bytes() || std::str::from_utf8(host).is_ok_and(is_loopback_authority))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn every_host_of_a_request_must_be_this_computer() {
        for (target, hosts, accepted) in [
            ("/", &["localhost:3000"][..], true),
            ("/", &["127.0.0.1"], true),
            ("/", &["[::1]:3000"], true),
            ("/", &[], true),
            ("/", &["rebound.example:3000"], false),
            ("/", &["localhost", "rebound.example"], false),
            ("/", &[""], false),
            ("http://rebound.example/", &["localhost"], false),
            ("http://localhost/", &["localhost"], true),
        ] {
            let request =
                hosts.iter().fold(Request::builder().uri(target), |request, host| request.header("host", *host));
            assert_eq!(
                is_for_this_computer(&request.body(Body::empty()).unwrap(), "localhost:3000"),
                accepted,
                "{target} {hosts:?}"
            );
        }
    }
}
