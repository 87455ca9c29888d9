//! `health`: asks a running server whether it is ready.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::api::edge::public_url;
use crate::server::config::Config;
use crate::server::serve::Error;

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
    let uri = format!("http://{address}{}", config.base_path.at(path));
    let request =
        Request::get(&uri).header(header::HOST, public_url::authority(&config.public_url)).body(Body::empty());
    let request = request.map_err(|error| format!("{uri}: {error}"))?;
    let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
    let asking = async {
        let answer = client.request(request).await.map_err(|_| format!("no server answers at {address}"))?;
        let status = answer.status().as_u16();
        let body = to_bytes(Body::new(answer.into_body()), ANSWER_MAX).await;
        let body = body.map_err(|_| format!("the answer of {address} breaks off"))?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .map_err(|_| format!("the server at {address} does not answer in time"))?
}

/// Where a server that listens on all addresses is reached from here.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
