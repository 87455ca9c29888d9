//! Bodies on a connection: a request's body has to make progress, and the end of a response's body starts the wait for the next
//! request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::Limits;
use super::slot::{OpenRequest, Slot};
use crate::api::edge::request_body::TooSlow;

/// A request's body.
pub struct RequestBody {
    inner: Incoming,
    /// Until the body is over.
    slot: Option<Arc<Slot>>,
    limits: Limits,
    began: Option<Instant>,
    /// Bytes.
    received: u64,
    /// Set when the body first keeps somebody waiting.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    /// The body of a request that has just begun.
    pub fn of(inner: Incoming, slot: &Arc<Slot>, limits: Limits) -> Body {
        if inner.is_end_stream() {
            return Body::empty();
        }
        Body::new(Self { inner, slot: Some(slot.clone()), limits, began: None, received: 0, sleep: None })
    }

    fn is_over(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.body_is_over();
        }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => {
                self.is_over();
                Poll::Ready(None)
            }
            Poll::Pending => {
                let began = *self.began.get_or_insert_with(Instant::now);
                let earned = Duration::from_secs(self.received / self.limits.body_rate.max(1));
                let deadline = began + self.limits.body + earned;
                let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
                if sleep.deadline() != deadline {
                    sleep.as_mut().reset(deadline);
                }
                ready!(sleep.as_mut().poll(cx));
                Poll::Ready(Some(Err(TooSlow.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.is_over();
    }
}

/// A response's body on HTTP/1.1.
pub struct ResponseBody {
    inner: Body,
    /// Dropped with the body: then the wait for the next request begins.
    _open: OpenRequest,
}

impl ResponseBody {
    pub fn new(inner: Body, open: OpenRequest) -> Self {
        Self { inner, _open: open }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
