//! The public URL: one spelling of an origin (RFC 6454), as browsers write it in `Origin` and tokens in `iss`. Everything that
//! compares it or asks about its host does so here.

use std::net::IpAddr;

use url::{Host, Url};

/// Normalizes a public URL to its origin: scheme and host in lower case, the host by IDNA, no default port, no slash.
///
/// # Errors
///
/// A sentence: why a browser would not be at this origin, or would not keep the cookies.
pub fn normalize(text: &str) -> Result<String, String> {
    let text = text.trim();
    let (scheme, host) = text.split_once("://").unwrap_or_default();
    if !matches!(&*scheme.to_ascii_lowercase(), "http" | "https") || host.starts_with('/') {
        return Err("must be http:// or https:// and a host".into());
    }
    // `Url` repairs what a person did not mean, as browsers do.
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("has a space, a control character or a backslash in it".into());
    }
    let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user name or a password in it".into());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("must end after the host: TWO_TOKENS_BASE_PATH sets a path".into());
    }
    if url.port() == Some(0) || url.host_str().is_none_or(|host| host.ends_with('.')) {
        return Err("must have a host without a dot at its end, and no port 0".into());
    }
    if address_of(&url).is_some_and(|address| address.is_unspecified()) {
        return Err("must be the address that browsers open, which is not the unspecified address".into());
    }
    if url.scheme() == "http" && !is_loopback_url(&url) {
        return Err(format!(
            "{url} is plain HTTP: browsers drop the cookies of a sign-in there, because they are Secure. Put a TLS proxy in \
             front and give its https:// address; plain HTTP works on this computer alone, as http://localhost:3000"
        ));
    }
    Ok(url.origin().ascii_serialization())
}

/// Whether only this computer reaches the host of an origin.
pub fn is_loopback(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| is_loopback_url(&url))
}

/// Host and port of a normalized origin, as in a `Host` header.
pub fn authority(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, authority)| authority)
}

/// The host of a normalized origin, without its port.
pub fn host(origin: &str) -> String {
    Url::parse(origin).ok().and_then(|url| Some(url.host()?.to_string())).unwrap_or_default()
}

/// The scheme of a normalized origin.
pub fn scheme(origin: &str) -> &'static str {
    if origin.starts_with("https://") { "https" } else { "http" }
}

/// The port of a normalized origin, if it is not the scheme's own.
pub fn own_port(origin: &str) -> Option<u16> {
    Url::parse(origin).ok()?.port()
}

/// Whether the value of a `Host` header names this computer, with whatever port.
pub fn is_loopback_authority(authority: &str) -> bool {
    !authority.contains(['/', '@', '?', '#', '\\']) && is_loopback(&format!("http://{authority}"))
}

/// Whether browsers take HSTS from this origin: https, and a name (RFC 6797 section 8.1.1) that is not one of this computer,
/// which other programs of it use too.
pub fn takes_hsts(origin: &str) -> bool {
    let named = |url: &Url| matches!(url.host(), Some(Host::Domain(_))) && !is_loopback_url(url);
    Url::parse(origin).is_ok_and(|url| url.scheme() == "https" && named(&url))
}

fn is_loopback_url(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        _ => address_of(url).is_some_and(|address| address.is_loopback()),
    }
}

fn address_of(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(IpAddr::from(address).to_canonical()),
        Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_origin_are_one() {
        for (text, origin) in [
            ("https://app.example.com", "https://app.example.com"),
            ("HTTPS://App.Example.COM:443/", "https://app.example.com"),
            (" https://app.example.com:8443 ", "https://app.example.com:8443"),
            ("https://müller.example", "https://xn--mller-kva.example"),
            ("https://MÜLLER.example/", "https://xn--mller-kva.example"),
            ("http://LOCALHOST:80", "http://localhost"),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("https://192.0.2.7", "https://192.0.2.7"),
        ] {
            assert_eq!(normalize(text).as_deref(), Ok(origin), "{text}");
        }
    }

    #[test]
    fn no_origin_of_a_browser_is_refused() {
        for text in [
            "",
            "app.example.com",
            "localhost:3000",
            "ftp://x",
            "https:app.example.com",
            "https:///x",
            "https://",
            "https://x/app",
            "https://x?y",
            "https://x#y",
            "https://u:p@x",
            "https://a b",
            "https://x\n",
            r"https:\\x",
            "https://x:0",
            "https://x:99999",
            "https://x.",
            "https://0.0.0.0",
            "https://[::]",
            "https://xn--a",
            "https://a<b",
        ] {
            let refused = normalize(text);
            assert!(refused.is_err() || text.ends_with('\n'), "{text}: {refused:?}");
        }
    }

    #[test]
    fn plain_http_is_for_this_computer_alone() {
        for text in
            ["http://app.example.com", "http://192.168.1.5:3000", "http://[2001:db8::1]", "http://localhost.example"]
        {
            assert!(normalize(text).unwrap_err().contains("plain HTTP"), "{text}");
        }
        for text in ["http://localhost", "http://app.localhost:3000", "http://127.8.0.1"] {
            assert!(normalize(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn hosts_of_this_computer() {
        for authority in
            ["localhost", "LocalHost:3000", "a.localhost", "127.0.0.1:1", "[::1]:3000", "[::ffff:127.0.0.1]"]
        {
            assert!(is_loopback_authority(authority), "{authority}");
        }
        for authority in
            ["", "evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example", "evil@localhost", "10.0.0.1"]
        {
            assert!(!is_loopback_authority(authority), "{authority}");
        }
    }

    #[test]
    fn hsts_is_for_names_of_the_network() {
        for (origin, takes) in [
            ("https://example.com", true),
            ("http://localhost:3000", false),
            ("https://localhost:3000", false),
            ("https://192.0.2.7", false),
        ] {
            assert_eq!(takes_hsts(origin), takes, "{origin}");
        }
    }
}
