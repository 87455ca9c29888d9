//! What every request passes first and every response last, as one tower service: the request id, the limit of the headers, the
//! language, the panic guard, the security headers and the observer of requests. One service and not one layer each, because each
//! boxed layer costs a microsecond of every request (docs/performance.md).

use std::{
    any::Any,
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, http::HeaderValue, response::Response};
use futures::{
    FutureExt as _,
    future::{CatchUnwind, Either, Map, Ready, ready},
};
use pin_project_lite::pin_project;
use tower::{Layer, Service};
use tracing::instrument::{Instrument as _, Instrumented};

use super::request_observer::{Pending, RequestObserver};
use super::{
    app_state::AppState, client_address::TrustedProxies, headers::SecurityHeaders, language, problem, request_body,
    request_id, request_span::RequestSpans,
};
use crate::lang::{InLanguage, in_language, in_language_now};

/// The layer of an app.
#[derive(Clone)]
pub struct FrontLayer(Arc<Settings>);

struct Settings {
    proxies: TrustedProxies,
    headers: SecurityHeaders,
    observer: Option<Arc<dyn RequestObserver>>,
    spans: RequestSpans,
}

impl FrontLayer {
    pub fn new(state: &AppState) -> Self {
        Self(Arc::new(Settings {
            proxies: state.proxies.clone(),
            headers: SecurityHeaders::new(state.hsts.as_ref()),
            observer: state.request_observer.clone(),
            spans: RequestSpans::of(state),
        }))
    }
}

impl<S> Layer<S> for FrontLayer {
    type Service = Front<S>;

    fn layer(&self, inner: S) -> Front<S> {
        Front { settings: self.0.clone(), inner }
    }
}

/// The service around everything that a router answers.
#[derive(Clone)]
pub struct Front<S> {
    settings: Arc<Settings>,
    inner: S,
}

impl<S> Service<Request> for Front<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = request_id::of(request.headers_mut());
        let span = self.settings.spans.begin(&id, &request);
        let entered = span.enter();
        self.settings.proxies.warn_of_others(&request);
        let pending = self.settings.observer.as_ref().map(|observer| Pending::begin(observer, &request));
        let lang = language::of(request.headers());
        let answer = in_language_now(lang, || match request_body::refuse_headers(request.headers()) {
            Some(refusal) => Either::Left(ready(refusal)),
            // A service may panic before it returns its future.
            None => match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
                Ok(inner) => Either::Right(AssertUnwindSafe(inner).catch_unwind().map(response_of as ResponseOf)),
                Err(panic) => Either::Left(ready(problem::from_panic(panic))),
            },
        });
        drop(entered);
        Answering {
            answer: in_language(lang, answer).instrument(span),
            settings: self.settings.clone(),
            id: Some(id),
            pending,
        }
    }
}

/// What became of the inner service: its response, or its panic.
type Outcome = Result<Result<Response, Infallible>, Box<dyn Any + Send>>;
type ResponseOf = fn(Outcome) -> Response;

fn response_of(outcome: Outcome) -> Response {
    match outcome {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(panic) => problem::from_panic(panic),
    }
}

pin_project! {
    /// The response that [`Front`] waits for.
    pub struct Answering<F> {
        #[pin]
        answer: Instrumented<InLanguage<Either<Ready<Response>, Map<CatchUnwind<AssertUnwindSafe<F>>, ResponseOf>>>>,
        settings: Arc<Settings>,
        id: Option<HeaderValue>,
        pending: Option<Pending>,
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for Answering<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = this.answer;
        answer.as_mut().poll(context).map(|mut response| {
            RequestSpans::end(answer.span(), &response);
            this.settings.headers.add(response.headers_mut());
            if let Some(id) = this.id.take() {
                response.headers_mut().insert(request_id::REQUEST_ID, id);
            }
            if let Some(pending) = this.pending.take() {
                pending.end(&response);
            }
            Ok(response)
        })
    }
}
