//! What a client is reached through: a TCP connection of its own, or the body of a response that goes on.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::Stream;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::tls::{Flushed, Tls};

/// Writes that a response takes before the client has to read.
const PIECES: usize = 8;

/// Both ways to reach a client, written to without waiting.
#[derive(Debug)]
pub(super) enum Wire {
    /// A connection, in both directions.
    Tcp(TcpStream),
    /// The same under TLS.
    Tls(Box<Tls>),
    /// The body of a response: only outwards, piece by piece.
    Body(Body),
}

#[derive(Debug)]
pub(super) struct Body {
    pieces: mpsc::Sender<Vec<u8>>,
    is_complete: Arc<AtomicBool>,
}

impl Wire {
    /// A response's body, and its pieces as they come. They end with an error, so that the client knows, when the body is
    /// dropped before it is complete.
    pub(super) fn body() -> (Self, impl Stream<Item = io::Result<Vec<u8>>> + Send + use<>) {
        let (pieces, receiver) = mpsc::channel(PIECES);
        let is_complete = Arc::new(AtomicBool::new(false));
        let body = Body { pieces, is_complete: is_complete.clone() };
        let stream = futures_util::stream::unfold(Some((receiver, is_complete)), async |state| {
            let (mut receiver, is_complete) = state?;
            match receiver.recv().await {
                Some(piece) => Some((Ok(piece), Some((receiver, is_complete)))),
                None if is_complete.load(Ordering::Acquire) => None,
                None => Some((Err(io::Error::other("the response was cut off")), None)),
            }
        });
        (Self::Body(body), stream)
    }

    /// Nothing is missing: the end that comes now is one in order.
    pub(super) fn complete(&self) {
        if let Self::Body(body) = self {
            body.is_complete.store(true, Ordering::Release);
        }
    }

    /// Says, where that can be said, that nothing more comes.
    pub(super) fn say_end(&self) {
        if let Self::Tls(tls) = self {
            tls.say_end();
        }
    }

    /// Whether something that was taken has not been written yet.
    pub(super) fn is_behind(&self) -> bool {
        matches!(self, Self::Tls(tls) if tls.is_behind())
    }

    /// Writes what was taken and not written yet, as far as there is room.
    pub(super) fn flush(&self) -> io::Result<Flushed> {
        match self {
            Self::Tls(tls) => tls.flush(),
            _ => Ok(Flushed { is_all: true, has_moved: false }),
        }
    }

    /// Writes as much as there is room for, or says `WouldBlock`.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            Self::Tls(tls) => tls.try_write(bytes),
            Self::Body(body) => match body.pieces.try_reserve() {
                Ok(permit) => {
                    permit.send(bytes.to_vec());
                    Ok(bytes.len())
                }
                Err(mpsc::error::TrySendError::Full(())) => Err(ErrorKind::WouldBlock.into()),
                Err(mpsc::error::TrySendError::Closed(())) => Err(ErrorKind::BrokenPipe.into()),
            },
        }
    }

    /// Waits until there may be room.
    pub(super) async fn writable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.writable().await,
            Self::Tls(tls) => tls.stream().writable().await,
            Self::Body(body) => body.pieces.reserve().await.map(drop).map_err(|_| ErrorKind::BrokenPipe.into()),
        }
    }

    /// Waits until something may have arrived. Nothing arrives for a response but its end.
    pub(super) async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.readable().await,
            Self::Tls(tls) if tls.has_unread() => Ok(()),
            Self::Tls(tls) => tls.stream().readable().await,
            Self::Body(body) => {
                body.pieces.closed().await;
                Err(ErrorKind::BrokenPipe.into())
            }
        }
    }

    /// Reads what is there, or says `WouldBlock`.
    pub(super) fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_read(into),
            Self::Tls(tls) => tls.try_read(into),
            Self::Body(_) => Err(ErrorKind::WouldBlock.into()),
        }
    }
}
