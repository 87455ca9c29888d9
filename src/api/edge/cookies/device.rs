//! The device cookie (OWASP): recognises a browser at the next sign-in (`crate::auth::throttle::device_cookie`). It grants no
//! access and names no user. Sign-out keeps it, because the next sign-in needs it.

use axum::http::{HeaderMap, HeaderValue};

use crate::auth::throttle::device_cookie::{DeviceCookie, LIFETIME};
use crate::base_path::BasePath;

/// `__Host-`, so that no sibling site can plant one (cookie tossing, RFC 6265bis section 4.1.3.2). The prefix requires the root
/// path.
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict; Path=/";

/// The name. It depends on the base path, because all cookies of a host with this prefix share the root path.
fn name(base_path: &BasePath) -> String {
    let name = match base_path.as_str().trim_start_matches('/') {
        "" => "__Host-known".to_owned(),
        // An exclamation mark may stand in a cookie's name, and never in a base path.
        path => format!("__Host-{}_known", path.replace('/', "!")),
    };
    base_path.cookie_name(&name)
}

/// The `Set-Cookie` value.
pub fn set(base_path: &BasePath, device: &DeviceCookie) -> HeaderValue {
    super::secret_line(&name(base_path), device.reveal(), ATTRIBUTES, LIFETIME.as_secs())
}

/// All device cookies of a request, unverified. A forged one has no effect, and hides no other.
pub fn read<'a>(base_path: &BasePath, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
    let name = name(base_path);
    super::pairs(headers).filter_map(move |(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    #[test]
    fn all_cookies_of_the_own_name_are_read() {
        let line = HeaderValue::from_static(
            "__Host-known=a; __Secure-known=b; __Host-app_known=c; __Host-known=d; __Host-app!b_known=e",
        );
        let headers = HeaderMap::from_iter([(header::COOKIE, line)]);
        for (base_path, values) in [("", &["a", "d"][..]), ("/app", &["c"]), ("/app/b", &["e"]), ("/other", &[])] {
            assert_eq!(read(&BasePath::new(base_path), &headers).collect::<Vec<_>>(), values, "{base_path}");
        }
    }
}
