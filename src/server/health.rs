//! Whether the process lives, whether it can do its work, which build it is, and the public keys.

use axum::{Json, extract::State, http::StatusCode, http::header, response::IntoResponse};
use serde::Serialize;

use super::app_state::AppState;

pub async fn healthz() -> &'static str {
    "ok"
}

/// `200` while the database answers and the other instances are heard.
pub async fn readyz(State(state): State<AppState>) -> impl IntoResponse {
    if !state.hearing.hears() {
        return (StatusCode::SERVICE_UNAVAILABLE, "other instances cannot be heard");
    }
    match state.auth.store.ping().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}

#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
}

pub async fn version() -> impl IntoResponse {
    Json(Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") })
}

/// RFC 7517. Short-lived in caches, so that a new key is known before it signs.
pub async fn jwks(State(state): State<AppState>) -> impl IntoResponse {
    let keys = state.auth.keys.current();
    let body = Json(serde_json::json!({ "keys": keys.jwks() }));
    ([(header::CACHE_CONTROL, "public, max-age=300")], body)
}
