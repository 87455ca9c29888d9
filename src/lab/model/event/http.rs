//! A request and its response as they may be shown: allow-listed headers and form fields, parsed cookies, and where the time
//! went (a server timing).

use serde::{Deserialize, Serialize};

use super::tab::Lifeline;
use super::token::{AccessSeen, RefreshSeen};
use crate::protocol::code::Code;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedRequest {
    pub from: Lifeline,
    pub method: String,
    /// Within the app: without the sandbox's mount.
    pub path: String,
    pub headers: Vec<HeaderLine>,
    pub fields: Vec<FormField>,
    pub bearer: Option<AccessSeen>,
    pub refresh: Option<RefreshSeen>,
    /// The refresh cookie and the readable session hint beside it.
    pub cookies: Vec<CookieSent>,
    /// A page load, as opposed to a call made by a page.
    pub navigation: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedResponse {
    pub to: Lifeline,
    pub status: u16,
    pub code: Option<Code>,
    pub headers: Vec<HeaderLine>,
    pub cookies: Vec<CookieSet>,
    /// The access token in the body.
    pub access: Option<AccessSeen>,
    pub hops: Vec<Hop>,
    /// From arrival to response, without the time it was held.
    pub micros: u64,
}

/// A header line, with every secret replaced by the words of its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderLine {
    pub name: String,
    pub value: String,
}

/// A field of a form. `value` is `None` for passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    pub name: String,
    pub value: Option<String>,
}

/// Whether one of the sandbox's two cookies came with a request, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieSent {
    pub name: String,
    pub sent: bool,
    pub why: CookieReason,
}

/// Why a browser sends a cookie or withholds it (RFC 6265bis).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CookieReason {
    /// Path and site match.
    Fits,
    /// The request's path is not below the cookie's `Path`.
    OtherPath,
    /// The cookie is `SameSite=Strict` and the request is cross-site.
    OtherSite,
    /// The jar holds no such cookie.
    NotInJar,
    /// The client is not a browser: it sends any cookie it has.
    NoBrowser,
}

/// A parsed `Set-Cookie` line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieSet {
    pub name: String,
    /// The refresh token in it, for the refresh cookie.
    pub refresh: Option<RefreshSeen>,
    /// `Max-Age=0`.
    pub cleared: bool,
    /// In order: `HttpOnly`, `Secure`, `SameSite=Strict`, `Path=…`, `Max-Age=…`.
    pub attributes: Vec<String>,
}

/// One phase of the time an exchange took; the phases follow each other without gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    pub name: HopName,
    pub micros: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopName {
    /// From arrival to the first event of the auth flow: middleware, parsing, reading the session.
    Read,
    PasswordHash,
    /// Read the row, decide and write: one transaction.
    Rotate,
    Write,
    Sign,
    /// From the last event of the auth flow to the finished response.
    Answer,
}
