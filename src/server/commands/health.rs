//! `health`: asks a running server whether it is ready.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};

use crate::api::edge::public_url;
use crate::server::config::Config;
use crate::server::loopback::{Loopback, OwnConnection};
use crate::server::serve::Error;
use crate::server::tls::client::{Trusted, connector};

/// How long the server may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
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
    let tls = config.speaks_tls().then(|| connector(Trusted::Any)).transpose().map_err(|error| error.to_string())?;
    let server = Loopback::to(config.addr, tls);
    let address = server.address;
    let asking = async {
        let connection = server.connect().await.map_err(|_| format!("no server answers at {address}"))?;
        ask_over(connection, config, path)
            .await
            .map_err(|error| format!("the server at {address} does not answer: {error}"))
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .map_err(|_| format!("the server at {address} does not answer in time"))?
}

/// Status and body of the answer to a `GET` of a path of the app, with the public URL's host.
pub(super) async fn ask_over(connection: OwnConnection, config: &Config, path: &str) -> Result<(u16, String), Error> {
    let request =
        Request::get(config.base_path.at(path)).header(header::HOST, public_url::authority(&config.public_url));
    let (parts, body) = connection.send(request.body(Body::empty())?, ANSWER_MAX).await?;
    Ok((parts.status.as_u16(), String::from_utf8_lossy(&body).into_owned()))
}
