//! TLS of the server's own (rustls, TLS 1.2 and 1.3), with HTTP/2 where the client offers it (ALPN). The certificate is read again at
//! SIGHUP, and connections go on meanwhile. The handshake is part of the connection's task and under the limit of a request's head,
//! so nobody holds the accept loop.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
    task::{Context, Poll, ready},
};

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
};
use tokio_util::either::Either;

pub mod client;

use super::config::{Config, ConfigError, Tls, refuse};
use crate::api::edge::client_address::{Accept, Connection, PlainListener, Protocol, Transport};
use crate::api::edge::public_url;

const CERT: &str = "TWO_TOKENS_TLS_CERT";
/// The protocols in ALPN, the preferred one first (RFC 7301, RFC 9113 section 3.1).
const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// Where the certificate comes from.
enum Source {
    Files {
        cert: PathBuf,
        key: PathBuf,
    },
    /// For this computer and this process, from its key on.
    SelfSigned {
        host: String,
    },
}

/// The certificate that is shown now.
struct Shown {
    source: Source,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown")
    }
}

impl Shown {
    fn current(&self) -> Arc<CertifiedKey> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl Source {
    fn of(config: &Config) -> Option<Self> {
        match (&config.tls_cert, &config.tls_key, config.tls) {
            (Some(cert), Some(key), _) => Some(Self::Files { cert: cert.clone(), key: key.clone() }),
            (.., Tls::SelfSigned) => Some(Self::SelfSigned { host: host_of(&config.public_url).to_owned() }),
            _ => None,
        }
    }

    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, ConfigError> {
        let (chain, key, named) = match self {
            Self::Files { cert, key } => (chain(cert)?, private_key(key)?, cert.display().to_string()),
            Self::SelfSigned { host } => {
                let (cert, key) = self_signed(host)?;
                (vec![cert], key, "the certificate of this process".to_owned())
            }
        };
        CertifiedKey::from_der(chain, key, provider)
            .map_err(|error| ConfigError { setting: CERT, problem: format!("{named} and its key do not fit: {error}") })
    }
}

/// The host of an origin, as a certificate names it.
fn host_of(origin: &str) -> &str {
    let authority = public_url::authority(origin);
    let host = match authority.starts_with('[') {
        true => authority.split_once(']').map_or(authority, |(host, _)| host),
        false => authority.split_once(':').map_or(authority, |(host, _)| host),
    };
    host.trim_start_matches('[')
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let unreadable = |error: &dyn std::fmt::Display| ConfigError {
        setting: CERT,
        problem: format!("{} cannot be read as certificates in PEM form: {error}", file.display()),
    };
    let read = CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))?;
    let chain = read.collect::<Result<Vec<_>, _>>().map_err(|error| unreadable(&error))?;
    if chain.is_empty() { Err(unreadable(&"it has none")) } else { Ok(chain) }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, ConfigError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| ConfigError {
        setting: "TWO_TOKENS_TLS_KEY",
        problem: format!("{} cannot be read as a private key in PEM form: {error}", file.display()),
    })
}

fn self_signed(host: &str) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), ConfigError> {
    let made = rcgen::generate_simple_self_signed([host.to_owned()])
        .map_err(|error| ConfigError { setting: "TWO_TOKENS_TLS", problem: format!("no certificate: {error}") })?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let key = key.map_err(|error| ConfigError { setting: "TWO_TOKENS_TLS", problem: error.to_owned() })?;
    Ok((made.cert.into(), key))
}

/// Checks the settings of TLS against each other.
///
/// # Errors
///
/// A contradiction.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let files = match (&config.tls_cert, &config.tls_key) {
        (Some(_), Some(_)) => true,
        (None, None) => false,
        (Some(_), None) => return refuse("TWO_TOKENS_TLS_KEY", "must be given with TWO_TOKENS_TLS_CERT"),
        (None, Some(_)) => return refuse(CERT, "must be given with TWO_TOKENS_TLS_KEY"),
    };
    if config.tls == Tls::SelfSigned {
        if files {
            return refuse(
                "TWO_TOKENS_TLS",
                "self-signed makes a certificate, and TWO_TOKENS_TLS_CERT names one: choose",
            );
        }
        config.only_on_loopback("TWO_TOKENS_TLS", "self-signed proves nothing to others")?;
    }
    if config.speaks_tls() && !config.public_url.starts_with("https://") {
        let url = config.public_url.replacen("http://", "https://", 1);
        return refuse("TWO_TOKENS_PUBLIC_URL", format!("must be https://, because this server speaks TLS: set {url}"));
    }
    Ok(())
}

/// The certificate of this server, for whoever accepts connections with it or connects to it.
#[derive(Clone)]
pub struct TlsContext {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

impl TlsContext {
    /// The TLS that the settings say, if any.
    ///
    /// # Errors
    ///
    /// The certificate or its key cannot be read, or they do not fit.
    fn of(config: &Config) -> Result<Option<Self>, ConfigError> {
        let Some(source) = Source::of(config) else { return Ok(None) };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = RwLock::new(Arc::new(source.read(&provider)?));
        let shown = Arc::new(Shown { source, provider: provider.clone(), current });
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let versions =
            versions.map_err(|error| ConfigError { setting: "TWO_TOKENS_TLS", problem: error.to_string() })?;
        let mut settings = versions.with_no_client_auth().with_cert_resolver(shown.clone());
        settings.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
        tokio::spawn(reload(shown.clone()));
        Ok(Some(Self { acceptor: TlsAcceptor::from(Arc::new(settings)), shown }))
    }

    /// Connects to this server, and trusts the certificate that it shows now and no other.
    ///
    /// # Errors
    ///
    /// No version of TLS can be spoken.
    pub fn connector(&self) -> io::Result<TlsConnector> {
        client::connector(client::Trusted::Of(self.clone()))
    }

    fn certificate(&self) -> Arc<CertifiedKey> {
        self.shown.current()
    }
}

/// Accepts connections, with TLS where it is configured.
pub struct Listener {
    plain: PlainListener,
    tls: Option<TlsContext>,
}

impl Listener {
    /// Adds TLS to a listener, if the settings say so.
    ///
    /// # Errors
    ///
    /// The certificate or its key cannot be read, or they do not fit.
    pub fn new(plain: PlainListener, config: &Config) -> Result<Self, ConfigError> {
        Ok(Self { plain, tls: TlsContext::of(config)? })
    }

    /// A listener with this TLS.
    pub fn with(plain: PlainListener, tls: Option<TlsContext>) -> Self {
        Self { plain, tls }
    }

    /// The TLS of its connections.
    pub fn tls(&self) -> Option<TlsContext> {
        self.tls.clone()
    }
}

/// Reads the files again at each SIGHUP. What cannot be read changes nothing.
#[cfg(unix)]
async fn reload(shown: Arc<Shown>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    while hangups.recv().await.is_some() {
        match shown.source.read(&shown.provider) {
            Ok(read) => {
                *shown.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the certificate stays as it was"),
        }
    }
}

#[cfg(not(unix))]
async fn reload(_: Arc<Shown>) {}

impl Accept for Listener {
    type Io = Stream;

    async fn accept(&mut self) -> (Stream, Connection) {
        let (stream, connection) = self.plain.accept().await;
        let stream = match &self.tls {
            None => Stream::Plain(stream),
            Some(tls) => Stream::Handshake(Box::new(tls.acceptor.accept(stream))),
        };
        (stream, connection)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.plain.local_addr()
    }
}

/// The stream of a connection. The first read or write does the handshake.
pub enum Stream {
    Plain(TcpStream),
    Handshake(Box<tokio_rustls::Accept<TcpStream>>),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    /// The handshake failed.
    Failed,
}

/// A stream that is ready for the bytes of HTTP.
type Ready<'a> = Either<&'a mut TcpStream, &'a mut tokio_rustls::server::TlsStream<TcpStream>>;

impl Stream {
    #[inline]
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Ready<'_>>> {
        if let Self::Handshake(handshake) = self {
            let done = ready!(Pin::new(&mut **handshake).poll(context));
            *self = done.map_or(Self::Failed, |stream| Self::Tls(Box::new(stream)));
        }
        Poll::Ready(match self {
            Self::Plain(stream) => Ok(Either::Left(stream)),
            Self::Tls(stream) => Ok(Either::Right(&mut **stream)),
            Self::Handshake(_) | Self::Failed => Err(io::ErrorKind::ConnectionAborted.into()),
        })
    }
}

impl Transport for Stream {
    fn poll_protocol(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Protocol>> {
        ready!(self.poll_ready(context))?;
        Poll::Ready(Ok(match self {
            Self::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) => Protocol::Http2,
            _ => Protocol::Http1,
        }))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut ready!(self.poll_ready(context))?).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut ready!(self.poll_ready(context))?).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut ready!(self.poll_ready(context))?).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        matches!(self, Self::Plain(_) | Self::Tls(_))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut ready!(self.poll_ready(context))?).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Self::Handshake(_) | Self::Failed = *self {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut ready!(self.poll_ready(context))?).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn refusal(arguments: &[&str]) -> Option<&'static str> {
        let config = Config::parse_from([&["two-tokens"], arguments].concat());
        config.check().err().map(|error| error.setting)
    }

    #[test]
    fn settings_of_tls_that_contradict_each_other_are_refused() {
        let https = ["--public-url", "https://localhost:3000"];
        for (arguments, setting) in [
            (&["--tls-cert", "a.pem"][..], Some("TWO_TOKENS_TLS_KEY")),
            (&["--tls-key", "a.pem"], Some("TWO_TOKENS_TLS_CERT")),
            (&["--tls", "self-signed", "--tls-cert", "a", "--tls-key", "b"], Some("TWO_TOKENS_TLS")),
            (&["--tls", "self-signed", "--addr", "0.0.0.0:443"], Some("TWO_TOKENS_TLS")),
            (&["--tls", "self-signed"], None),
            (&["--tls-cert", "a", "--tls-key", "b", "--addr", "0.0.0.0:443"], None),
        ] {
            assert_eq!(refusal(&[arguments, &https].concat()), setting, "{arguments:?}");
        }
        assert_eq!(refusal(&["--tls", "self-signed"]), Some("TWO_TOKENS_PUBLIC_URL"), "the pages are at https");
    }

    #[test]
    fn a_certificate_is_for_the_host_of_the_public_url() {
        for (origin, host) in [
            ("https://localhost:3000", "localhost"),
            ("https://[::1]:3000", "::1"),
            ("https://app.example", "app.example"),
        ] {
            assert_eq!(host_of(origin), host);
        }
    }
}
