//! A cookie jar (RFC 6265): a cookie is sent where its path says. Times and domains are left out; the server decides by
//! the token, and there is one host.

/// The refresh cookie of a server at `http://localhost:3000`, where all tests reach theirs.
pub const REFRESH_COOKIE: &str = "__Secure-refresh-3000";
/// The device cookie: a browser in which this account's owner has signed in before.
pub const DEVICE_COOKIE: &str = "__Host-known-3000";
/// The session hint cookie.
pub const HINT_COOKIE: &str = "two_tokens_signed_in-3000";

use super::BOUND_COOKIE;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookies(Vec<Cookie>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Cookies {
    /// A jar with one cookie, put there by hand.
    pub fn of(name: &str, value: impl Into<String>) -> Self {
        Self::default().and(name, value)
    }

    /// One cookie more, beside any of the same name.
    pub fn and(mut self, name: &str, value: impl Into<String>) -> Self {
        let path = if [REFRESH_COOKIE, BOUND_COOKIE].contains(&name) { "/api/auth" } else { "/" };
        self.0.push(Cookie { name: name.into(), value: value.into(), path: path.into() });
        self
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Drops a cookie, as a browser does when it has expired.
    pub fn drop(&mut self, name: &str) {
        self.0.retain(|cookie| cookie.name != name);
    }

    /// Drops the cookie of this name that has this value.
    pub fn drop_value(&mut self, name: &str, value: &str) {
        self.0.retain(|cookie| (&*cookie.name, &*cookie.value) != (name, value));
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|cookie| cookie.name == name).map(|cookie| &*cookie.value)
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|cookie| &*cookie.name).collect()
    }

    /// Keeps or drops what one line of `Set-Cookie` says.
    pub fn keep(&mut self, line: &str) {
        let mut parts = line.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a name and a value");
        let path = parts.clone().find_map(|part| part.strip_prefix("Path=")).unwrap_or("/");
        self.0.retain(|cookie| (&*cookie.name, &*cookie.path) != (name, path));
        if !parts.any(|part| part == "Max-Age=0") {
            self.0.push(Cookie { name: name.into(), value: value.into(), path: path.into() });
        }
    }

    /// The `Cookie` header of a request for this path.
    pub fn header_for(&self, path: &str) -> Option<String> {
        let path = path.split('?').next().unwrap();
        let sent = self.0.iter().filter(|cookie| matches(&cookie.path, path));
        let pairs: Vec<_> = sent.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// RFC 6265, section 5.1.4.
fn matches(scope: &str, path: &str) -> bool {
    path.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || scope.ends_with('/'))
}
