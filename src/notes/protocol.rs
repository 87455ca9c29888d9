//! A note on the wire (DTO), and its limits.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Maximum length of a title, in characters.
pub const TITLE_MAX: usize = 200;
/// Maximum length of a body, in characters.
pub const BODY_MAX: usize = 10_000;

/// Notes that a user may have.
pub const NOTES_MAX: u32 = 1_000;
/// Bytes that all notes of a user may have together, titles and bodies in UTF-8.
pub const NOTES_BYTES_MAX: u32 = 5_000_000;
/// Notes in one page of the list.
pub const PAGE_NOTES: u32 = 50;
/// Bytes of notes in one page of the list; a page has at least one note.
pub const PAGE_BYTES: u32 = 256 * 1024;

/// A note of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: String,
    pub title: String,
    pub body: String,
    /// Grows with each change. A write names the version that its writer has seen.
    pub version: u32,
    pub updated_at: Timestamp,
}

impl Note {
    /// Bytes that count for the quota.
    pub fn bytes(&self) -> u32 {
        u32::try_from(self.title.len() + self.body.len()).unwrap_or(u32::MAX)
    }
}

/// A part of the list of notes (keyset pagination).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePage {
    pub notes: Vec<Note>,
    /// The cursor of the next page, for `after`; `null` on the last one.
    pub next: Option<String>,
}
