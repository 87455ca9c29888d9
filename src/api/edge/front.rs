//! What every request passes first and every response last, as one tower service: the request id, the limit of the headers, the
//! language, the panic guard, the security headers and the observer of requests. One service and not one layer each, because each
//! boxed layer costs a microsecond of every request (docs/performance.md).

use std::{
    any::Any,
    convert::Infallible,
    mem,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use futures::{
    FutureExt as _,
    future::{CatchUnwind, Either, Map, Ready, ready},
};
use pin_project_lite::pin_project;
use tower::{Layer, Service, ServiceExt as _, util::Oneshot};

use super::request_observer::{Pending, RequestObserver};
use super::request_span::{RequestSpans, Spanned};
use super::{app_state::AppState, headers::SecurityHeaders, language, problem, request_body};
use crate::lang::{InLanguage, in_language, in_language_now};
use crate::request_id::{self, InRequest, in_request};

/// The layer of an app.
#[derive(Clone)]
pub struct FrontLayer(Arc<Settings>);

struct Settings {
    headers: SecurityHeaders,
    observer: Option<Arc<dyn RequestObserver>>,
    spans: RequestSpans,
}

impl FrontLayer {
    pub fn new(state: &AppState) -> Self {
        Self(Arc::new(Settings {
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
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering<S>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let settings = &self.settings;
        let (id, lang) = (request_id::of(request.headers()), language::of(request.headers()));
        let span = settings.spans.begin(&id, &request);
        let pending = settings.observer.as_ref().map(|observer| Pending::begin(observer, &request));
        let answer = match request_body::has_too_large_headers(request.headers()) {
            true => Either::Left(ready(in_language_now(lang, || request_body::refuse_headers(request.headers())))),
            false => {
                // The one that is ready, in place of its copy.
                let next = self.inner.clone();
                let inner = mem::replace(&mut self.inner, next).oneshot(request);
                // It may panic before it returns its future, so it is called within.
                Either::Right(AssertUnwindSafe(inner).catch_unwind().map(response_of as ResponseOf))
            }
        };
        Answering {
            answer: in_request(id, in_language(lang, span.around(answer))),
            settings: settings.clone(),
            pending,
        }
    }
}

/// What became of the inner service: its response, or its panic.
type Outcome = Result<Result<Response, Infallible>, Box<dyn Any + Send>>;
type ResponseOf = fn(Outcome) -> Response;
type Guarded<F> = Map<CatchUnwind<AssertUnwindSafe<F>>, ResponseOf>;

fn response_of(outcome: Outcome) -> Response {
    match outcome {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(panic) => problem::from_panic(panic),
    }
}

pin_project! {
    /// The response that [`Front`] waits for.
    pub struct Answering<S: Service<Request>> {
        #[pin]
        answer: InRequest<InLanguage<Spanned<Either<Ready<Response>, Guarded<Oneshot<S, Request>>>>>>,
        settings: Arc<Settings>,
        pending: Option<Pending>,
    }
}

impl<S: Service<Request, Response = Response, Error = Infallible>> Future for Answering<S> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        this.answer.as_mut().poll(context).map(|mut response| {
            this.settings.headers.add(response.headers_mut(), this.answer.take_value());
            if let Some(pending) = this.pending.take() {
                pending.end(&response);
            }
            Ok(response)
        })
    }
}
