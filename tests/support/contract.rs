//! Holds what tests see against the API's document: whatever a test asks, the answer has a status and a code that the
//! document lists for the operation.

use std::sync::LazyLock;

use axum::http::Method;
use two_tokens::notes;
use two_tokens::protocol::openapi::Operation;
use two_tokens::server::openapi::all;

use super::Answer;

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| all(&[notes::operations]));

/// Panics where an operation answered as the document does not say.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let asked = |operation: &&Operation| operation.method == method && operation.path == path;
    let Some(operation) = OPERATIONS.iter().find(asked) else { return };
    let status = answer.status.as_u16();
    let in_text = operation.text_refusal.is_some_and(|(refused, _)| refused == status);
    let documented = match answer.code().as_str() {
        // Outside the base path, or on the listener of the metrics: no answer of the app.
        "" if status == 404 && !path.starts_with("/api/") => true,
        "" => status == operation.success.status() || in_text || (operation.has_entity_tag && status == 304),
        code => operation.codes().any(|listed| listed.as_str() == code && listed.status() == status),
    };
    assert!(documented, "the API's document does not say that {method} {path} may answer {status} {}", answer.body);
}
