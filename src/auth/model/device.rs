//! The browser of a request, identified by its `User-Agent` header. Untrusted text, shown to the user only as words of a
//! closed list.

/// A `User-Agent`, sanitized: no control characters, at most 200 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device(String);

impl Device {
    /// Sanitizes and shortens the header's value.
    pub fn from_user_agent(user_agent: &str) -> Self {
        Self(user_agent.chars().filter(|c| !c.is_control()).take(200).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
