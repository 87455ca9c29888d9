//! A replayable request: kept in parts, so a retry sends identical bytes.

use bytes::Bytes;
use futures::Stream;
use http::Method;
use leptos::server_fn::request::{
    ClientReq,
    browser::{BrowserFormData, BrowserRequest},
};

use crate::protocol::problem::Problem;

/// A request of [`BearerClient`](super::BearerClient), rebuilt for every attempt.
pub struct Outgoing {
    pub(super) parts: Parts,
}

pub(super) enum Parts {
    Query {
        path: String,
        content_type: String,
        accepts: String,
        query: String,
        method: Method,
    },
    Body {
        path: String,
        content_type: String,
        accepts: String,
        body: Bytes,
        method: Method,
    },
    /// Multipart or a stream. It can be sent only once, so the client makes sure of a fresh token
    /// first and never retries.
    Once(BrowserRequest),
}

impl ClientReq<Problem> for Outgoing {
    type FormData = BrowserFormData;

    fn try_new_req_query(
        path: &str,
        content_type: &str,
        accepts: &str,
        query: &str,
        method: Method,
    ) -> Result<Self, Problem> {
        let (path, content_type, accepts) = (path.to_owned(), content_type.to_owned(), accepts.to_owned());
        Ok(Self { parts: Parts::Query { path, content_type, accepts, query: query.to_owned(), method } })
    }

    fn try_new_req_text(
        path: &str,
        content_type: &str,
        accepts: &str,
        body: String,
        method: Method,
    ) -> Result<Self, Problem> {
        Self::try_new_req_bytes(path, content_type, accepts, Bytes::from(body), method)
    }

    fn try_new_req_bytes(
        path: &str,
        content_type: &str,
        accepts: &str,
        body: Bytes,
        method: Method,
    ) -> Result<Self, Problem> {
        let (path, content_type, accepts) = (path.to_owned(), content_type.to_owned(), accepts.to_owned());
        Ok(Self { parts: Parts::Body { path, content_type, accepts, body, method } })
    }

    fn try_new_req_form_data(
        path: &str,
        accepts: &str,
        content_type: &str,
        body: Self::FormData,
        method: Method,
    ) -> Result<Self, Problem> {
        let request =
            <BrowserRequest as ClientReq<Problem>>::try_new_req_form_data(path, accepts, content_type, body, method)?;
        Ok(Self { parts: Parts::Once(request) })
    }

    fn try_new_req_multipart(path: &str, accepts: &str, body: Self::FormData, method: Method) -> Result<Self, Problem> {
        let request = <BrowserRequest as ClientReq<Problem>>::try_new_req_multipart(path, accepts, body, method)?;
        Ok(Self { parts: Parts::Once(request) })
    }

    fn try_new_req_streaming(
        path: &str,
        accepts: &str,
        content_type: &str,
        body: impl Stream<Item = Bytes> + Send + 'static,
        method: Method,
    ) -> Result<Self, Problem> {
        let request =
            <BrowserRequest as ClientReq<Problem>>::try_new_req_streaming(path, accepts, content_type, body, method)?;
        Ok(Self { parts: Parts::Once(request) })
    }
}

impl Parts {
    /// The path of a replayable request; empty for [`Parts::Once`].
    pub(super) fn path(&self) -> &str {
        match self {
            Parts::Query { path, .. } | Parts::Body { path, .. } => path,
            Parts::Once(_) => "",
        }
    }

    /// Builds the request for one attempt.
    ///
    /// # Errors
    ///
    /// For [`Parts::Once`], and when the browser refuses to construct the request.
    pub(super) fn build(&self) -> Result<BrowserRequest, Problem> {
        match self {
            Parts::Query { path, content_type, accepts, query, method } => {
                BrowserRequest::try_new_req_query(path, content_type, accepts, query, method.clone())
            }
            Parts::Body { path, content_type, accepts, body, method } => {
                BrowserRequest::try_new_req_bytes(path, content_type, accepts, body.clone(), method.clone())
            }
            Parts::Once(_) => Err(Problem::unavailable("This request cannot be repeated.", 1)),
        }
    }
}
