//! TLS to this very server. On this computer its certificate is for the public name, and may be signed by nobody, so it is not verified by name and
//! roots: the lab's actors trust the one certificate that this process shows (pinning), and `health`, another process, any. That the
//! server holds the certificate's key is verified in both.

use std::{io, sync::Arc};

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    },
};

use super::TlsContext;

/// Which certificate the server may show.
pub enum Trusted {
    /// The one of this process.
    Of(TlsContext),
    Any,
}

/// Connects with HTTP/1.1.
///
/// # Errors
///
/// No version of TLS can be spoken.
pub fn connector(trusted: Trusted) -> io::Result<TlsConnector> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let verifier = Arc::new(Verifier { trusted, provider });
    let settings = versions.map_err(io::Error::other)?.dangerous().with_custom_certificate_verifier(verifier);
    Ok(TlsConnector::from(Arc::new(settings.with_no_client_auth())))
}

/// Connects with HTTP/1.1 to a server whose certificate is verified as a browser does: by its name and public authorities.
///
/// # Errors
///
/// No version of TLS can be spoken.
pub fn public_connector() -> io::Result<TlsConnector> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let settings = versions.map_err(io::Error::other)?.with_root_certificates(roots);
    Ok(TlsConnector::from(Arc::new(settings.with_no_client_auth())))
}

/// The name of the server on this computer in a handshake.
pub fn this_computer() -> ServerName<'static> {
    ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into())
}

/// Does the handshake with the server of this name.
///
/// # Errors
///
/// The handshake fails.
pub async fn connect(
    connector: &TlsConnector,
    stream: TcpStream,
    name: ServerName<'static>,
) -> io::Result<TlsStream<TcpStream>> {
    connector.connect(name, stream).await
}

struct Verifier {
    trusted: Trusted,
    provider: Arc<CryptoProvider>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        presented: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.trusted {
            Trusted::Of(tls) if tls.certificate().cert.first() != Some(presented) => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
            Trusted::Of(_) | Trusted::Any => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use tokio::{io::AsyncReadExt as _, net::TcpListener};

    use super::*;
    use crate::api::edge::client_address::{Accept as _, PlainListener};
    use crate::server::config::Config;
    use crate::server::tls::Listener;

    /// A server that does handshakes and nothing else.
    async fn server() -> (std::net::SocketAddr, TlsContext) {
        let config =
            Config::parse_from(["two-tokens", "--tls", "self-signed", "--public-url", "https://localhost:3000"]);
        let plain = PlainListener(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let mut listener = Listener::new(plain, &config).unwrap();
        let (address, tls) = (listener.local_addr().unwrap(), listener.tls().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await;
                tokio::spawn(async move { drop(stream.read(&mut [0]).await) });
            }
        });
        (address, tls)
    }

    #[tokio::test]
    async fn actors_trust_the_certificate_of_this_server_and_no_other() {
        let ((address, own), (other, _)) = (server().await, server().await);
        let own = own.connector().unwrap();
        connect(&own, TcpStream::connect(address).await.unwrap(), this_computer()).await.unwrap();
        connect(&own, TcpStream::connect(other).await.unwrap(), this_computer()).await.unwrap_err();
        let public = public_connector().unwrap();
        let refused = connect(&public, TcpStream::connect(other).await.unwrap(), this_computer()).await;
        assert!(refused.unwrap_err().to_string().contains("certificate"));
        let any = connector(Trusted::Any).unwrap();
        connect(&any, TcpStream::connect(other).await.unwrap(), this_computer()).await.unwrap();
    }
}
