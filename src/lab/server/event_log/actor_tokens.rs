//! The tokens an actor holds: a mirror of the browser's cookie jar and memory, so that the thief can copy the real tokens, and the
//! thief's own. Tokens stay in types that zeroize on drop and do not print.

use std::fmt;

use axum::http::{HeaderMap, header};
use zeroize::Zeroizing;

use crate::api::edge::cookies::refresh;
use crate::base_path::BasePath;
use crate::protocol::session::hint_cookie_name;

#[derive(Clone, Default)]
pub struct ActorTokens {
    pub refresh: Option<Zeroizing<String>>,
    pub access: Option<Zeroizing<String>>,
    /// Whether the readable session hint cookie is there.
    pub hint: bool,
}

impl fmt::Debug for ActorTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActorTokens([redacted])")
    }
}

impl ActorTokens {
    /// Applies a response: its cookies, and the token in its body.
    pub fn keep(&mut self, mount: &BasePath, headers: &HeaderMap, access: Option<&Zeroizing<String>>) {
        for line in headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let (name, rest) = line.split_once('=').unwrap_or_default();
            let value = rest.split(';').next().unwrap_or_default();
            if name == refresh::NAME {
                self.refresh = (!value.is_empty()).then(|| Zeroizing::new(value.to_owned()));
                if value.is_empty() {
                    self.access = None;
                }
            } else if name == hint_cookie_name(mount) {
                self.hint = !value.is_empty();
            }
        }
        if let Some(access) = access {
            self.access = Some(access.clone());
        }
    }
}

/// The access token in a token response.
pub fn access_token(body: &[u8]) -> Option<Zeroizing<String>> {
    #[derive(serde::Deserialize)]
    struct Tokens {
        access_token: String,
    }
    serde_json::from_slice::<Tokens>(body).ok().map(|tokens| Zeroizing::new(tokens.access_token))
}
