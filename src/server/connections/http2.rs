//! The requests of an HTTP/2 connection: streams beside each other (RFC 9113). Each bound of HTTP/1.1 holds for a stream or for the
//! connection; `docs/limits.md` lists them.

use std::{future::poll_fn, pin::pin};

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use hyper::{Request, body::Body as _, body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::limits::{CONNECTION_WINDOW, FRAME_MAX, RESETS_AFTER_ERRORS_MAX, RESETS_PENDING_MAX, STREAM_WINDOW};
use super::slot::Phase;
use super::streams::{StreamBody, Streams};
use super::timed_io::{HeadTimer, TimedIo};
use super::{Answer, NotAnswered, Served, unless_lost};
use crate::api::edge::client_address::Transport;

/// Answers until the connection ends or has to make room.
pub(super) async fn answer<I: Transport>(io: TimedIo<I>, served: Served<impl Answer>, tracker: TaskTracker) {
    let (slot, limits, mut stopping) = (served.slot.clone(), served.limits, served.stopping.clone());
    let mut http = http2::Builder::new(Streams { slot: slot.clone(), limits, tracker });
    http.timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_per_connection)
        .max_header_list_size(u32::try_from(limits.buffer).unwrap_or(u32::MAX))
        .max_frame_size(u32::try_from(FRAME_MAX).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(limits.buffer)
        .max_pending_accept_reset_streams(RESETS_PENDING_MAX)
        .max_local_error_reset_streams(RESETS_AFTER_ERRORS_MAX)
        .keep_alive_interval(limits.ping)
        .keep_alive_timeout(limits.write);
    let answer = service_fn(move |request: Request<Incoming>| {
        let open = served.slot.begin_stream(!request.body().is_end_stream());
        let accepted = open.map(|open| (open, served.received(as_one_request(request))));
        let service = served.service.clone();
        async move {
            let refused = || NotAnswered::Refused(h2::Reason::REFUSED_STREAM.into());
            let (open, request) = accepted.ok_or_else(refused)?;
            let Ok(response) = service.oneshot(request).await;
            unless_lost(response).map(|response| response.map(|body| StreamBody::new(body, open)))
        }
    });
    let mut http = pin!(http.serve_connection(TokioIo::new(io.without_heads()), answer));
    let mut head = HeadTimer::new();
    let mut stops = false;
    // Until when the client may acknowledge the GOAWAY, or send the rest of what it began.
    let mut ends: Option<Instant> = None;
    loop {
        let overdue = poll_fn(|cx| {
            // First: a stream may end in another task at any moment.
            slot.wake_at_next_phase(cx.waker());
            head.poll_overdue(&slot, &limits, cx)
        });
        tokio::select! {
            biased;
            _ = http.as_mut() => return,
            () = slot.has_to_make_room() => return,
            _ = stopping.wait_for(|stopping| *stopping), if !stops => {
                slot.no_lingering();
                http.as_mut().graceful_shutdown();
                (stops, ends) = (true, Some(Instant::now() + limits.drain_half_sent));
            }
            () = overdue, if ends.is_none() && !stops => {
                http.as_mut().graceful_shutdown();
                ends = Some(Instant::now() + limits.linger);
            }
            () = sleep_until(ends.unwrap_or_else(Instant::now)), if ends.is_some() => {
                if !matches!(slot.phase(), Phase::Answer | Phase::Stalled) {
                    return;
                }
                // Requests that arrived before are answered, and then the client has the same time again.
                ends = Some(Instant::now() + limits.linger);
            }
        }
    }
}

/// The request as HTTP/1.1 has it, for everything behind: the authority in `Host` (RFC 9113 section 8.3.1), and one `Cookie` field,
/// which clients split for better compression (section 8.2.3).
fn as_one_request<B>(mut request: Request<B>) -> Request<B> {
    if let Some(path) = request.uri().path_and_query().cloned() {
        let authority = request.uri().authority().map(|authority| HeaderValue::from_str(authority.as_str()));
        if let Some(Ok(host)) = authority {
            request.headers_mut().insert(header::HOST, host);
        }
        *request.uri_mut() = Uri::from(path);
    }
    join_cookies(request.headers_mut());
    request
}

fn join_cookies(headers: &mut HeaderMap) {
    let crumbs: Vec<_> = headers.get_all(header::COOKIE).into_iter().map(HeaderValue::as_bytes).collect();
    if crumbs.len() < 2 {
        return;
    }
    if let Ok(mut joined) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        joined.set_sensitive(true);
        headers.insert(header::COOKIE, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_passed_on_with_its_host_and_with_one_cookie_field() {
        let request = Request::get("https://localhost:3000/login?next=a")
            .header("host", "rebound.example")
            .header("cookie", "a=b")
            .header("cookie", HeaderValue::from_bytes(b"odd=\xff").unwrap())
            .header("cookie", "c=d")
            .body(())
            .unwrap();
        let request = as_one_request(request);
        assert_eq!(request.uri(), "/login?next=a");
        assert_eq!(request.headers().get_all("host").iter().collect::<Vec<_>>(), ["localhost:3000"]);
        let cookies: Vec<_> = request.headers().get_all("cookie").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(cookies, [b"a=b; odd=\xff; c=d"]);
    }
}
