//! The thief, and the owner's other device: actors inside the server with jars of their own, so that "stealing" never needs to
//! show a token to anybody. Their requests are real ones, over TCP to this server's own port, and find no open door there.

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::jar::{Jar, access_token};
use super::outside::{Answer, Outside, Sent};
use super::sandbox::{Inside, Sandbox};
use super::tamper;
use crate::api::error::{Code, Problem};
use crate::auth::session::SessionId;
use crate::lab::event::{Lifeline, Tamper, What};

const TAG: usize = 32;

pub struct Thief<'a> {
    pub sandbox: &'a Sandbox,
    pub outside: &'a Outside,
}

impl Thief<'_> {
    /// Copies the refresh token out of the visitor's jar.
    pub fn steals_refresh(&self) -> Result<(), Problem> {
        let token = self.sandbox.inside().browser.refresh.clone().ok_or_else(nobody_signed_in)?;
        let seen = self.sandbox.redactor(&self.sandbox.running()).refresh(&token);
        self.sandbox.inside().thief.refresh = Some(token);
        self.sandbox.log.add(None, What::StoleRefresh { token: seen });
        Ok(())
    }

    /// Copies the access token out of the visitor's tab.
    pub fn steals_access(&self) -> Result<(), Problem> {
        let token = self.victims_access()?;
        let seen = self.sandbox.redactor(&self.sandbox.running()).access(&token);
        self.sandbox.inside().thief.access = Some(token);
        self.sandbox.log.add(None, What::StoleAccess { token: seen });
        Ok(())
    }

    pub async fn refreshes(&self) -> Result<(), Problem> {
        let token = self.sandbox.inside().thief.refresh.clone();
        let token = token.ok_or_else(|| not_now("The thief has no refresh token. Let it steal one first."))?;
        let answer = self.sends(post("/api/auth/refresh", Some(token))).await?;
        self.keeps(&answer, |inside| &mut inside.thief);
        Ok(())
    }

    pub async fn calls(&self) -> Result<(), Problem> {
        let token = self.sandbox.inside().thief.access.clone();
        let token = token.ok_or_else(|| not_now("The thief has no access token. Let it steal one first."))?;
        self.sends(get("/api/notes/list", token)).await.map(drop)
    }

    /// Sends the visitor's access token after a change to it.
    pub async fn tampers(&self, how: Tamper) -> Result<(), Problem> {
        let token = self.victims_access()?;
        let token = tamper::tampered(&token, how).ok_or_else(nobody_signed_in)?;
        self.sends(get("/api/account/me", token)).await.map(drop)
    }

    /// Copies a row, and builds what can be built from it: a token with the right session and generation, but no tag.
    pub async fn leaks_the_database(&self) -> Result<(), Problem> {
        let row = self.sandbox.rows.lock().await.newest().cloned().ok_or_else(nobody_signed_in)?;
        let id = SessionId::parse(&row.id).ok_or_else(nobody_signed_in)?;
        let bytes = [id.0.as_slice(), &row.generation.to_be_bytes(), &[0; TAG]].concat();
        self.sandbox.log.add(None, What::StoleRow { row });
        let token = Zeroizing::new(format!("ttr_{}", URL_SAFE_NO_PAD.encode(bytes)));
        self.sends(post("/api/auth/refresh", Some(token))).await.map(drop)
    }

    /// The owner signs in on another machine.
    pub async fn other_device_signs_in(&self) -> Result<(), Problem> {
        let credentials = self.sandbox.credentials();
        let form = form(&[("email", &credentials.email), ("password", &credentials.password)]);
        let cookie = self.sandbox.inside().other_device.refresh.clone();
        let sent = Sent { from: Lifeline::OtherDevice, form, ..post("/api/auth/login", cookie) };
        let answer = self.sends(sent).await?;
        self.keeps(&answer, |inside| &mut inside.other_device);
        Ok(())
    }

    fn victims_access(&self) -> Result<Zeroizing<String>, Problem> {
        self.sandbox.inside().browser.access.clone().ok_or_else(nobody_signed_in)
    }

    async fn sends(&self, sent: Sent<'_>) -> Result<Answer, Problem> {
        self.outside.send(self.sandbox, sent).await.map_err(|error| {
            tracing::error!(%error, "an actor of the lab could not reach this server");
            Problem::unavailable("The lab could not reach its own server. Try again in a moment.", 2)
        })
    }

    fn keeps(&self, answer: &Answer, jar: fn(&mut Inside) -> &mut Jar) {
        let access = access_token(&answer.body);
        jar(&mut self.sandbox.inside()).keep(&self.sandbox.mount, &answer.headers, access.as_ref());
    }
}

fn post(path: &str, cookie: Option<Zeroizing<String>>) -> Sent<'_> {
    Sent { from: Lifeline::Thief, method: Method::POST, path, form: Zeroizing::default(), cookie, bearer: None }
}

fn get(path: &str, bearer: Zeroizing<String>) -> Sent<'_> {
    Sent { method: Method::GET, bearer: Some(bearer), ..post(path, None) }
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

fn nobody_signed_in() -> Problem {
    not_now("Nobody is signed in in this sandbox. Sign in first.")
}

/// For what cannot be done as things are.
pub fn not_now(why: &str) -> Problem {
    Problem::new(Code::ValidationFailed, why)
}
