//! Protection against DNS rebinding: a page of another site can let its name lead to 127.0.0.1, and then reads what a server
//! of this computer answers. Such a server answers only to names of this computer, and `421 Misdirected Request` (RFC 9110
//! section 15.5.20) to others.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::public_url::is_loopback_authority;

const REFUSAL: &str = "This server is for this computer alone and does not know the host that was asked for. If a proxy serves \
     it to others, set TWO_TOKENS_PUBLIC_URL to their address.\n";

/// Refuses other hosts where `on_this_computer` says that listen address and public URL are loopback ones.
pub async fn layer(State(on_this_computer): State<bool>, request: Request, next: Next) -> Response {
    if on_this_computer && !is_for_this_computer(&request) {
        return (StatusCode::MISDIRECTED_REQUEST, REFUSAL).into_response();
    }
    next.run(request).await
}

/// Each host that the request names counts. One without any is from no browser.
fn is_for_this_computer(request: &Request) -> bool {
    let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let mut hosts = request.headers().get_all(header::HOST).into_iter().map(|host| host.as_bytes()).chain(target);
    hosts.all(|host| std::str::from_utf8(host).is_ok_and(is_loopback_authority))
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
            assert_eq!(is_for_this_computer(&request.body(Body::empty()).unwrap()), accepted, "{target} {hosts:?}");
        }
    }
}
