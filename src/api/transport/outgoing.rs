//! A replayable request: kept in parts, so a retry sends identical bytes.

use bytes::Bytes;
use futures::Stream;
use gloo_net::http::{Request, RequestBuilder};
use http::Method;
use js_sys::Uint8Array;
use leptos::server_fn::{
    client::get_server_url,
    error::{FromServerFnError as _, ServerFnErrorErr},
    request::{ClientReq, browser::BrowserFormData},
};
use send_wrapper::SendWrapper;
use web_sys::{AbortSignal, FormData, RequestRedirect};

use crate::protocol::problem::Problem;

/// A request of the transport, built anew for every attempt.
pub struct Outgoing {
    method: Method,
    /// With its query.
    path: String,
    accepts: String,
    /// `None` where the browser writes it: with the boundary of a multipart body.
    content_type: Option<String>,
    body: Body,
}

enum Body {
    None,
    Bytes(Bytes),
    Form(SendWrapper<FormData>),
}

impl Outgoing {
    /// A request without a body. `path` is below the base path.
    pub fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), accepts: "*/*".to_owned(), content_type: None, body: Body::None }
    }

    /// With a body of this media type.
    #[must_use]
    pub fn with_body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { content_type: Some(content_type.to_owned()), body: Body::Bytes(body.into()), ..self }
    }

    pub(super) fn path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// Builds the request for one attempt. A redirect is not followed: the API has none, so it is
    /// that of a gate, and its target refuses the browser (CORS), which looks like no answer.
    ///
    /// # Errors
    ///
    /// When the browser refuses to construct the request.
    pub(super) fn build(&self, signal: Option<&AbortSignal>) -> Result<Request, Problem> {
        let url = [get_server_url(), &self.path].concat();
        let mut request = RequestBuilder::new(&url)
            .method(self.method.clone())
            .redirect(RequestRedirect::Manual)
            .abort_signal(signal)
            .header("accept", &self.accepts);
        if let Some(content_type) = &self.content_type {
            request = request.header("content-type", content_type);
        }
        let built = match &self.body {
            Body::None => request.build(),
            Body::Bytes(bytes) => request.body(Uint8Array::from(&**bytes)),
            Body::Form(form) => request.body((**form).clone()),
        };
        built.map_err(|error| Problem::from_server_fn_error(ServerFnErrorErr::Request(error.to_string())))
    }
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
        let (path, content_type) = ([path, "?", query].concat(), Some(content_type.to_owned()));
        Ok(Self { method, path, accepts: accepts.to_owned(), content_type, body: Body::None })
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
        let outgoing = Self { accepts: accepts.to_owned(), ..Self::new(method, path) };
        Ok(outgoing.with_body(content_type, body))
    }

    fn try_new_req_form_data(
        path: &str,
        accepts: &str,
        _content_type: &str,
        body: Self::FormData,
        method: Method,
    ) -> Result<Self, Problem> {
        Self::try_new_req_multipart(path, accepts, body, method)
    }

    fn try_new_req_multipart(path: &str, accepts: &str, body: Self::FormData, method: Method) -> Result<Self, Problem> {
        let body = Body::Form(SendWrapper::new(body.take()));
        Ok(Self { accepts: accepts.to_owned(), body, ..Self::new(method, path) })
    }

    /// Not supported: a stream can be sent once, so it could not be sent again with a new token.
    fn try_new_req_streaming(
        _path: &str,
        _accepts: &str,
        _content_type: &str,
        _body: impl Stream<Item = Bytes> + Send + 'static,
        _method: Method,
    ) -> Result<Self, Problem> {
        Err(Problem::from_server_fn_error(ServerFnErrorErr::UnsupportedRequestMethod(String::new())))
    }
}
