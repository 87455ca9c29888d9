//! The base path: the path prefix that a reverse proxy serves this app under. Pages, API and
//! cookies of two base paths on one site stay apart in the browser. Also the check against open
//! redirects.

use std::sync::Arc;

/// The prefix of every path of this app; empty at the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath {
    prefix: Arc<str>,
    port: Option<u16>,
    /// Ends the names of cookies: a hyphen and the port, or nothing.
    suffix: Arc<str>,
}

impl BasePath {
    /// `prefix` is empty, or starts with a slash and does not end with one. It is not checked.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into(), ..Self::default() }
    }

    /// On a port that is not the scheme's own. Cookies know no ports (RFC 6265 section 8.5), so the names of this app's cookies
    /// have the port: two apps on one host stay apart.
    #[must_use]
    pub fn on_port(self, port: Option<u16>) -> Self {
        let suffix = port.map_or_else(String::new, |port| format!("-{port}"));
        Self { port, suffix: suffix.into(), ..self }
    }

    /// The port in the names of cookies.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The name of a cookie of this app.
    pub fn cookie_name(&self, name: &str) -> String {
        [name, &self.suffix].concat()
    }

    /// Whether `found` is [`Self::cookie_name`] of `name`. Each request asks it of each of its cookies.
    pub fn is_cookie_name(&self, found: &str, name: &str) -> bool {
        found.strip_prefix(name) == Some(&*self.suffix)
    }

    pub fn as_str(&self) -> &str {
        &self.prefix
    }

    pub fn is_root(&self) -> bool {
        self.prefix.is_empty()
    }

    /// The URL path of `path`, which starts with a slash: the prefix, then `path`.
    pub fn at(&self, path: &str) -> String {
        [&*self.prefix, path].concat()
    }

    /// Strips the prefix from `address`. An address outside the base path is returned unchanged.
    pub fn within<'a>(&self, address: &'a str) -> &'a str {
        match address.strip_prefix(&*self.prefix) {
            Some("") => "/",
            Some(path) if path.starts_with(['/', '?', '#']) => path,
            _ => address,
        }
    }

    /// The path and query of `uri` below the prefix; `None` outside the base path.
    pub fn strip(&self, uri: &http::Uri) -> Option<http::Uri> {
        let path = match uri.path_and_query()?.as_str().strip_prefix(&*self.prefix)? {
            path if path.starts_with('/') => path.to_owned(),
            query if query.is_empty() || query.starts_with('?') => ["/", query].concat(),
            _ => return None,
        };
        path.parse().ok()
    }
}

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
pub use browser::current;

#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(not(feature = "hydrate"))]
pub use server::{FilesBase, current, files};

/// [`BasePath::at`] for the current page: the `href` of a link.
pub fn at(path: &str) -> String {
    current().at(path)
}

/// Whether `address` is a path on this site. A redirect to any other user-supplied address is an
/// open redirect (OWASP: unvalidated redirects and forwards).
pub fn is_local_path(address: &str) -> bool {
    // Browsers read a backslash as a slash and drop tabs and line breaks: `/\t/evil.example` is
    // `//evil.example`.
    address.starts_with('/') && !address.starts_with("//") && !address.contains(|c: char| c == '\\' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::BasePath;

    #[test]
    fn the_prefix_is_added_and_stripped() {
        for (prefix, path, address) in [("", "/account", "/account"), ("/a/x", "/account?a=1", "/a/x/account?a=1")] {
            let base = BasePath::new(prefix);
            assert_eq!(base.at(path), address);
            assert_eq!(base.within(address), path);
        }
        for (address, path) in [
            ("/a/x", Some("/")),
            ("/a/x/", Some("/")),
            ("/a/x?b=1", Some("/?b=1")),
            ("/a/x/y?b=1", Some("/y?b=1")),
            ("/a/xy", None),
            ("/", None),
        ] {
            let path = path.map(http::Uri::from_static);
            assert_eq!(BasePath::new("/a/x").strip(&http::Uri::from_static(address)), path, "{address}");
        }
        assert_eq!(BasePath::new("/a/x").within("/a/x"), "/");
        assert_eq!(BasePath::new("/a/x").within("/a/xy"), "/a/xy");
    }
}
