//! Health endpoints (liveness, readiness), the version, and the public keys (JWKS).

use std::sync::atomic::Ordering;

use axum::{Json, extract::State, http::StatusCode, http::header, response::IntoResponse};
use serde::Serialize;

use crate::api::edge::app_state::AppState;
use crate::auth::NotReady;

/// Liveness: `200` as long as the process responds.
pub async fn healthz() -> &'static str {
    "ok"
}

/// Readiness: `200` while the database takes writes and the cluster link is up, else `503`. At a shutdown it is `503` from the
/// start.
pub async fn readyz(State(state): State<AppState>) -> impl IntoResponse {
    if state.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down");
    }
    match state.auth.ready().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(NotReady::Starting) => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
        Err(NotReady::Disconnected) => (StatusCode::SERVICE_UNAVAILABLE, "other instances cannot be heard"),
        Err(NotReady::Store(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer or takes no writes"),
    }
}

#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
}

/// The name and version of this build.
pub async fn version() -> impl IntoResponse {
    Json(Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") })
}

/// The JWKS (RFC 7517). Cached for 5 minutes only, so that verifiers fetch a new key before it signs.
pub async fn jwks(State(state): State<AppState>) -> impl IntoResponse {
    let body = Json(serde_json::json!({ "keys": state.auth.jwks() }));
    ([(header::CACHE_CONTROL, "public, max-age=300")], body)
}
