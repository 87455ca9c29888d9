//! What a server function sees of its request and response. Everything a function may touch goes through here, so that
//! cookies, statuses and the caller are found one way.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::app_state::AppState;
use super::{known_cookie, refresh_cookie};
use crate::api::auth::{TokenResponse, TokenType, User};
use crate::api::error::Problem;
use crate::auth::{
    access_token::Verified,
    attempts::Caller,
    error::AuthError,
    notes::Notes,
    refresh_token::Presented,
    service::{AuthService, Grant},
    session::Device,
    throttle::Source,
};
use crate::mount::Mount;

pub struct Edge {
    state: AppState,
    parts: Parts,
    response: ResponseOptions,
}

impl Edge {
    pub fn current() -> Result<Self, Problem> {
        match (use_context(), use_context(), use_context()) {
            (Some(state), Some(parts), Some(response)) => Ok(Self { state, parts, response }),
            _ => Err(AuthError::Internal("a server function was called outside a request").into()),
        }
    }

    /// The edge, and who calls. Fails closed where the guard did not run.
    pub fn signed_in() -> Result<(Self, Arc<Verified>), Problem> {
        let edge = Self::current()?;
        let verified = edge.parts.extensions.get::<Arc<Verified>>().cloned();
        let verified = verified.ok_or(AuthError::Internal("a protected function outside the guarded paths"))?;
        Ok((edge, verified))
    }

    pub fn service(&self) -> &Arc<AuthService> {
        &self.state.auth
    }

    pub fn notes(&self) -> &Notes {
        &self.state.notes
    }

    pub fn device(&self) -> Device {
        device(&self.parts)
    }

    pub fn caller(&self) -> Caller {
        caller(&self.state, &self.parts)
    }

    /// The refresh token of this request, its outer tag found good: no query yet.
    pub fn refresh_cookie(&self) -> Result<Presented, Problem> {
        let text = refresh_cookie::read(&self.parts.headers)?;
        Ok(self.state.auth.refresh_tokens.open(text).map_err(|_| AuthError::RefreshTokenInvalid)?)
    }

    /// The same where a missing or bad one does not matter.
    pub fn refresh_cookie_if_valid(&self) -> Option<Presented> {
        self.refresh_cookie().ok()
    }

    /// The token response, and the cookie beside it.
    pub fn grant(&self, grant: Grant) -> Result<TokenResponse, Problem> {
        for cookie in cookies(&self.state.mount, &grant) {
            self.response.append_header(header::SET_COOKIE, cookie);
        }
        Ok(TokenResponse {
            access_token: grant.access_token,
            token_type: TokenType::Bearer,
            expires_in: grant.expires_in,
            user: User { id: grant.user_id.to_string(), email: grant.user_email },
            session_id: grant.session_id.to_string(),
        })
    }

    pub fn clear_refresh_cookie(&self) {
        for cookie in refresh_cookie::clear(&self.state.mount) {
            self.response.append_header(header::SET_COOKIE, cookie);
        }
    }
}

/// All that a grant leaves in the jar.
pub fn cookies(mount: &Mount, grant: &Grant) -> impl Iterator<Item = HeaderValue> {
    let refresh = refresh_cookie::set(mount, &grant.refresh_token, grant.refresh_lives);
    refresh.into_iter().chain(grant.known_browser.as_ref().map(|known| known_cookie::set(mount, known)))
}

/// Who asks to be let in.
pub fn caller(state: &AppState, parts: &Parts) -> Caller {
    Caller {
        source: Some(Source::of(state.proxies.client_of(parts))),
        known: known_cookie::read(&parts.headers).map(str::to_owned),
    }
}

pub fn device(parts: &Parts) -> Device {
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Device::from_user_agent(user_agent.unwrap_or_default())
}

/// Makes the response under way a `204`.
pub fn no_content() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NO_CONTENT);
    }
}
