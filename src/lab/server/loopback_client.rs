//! The actors' HTTP client: it connects to this server's own port, so an actor's request travels over TCP, and over TLS where the
//! server speaks it, and passes every layer that a real request passes.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
};
use zeroize::Zeroizing;

use super::actor;
use super::sandbox::Sandbox;
use crate::api::edge::public_url;
use crate::lab::model::event::Lifeline;
use crate::server::loopback::Loopback;
use crate::server::serve::Error;

/// Bytes.
const RESPONSE_MAX: usize = 1024 * 1024;

pub struct LoopbackClient {
    server: Loopback,
    host: String,
}

/// A request of an actor. `cookie` is a refresh token, `bearer` an access token.
pub struct ActorRequest<'a> {
    pub from: Lifeline,
    pub method: Method,
    pub path: &'a str,
    pub form: Zeroizing<String>,
    pub cookie: Option<Zeroizing<String>>,
    pub bearer: Option<Zeroizing<String>>,
    /// What it sends besides.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

pub struct ActorResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl LoopbackClient {
    pub fn new(server: Loopback, public_url: &str) -> Self {
        Self { server, host: public_url::authority(public_url).to_owned() }
    }

    /// # Errors
    /// If this server cannot be reached.
    pub async fn send(&self, sandbox: &Sandbox, sent: ActorRequest<'_>) -> Result<ActorResponse, Error> {
        let mut request = Request::builder()
            .method(sent.method)
            .uri(sandbox.mount.at(sent.path))
            .header(header::HOST, &self.host)
            .header(header::USER_AGENT, user_agent(sent.from))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(actor::ACTOR, actor::credential(sandbox, sent.from));
        if let Some(cookie) = &sent.cookie {
            request =
                request.header(header::COOKIE, format!("{}={}", crate::api::edge::cookies::refresh::NAME, **cookie));
        }
        if let Some(bearer) = &sent.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", **bearer));
        }
        let request = sent.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = request.body(Body::from(sent.form.to_string()))?;
        let (parts, body) = self.server.connect().await?.send(request, RESPONSE_MAX).await?;
        Ok(ActorResponse { status: parts.status, headers: parts.headers, body })
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
