//! The request context of a server function: the service, the caller, the cookies, and the response headers. Server functions
//! use nothing else of axum.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};

use super::app_state::AppState;
use super::cookies;
use super::secure_session;
use super::server_functions::Call;
use crate::auth::error::AuthError;
use crate::auth::model::device::Device;
use crate::auth::model::submission::Submission;
use crate::auth::service::{AuthService, Grant};
use crate::auth::sign_in::Visitor;
use crate::auth::throttle::{attempt::Caller, device_cookie::DeviceCookie, rules::Source};
use crate::auth::token::{access::Verified, refresh::Presented};
use crate::base_path::BasePath;
use crate::protocol::problem::Problem;
use crate::protocol::tokens::{TokenResponse, TokenType, User};

/// The current request and its response.
pub struct RequestContext(Arc<Call>);

impl RequestContext {
    /// The context of the current request.
    ///
    /// # Errors
    ///
    /// `temporarily_unavailable` outside a request.
    pub fn current() -> Result<Self, Problem> {
        let call = Call::current().ok_or(AuthError::Internal("a server function was called outside a request"))?;
        Ok(Self(call))
    }

    /// The context and the verified access token. Fails closed when the bearer guard did not run.
    ///
    /// # Errors
    ///
    /// `temporarily_unavailable` when the function's path is not guarded.
    pub fn signed_in() -> Result<(Self, Arc<Verified>), Problem> {
        let context = Self::current()?;
        let verified = context.0.verified.clone();
        let verified = verified.ok_or(AuthError::Internal("a protected function outside the guarded paths"))?;
        Ok((context, verified))
    }

    /// The use cases.
    pub fn service(&self) -> &Arc<AuthService> {
        &self.0.state.auth
    }

    /// A resource added with [`AppState::with_resource`].
    ///
    /// # Errors
    ///
    /// `temporarily_unavailable` when it was not added.
    pub fn resource<T: Send + Sync + 'static>(&self) -> Result<Arc<T>, Problem> {
        let missing = AuthError::Internal("a resource is missing: add it with AppState::with_resource");
        self.0.state.resource().ok_or_else(|| missing.into())
    }

    /// The browser of the request.
    pub fn device(&self) -> Device {
        device(&self.0.parts)
    }

    /// The origin of a sign-in, with the session that it replaces.
    ///
    /// # Errors
    ///
    /// `validation_failed` at `idempotency_key`.
    pub fn visitor(&self, idempotency_key: &str) -> Result<Visitor, AuthError> {
        visitor(&self.0.state, &self.0.parts, idempotency_key)
    }

    /// The refresh token of the request, with its outer tag verified, without a query.
    ///
    /// # Errors
    ///
    /// `refresh_token_missing`, `refresh_token_invalid`.
    pub fn refresh_cookie(&self) -> Result<Presented, Problem> {
        let headers = &self.0.parts.headers;
        let text = cookies::refresh::read(&self.0.state.base_path, headers).map_err(|error| match error {
            AuthError::RefreshTokenMissing if cookies::session_hint::is_set(&self.0.state.base_path, headers) => {
                AuthError::RefreshTokenLost
            }
            error => error,
        })?;
        let presented = self.0.state.auth.open_refresh_token(text)?;
        let skipped = secure_session::skipped(headers);
        if let Some(why) = skipped {
            self.0.state.auth.skipped(why);
        }
        let base_path = &self.0.state.base_path;
        let may_prove_later = skipped.is_some() || cookies::bound::is_set(base_path, headers);
        Ok(presented.with(cookies::bound::read(base_path, headers), may_prove_later))
    }

    /// The refresh token of the request, if there is a valid one.
    pub fn refresh_cookie_if_valid(&self) -> Option<Presented> {
        presented(&self.0.state, &self.0.parts)
    }

    /// The token response (RFC 6749 section 5.1). Adds the cookies to the response, and after a sign-in the offer to bind it.
    pub fn grant(&self, grant: Grant) -> TokenResponse {
        for line in grant_headers(&self.0.state, &self.0.parts.headers, &grant) {
            self.0.add_header(line);
        }
        TokenResponse {
            access_token: grant.access_token,
            token_type: TokenType::Bearer,
            expires_in: grant.expires_in,
            user: User { id: grant.user_id.to_string(), email: grant.user_email },
            session_id: grant.session_id.to_string(),
        }
    }

    /// Adds the device cookie to the response.
    pub fn remember_device(&self, cookie: Option<&DeviceCookie>) {
        if let Some(cookie) = cookie {
            self.0.set_cookie(cookies::device::set(&self.0.state.base_path, cookie));
        }
    }

    /// Deletes the refresh cookie and those that go with it in the browser.
    pub fn clear_refresh_cookie(&self) {
        for cookie in cleared_cookies(&self.0.state.base_path, &self.0.parts.headers) {
            self.0.set_cookie(cookie);
        }
    }
}

/// The headers of a grant for a request with these `headers`: the cookies of refresh token and session hint, and after a sign-in the
/// device cookie and the offer to bind the session to the device.
pub fn grant_headers(
    state: &AppState,
    headers: &HeaderMap,
    grant: &Grant,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
    let base_path = &state.base_path;
    let refresh = cookies::refresh::set(base_path, &grant.refresh_token, grant.refresh_expires_in);
    let hint = cookies::session_hint::set(base_path, grant.refresh_expires_in);
    let device = grant.device_cookie.as_ref().map(|device| cookies::device::set(base_path, device));
    let challenge = grant.binding_challenge.as_ref();
    let offer = challenge.and_then(|challenge| secure_session::registration(state, headers, challenge));
    [refresh, hint].into_iter().chain(device).map(|line| (header::SET_COOKIE, line)).chain(offer)
}

/// The `Set-Cookie` values that delete the refresh cookie, the session hint cookie, and the bound cookie where there is one.
pub fn cleared_cookies(base_path: &BasePath, headers: &HeaderMap) -> impl Iterator<Item = HeaderValue> + use<> {
    let bound = cookies::bound::is_set(base_path, headers).then(|| cookies::bound::clear(base_path));
    [cookies::refresh::clear(base_path), cookies::session_hint::clear(base_path)].into_iter().chain(bound)
}

/// The refresh token of a request, if there is a valid one.
pub fn presented(state: &AppState, parts: &Parts) -> Option<Presented> {
    state.auth.open_refresh_token(cookies::refresh::read(&state.base_path, &parts.headers).ok()?).ok()
}

/// The submission of a request, by its field `idempotency_key`; `None` when that is empty.
///
/// # Errors
///
/// A key that is too long.
pub fn submission(idempotency_key: &str) -> Result<Option<Submission>, AuthError> {
    Submission::of(idempotency_key).map_err(|error| AuthError::invalid("idempotency_key", error))
}

/// The origin of a sign-in, with the session that it replaces, and its submission.
///
/// # Errors
///
/// An idempotency key that is too long.
pub fn visitor(state: &AppState, parts: &Parts, idempotency_key: &str) -> Result<Visitor, AuthError> {
    let caller = Caller {
        source: Some(Source::of(state.proxies.client_of(parts))),
        device_cookies: cookies::device::read(&state.base_path, &parts.headers).map(str::to_owned).collect(),
    };
    let submission = submission(idempotency_key)?;
    Ok(Visitor { device: device(parts), caller, replaces: presented(state, parts), submission })
}

/// The browser of a request.
pub fn device(parts: &Parts) -> Device {
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Device::from_user_agent(user_agent.unwrap_or_default())
}
