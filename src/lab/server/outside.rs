//! The way in from outside: an HTTP client that connects to this server's own port, so that what an actor does in a sandbox is
//! a request over TCP like anybody's, and meets all that a request meets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use zeroize::Zeroizing;

use super::sandbox::Sandbox;
use super::who;
use crate::lab::event::Lifeline;

const ANSWER_MAX: usize = 1024 * 1024;

pub struct Outside {
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
    host: String,
}

/// What an actor sends. `cookie` and `bearer` are tokens.
pub struct Sent<'a> {
    pub from: Lifeline,
    pub method: Method,
    pub path: &'a str,
    pub form: Zeroizing<String>,
    pub cookie: Option<Zeroizing<String>>,
    pub bearer: Option<Zeroizing<String>>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Outside {
    pub fn new(mut address: SocketAddr, public_url: &str) -> Self {
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let host = public_url.split("//").nth(1).unwrap_or_default().to_owned();
        Self { client: Client::builder(TokioExecutor::new()).build_http(), address, host }
    }

    pub async fn send(&self, sandbox: &Sandbox, sent: Sent<'_>) -> Result<Answer, axum::Error> {
        let mut request = Request::builder()
            .method(sent.method)
            .uri(format!("http://{}{}", self.address, sandbox.mount.at(sent.path)))
            .header(header::HOST, &self.host)
            .header(header::USER_AGENT, user_agent(sent.from))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(who::ACTOR, who::badge(sandbox, sent.from));
        if let Some(cookie) = &sent.cookie {
            request = request.header(header::COOKIE, format!("{}={}", crate::server::refresh_cookie::NAME, **cookie));
        }
        if let Some(bearer) = &sent.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", **bearer));
        }
        let request = request.body(Body::from(sent.form.to_string())).map_err(axum::Error::new)?;
        let (parts, body) = self.client.request(request).await.map_err(axum::Error::new)?.into_parts();
        let body = to_bytes(Body::new(body), ANSWER_MAX).await?;
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}

fn user_agent(actor: Lifeline) -> &'static str {
    match actor {
        Lifeline::OtherDevice => {
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
        }
        _ => "curl/8.15.0",
    }
}
