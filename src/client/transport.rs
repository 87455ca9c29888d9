//! How server functions are called. [`CookieClient`] serves the auth endpoints, where the browser adds the refresh cookie.
//! [`BearerClient`] serves everything protected: it attaches the access token and, on a refusal that a new token can mend,
//! refreshes and repeats the request once, byte for byte. Naming it on a server function is all there is to do.

use bytes::Bytes;
use futures::{Sink, Stream};
use http::Method;
use leptos::server_fn::{
    client::{Client, browser::BrowserClient},
    request::{
        ClientReq,
        browser::{BrowserFormData, BrowserRequest},
    },
    response::browser::BrowserResponse,
};

use crate::api::error::Problem;

/// For `/api/auth/`: no bearer token, no retry.
pub struct CookieClient;

/// For everything else under `/api/`.
pub struct BearerClient;

/// A request that can be built again for every attempt.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser sends"))]
pub struct Outgoing {
    parts: Parts,
}

#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser sends"))]
enum Parts {
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
    /// Multipart or a stream: gone once sent, so a fresh token is asked for first and nothing is repeated.
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

type Message = Result<Bytes, Bytes>;

impl Client<Problem> for CookieClient {
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    fn send(request: Self::Request) -> impl Future<Output = Result<Self::Response, Problem>> + Send {
        #[cfg(feature = "hydrate")]
        super::witness::sign(&request);
        <BrowserClient as Client<Problem>>::send(request)
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<(impl Stream<Item = Message> + Send + 'static, impl Sink<Bytes> + Send + 'static), Problem>,
    > + Send {
        <BrowserClient as Client<Problem>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<Problem>>::spawn(future);
    }
}

impl Client<Problem> for BearerClient {
    type Request = Outgoing;
    type Response = BrowserResponse;

    #[cfg(feature = "hydrate")]
    fn send(request: Self::Request) -> impl Future<Output = Result<Self::Response, Problem>> + Send {
        send_wrapper::SendWrapper::new(attempts::send(request))
    }

    #[cfg(not(feature = "hydrate"))]
    async fn send(_: Self::Request) -> Result<Self::Response, Problem> {
        Err(Problem::unavailable("Only a browser can call this.", 1))
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<(impl Stream<Item = Message> + Send + 'static, impl Sink<Bytes> + Send + 'static), Problem>,
    > + Send {
        <BrowserClient as Client<Problem>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<Problem>>::spawn(future);
    }
}

#[cfg(feature = "hydrate")]
mod attempts {
    use std::{rc::Rc, time::Duration};

    use leptos::server_fn::{error::FromServerFnError as _, response::ClientRes};

    use super::*;
    use crate::api::error::{Code, Reaction};
    use crate::client::refresh::{self, Outcome};
    use crate::client::token_store::{self, HeldToken};
    use crate::client::witness::{self, Sight, saw};
    use crate::client::{connection, page};
    use crate::lang::lang;
    use crate::mount;

    /// An answer that takes longer counts as trouble. The request may have been carried out.
    const REQUEST_LIMIT: Duration = Duration::from_secs(20);

    /// What became of one attempt.
    enum Attempt {
        Answered(BrowserResponse),
        /// Refused in a way a new token can mend.
        Stale(Problem),
    }

    pub(super) async fn send(request: Outgoing) -> Result<BrowserResponse, Problem> {
        match request.parts {
            Parts::Once(request) => {
                let held = fresh().await?;
                answered(attempt(request, &held).await?)
            }
            parts => send_replayable(&parts).await,
        }
    }

    /// Once and at most once more: the second attempt has no way back here.
    async fn send_replayable(parts: &Parts) -> Result<BrowserResponse, Problem> {
        let first = match token_store::held() {
            Some(held) => held,
            None => renewed(0).await?,
        };
        match attempt(build(parts)?, &first).await? {
            Attempt::Answered(response) => Ok(response),
            Attempt::Stale(problem) => {
                saw(|| Sight::Refused(problem.code));
                let second = renewed(first.version).await?;
                if second.identity != first.identity {
                    return Err(another_person());
                }
                saw(|| Sight::Retries(mount::current().within(parts.path()).to_owned()));
                answered(attempt(build(parts)?, &second).await?)
            }
        }
    }

    impl Parts {
        fn path(&self) -> &str {
            match self {
                Parts::Query { path, .. } | Parts::Body { path, .. } => path,
                Parts::Once(_) => "",
            }
        }
    }

    fn answered(attempt: Attempt) -> Result<BrowserResponse, Problem> {
        match attempt {
            Attempt::Answered(response) => Ok(response),
            Attempt::Stale(problem) => Err(problem),
        }
    }

    /// What the server refused under one identity is not sent under another.
    fn another_person() -> Problem {
        Problem::new(Code::SessionRevoked, lang().client_another_person())
    }

    async fn renewed(version: u64) -> Result<Rc<HeldToken>, Problem> {
        match refresh::newer_than(version).await {
            Outcome::Renewed(held) => Ok(held),
            Outcome::SignedOut(problem) | Outcome::Unavailable(problem) => Err(problem),
        }
    }

    /// A token that is not past its time, for a request that cannot be repeated.
    async fn fresh() -> Result<Rc<HeldToken>, Problem> {
        match token_store::held() {
            Some(held) if !held.is_past_its_time() => Ok(held),
            Some(held) => renewed(held.version).await,
            None => renewed(0).await,
        }
    }

    fn build(parts: &Parts) -> Result<BrowserRequest, Problem> {
        match parts {
            Parts::Query { path, content_type, accepts, query, method } => {
                BrowserRequest::try_new_req_query(path, content_type, accepts, query, method.clone())
            }
            Parts::Body { path, content_type, accepts, body, method } => {
                BrowserRequest::try_new_req_bytes(path, content_type, accepts, body.clone(), method.clone())
            }
            Parts::Once(_) => Err(Problem::unavailable("This request cannot be repeated.", 1)),
        }
    }

    async fn attempt(request: BrowserRequest, held: &HeldToken) -> Result<Attempt, Problem> {
        request.headers().set("authorization", &format!("Bearer {}", held.token.reveal()));
        let response = match sent(request).await {
            Ok(response) if !is_refusal(&response) => {
                connection::reached();
                return Ok(Attempt::Answered(response));
            }
            Ok(response) => response,
            Err(problem) => {
                connection::lost(&problem);
                return Err(problem);
            }
        };
        let problem = Problem::de(response.try_into_bytes().await?);
        match problem.code.reaction() {
            Reaction::RefreshAndRetry => return Ok(Attempt::Stale(problem)),
            Reaction::SignOut => {
                let still_held = token_store::held().is_some_and(|now| now.identity == held.identity);
                if still_held {
                    refresh::end_session(&problem);
                }
            }
            // The server was reached, and whoever asked knows best what to make of it: a form says how long to wait, and
            // `patiently` waits.
            Reaction::Wait => {}
            Reaction::Show => connection::reached(),
        }
        Err(problem)
    }

    /// What is about the session or the server, and not about what was asked.
    fn is_refusal(response: &BrowserResponse) -> bool {
        let status = ClientRes::<Problem>::status(response);
        status == 401 || status == 429 || status >= 500
    }

    async fn sent(request: BrowserRequest) -> Result<BrowserResponse, Problem> {
        witness::sign(&request);
        match page::within(REQUEST_LIMIT, <BrowserClient as Client<Problem>>::send(request)).await {
            Some(answer) => answer,
            None => Err(Problem::unavailable(lang().client_too_slow(), 1)),
        }
    }
}
