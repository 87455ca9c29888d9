//! A request to the public URL, as a browser makes it: by its name, through whatever stands in front of the server.

use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use url::Url;

use super::health::{PATIENCE, ask_over};
use crate::api::edge::public_url;
use crate::server::config::Config;
use crate::server::loopback::OwnConnection;
use crate::server::tls::client::{Trusted, connect, connector, public_connector};

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// No connection, or no answer over it; a sentence's end.
    Unreachable(String),
    /// The certificate, or what stands there speaks no TLS.
    Tls(String),
}
use Unanswered::{Tls, Unreachable};

/// Status and body of the answer to a `GET` of a path of the app.
pub(super) async fn get(config: &Config, path: &str) -> Result<(u16, String), Unanswered> {
    let asking = async {
        let connection = open(&config.public_url).await?;
        ask_over(connection, config, path).await.map_err(|error| Unreachable(error.to_string()))
    };
    let in_time = tokio::time::timeout(PATIENCE, asking).await;
    in_time.unwrap_or_else(|_| Err(Unreachable(format!("no answer within {} s", PATIENCE.as_secs()))))
}

async fn open(origin: &str) -> Result<OwnConnection, Unanswered> {
    let url = Url::parse(origin).map_err(|error| Unreachable(error.to_string()))?;
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let stream = TcpStream::connect((&*host, port)).await.map_err(|error| Unreachable(error.to_string()))?;
    if url.scheme() == "http" {
        return Ok(OwnConnection::plain(stream));
    }
    // For a name of this computer nobody signs a certificate.
    let tls = if public_url::is_loopback(origin) { connector(Trusted::Any) } else { public_connector() };
    let name = ServerName::try_from(host).map_err(|error| Tls(error.to_string()))?;
    let tls = tls.map_err(|error| Tls(error.to_string()))?;
    Ok(OwnConnection::over_tls(connect(&tls, stream, name).await.map_err(|error| Tls(error.to_string()))?))
}
