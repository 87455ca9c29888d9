//! The limits of connections. `docs/limits.md` lists them.

use std::time::Duration;

/// Open connections of this instance. A further one takes the place of a connection that waits for its client.
pub const CONNECTIONS_MAX: usize = 1_024;
/// Connections of one source (an IPv4 address, an IPv6 /48), unless it is a trusted proxy.
pub const CONNECTIONS_PER_SOURCE: usize = 256;
/// A request's head, from the connection's start or the head's first byte, in seconds.
pub const HEAD_SECONDS: u64 = 15;
/// A connection between two requests, in seconds. Longer than the usual 60 s of proxies, so that the proxy closes first.
pub const IDLE_SECONDS: u64 = 75;
/// A write without any progress, in seconds.
pub const WRITE_SECONDS: u64 = 30;
/// A body may take this long, in seconds, and a second more for every [`BODY_BYTES_PER_SECOND`] that have arrived.
pub const BODY_SECONDS: u64 = 10;
pub const BODY_BYTES_PER_SECOND: u64 = 2 * 1024;
/// The buffer of a connection for a request's head, and for what is not yet written, in bytes. A longer head gets 431.
pub const BUFFER_MAX: usize = 64 * 1024;
/// HTTP/2: streams of one connection. RFC 9113 section 6.5.2 recommends no fewer; the lab's page with its tabs and event streams, and
/// fifty calls at once, fit.
pub const STREAMS_PER_CONNECTION: u32 = 100;
/// HTTP/2: streams of all connections together, and so the requests of this instance that are answered at once.
pub const STREAMS_MAX: usize = 2_048;
/// HTTP/2: streams of one source, on whichever connections, unless it is a trusted proxy.
pub const STREAMS_PER_SOURCE: usize = 512;
/// HTTP/2: the largest frame, in bytes. A response is handed over in pieces of this size, one at a time, so that no more of it is
/// buffered for a client that does not read.
pub const FRAME_MAX: usize = 16 * 1024;
/// HTTP/2: a body up to this size ends with its data; the end of a longer one waits until its data have left. Bytes.
pub const SMALL_BODY: u64 = 1024;
/// HTTP/2: bytes of a request's body that arrive before they are read.
pub const STREAM_WINDOW: u32 = 64 * 1024;
/// HTTP/2: the same of all requests of a connection.
pub const CONNECTION_WINDOW: u32 = 128 * 1024;
/// HTTP/2: streams that the client has reset before they were looked at (rapid reset, CVE-2023-44487). One more ends the
/// connection.
pub const RESETS_PENDING_MAX: usize = 20;
/// HTTP/2: streams that were reset because the client broke the protocol. One more ends the connection.
pub const RESETS_AFTER_ERRORS_MAX: usize = 100;
/// HTTP/2: a client that sends nothing for so long is pinged, in seconds. Without an answer within [`WRITE_SECONDS`] it is gone.
pub const PING_SECONDS: u64 = 30;
/// What is still read of a connection after the last response, so that the client reads it before it learns of the close.
pub const LINGER_BYTES: usize = 1024 * 1024;
pub const LINGER_SECONDS: u64 = 2;
/// Requests in progress at a shutdown, in seconds. With the time for accepted writes (`SETTLE`) it is shorter than the 30 s after
/// which service managers kill.
pub const DRAIN_SECONDS: u64 = 10;
/// The first request of a new connection, or the rest of a half-sent body, at a shutdown, in seconds.
pub const DRAIN_HALF_SENT_SECONDS: u64 = 1;

/// The limits of the connections of a server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connections: usize,
    pub per_source: usize,
    pub head: Duration,
    pub idle: Duration,
    pub write: Duration,
    pub body: Duration,
    /// Bytes per second.
    pub body_rate: u64,
    /// Bytes.
    pub buffer: usize,
    /// HTTP/2 streams of one connection.
    pub streams_per_connection: u32,
    /// HTTP/2 streams of all connections.
    pub streams: usize,
    pub streams_per_source: usize,
    /// Silence of an HTTP/2 client after which it is pinged.
    pub ping: Duration,
    pub linger: Duration,
    /// Between the first word of a shutdown, at `/readyz`, and its begin.
    pub drain_notice: Duration,
    pub drain: Duration,
    pub drain_half_sent: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            per_source: CONNECTIONS_PER_SOURCE,
            head: Duration::from_secs(HEAD_SECONDS),
            idle: Duration::from_secs(IDLE_SECONDS),
            write: Duration::from_secs(WRITE_SECONDS),
            body: Duration::from_secs(BODY_SECONDS),
            body_rate: BODY_BYTES_PER_SECOND,
            buffer: BUFFER_MAX,
            streams_per_connection: STREAMS_PER_CONNECTION,
            streams: STREAMS_MAX,
            streams_per_source: STREAMS_PER_SOURCE,
            ping: Duration::from_secs(PING_SECONDS),
            linger: Duration::from_secs(LINGER_SECONDS),
            drain_notice: Duration::ZERO,
            drain: Duration::from_secs(DRAIN_SECONDS),
            drain_half_sent: Duration::from_secs(DRAIN_HALF_SENT_SECONDS),
        }
    }
}

/// Files that the process needs beside its connections: database, listeners, logs, and the connections of the lab's actors.
const OTHER_FILES: u64 = 256;

impl Limits {
    /// The defaults, with as many connections as the process may open files. Raises the soft limit of open files first: many
    /// systems set it to 1,024, and at the limit neither a connection nor the database can be opened.
    pub fn within_open_files() -> Self {
        let mut limits = Self::default();
        #[cfg(unix)]
        if let Some(files) = raise_open_files(limits.connections as u64 + OTHER_FILES) {
            let connections = files.saturating_sub(OTHER_FILES).max(files / 2);
            limits.connections = limits.connections.min(usize::try_from(connections).unwrap_or(usize::MAX));
            if limits.connections < CONNECTIONS_MAX {
                tracing::warn!(
                    files,
                    connections = limits.connections,
                    "the limit of open files allows few connections"
                );
            }
        }
        limits
    }
}

/// Raises the soft limit of open files to `wanted`, as far as the hard limit allows, and returns it; `None` if there is none.
#[cfg(unix)]
fn raise_open_files(wanted: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current?;
    let reachable = limit.maximum.map_or(wanted, |hard| wanted.min(hard));
    if soft >= reachable {
        return Some(soft);
    }
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(reachable), maximum: limit.maximum });
    Some(if raised.is_ok() { reachable } else { soft })
}
