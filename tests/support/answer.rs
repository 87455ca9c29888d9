//! A response, read to its end.

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    http::{HeaderMap, Response, StatusCode, header},
};
use serde_json::Value;
use two_tokens::protocol::code::Code;

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// `None` when the connection ends before the body does.
    pub async fn read<B>(response: Response<B>) -> Option<Self>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let (parts, body) = response.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await.ok()?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Some(Self { status: parts.status, headers: parts.headers, body })
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        self.parsed()
    }

    /// The body as a value of the protocol.
    #[track_caller]
    pub fn parsed<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// The error code; empty where the answer is no refusal.
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Expects a refusal with this code, in the form that every refusal has.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status.as_u16(), self.code().as_str()), (status, code), "{}", self.body);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
        self
    }

    /// Expects a refusal with any code of the closed set.
    #[track_caller]
    pub fn refused_somehow(self) -> Self {
        let code = Code::ALL.iter().find(|code| code.as_str() == self.code());
        let code = code.unwrap_or_else(|| panic!("no code: {} {}", self.status, self.body));
        self.refused(code.status(), code.as_str())
    }

    /// Expects the refusal of a server that cannot answer now: the client waits and tries again.
    #[track_caller]
    pub fn unavailable(self) -> Self {
        let answer = self.refused(503, "temporarily_unavailable");
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
        answer
    }

    /// The lines of `Set-Cookie`, in order.
    pub fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}
