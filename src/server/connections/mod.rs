//! The accept loop: HTTP/1.1 and HTTP/2 connections under limits in number and time, and the graceful shutdown with a deadline.
//! `axum::serve` sets no limit on any of it, so a client that sends half a request (slowloris) would hold a connection, and the end
//! of the process, for ever.
//!
//! | file | holds |
//! |---|---|
//! | `limits` | the numbers |
//! | `registry` | the open connections, and which one makes room for a new one |
//! | `slot` | how far a connection and its requests are |
//! | `timed_io` | time limits of handshakes, heads, idle connections and writes |
//! | `bodies` | the time limit of request bodies, and the end of responses |
//! | `http1`, `http2` | the requests of one connection |
//! | `streams` | the responses of HTTP/2 streams: in pieces, and given up when the client takes none |

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request},
    response::Response,
};
use futures::FutureExt as _;
use hyper::body::Incoming;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::api::edge::client_address::{Accept, Connection, Protocol, Transport, TrustedProxies};

mod bodies;
mod http1;
mod http2;
mod limits;
mod registry;
mod slot;
mod streams;
mod timed_io;

pub use limits::Limits;

use bodies::RequestBody;
use registry::Registry;
use slot::Slot;
use timed_io::TimedIo;

/// In the extensions of a response: it is lost, as a network loses it. Not even its head is sent: an HTTP/1.1 connection ends, and
/// an HTTP/2 stream is reset.
#[derive(Clone, Copy, Debug)]
pub struct LostResponse;

/// Why a request gets no response.
#[derive(Debug, thiserror::Error)]
enum NotAnswered {
    #[error("the response is lost")]
    Lost,
    /// The client may send the request again on any connection (RFC 9113 section 8.7).
    #[error("too many streams")]
    Refused(#[source] h2::Error),
}

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
    let (mut tasks, streams) = (JoinSet::new(), TaskTracker::new());
    let told = stopping.clone();
    let begin = |tasks: &mut JoinSet<()>, io, connection: Connection| {
        let Some(slot) = registry.admit(connection.peer.ip(), &proxies) else { return };
        let io = TimedIo::new(io, slot.clone(), limits);
        let served = Served { connection, slot, service: service.clone(), limits, stopping: told.clone() };
        tasks.spawn(served.answer(io, streams.clone()));
    };
    loop {
        tokio::select! {
            (io, connection) = listener.accept() => begin(&mut tasks, io, connection),
            Some(_) = tasks.join_next() => {}
            _ = stopping.wait_for(|stopping| *stopping) => break,
        }
    }
    // A listener that closes resets what has connected and waits to be accepted. More than may be open would end one another.
    for _ in 0..limits.connections {
        let Some((io, connection)) = listener.accept().now_or_never() else { break };
        begin(&mut tasks, io, connection);
    }
    drop(listener);
    let all = async { while tasks.join_next().await.is_some() {} };
    if timeout(limits.drain, all).await.is_err() {
        tracing::warn!(connections = tasks.len(), "the time to shut down is over: requests in progress are given up");
        tasks.shutdown().await;
    }
    // A stream ends with its connection.
    streams.close();
    streams.wait().await;
}

/// A connection, and what answers its requests.
struct Served<A> {
    connection: Connection,
    slot: Arc<Slot>,
    service: A,
    limits: Limits,
    stopping: watch::Receiver<bool>,
}

impl<A: Answer> Served<A> {
    /// Answers the requests of the connection, until it ends or has to make room.
    async fn answer<I: Transport>(self, mut io: TimedIo<I>, streams: TaskTracker) {
        let mut stopping = self.stopping.clone();
        let protocol = tokio::select! {
            biased;
            protocol = io.protocol() => protocol,
            () = self.slot.has_to_make_room() => return,
            () = async {
                let _ = stopping.wait_for(|stopping| *stopping).await;
                sleep(self.limits.drain_half_sent).await;
            } => return,
        };
        match protocol {
            Ok(Protocol::Http1) => http1::answer(io, self).await,
            Ok(Protocol::Http2) => http2::answer(io, self, streams).await,
            Err(_) => {}
        }
    }

    /// A request as the service takes it.
    fn received(&self, request: hyper::Request<Incoming>) -> Request {
        let mut request = request.map(|body| RequestBody::of(body, &self.slot, self.limits));
        request.extensions_mut().insert(ConnectInfo(self.connection));
        request
    }
}

/// Passes on a response unless it is lost.
fn unless_lost(response: Response) -> Result<Response, NotAnswered> {
    match response.extensions().get::<LostResponse>() {
        None => Ok(response),
        Some(LostResponse) => Err(NotAnswered::Lost),
    }
}
