//! The responses of HTTP/2 streams. A client decides by flow control how much of a response it takes, and when: what it does not take
//! would be buffered here for as long as it likes. So a response is handed over in pieces, one at a time, and a stream whose client
//! takes no piece for [`Limits::write`] is reset.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use bytes::Buf;
use futures::task::AtomicWaker;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::task::TaskTracker;

use super::limits::{FRAME_MAX, Limits, SMALL_BODY};
use super::registry::PATIENCE;
use super::slot::{OpenRequest, Slot, StalledResponse};
use super::timed_io::poll_deadline;

tokio::task_local! {
    /// Of the stream whose response is being sent.
    static PROGRESS: Arc<Progress>;
}

/// How much of a response has left.
#[derive(Default)]
struct Progress {
    /// Pieces that were handed over, and those of them that have left.
    handed: AtomicU64,
    left: AtomicU64,
    body: AtomicWaker,
}

impl Progress {
    /// The number of the piece that has not left.
    fn in_flight(&self) -> Option<u64> {
        let handed = self.handed.load(Ordering::Acquire);
        (self.left.load(Ordering::Acquire) != handed).then_some(handed)
    }
}

/// A piece of a response. It is dropped when it has left, or when its stream is reset.
pub struct Piece {
    bytes: Bytes,
    progress: Arc<Progress>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, bytes: usize) {
        self.bytes.advance(bytes);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.progress.left.fetch_add(1, Ordering::Release);
        self.progress.body.wake();
    }
}

/// A response's body on HTTP/2.
pub struct StreamBody {
    inner: Body,
    /// The rest of a frame that is longer than a piece.
    rest: Bytes,
    progress: Arc<Progress>,
    /// Ends with its data. A longer body ends when its data have left: until then its request is open.
    is_small: bool,
    _open: OpenRequest,
}

impl StreamBody {
    pub fn new(inner: Body, open: OpenRequest) -> Self {
        let is_small = inner.size_hint().upper().is_some_and(|bytes| bytes <= SMALL_BODY);
        let progress = PROGRESS.try_with(Arc::clone).unwrap_or_default();
        Self { inner, rest: Bytes::new(), progress, is_small, _open: open }
    }
}

impl HttpBody for StreamBody {
    type Data = Piece;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Piece>, axum::Error>>> {
        if !self.is_small {
            self.progress.body.register(cx.waker());
            if self.progress.in_flight().is_some() {
                return Poll::Pending;
            }
        }
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => return Poll::Ready(other.into_trailers().ok().map(|it| Ok(Frame::trailers(it)))),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(FRAME_MAX);
        let bytes = self.rest.split_to(length);
        self.progress.handed.fetch_add(1, Ordering::Release);
        Poll::Ready(Some(Ok(Frame::data(Piece { bytes, progress: self.progress.clone() }))))
    }

    fn is_end_stream(&self) -> bool {
        let untouched = self.progress.handed.load(Ordering::Acquire) == 0;
        (untouched || self.is_small) && self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Runs the streams of a connection, each in a task of its own.
#[derive(Clone)]
pub struct Streams {
    pub slot: Arc<Slot>,
    pub limits: Limits,
    pub tracker: TaskTracker,
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let (slot, limits, progress) = (self.slot.clone(), self.limits, Arc::<Progress>::default());
        self.tracker.spawn(async move {
            let mut stream = pin!(PROGRESS.scope(progress.clone(), stream));
            let mut stall = Stall::default();
            // To drop a stream resets it.
            poll_fn(|cx| match stream.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => stall.poll(&progress, &slot, &limits, cx),
            })
            .await;
        });
    }
}

/// The time limit of a piece.
#[derive(Default)]
struct Stall {
    /// The piece that the client does not take, and since when.
    piece: Option<(u64, Instant)>,
    told: Option<StalledResponse>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stall {
    /// Resolves when the client has taken nothing of a piece for too long. While the connection itself cannot be written, its own
    /// limit counts: the client may be slow for all of its streams.
    fn poll(&mut self, progress: &Progress, slot: &Arc<Slot>, limits: &Limits, cx: &mut Context<'_>) -> Poll<()> {
        let Some(piece) = progress.in_flight() else {
            (self.piece, self.told) = (None, None);
            return Poll::Pending;
        };
        if self.piece.is_none_or(|(known, _)| known != piece) {
            (self.piece, self.told) = (Some((piece, Instant::now())), None);
        }
        while let Some((_, since)) = self.piece {
            let limit = if self.told.is_none() { PATIENCE.min(limits.write) } else { limits.write };
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(since + limit)));
            ready!(poll_deadline(timer, since + limit, cx));
            if !slot.is_writable() {
                self.piece = Some((piece, Instant::now()));
            } else if self.told.is_none() {
                self.told = Some(slot.stall());
            } else {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}
