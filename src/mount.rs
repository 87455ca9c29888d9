//! Where the app is mounted: at the root, or, as a sandbox of the lab, below `/lab/<sandbox>`. Pages, API and cookies of two
//! mounts never meet in one browser, so a sandbox can be signed in, robbed and wiped beside a real account.

use std::sync::Arc;

/// The path in front of every path of this app; empty at the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount(Arc<str>);

impl Mount {
    /// `prefix` starts with a slash and does not end with one, or is empty.
    pub fn new(prefix: &str) -> Self {
        Self(prefix.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of a path of this app.
    pub fn at(&self, path: &str) -> String {
        [&self.0, path].concat()
    }

    /// The path of this app behind an address.
    pub fn within<'a>(&self, address: &'a str) -> &'a str {
        match address.strip_prefix(&*self.0) {
            Some("") => "/",
            Some(path) if path.starts_with(['/', '?', '#']) => path,
            _ => address,
        }
    }

    /// Of the readable companion of the refresh cookie. Another name below the root, where the root's is seen as well.
    pub fn hint_name(&self) -> &'static str {
        if self.is_root() { "signed_in" } else { "lab_signed_in" }
    }
}

/// The mount of the page being rendered.
#[cfg(not(feature = "hydrate"))]
pub fn current() -> Mount {
    leptos::prelude::use_context().unwrap_or_default()
}

/// The mount of this page, as the server wrote it into `html[data-mount]`.
#[cfg(feature = "hydrate")]
pub fn current() -> Mount {
    thread_local! {
        static CURRENT: Mount = Mount::new(&crate::client::root_attribute("data-mount").unwrap_or_default());
    }
    CURRENT.with(Clone::clone)
}

/// The address of a path of this app, for a link.
pub fn at(path: &str) -> String {
    current().at(path)
}

#[cfg(test)]
mod tests {
    use super::Mount;

    #[test]
    fn an_address_goes_there_and_back() {
        for (prefix, path, address) in [("", "/notes", "/notes"), ("/lab/x", "/notes?a=1", "/lab/x/notes?a=1")] {
            let mount = Mount::new(prefix);
            assert_eq!(mount.at(path), address);
            assert_eq!(mount.within(address), path);
        }
        assert_eq!(Mount::new("/lab/x").within("/lab/x"), "/");
        assert_eq!(Mount::new("/lab/x").within("/lab/xy"), "/lab/xy");
    }
}
