//! A note on the wire (DTO), and its limits.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Maximum length of a title, in characters.
pub const TITLE_MAX: usize = 200;
/// Maximum length of a body, in characters.
pub const BODY_MAX: usize = 10_000;

/// A note of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: String,
    pub title: String,
    pub body: String,
    pub updated_at: Timestamp,
}
