//! `GET /openapi.json`: the API's document, for people and for generators of clients. It is made once, at the first request, of
//! the operations of sign-in and account, of those of the resources, and of those of the server that stand here.

use std::{
    future::{Ready, ready},
    sync::{Arc, LazyLock},
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};

use super::config::Config;
use crate::api::edge::app_state::AppState;
use crate::api::edge::{cookies, public_url};
use crate::api::operations;
use crate::auth::error::AuthError;
use crate::base_path::BasePath;
use crate::protocol::openapi::schema::{object, text};
use crate::protocol::openapi::{AnySchema, Operation, Operations, Place, Success, document};
use crate::protocol::problem::Problem;

/// The path of the document.
pub const DOCUMENT: &str = "/openapi.json";

/// For so long a copy counts without asking; as that of the public keys.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// All operations, with those of these resources.
pub fn all(resources: &[Operations]) -> Vec<Operation> {
    let resources = resources.iter().flat_map(|operations| operations());
    operations::operations().into_iter().chain(resources).chain(of_the_server()).collect()
}

fn of_the_server() -> Vec<Operation> {
    let version = object([("name", text("").any), ("version", text("").any)]);
    vec![
        Operation::get(
            "/.well-known/jwks.json",
            "The public keys of the access tokens (RFC 7517).",
            Success::Json(keys()),
        ),
        Operation::get("/.well-known/change-password", "Leads to the account page (W3C).", Success::Redirect),
        Operation::get("/healthz", "The process is alive.", Success::Text),
        Operation::get(
            "/readyz",
            "The server can work: the database takes writes, other instances are heard.",
            Success::Text,
        )
        .refuses_in_text(503, "Not ready; the text says why."),
        Operation::get("/version", "The name and version of the build.", Success::Json(version)),
        Operation::get(DOCUMENT, "This document.", Success::Json(any_object())).has_entity_tag(),
    ]
}

fn any_object() -> AnySchema {
    AnySchema::of(ObjectBuilder::new().schema_type(Type::Object).into())
}

fn keys() -> AnySchema {
    let key = object(["kty", "crv", "kid", "alg", "use", "x"].map(|name| (name, text("").any)));
    let keys = ArrayBuilder::new().items(key.schema).into();
    object([("keys", AnySchema::of(keys))])
}

/// The document of an app at this public URL.
fn made(operations: &[Operation], public_url: &str, base_path: &BasePath) -> OpenApi {
    let url = [public_url, base_path.as_str()].concat();
    let place = Place { url, cookie: cookies::refresh::name(base_path) };
    document(operations, &place)
}

/// The document of a server with these settings, without starting one; with line breaks.
///
/// # Errors
///
/// It cannot be written, which is a mistake of the program.
pub fn of_config(config: &Config, resources: &[Operations]) -> Result<String, serde_json::Error> {
    let base_path = config.base_path.clone().on_port(public_url::own_port(&config.public_url));
    made(&all(resources), &config.public_url, &base_path).to_pretty_json()
}

struct Made {
    body: Bytes,
    tag: HeaderValue,
}

impl Made {
    fn of(state: &AppState) -> Option<Self> {
        let json = made(&all(state.operations()), &state.public_url, &state.base_path).to_json().ok()?;
        let digest = digest(&SHA256, json.as_bytes());
        let tag =
            HeaderValue::try_from(format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]))).ok()?;
        Some(Self { body: json.into(), tag })
    }
}

/// The handler of [`DOCUMENT`].
pub fn handler(state: &AppState) -> impl Fn(HeaderMap) -> Ready<Response> + Clone + Send + Sync + 'static + use<> {
    let state = state.clone();
    let made = Arc::new(LazyLock::new(move || Made::of(&state)));
    move |headers| {
        let failed = || Problem::from(AuthError::Internal("the API's document cannot be made")).into_response();
        ready((**made).as_ref().map_or_else(failed, |made| answer(made, &headers)))
    }
}

fn answer(made: &Made, request: &HeaderMap) -> Response {
    let known = request.get_all(header::IF_NONE_MATCH).iter().any(|tags| matches(tags, &made.tag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], made.body.clone()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHE);
    headers.insert(header::ETAG, made.tag.clone());
    response
}

/// Whether a list of entity tags has this one, weak or strong (RFC 9110 section 13.1.2).
fn matches(tags: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(tags), Ok(tag)) = (tags.to_str(), tag.to_str()) else { return false };
    tags.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_is_found_in_a_list_whether_weak_or_strong() {
        let of = |tags: &'static str| matches(&HeaderValue::from_static(tags), &HeaderValue::from_static("\"a\""));
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(of(known), "{known}");
        }
        for other in ["\"b\"", "a", "", "\"A\""] {
            assert!(!of(other), "{other}");
        }
    }
}
