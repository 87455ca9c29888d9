//! TLS for the test clients. They take any certificate: `tests/processes/tls.rs` is about which one a server shows.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::http::Uri;
use futures::future::BoxFuture;
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::ClientConfig};
use tokio_util::either::Either;
use two_tokens::server::tls::client::{Trusted, connect, connector, this_computer};

/// The settings of a server with TLS of its own.
pub const SELF_SIGNED: [&str; 4] = ["--tls", "self-signed", "--public-url", "https://localhost:3000"];

/// Does the handshake and offers these protocols (ALPN).
pub async fn connect_tls(stream: TcpStream, protocols: &[&str]) -> io::Result<TlsStream<TcpStream>> {
    let mut settings = ClientConfig::clone(connector(Trusted::Any)?.config());
    settings.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    connect(&TlsConnector::from(Arc::new(settings)), stream, this_computer()).await
}

/// Connects to this computer: with TLS to `https` addresses, and then with one of these protocols.
#[derive(Clone)]
pub struct Connector(pub &'static [&'static str]);

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Socket>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<TokioIo<Socket>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let protocols = self.0;
        Box::pin(async move {
            let stream = TcpStream::connect(("127.0.0.1", to.port_u16().unwrap())).await?;
            stream.set_nodelay(true)?;
            let stream = match to.scheme_str() {
                Some("https") => Either::Right(Box::new(connect_tls(stream, protocols).await?)),
                _ => Either::Left(stream),
            };
            Ok(TokioIo::new(Socket(stream)))
        })
    }
}

/// A connection of a client.
pub struct Socket(Either<TcpStream, Box<TlsStream<TcpStream>>>);

impl Connection for Socket {
    fn connected(&self) -> Connected {
        match &self.0 {
            Either::Right(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2") => Connected::new().negotiated_h2(),
            _ => Connected::new(),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
