//! The thief (token theft and replay), and the owner's other device: actors inside the server with tokens of their own, so that
//! stealing never exposes a token to the browser. Their requests are real, over TCP to this server's own port, and have no
//! privileges there.

use axum::http::{
    HeaderValue, Method,
    header::{COOKIE, ORIGIN, SET_COOKIE},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::super::event_log::actor_tokens::{ActorTokens, access_token};
use super::super::loopback_client::{ActorRequest, ActorResponse, LoopbackClient};
use super::super::sandbox::Sandbox;
use super::super::sandbox::state::SandboxState;
use super::device::DeviceWithKey;
use super::tamper;
use crate::api::edge::secure_session;
use crate::auth::model::session::SessionId;
use crate::lab::model::event::{Lifeline, LogEventKind, Tamper};
use crate::lab::words::t;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

/// The length of a refresh token's tag in bytes.
const TAG: usize = 32;

pub struct Thief<'a> {
    pub sandbox: &'a Sandbox,
    pub loopback: &'a LoopbackClient,
}

impl Thief<'_> {
    /// Copies the refresh token out of the browser's cookie jar.
    pub fn steals_refresh(&self) -> Result<(), Problem> {
        let token = self.sandbox.state().browser.refresh.clone().ok_or_else(nobody_signed_in)?;
        let seen = self.sandbox.redactor(&self.sandbox.running()).refresh(&token);
        self.sandbox.state().thief.refresh = Some(token);
        self.sandbox.log.add(None, LogEventKind::StoleRefresh { token: seen });
        Ok(())
    }

    /// Copies the access token out of the tab's memory.
    pub fn steals_access(&self) -> Result<(), Problem> {
        let token = self.victims_access()?;
        let seen = self.sandbox.redactor(&self.sandbox.running()).access(&token);
        self.sandbox.state().thief.access = Some(token);
        self.sandbox.log.add(None, LogEventKind::StoleAccess { token: seen });
        Ok(())
    }

    pub async fn refreshes(&self) -> Result<(), Problem> {
        let token = self.sandbox.state().thief.refresh.clone();
        let token = token.ok_or_else(|| {
            not_now(t(
                "The thief has no refresh token. Let it steal one first.",
                "Der Dieb hat kein Refresh-Token. Lass ihn zuerst eines stehlen.",
            ))
        })?;
        let response = self.sends(post("/api/auth/refresh", Some(token))).await?;
        self.keeps(&response, |state| &mut state.thief);
        Ok(())
    }

    pub async fn calls(&self) -> Result<(), Problem> {
        let token = self.sandbox.state().thief.access.clone();
        let token = token.ok_or_else(|| {
            not_now(t(
                "The thief has no access token. Let it steal one first.",
                "Der Dieb hat kein Access-Token. Lass ihn zuerst eines stehlen.",
            ))
        })?;
        self.sends(get("/api/notes/list", token)).await.map(drop)
    }

    /// Sends the victim's access token after altering it.
    pub async fn tampers(&self, how: Tamper) -> Result<(), Problem> {
        let token = self.victims_access()?;
        let token = tamper::tampered(&token, how).ok_or_else(nobody_signed_in)?;
        self.sends(get("/api/account/me", token)).await.map(drop)
    }

    /// Copies a row and builds what can be built from it: a token with the right session and generation, but without a valid tag.
    pub async fn leaks_the_database(&self) -> Result<(), Problem> {
        let row = self.sandbox.rows.lock().await.newest().cloned().ok_or_else(nobody_signed_in)?;
        let id = SessionId::parse(&row.id).ok_or_else(nobody_signed_in)?;
        let bytes = [id.0.as_slice(), &row.generation.to_be_bytes(), &[0; TAG]].concat();
        self.sandbox.log.add(None, LogEventKind::StoleRow { row });
        let token = Zeroizing::new(format!("ttr_{}", URL_SAFE_NO_PAD.encode(bytes)));
        self.sends(post("/api/auth/refresh", Some(token))).await.map(drop)
    }

    /// Signs the account in from another machine.
    pub async fn other_device_signs_in(&self) -> Result<(), Problem> {
        self.other_device_sends_credentials().await.map(drop)
    }

    /// The second device signs in and binds its session, if it is offered that; returns its bound cookie.
    pub async fn other_device_binds(&self) -> Result<Option<HeaderValue>, Problem> {
        let signed_in = self.other_device_sends_credentials().await?;
        let line = signed_in.headers.get(secure_session::REGISTRATION).and_then(|line| line.to_str().ok());
        let Some(challenge) = line.and_then(|line| line.split('"').nth(3)) else { return Ok(None) };
        let proof = DeviceWithKey::new()?.registration(challenge)?;
        let headers = vec![(secure_session::RESPONSE, header(&proof))];
        let cookie = self.sandbox.state().other_device.refresh.clone();
        let sent = ActorRequest { from: Lifeline::OtherDevice, headers, ..post(secure_session::BIND, cookie) };
        let bound = self.sends(sent).await?;
        let line = bound.headers.get(SET_COOKIE).and_then(|line| line.to_str().ok());
        Ok(line.and_then(|line| line.split(';').next()).map(header))
    }

    /// Copies the refresh token of the second device, and nothing else of it.
    pub fn steals_from_other_device(&self) -> Result<(), Problem> {
        let token = self.sandbox.state().other_device.refresh.clone().ok_or_else(nobody_signed_in)?;
        let seen = self.sandbox.redactor(&self.sandbox.running()).refresh(&token);
        self.sandbox.state().thief.refresh = Some(token);
        self.sandbox.log.add(None, LogEventKind::StoleRefresh { token: seen });
        Ok(())
    }

    /// The second device refreshes, with its bound cookie where it has one.
    pub async fn other_device_refreshes(&self, bound: Option<HeaderValue>) -> Result<(), Problem> {
        let cookie = self.sandbox.state().other_device.refresh.clone();
        let headers = bound.into_iter().map(|line| (COOKIE, line)).collect();
        let sent = ActorRequest { from: Lifeline::OtherDevice, headers, ..post("/api/auth/refresh", cookie) };
        let response = self.sends(sent).await?;
        self.keeps(&response, |state| &mut state.other_device);
        Ok(())
    }

    async fn other_device_sends_credentials(&self) -> Result<ActorResponse, Problem> {
        let credentials = self.sandbox.credentials().ok_or_else(|| {
            not_now(t(
                "The e-mail or the password of this account was typed, and the lab does not keep what is typed. Reset the lab.",
                "E-Mail oder Passwort dieses Kontos wurde getippt, und das Labor hebt nichts Getipptes auf. Setze das Labor zurück.",
            ))
        })?;
        let form = form(&[("email", &credentials.email), ("password", &credentials.password)]);
        let cookie = self.sandbox.state().other_device.refresh.clone();
        // As a browser does: the offer to bind a session goes to this site alone.
        let headers = vec![(ORIGIN, header(&self.sandbox.running().state.public_url))];
        let sent = ActorRequest { from: Lifeline::OtherDevice, form, headers, ..post("/api/auth/login", cookie) };
        let response = self.sends(sent).await?;
        self.keeps(&response, |state| &mut state.other_device);
        Ok(response)
    }

    fn victims_access(&self) -> Result<Zeroizing<String>, Problem> {
        self.sandbox.state().browser.access.clone().ok_or_else(nobody_signed_in)
    }

    async fn sends(&self, sent: ActorRequest<'_>) -> Result<ActorResponse, Problem> {
        self.loopback.send(self.sandbox, sent).await.map_err(|error| {
            tracing::error!(%error, "an actor of the lab could not reach this server");
            Problem::unavailable(
                t(
                    "The lab could not reach its own server. Try again in a moment.",
                    "Das Labor hat seinen eigenen Server nicht erreicht. Versuche es gleich noch einmal.",
                ),
                2,
            )
        })
    }

    fn keeps(&self, response: &ActorResponse, tokens: fn(&mut SandboxState) -> &mut ActorTokens) {
        let access = access_token(&response.body);
        tokens(&mut self.sandbox.state()).keep(&self.sandbox.mount, &response.headers, access.as_ref());
    }
}

fn post(path: &str, cookie: Option<Zeroizing<String>>) -> ActorRequest<'_> {
    let (form, headers) = (Zeroizing::default(), Vec::new());
    ActorRequest { from: Lifeline::Thief, method: Method::POST, path, form, cookie, bearer: None, headers }
}

fn get(path: &str, bearer: Zeroizing<String>) -> ActorRequest<'_> {
    ActorRequest { method: Method::GET, bearer: Some(bearer), ..post(path, None) }
}

fn form(fields: &[(&str, &str)]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(512));
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => text.push(byte.into()),
                _ => text.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    text
}

/// A value of a header; empty for text that is none.
fn header(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn nobody_signed_in() -> Problem {
    not_now(t(
        "Nobody is signed in in this sandbox. Sign in first.",
        "In diesem Sandkasten ist niemand angemeldet. Melde dich zuerst an.",
    ))
}

/// The problem of an action that is not possible in the current state.
pub fn not_now(why: &str) -> Problem {
    Problem::new(Code::ValidationFailed, why)
}
