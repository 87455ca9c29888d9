//! Where a request comes from: the peer of the connection, unless that is a proxy named in the configuration. Anybody can
//! write an `X-Forwarded-For`, so each of its addresses is believed only as far as trusted proxies reported it. The address
//! goes to the throttle and nowhere else: it is not logged, and not stored but as a keyed fingerprint.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;

use super::connection::Connection;

const FORWARDED: &str = "x-forwarded-for";
/// Far more than any chain of proxies.
const HOPS: usize = 32;

/// The proxies whose word is taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl FromStr for TrustedProxies {
    type Err = String;

    /// Addresses and CIDR blocks, with commas between.
    fn from_str(text: &str) -> Result<Self, String> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(network).collect::<Result<_, _>>().map(Self)
    }
}

fn network(word: &str) -> Result<IpNet, String> {
    let network = word.parse::<IpAddr>().map(IpNet::from).or_else(|_| word.parse::<IpNet>());
    match network {
        Ok(network) if network.prefix_len() == 0 => {
            Err(format!("{word} is everybody, who could then claim any address: name your proxies"))
        }
        Ok(network) => Ok(network),
        Err(_) => Err(format!("{word} is neither an address nor a block like 10.0.0.0/8")),
    }
}

impl TrustedProxies {
    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The nearest address that is no trusted proxy. What cannot be read ends the search at whoever passed it on.
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

    /// For a request. Without a connection (in tests) all come from one place, rather than from none that could be counted.
    pub fn client_of(&self, parts: &Parts) -> IpAddr {
        let connection = parts.extensions.get::<ConnectInfo<Connection>>();
        let peer = connection.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(connection)| connection.peer.ip());
        self.client(peer, &parts.headers)
    }
}

/// An address as proxies write it: some add the port.
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
        let headers =
            forwarded.iter().map(|line| (FORWARDED.parse().unwrap(), HeaderValue::from_bytes(line).unwrap())).collect();
        TrustedProxies::from_str(trusted).unwrap().client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_header_is_believed_as_far_as_trusted_proxies_reported_it() {
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
    fn what_cannot_be_read_ends_the_search() {
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
    fn what_is_no_proxy_is_refused_by_name() {
        for bad in ["proxy.example.com", "10.0.0.1/33", "10.0.0", "0.0.0.0/0", "::/0", "10.0.0.1;10.0.0.2"] {
            assert!(TrustedProxies::from_str(bad).is_err(), "{bad}");
        }
        assert_eq!(TrustedProxies::from_str(" 10.0.0.1 , 2001:db8::/32, ").unwrap().0.len(), 2);
        assert!(TrustedProxies::from_str("").unwrap().0.is_empty());
    }
}
