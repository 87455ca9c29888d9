//! `health`: asks a running server whether it is ready.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::api::edge::public_url;
use crate::server::config::Config;
use crate::server::serve::{Error, reachable};
use crate::server::tls;

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is read of an answer.
const ANSWER_MAX: usize = 64 * 1024;

/// Fails with what the server says unless it is ready.
///
/// # Errors
///
/// A sentence.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn ask(config: &Config) -> Result<(), Error> {
    let (status, body) = get(config, "/readyz").await?;
    if status != 200 {
        return Err(format!("not ready: {body}").into());
    }
    println!("ready");
    Ok(())
}

/// The answer of the server on this computer to a `GET`, with the public URL's host.
pub(super) async fn get(config: &Config, path: &str) -> Result<(u16, String), String> {
    let address = reachable(config.addr);
    let asking = async {
        let nobody = |_| format!("no server answers at {address}");
        let stream = TcpStream::connect(address).await.map_err(nobody)?;
        match config.speaks_tls() {
            false => ask_over(stream, config, path).await,
            true => ask_over(tls::connect(stream).await.map_err(nobody)?, config, path).await,
        }
        .map_err(|error| format!("the server at {address} does not answer: {error}"))
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .map_err(|_| format!("the server at {address} does not answer in time"))?
}

async fn ask_over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    config: &Config,
    path: &str,
) -> Result<(u16, String), Error> {
    let request =
        Request::get(config.base_path.at(path)).header(header::HOST, public_url::authority(&config.public_url));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request.body(Body::empty())?).await?;
    let status = answer.status().as_u16();
    let body = to_bytes(Body::new(answer.into_body()), ANSWER_MAX).await?;
    connection.abort();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
