//! The accept loop: HTTP/1.1 connections under limits in number and time, and the graceful shutdown with a deadline. `axum::serve`
//! sets no limit on any of it, so a client that sends half a request (slowloris) would hold a connection, and the end of the
//! process, for ever.
//!
//! | file | holds |
//! |---|---|
//! | `limits` | the numbers |
//! | `registry` | the open connections, and which one makes room for a new one |
//! | `timed_io` | time limits of heads, idle connections and writes |
//! | `bodies` | the time limit of request bodies, and the end of responses |

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderValue, header},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tower::{Service, ServiceExt as _};

use crate::api::edge::client_address::{Accept, Connection, TrustedProxies};

mod bodies;
mod limits;
mod registry;
mod timed_io;

pub use limits::Limits;

use bodies::{RequestBody, ResponseBody};
use registry::{Phase, Registry, Slot};
use timed_io::TimedIo;

/// What answers the requests of all connections.
pub trait Answer:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}
impl<S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static> Answer for S {}

/// Serves until `stopping` becomes true, then ends the connections: at once those that wait for another request, after
/// [`Limits::drain_half_sent`] those that wait for their first one (it may be on its way) or for the rest of a body, after
/// [`Limits::drain`] all others.
pub async fn serve(
    mut listener: impl Accept,
    service: impl Answer,
    proxies: TrustedProxies,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) {
    let registry = Registry::new(limits);
    let mut tasks = JoinSet::new();
    loop {
        let (io, connection) = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = tasks.join_next() => continue,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        let Some(slot) = registry.admit(connection.peer.ip(), &proxies) else { continue };
        tasks.spawn(answer(
            TimedIo::new(io, slot.clone(), limits),
            connection,
            slot,
            service.clone(),
            stopping.clone(),
        ));
    }
    drop(listener);
    let all = async { while tasks.join_next().await.is_some() {} };
    if timeout(limits.drain, all).await.is_err() {
        tracing::warn!(connections = tasks.len(), "the time to shut down is over: requests in progress are given up");
        tasks.shutdown().await;
    }
}

/// Answers the requests of one connection, until it ends or has to make room.
async fn answer<I>(
    io: TimedIo<I>,
    connection: Connection,
    slot: Arc<Slot>,
    service: impl Answer,
    mut stopping: watch::Receiver<bool>,
) where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let limits = io.limits();
    let answer = service_fn({
        let slot = slot.clone();
        move |request: hyper::Request<Incoming>| {
            let mut request = request.map(|body| RequestBody::of(body, &slot, limits));
            request.extensions_mut().insert(ConnectInfo(connection.clone()));
            let (service, slot) = (service.clone(), slot.clone());
            async move {
                let Ok(mut response) = service.oneshot(request).await;
                if !slot.may_linger() {
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response.map(|body| ResponseBody::new(body, slot)))
            }
        }
    });
    let http = http1::Builder::new().max_buf_size(limits.buffer).serve_connection(TokioIo::new(io), answer);
    let mut http = std::pin::pin!(http);
    let mut half_sent_until: Option<Instant> = None;
    loop {
        tokio::select! {
            // The connection first: the rest is asked only while it waits.
            biased;
            _ = http.as_mut() => return,
            () = slot.has_to_make_room() => return,
            _ = stopping.wait_for(|stopping| *stopping), if half_sent_until.is_none() => {
                slot.no_lingering();
                match slot.phase() {
                    Phase::Idle | Phase::Closing => return,
                    // hyper would close it at once, and the first request may be on its way.
                    Phase::Fresh => {}
                    Phase::Body | Phase::Answer => http.as_mut().graceful_shutdown(),
                }
                half_sent_until = Some(Instant::now() + limits.drain_half_sent);
            }
            () = sleep_until(half_sent_until.unwrap_or_else(Instant::now)),
                if half_sent_until.is_some() && matches!(slot.phase(), Phase::Fresh | Phase::Body) => return,
        }
    }
}
