//! What somebody holds: the sandbox's idea of the browser's jar and memory, kept so that a thief can copy from it what really
//! lies there, and the thief's own. Tokens stay in types that wipe themselves and do not print.

use std::fmt;

use axum::http::{HeaderMap, header};
use zeroize::Zeroizing;

use crate::mount::Mount;
use crate::server::refresh_cookie;

#[derive(Clone, Default)]
pub struct Jar {
    pub refresh: Option<Zeroizing<String>>,
    pub access: Option<Zeroizing<String>>,
    /// The readable companion of the refresh cookie.
    pub hint: bool,
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jar([redacted])")
    }
}

impl Jar {
    /// Keeps what an answer brought. `access` is the token in its body.
    pub fn keep(&mut self, mount: &Mount, headers: &HeaderMap, access: Option<&Zeroizing<String>>) {
        for line in headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let (name, rest) = line.split_once('=').unwrap_or_default();
            let value = rest.split(';').next().unwrap_or_default();
            if name == refresh_cookie::NAME {
                self.refresh = (!value.is_empty()).then(|| Zeroizing::new(value.to_owned()));
                if value.is_empty() {
                    self.access = None;
                }
            } else if name == mount.hint_name() {
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
