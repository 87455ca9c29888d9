//! A connection's stream with a time limit for writes without progress; those of reads are the protocols', since they depend on how
//! far the requests are. After the last response it reads on for a moment (lingering close): a socket that is closed with unread bytes is reset, and the client may
//! lose the response with it.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until, timeout_at},
};

use super::limits::{LINGER_BYTES, Limits};
use super::slot::Slot;
use crate::api::edge::client_address::{Protocol, Transport};

pub struct TimedIo<I> {
    inner: I,
    slot: Arc<Slot>,
    limits: Limits,
    linger: Pin<Box<Sleep>>,
    write: Pin<Box<Sleep>>,
    /// Whether bytes are a part of a head. On HTTP/2 they may be anything.
    reads_heads: bool,
    blocked: bool,
    /// Bytes read after the shutdown.
    lingered: Option<usize>,
}

impl<I> TimedIo<I> {
    pub fn new(inner: I, slot: Arc<Slot>, limits: Limits) -> Self {
        let sleep = || Box::pin(sleep_until(Instant::now()));
        Self { inner, slot, limits, linger: sleep(), write: sleep(), reads_heads: true, blocked: false, lingered: None }
    }

    /// Bytes that arrive are no head.
    pub fn without_heads(self) -> Self {
        Self { reads_heads: false, ..self }
    }

    /// Passes on the outcome of a write, or ends one that makes no progress.
    fn written<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            if self.blocked {
                self.blocked = false;
                self.slot.write_is_blocked(None);
            }
            return outcome;
        }
        if !self.blocked {
            self.blocked = true;
            let now = Instant::now();
            self.slot.write_is_blocked(Some(now));
            self.write.as_mut().reset(now + self.limits.write);
        }
        ready!(self.write.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: Transport> TimedIo<I> {
    /// The protocol of the connection, which a TLS handshake decides; it has the limit of a head.
    pub async fn protocol(&mut self) -> io::Result<Protocol> {
        let deadline = self.slot.head_deadline(&self.limits).unwrap_or_else(Instant::now);
        timeout_at(deadline, poll_fn(|cx| self.inner.poll_protocol(cx))).await?
    }
}

/// Waits until a deadline that may have moved since the timer was set. The timer is left as it is where it goes off too early: it is
/// set again then. To set it anew for each request is what costs.
pub fn poll_deadline(timer: &mut Pin<Box<Sleep>>, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
    loop {
        if deadline < timer.deadline() || timer.is_elapsed() {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(cx));
        if Instant::now() >= deadline {
            return Poll::Ready(());
        }
    }
}

/// The time limit of a head, and of the wait for one.
pub struct HeadTimer(Pin<Box<Sleep>>);

impl HeadTimer {
    pub fn new() -> Self {
        Self(Box::pin(sleep_until(Instant::now())))
    }

    /// Whether the client has taken too long. Ask after the connection itself: only what it did has changed the answer.
    pub fn poll_overdue(&mut self, slot: &Slot, limits: &Limits, cx: &mut Context<'_>) -> Poll<()> {
        match slot.head_deadline(limits) {
            Some(deadline) => poll_deadline(&mut self.0, deadline, cx),
            None => Poll::Pending,
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for TimedIo<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if self.reads_heads && buffer.filled().len() > before {
            self.slot.bytes_arrived();
        }
        outcome
    }
}

/// Bytes of a response that are written in one piece.
const SMALL: usize = 2048;

/// All parts as one, if they fit.
fn gather<'a>(parts: &[io::IoSlice<'_>], into: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut length = 0;
    for part in parts {
        into.get_mut(length..length + part.len())?.copy_from_slice(part);
        length += part.len();
    }
    Some(&into[..length])
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimedIo<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.written(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // What is small is copied: two pieces cost the kernel more than one.
        let mut small = [0; SMALL];
        let outcome = match gather(parts, &mut small) {
            Some(bytes) => Pin::new(&mut self.inner).poll_write(cx, bytes),
            None => Pin::new(&mut self.inner).poll_write_vectored(cx, parts),
        };
        self.written(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(cx);
        self.written(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingered.is_none() {
            let outcome = Pin::new(&mut self.inner).poll_shutdown(cx);
            ready!(self.written(cx, outcome))?;
            self.lingered = Some(0);
            self.slot.close();
            let until = Instant::now() + self.limits.linger;
            self.linger.as_mut().reset(until);
        }
        let mut rest = [0; 4096];
        while self.slot.may_linger() && self.lingered.is_some_and(|read| read < LINGER_BYTES) {
            if self.linger.as_mut().poll(cx).is_ready() {
                break;
            }
            let mut buffer = ReadBuf::new(&mut rest);
            match ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer)) {
                Ok(()) if buffer.filled().is_empty() => break,
                Ok(()) => self.lingered = self.lingered.map(|read| read + buffer.filled().len()),
                Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_one_piece_and_what_does_not_stays_as_it_is() {
        let part = |bytes: &'static [u8]| io::IoSlice::new(bytes);
        let mut into = [0; 8];
        assert_eq!(gather(&[part(b"head"), part(b""), part(b"body")], &mut into), Some(&b"headbody"[..]));
        assert_eq!(gather(&[part(b"head"), part(b"body!")], &mut into), None);
        assert_eq!(gather(&[], &mut into), Some(&b""[..]));
    }
}
