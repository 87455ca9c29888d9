//! The client's IP address: the peer of the connection, or the address that trusted proxies report in `X-Forwarded-For`. A
//! client can forge that header, so it is read from the right and only through trusted proxies (IP spoofing). Only the
//! throttle uses the address; it is never logged, and stored only as a keyed fingerprint.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    extract::{ConnectInfo, Request},
    http::{Extensions, HeaderMap, HeaderName, header, request::Parts},
    serve::Listener,
};
use ipnet::IpNet;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The most addresses that are read; no real chain of proxies is this long.
const HOPS: usize = 32;

/// The connection of a request (axum's `ConnectInfo`).
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    pub peer: SocketAddr,
}

impl Connection {
    /// A connection from this peer.
    pub fn of(peer: impl Into<SocketAddr>) -> Self {
        Self { peer: peer.into() }
    }
}

/// The protocol of a connection's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

/// The stream of a connection.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Does the TLS handshake, if there is one, and returns the protocol that was agreed on in it (ALPN, RFC 7301).
    fn poll_protocol(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<Protocol>> {
        Poll::Ready(Ok(Protocol::Http1))
    }
}

impl Transport for TcpStream {}

/// A listener: the connections that the server answers come from it.
pub trait Accept: Send + 'static {
    /// The stream of a connection.
    type Io: Transport;

    /// The next connection. Errors of single connections are skipped.
    fn accept(&mut self) -> impl Future<Output = (Self::Io, Connection)> + Send;

    /// The address that it is bound to.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn local_addr(&self) -> std::io::Result<SocketAddr>;
}

/// Accepts TCP connections with `TCP_NODELAY`, so that small responses are not delayed.
pub struct PlainListener(pub TcpListener);

impl Accept for PlainListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> (TcpStream, Connection) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        let _ = stream.set_nodelay(true);
        (stream, Connection::of(peer))
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// The proxies whose `X-Forwarded-For` is trusted.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    /// Whether the log says already that a peer forwards for others and is not trusted.
    warned: Arc<AtomicBool>,
}

impl FromStr for TrustedProxies {
    type Err = String;

    /// Parses addresses and CIDR blocks, separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let networks = words.map(network).collect::<Result<_, _>>()?;
        Ok(Self { networks, warned: Arc::default() })
    }
}

fn network(word: &str) -> Result<IpNet, String> {
    let network = word.parse::<IpAddr>().map(IpNet::from).or_else(|_| word.parse::<IpNet>());
    match network {
        Ok(network) if network.prefix_len() == 0 => {
            Err(format!("{word} trusts every client, so each could claim any address: name your proxies"))
        }
        Ok(network) => Ok(network),
        Err(_) => Err(format!("{word} is neither an address nor a CIDR block like 10.0.0.0/8")),
    }
}

impl TrustedProxies {
    /// Whether a connection from this address is a proxy's.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trust(peer.to_canonical())
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// The nearest address that is not a trusted proxy. An unreadable entry stops the search at the proxy that passed it on.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        let lines = headers.get_all(FORWARDED).into_iter().collect::<Vec<_>>();
        let hops = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops.take(HOPS) {
            if !self.trust(nearest) {
                break;
            }
            match address(hop) {
                Some(address) => nearest = address,
                None => break,
            }
        }
        nearest
    }

    /// The client's address of a request. Without connection info (in tests) all requests share one address, so they are still
    /// throttled (fail closed).
    pub fn client_of(&self, parts: &Parts) -> IpAddr {
        let peer = peer_of(&parts.extensions);
        self.warn_of_misread(peer, &parts.headers);
        self.client(peer, &parts.headers)
    }

    /// Whether the request comes from a trusted proxy, so that what a proxy says about it counts.
    pub fn forwarded(&self, request: &Request) -> bool {
        self.trusts(peer_of(request.extensions()))
    }

    /// Warns, once in the life of a server, of a request that was forwarded in a way that does not count.
    fn warn_of_misread(&self, peer: IpAddr, headers: &HeaderMap) {
        if !self.warned.load(Ordering::Relaxed)
            && let Some(problem) = misread(self.trusts(peer), headers)
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("{problem}");
        }
    }
}

fn peer_of(extensions: &Extensions) -> IpAddr {
    let connection = extensions.get::<ConnectInfo<Connection>>();
    connection.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(connection)| connection.peer.ip())
}

/// What the operator should know about the headers of a proxy; `None` when they count, or when there are none.
fn misread(trusted: bool, headers: &HeaderMap) -> Option<&'static str> {
    let (ours, standard) = (headers.contains_key(FORWARDED), headers.contains_key(header::FORWARDED));
    match trusted {
        false if ours || standard => Some(
            "a request says that it was forwarded, but its peer is not in TWO_TOKENS_TRUSTED_PROXIES: if that is your proxy, \
             name it there; until then all its clients share one count of attempts",
        ),
        true if standard && !ours => Some(
            "a trusted proxy sends Forwarded and no X-Forwarded-For, which alone is read: all its clients share one count of \
             attempts until it sends X-Forwarded-For",
        ),
        _ => None,
    }
}

/// Parses an entry of `X-Forwarded-For`; some proxies add the port.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))?.parse().ok();
    let address = text.parse::<IpAddr>().or_else(|_| with_port()).ok().or_else(bracketed);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&[u8]]) -> String {
        let headers = forwarded.iter().map(|line| (FORWARDED, HeaderValue::from_bytes(line).unwrap())).collect();
        TrustedProxies::from_str(trusted).unwrap().client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_header_is_trusted_only_as_far_as_trusted_proxies_report_it() {
        for (trusted, peer, forwarded, expected) in [
            ("", "192.0.2.1", &[&b"198.51.100.1"[..]][..], "192.0.2.1"),
            ("10.0.0.1", "192.0.2.1", &[b"198.51.100.1"], "192.0.2.1"),
            ("10.0.0.1", "10.0.0.1", &[b"198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", "::ffff:10.0.0.1", &[b"198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", "10.0.0.1", &[b"203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8", "10.0.0.1", &[b"203.0.113.9, 198.51.100.1, 10.2.0.1"], "198.51.100.1"),
            ("10.0.0.0/8", "10.0.0.1", &[b"203.0.113.9", b"198.51.100.1 ,10.2.0.1"], "198.51.100.1"),
            ("10.0.0.0/8", "10.0.0.1", &[b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", "10.0.0.1", &[], "10.0.0.1"),
            ("2001:db8::/32", "2001:db8::1", &[b"[2001:db9::7]:443"], "2001:db9::7"),
            ("10.0.0.1", "10.0.0.1", &[b"[2001:db9::7]"], "2001:db9::7"),
            ("10.0.0.1", "10.0.0.1", &[b"198.51.100.1:4711"], "198.51.100.1"),
        ] {
            assert_eq!(client(trusted, peer, forwarded), expected, "{trusted} {peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_forwarded_request_that_does_not_count_is_noticed() {
        let headers = |names: &[HeaderName]| -> HeaderMap {
            names.iter().map(|name| (name.clone(), HeaderValue::from_static("for=192.0.2.1"))).collect()
        };
        for (trusted, names, noticed) in [
            (false, &[FORWARDED][..], true),
            (false, &[header::FORWARDED], true),
            (false, &[], false),
            (true, &[FORWARDED], false),
            (true, &[FORWARDED, header::FORWARDED], false),
            (true, &[header::FORWARDED], true),
            (true, &[], false),
        ] {
            assert_eq!(misread(trusted, &headers(names)).is_some(), noticed, "{trusted} {names:?}");
        }
    }

    #[test]
    fn an_unreadable_entry_ends_the_search() {
        for rubbish in
            [&b""[..], b"unknown", b"_hidden", b"\xff\xfe", b"1.2.3", b"1.2.3.4.5", b"[::1", b",,,", b"::1%eth0"]
        {
            assert_eq!(client("10.0.0.1", "10.0.0.1", &[rubbish]), "10.0.0.1", "{rubbish:?}");
        }
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[b"198.51.100.1, rubbish, 10.0.0.2"]), "10.0.0.2");
        let long = b"10.0.0.2,".repeat(10_000);
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[&long]), "10.0.0.1");
    }

    #[test]
    fn an_invalid_or_universal_proxy_is_refused() {
        for bad in ["proxy.example.com", "10.0.0.1/33", "10.0.0", "0.0.0.0/0", "::/0", "10.0.0.1;10.0.0.2"] {
            assert!(TrustedProxies::from_str(bad).is_err(), "{bad}");
        }
        assert_eq!(TrustedProxies::from_str(" 10.0.0.1 , 2001:db8::/32, ").unwrap().networks.len(), 2);
        assert!(TrustedProxies::from_str("").unwrap().networks.is_empty());
    }
}
