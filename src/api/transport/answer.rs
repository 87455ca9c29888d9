//! One exchange with the server by `fetch`: the only place where the tab sends a request of the API
//! and receives its answer. An answer that is not this server's becomes a [`Problem`] here, so
//! nothing above decodes a proxy's page.

use bytes::Bytes;
use futures::Stream;
use gloo_net::http::Response;
use leptos::server_fn::{error::FromServerFnError as _, error::ServerFnErrorErr, response::ClientRes};
use send_wrapper::SendWrapper;
use web_sys::{AbortController, ResponseType};

use super::decoration;
use super::outgoing::Outgoing;
use super::verdict::{Head, Verdict, judge};
use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

/// An answer of this server.
pub struct Answer(SendWrapper<Response>);

/// Sends a request once, with the access token where one is given.
///
/// # Errors
///
/// [`Code::NoAnswer`]; [`Code::Intercepted`] and [`Code::TemporarilyUnavailable`] when something in
/// front of the server answered.
pub async fn exchange(request: &Outgoing, authorization: Option<&str>) -> Result<Answer, Problem> {
    let mut abort = AbortOnDrop(AbortController::new().ok());
    let built = request.build(abort.0.as_ref().map(AbortController::signal).as_ref())?;
    if let Some(authorization) = authorization {
        built.headers().set("authorization", authorization);
    }
    decoration::decorate(&built);
    let response = built.send().await.map_err(|_| no_answer())?;
    abort.0 = None;
    let headers = response.headers();
    let content_type = headers.get("content-type");
    let retry_after = headers.get("retry-after").and_then(|value| seconds(&value));
    let status = if response.type_() == ResponseType::Opaqueredirect { 0 } else { response.status() };
    match judge(Head { status, content_type: content_type.as_deref(), retry_after }) {
        Verdict::Ours => Ok(Answer(SendWrapper::new(response))),
        Verdict::Passing { retry_after } => {
            Err(Problem::unavailable(lang().client_front_busy(&response.status().to_string()), retry_after))
        }
        Verdict::Refused { status } => {
            Err(Problem::new(Code::Intercepted, lang().client_front_refused(&status.to_string())))
        }
        Verdict::Gate => Err(Problem::new(Code::Intercepted, lang().client_gate())),
    }
}

/// Sends a request without an access token.
pub(super) fn send(request: Outgoing) -> impl Future<Output = Result<Answer, Problem>> + Send {
    SendWrapper::new(async move { exchange(&request, None).await })
}

fn no_answer() -> Problem {
    Problem::from_server_fn_error(ServerFnErrorErr::Request(String::new()))
}

/// `Retry-After` in seconds; it may be a date (RFC 9110 section 10.2.3).
fn seconds(value: &str) -> Option<u32> {
    value.trim().parse().ok().or_else(|| {
        let left = ((js_sys::Date::parse(value) - js_sys::Date::now()) / 1000.0).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a `u32`")]
        (!left.is_nan()).then(|| left.clamp(0.0, f64::from(u32::MAX)) as u32)
    })
}

/// Aborts a request that nobody waits for any more.
struct AbortOnDrop(Option<AbortController>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

impl Answer {
    /// The answer as the browser gave it.
    pub fn into_response(self) -> Response {
        self.0.take()
    }
}

impl ClientRes<Problem> for Answer {
    fn try_into_string(self) -> impl Future<Output = Result<String, Problem>> + Send {
        SendWrapper::new(async move { self.0.text().await.map_err(unreadable) })
    }

    fn try_into_bytes(self) -> impl Future<Output = Result<Bytes, Problem>> + Send {
        SendWrapper::new(async move { self.0.binary().await.map(Bytes::from).map_err(unreadable) })
    }

    fn try_into_stream(self) -> Result<impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static, Problem> {
        Err::<futures::stream::Empty<_>, _>(unreadable(()))
    }

    fn status(&self) -> u16 {
        self.0.status()
    }

    fn status_text(&self) -> String {
        self.0.status_text()
    }

    fn location(&self) -> String {
        self.0.url()
    }

    fn has_redirect(&self) -> bool {
        false
    }
}

fn unreadable<E>(_: E) -> Problem {
    Problem::from_server_fn_error(ServerFnErrorErr::Response(String::new()))
}
