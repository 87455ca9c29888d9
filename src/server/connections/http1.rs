//! The requests of an HTTP/1.1 connection, one after the other.

use std::future::poll_fn;

use axum::http::{HeaderValue, header};
use hyper::{Request, body::Body as _, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, sleep_until};
use tower::ServiceExt as _;

use super::bodies::ResponseBody;
use super::slot::Phase;
use super::timed_io::{HeadTimer, TimedIo};
use super::{Answer, Served, unless_lost};
use crate::api::edge::client_address::Transport;

/// Answers until the connection ends or has to make room.
pub(super) async fn answer<I: Transport>(io: TimedIo<I>, served: Served<impl Answer>) {
    let (slot, limits, mut stopping) = (served.slot.clone(), served.limits, served.stopping.clone());
    let answer = service_fn(move |request: Request<Incoming>| {
        let open = served.slot.begin_request(!request.body().is_end_stream());
        let (service, request, slot) = (served.service.clone(), served.received(request), served.slot.clone());
        async move {
            let Ok(mut response) = service.oneshot(request).await;
            if !slot.may_linger() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            unless_lost(response).map(|response| response.map(|body| ResponseBody::new(body, open)))
        }
    });
    let http = http1::Builder::new().max_buf_size(limits.buffer).serve_connection(TokioIo::new(io), answer);
    let mut http = std::pin::pin!(http);
    let mut head = HeadTimer::new();
    let mut half_sent_until: Option<Instant> = None;
    let mut stops = false;
    loop {
        tokio::select! {
            // The connection first: the rest is asked only while it waits.
            biased;
            _ = http.as_mut() => return,
            () = poll_fn(|cx| head.poll_overdue(&slot, &limits, cx)) => return,
            () = slot.has_to_make_room() => return,
            _ = stopping.wait_for(|stopping| *stopping), if !stops => {
                slot.no_lingering();
                match slot.phase() {
                    Phase::Idle | Phase::Closing => return,
                    // hyper would close it at once, and the first request may be on its way.
                    Phase::Fresh => {}
                    Phase::Body | Phase::Stalled | Phase::Answer => http.as_mut().graceful_shutdown(),
                }
                (stops, half_sent_until) = (true, Some(Instant::now() + limits.drain_half_sent));
            }
            () = sleep_until(half_sent_until.unwrap_or_else(Instant::now)), if half_sent_until.is_some() => {
                if matches!(slot.phase(), Phase::Fresh | Phase::Body) {
                    return;
                }
                // It has arrived meanwhile, and is answered.
                half_sent_until = None;
            }
        }
    }
}
