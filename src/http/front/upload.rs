//! Whether a request's body was read to its end. Who answers before, as a refusal does, must say that the connection ends:
//! hyper closes it without a word, and what a client sends on it next is lost.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Response, Version};
use hyper::body::{Frame, Incoming, SizeHint};

/// A body that notes when it has been read.
#[derive(Debug)]
pub(super) struct Upload {
    body: Incoming,
    is_read: Arc<AtomicBool>,
}

/// What it has noted.
#[derive(Debug)]
pub(super) struct Progress(Arc<AtomicBool>);

impl Upload {
    pub(super) fn new(body: Incoming) -> (Self, Progress) {
        let is_read = Arc::new(AtomicBool::new(body.is_end_stream()));
        (Self { body, is_read: is_read.clone() }, Progress(is_read))
    }
}

impl Progress {
    /// Says in an answer that the connection ends with it, if something of the request is left unread. HTTP/2 only ends
    /// that request.
    pub(super) fn tell<T>(&self, version: Version, answer: &mut Response<T>) {
        if version < Version::HTTP_2 && !self.0.load(Ordering::Acquire) {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.is_read.store(true, Ordering::Release);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
