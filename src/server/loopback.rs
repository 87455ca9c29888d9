//! A client of this very server, on this computer: for `health`, and for the lab's actors. One request, one connection, over TLS
//! where the server speaks it.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{Request, response::Parts},
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::{either::Either, task::AbortOnDropHandle};

use super::serve::Error;
use super::tls::client;

/// Where this server is reached from here.
#[derive(Clone)]
pub struct Loopback {
    pub address: SocketAddr,
    tls: Option<TlsConnector>,
}

impl Loopback {
    /// The server that listens on this address, with TLS if there is a connector.
    pub fn to(mut address: SocketAddr, tls: Option<TlsConnector>) -> Self {
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        Self { address, tls }
    }

    /// A connection.
    ///
    /// # Errors
    ///
    /// Nobody listens there, or the TLS handshake fails.
    pub async fn connect(&self) -> io::Result<OwnConnection> {
        let stream = TcpStream::connect(self.address).await?;
        Ok(match &self.tls {
            None => OwnConnection::plain(stream),
            Some(tls) => OwnConnection::over_tls(client::connect(tls, stream, client::this_computer()).await?),
        })
    }
}

/// A connection to this server.
pub struct OwnConnection(Either<TcpStream, Box<TlsStream<TcpStream>>>);

impl OwnConnection {
    pub fn plain(stream: TcpStream) -> Self {
        Self(Either::Left(stream))
    }

    pub fn over_tls(stream: TlsStream<TcpStream>) -> Self {
        Self(Either::Right(Box::new(stream)))
    }

    /// Sends the request, and reads the whole response, up to a length in bytes.
    ///
    /// # Errors
    ///
    /// The connection ends before the response does, or the response is longer.
    pub async fn send(self, request: Request<Body>, response_max: usize) -> Result<(Parts, Bytes), Error> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.0)).await?;
        let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
        let (parts, body) = sender.send_request(request).await?.into_parts();
        Ok((parts, to_bytes(Body::new(body), response_max).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_reached_on_loopback() {
        for (listens, reached) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("127.0.0.2:1", "127.0.0.2:1"),
            ("192.0.2.1:443", "192.0.2.1:443"),
        ] {
            assert_eq!(Loopback::to(listens.parse().unwrap(), None).address.to_string(), reached);
        }
    }
}
